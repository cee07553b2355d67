"""How a command ends: code 1 where a hard rule is broken, 2 and one line after an error of ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from gridgeo.assessment import broken_rules
from gridgeo.errors import GridgeoError, SettingsError
from gridgeo.text import LANGS, Lang, Text

if TYPE_CHECKING:
    from gridgeo.model import Finding

BROKEN = 1
UNUSABLE = 2


def lang_of(lang: str | None) -> Lang:
    """Return the language of what is printed: Chinese where none was asked for."""
    return "en" if lang == "en" else "zh"


@contextmanager
def errors(lang: str | None) -> Iterator[None]:
    """Turn our errors into one line and exit code 2."""
    try:
        if lang is not None and lang not in LANGS:
            raise SettingsError(
                Text(f"unknown language {lang!r}", f"未知的语言 {lang!r}"),
                key="--lang",
                remedy=Text(f"Choose {' or '.join(LANGS)}", f"可选：{'、'.join(LANGS)}"),
            )
        yield
    except GridgeoError as error:
        from gridgeo.cli.show import show_error  # noqa: PLC0415  (heavy)

        show_error(error, lang_of(lang))
        raise typer.Exit(UNUSABLE) from error


def exit_where_broken(findings: Iterable[Finding]) -> None:
    """End with exit code 1 where a hard rule is broken, but for accepted exceptions."""
    if broken_rules(findings):
        raise typer.Exit(BROKEN)
