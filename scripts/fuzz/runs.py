"""Read one input in a process of its own, within limits, and judge how it ended."""

from __future__ import annotations

import json
import os
import random
import resource
import select
import signal
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from gridgeo.config import ReadRules, Source
from gridgeo.errors import GridgeoError
from gridgeo.read import files, read_layers, table_layer
from scripts.fuzz import oracles, towns

SECONDS, MEMORY = 30, 4 << 30


@dataclass
class Tally:
    """How the inputs of a format ended; `faults` are what must not be."""

    ends: Counter[str] = field(default_factory=Counter)
    reached: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)


def fuzz(kind: str, count: int, seed: int, folder: Path) -> Tally:
    """Read `count` inputs of a format; the same ones for the same seed."""
    tally = Tally()
    towns.ground(folder)
    read_layers(ReadRules(inputs=_ground(folder)), partial=True)  # what all read is known then
    for number in range(count):
        dice = random.Random(f"{kind} {seed} {number}")  # noqa: S311  (no secret)
        towns.clear(folder)
        path = towns.write(towns.households(dice), kind, folder, dice)
        done = towns.damage(path, dice)
        start = time.monotonic()
        said = _in_a_process(path)
        tally.seconds += time.monotonic() - start
        tally.reached += bool(said.get("reached"))
        end = _judged(said, oracles.total(path, kind))
        tally.ends[end] += 1
        if end in ("traceback", "killed", "hang", "silent difference"):
            tally.faults.append(f"{kind} {seed} {number} ({done}): {end}: {said}")
    return tally


def _judged(said: dict[str, object], expected: int | None) -> str:
    if said["end"] != "read":
        return str(said["end"])
    if said["in"] != said["used"] + said["rejected"]:  # type: ignore[operator]
        return "silent difference"
    if expected is None or said["unreadable"]:
        return "read, not compared"
    return "read, equal" if said["in"] == expected else "silent difference"


def _in_a_process(path: Path) -> dict[str, object]:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            said = _read(path)
            os.write(writing, json.dumps(said).encode()[:4000])
        finally:
            os._exit(0)
    os.close(writing)
    ready, _, _ = select.select([reading], [], [], SECONDS)
    told = os.read(reading, 65_536) if ready else b""
    os.close(reading)
    if not ready:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if told:
        answer: dict[str, object] = json.loads(told)
        return answer
    return {"end": "killed" if ready else "hang"}


def _read(path: Path) -> dict[str, object]:
    sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    rows: list[int] = []
    _count_rows(rows)
    inputs = _ground(path.parent)
    plain = path.suffix in (".csv", ".xlsx", ".tab", ".mif")
    rules = ReadRules(
        inputs={**inputs, "households": (Source(path=str(path)),)},
        columns={"households.households": "HH"},
        crs={"households": "4548"} if plain else {},
    )
    try:
        layers = read_layers(rules)
    except GridgeoError as error:
        return {"end": "error", "said": str(error)[:300], "reached": len(rows) > 2}
    except BaseException:  # noqa: BLE001  (this is what is looked for)
        return {"end": "traceback", "said": traceback.format_exc()[-600:], "reached": True}
    homes = [one for one in layers.rejects if one.layer not in ("communities", "streets")]
    return {
        "end": "read",
        "reached": True,
        "in": layers.households_in,
        "used": int(layers.households["households"].sum()),
        "rejected": sum(one.households for one in homes),
        "unreadable": sum(one.field == "HH" for one in homes),
    }


def _ground(folder: Path) -> dict[str, tuple[Source, ...]]:
    return {role: (Source(path=str(folder / f"{role}.parquet")),)
            for role in ("communities", "streets")}  # fmt: skip


def _count_rows(rows: list[int]) -> None:
    """Note each layer whose rows were read."""
    readers = (files, "read_frame"), (files, "load_parquet"), (table_layer, "load_table")
    for module, name in readers:
        plain = getattr(module, name)

        def noted(*given: object, _plain: object = plain, **named: object) -> object:
            found = _plain(*given, **named)  # type: ignore[operator]
            rows.append(1)
            return found

        setattr(module, name, noted)
