"""The figures of a plan (``summary.json``), and how it was made.

The record of a run has seconds by stage, memory, versions and hashes of the inputs.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from gridgeo.config import ReadRules, Search, Settings, Source, gridgeo_version
from gridgeo.model import (
    COMMUNITY_VERDICTS,
    GRID_VERDICTS,
    SEVERITIES,
    Bands,
    Finding,
    Note,
    Partition,
    bands_of,
    deciding_counts,
)
from gridgeo.read import layer_hashes
from gridgeo.validate import GroundQuality
from gridgeo.wording import Text

#: Communities whose grids cannot be asked to be in band.
EXCUSED = ("small", "impossible")


def summarise(
    *,
    settings: Settings,
    grids: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    atoms: gpd.GeoDataFrame,
    findings: tuple[Finding, ...],
    households: dict[str, int],
    street_share: float | None,
    ground: GroundQuality,
    area_difference_m2: float,
) -> dict[str, Any]:
    """Return the figures that judge a plan.

    ``in_band_share`` is over all basic grids, ``in_band_share_where_possible`` over those of
    communities that are neither small nor proved impossible; None where there is none, or where
    communities have no verdict (grids that somebody drew): nobody knows which are possible.
    ``mean_deviation`` is how far basic grids are from the middle of the band, as a share of it.
    """
    basic = grids[grids["kind"] == "basic"]
    excused = communities.loc[communities["verdict"].isin(EXCUSED), "code"]
    asked = basic[~basic["community"].isin(excused)]
    judged = (communities["verdict"] != "").any()
    verdicts = communities["verdict"].value_counts()
    by_grid = grids["verdict"].value_counts()
    found = [finding.severity for finding in findings]
    return {
        "name": settings.title,
        "attribution": settings.attribution,
        "communities": len(communities),
        "atoms": len(atoms),
        "grids": len(grids),
        "basic": len(basic),
        "dedicated": int((grids["kind"] == "dedicated").sum()),
        "open": int((grids["kind"] == "open").sum()),
        "verdicts": {name: int(verdicts.get(name, 0)) for name in COMMUNITY_VERDICTS},
        "grid_verdicts": {name: int(by_grid.get(name, 0)) for name in GRID_VERDICTS},
        "in_band_share": _share_in_band(basic),
        "in_band_share_where_possible": _share_in_band(asked) if judged else None,
        "mean_deviation": _mean_deviation(basic, communities, bands_of(settings, communities)),
        "street_share": None if street_share is None else round(street_share, 4),
        "ground": ground.figures(),
        "households": households,
        "residents": _total(basic["residents"]),
        "area_difference_m2": round(area_difference_m2, 6),
        "findings": {severity: found.count(severity) for severity in SEVERITIES},
    }


def _share_in_band(grids: gpd.GeoDataFrame) -> float | None:
    return round(float((grids["verdict"] == "in_band").mean()), 4) if len(grids) else None


def _total(residents: Any) -> int | None:
    return None if residents.isna().all() else round(float(residents.sum()))


def _mean_deviation(
    grids: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, bands: Bands
) -> float | None:
    place = {code: position for position, code in enumerate(communities["code"])}
    counts = zip(grids["community"], grids["households"], grids["residents"], strict=True)
    decide = [deciding_counts(bands.of(place.get(code, -1)), *held)[0] for code, *held in counts]
    middle = pd.Series([(one.lower + one.upper) / 2 for one in decide], dtype=np.float64)
    far = (pd.Series([one.amount for one in decide], dtype=np.float64) - middle).abs() / middle
    return None if far.isna().all() else round(float(far.mean()), 4)


def cut_m(atoms: gpd.GeoDataFrame, borders: gpd.GeoDataFrame) -> float:
    """Return the metres of border between grids of one community."""
    inner = borders[borders["right"] >= 0]
    left, right = inner["left"].to_numpy(), inner["right"].to_numpy()
    grid, community = atoms["grid"].to_numpy(), atoms["community"].to_numpy()
    cut = (grid[left] != grid[right]) & (community[left] == community[right])
    return round(float(inner.loc[cut, "border_m"].sum()), 1)


def search_figures(labels: Partition, search: Search) -> dict[str, Any]:
    """Return what the search spent, and what that bought over its first start."""
    communities = labels.communities
    return {
        "effort": search.effort,
        "starts": int(communities["starts"].sum()),
        "moves": int(communities["moves"].sum()),
        "first": {
            "missed": int(communities["first_missed"].sum()),
            "cost_m": round(float(communities["first_cost"].sum()), 1),
        },
        "last": {
            "missed": int(communities["missed"].sum()),
            "cost_m": round(float(communities["cost"].sum()), 1),
        },
        "interrupted": bool(communities["interrupted"].any()),
    }


def interruption(labels: Partition, search: Search) -> tuple[Note, ...]:
    """Return the note that a search was cancelled, none where it was not."""
    stopped = int((labels.communities["interrupted"] > 0).sum())
    if not stopped:
        return ()
    after = "" if search.seconds is None else f" after {search.seconds:g} s"
    after_zh = "" if search.seconds is None else f"限时 {search.seconds:g} 秒，"
    return (
        Note(
            "interrupted",
            Text(
                f"the search was stopped{after} in {stopped} communities: their grids are the "
                "best so far, and another run may differ",
                f"{after_zh}寻优中止：{stopped} 个社区采用当时最好的划法，再次运行结果可能不同",
            ),
        ),
    )


_log = logging.getLogger("gridgeo")

#: Called with the name of a stage, and how much of it is done of how much (0 of 0: not known).
Progress = Callable[[str, int, int], None]

_PACKAGES = ("geopandas", "shapely", "pyogrio", "fiona", "numpy", "pandas", "numba", "scikit-learn")


@dataclass
class Clock:
    """Seconds by stage; reports to the log and to `on_progress`."""

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
        _log.info("%s: %.2f s", name, self.seconds[name])

    def advance(self, done: int, total: int) -> None:
        """Report the progress of the stage."""
        if self.on_progress:
            self.on_progress(self.current, done, total)

    def log(self, what: str) -> None:
        """Write a message to the log."""
        _log.info("%s %s", self.current, what)

    def record(self) -> dict[str, Any]:
        """Return seconds, peak memory and versions: all that may differ between equal runs."""
        return {
            "seconds": self.seconds,
            "peak_mb": peak_mb(),
            "versions": {"gridgeo": gridgeo_version(), **{p: version(p) for p in _PACKAGES}},
            "python": sys.version.split()[0],
        }


def peak_mb() -> int | None:
    """Return the most memory that this process held, None where the system does not tell."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415  (not there on Windows)

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 if sys.platform != "darwin" else 1024**2))


def input_hashes(rules: ReadRules, *others: object) -> dict[str, str]:
    """Return the SHA-256 of every file that is read by its path; frames and plans are no files."""
    given = [*others, *(source for sources in rules.inputs.values() for source in sources)]
    files = (Source.parse(os.fspath(s)) if isinstance(s, str | os.PathLike) else s for s in given)
    paths = sorted({source.path for source in files if isinstance(source, Source)})
    return {name: digest for path in paths for name, digest in layer_hashes(path).items()}
