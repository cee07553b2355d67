"""Cases of errors of reading: what causes one, and its remedy carried out to the letter."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gridgeo.errors import GridgeoError, InputError, SettingsError
from gridgeo.model import Layers

#: what the town of `builders_read` counts, read in whatever way
TOTAL = 207

#: Yields a read that fails, gets the error, and yields reads that do what the error advises.
Steps = Generator[Callable[[], Any], Any, None]


@dataclass(frozen=True)
class Case:
    """An error: what its text in English matches, place included, and its steps in a folder."""

    says: str
    steps: Callable[[Path], Steps]


CASES: dict[str, Case] = {}


def case(says: str) -> Callable[[Callable[[Path], Steps]], Callable[[Path], Steps]]:
    """Register a generator as the case of an error that says this."""

    def register(steps: Callable[[Path], Steps]) -> Callable[[Path], Steps]:
        assert steps.__name__ not in CASES
        CASES[steps.__name__] = Case(says, steps)
        return steps

    return register


def fail(one: Case, folder: Path) -> tuple[Steps, GridgeoError]:
    """Cause the error of a case; return it with the steps that are left."""
    steps = one.steps(folder)
    attempt = next(steps)
    with pytest.raises((InputError, SettingsError)) as caught:
        attempt()
    said = caught.value.say("en")
    assert re.search(one.says, said), said
    return steps, caught.value


def mend(steps: Steps, error: GridgeoError) -> int:
    """Carry the remedies of an error out; return how many there were, each of which succeeds."""
    number, result = 0, error
    while True:
        try:
            attempt = steps.send(result)
        except StopIteration:
            return number
        result = attempt()
        number += 1
        if isinstance(result, Layers):
            assert result.households_in == TOTAL


def told(error: GridgeoError, **instead: str) -> dict[str, Any]:
    """Return the options that the remedy of an error names, as rules; NAME is what `instead` says.

    Of several values for the same layer the last one counts.
    """
    assert error.remedy is not None
    rules: dict[str, Any] = {}
    for option, key, value in re.findall(r"--(\w+) ([\w.]+)=([\w-]+)", error.remedy.en):
        name = "columns" if option == "column" else option
        rules.setdefault(name, {})[key] = instead.get(key.replace(".", "_"), value)
    missing = re.search(r"missing_households = (\d+)", error.remedy.en)
    return rules | ({"missing_households": int(missing[1])} if missing else {})


def origin(monkeypatch: pytest.MonkeyPatch) -> dict[int, tuple[str, int]]:
    """Note from now on where each error is made: file and line by the id of the error."""
    known: dict[int, tuple[str, int]] = {}
    plain = GridgeoError.__init__

    def noted(self: GridgeoError, *args: Any, **place: Any) -> None:
        frame = sys._getframe(1)
        known[id(self)] = (frame.f_code.co_filename, frame.f_lineno)
        plain(self, *args, **place)

    monkeypatch.setattr(GridgeoError, "__init__", noted)
    return known
