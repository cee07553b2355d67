"""How long a command takes, and the most memory that one of its processes holds."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

#: Seconds between two looks at the memory.
LOOK_S = 0.05


@dataclass(frozen=True)
class Cost:
    """What a command cost.

    ``wall_s`` and ``cpu_s`` are of the command with all its processes; ``process_mb`` is the
    peak of its largest process, ``total_mb`` of all together, as seen every `LOOK_S`.
    """

    wall_s: float
    cpu_s: float
    process_mb: float
    total_mb: float


def run_measured(command: Sequence[str], *, makes: Path) -> Cost:
    """Run a command that makes a file, quietly, and return what it cost.

    Raises
    ------
    RuntimeError
        The file is not there afterwards; the last words of the command are in the message.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    largest = total = 0.0
    with tempfile.TemporaryFile() as said:
        child = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
        while child.poll() is None:
            held = _memory_mb(child)
            largest, total = max([largest, *held]), max(total, sum(held))
            time.sleep(LOOK_S)
        wall = time.perf_counter() - start
        said.seek(0)
        words = said.read().decode(errors="replace")
    if not makes.exists():
        raise RuntimeError(f"{' '.join(command)}: {words[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, cpu, largest, total)


def gridgeo_command(*arguments: object) -> list[str]:
    """Return the command line of gridgeo, as installed for this Python."""
    return [str(Path(sys.executable).with_name("gridgeo")), *map(str, arguments)]


def markdown(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in Markdown.

    Examples
    --------
    >>> print(markdown(["a", "b"], [[1, 2.345]]))
    | a | b |
    | --- | --- |
    | 1 | 2.35 |
    """
    lines = [head, ["---"] * len(head), *([_cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 10 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _memory_mb(root: psutil.Process) -> list[float]:
    """Return the memory of each process under `root`; one that has just ended holds none."""
    held = []
    with suppress(psutil.NoSuchProcess):
        for process in (root, *root.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                held.append(process.memory_info().rss / 2**20)
    return held
