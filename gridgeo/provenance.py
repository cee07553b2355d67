"""How a plan was made: seconds by stage, memory, versions, hashes of the inputs."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gridgeo.config import ReadRules, Source
from gridgeo.distribution import gridgeo_version
from gridgeo.hashes import file_sha256

log = logging.getLogger("gridgeo")

#: Called with the name of a stage, and how much of it is done of how much (0 of 0: not known).
Progress = Callable[[str, int, int], None]

PACKAGES = ("geopandas", "shapely", "pyogrio", "fiona", "numpy", "pandas", "numba", "scikit-learn")


@dataclass
class Clock:
    """Seconds by stage; tells the log and whoever watches."""

    on_progress: Progress | None
    seconds: dict[str, float] = field(default_factory=dict)
    current: str = ""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what is done inside, under `name`."""
        start = time.perf_counter()
        self.current = name
        self.advance(0, 0)
        yield
        self.seconds[name] = round(time.perf_counter() - start, 3)
        log.info("%s: %.2f s", name, self.seconds[name])

    def advance(self, done: int, total: int) -> None:
        """Tell how far the stage is."""
        if self.on_progress:
            self.on_progress(self.current, done, total)

    def say(self, what: str) -> None:
        """Tell the log what is at hand."""
        log.info("%s %s", self.current, what)

    def record(self) -> dict[str, Any]:
        """Return seconds, peak memory and versions: all that may differ between equal runs."""
        return {
            "seconds": self.seconds,
            "peak_mb": peak_mb(),
            "versions": {"gridgeo": gridgeo_version(), **{p: version(p) for p in PACKAGES}},
            "python": sys.version.split()[0],
        }


def peak_mb() -> int | None:
    """Return the most memory that this process held, None where the system does not tell."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415  (not there on Windows)

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 if sys.platform != "darwin" else 1024**2))


def input_hashes(rules: ReadRules, *others: Source) -> dict[str, str]:
    """Return the SHA-256 of every input file by its path."""
    given = [*others, *(source for sources in rules.inputs.values() for source in sources)]
    paths = sorted({source.path for source in given})
    return {path: file_sha256(Path(path)) for path in paths if Path(path).is_file()}
