"""Links (bridges, underpasses, gates, village roads) as edges between atoms that nothing joins.

A link adds a row of length 0 to the table of borders for each pair of atoms that it joins: so
whoever asks that table what is connected counts links, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridgeo.geometry import polygons_along
from gridgeo.model import Atoms, Finding
from gridgeo.wording import Text

_Pair = tuple[int, int]


@dataclass(frozen=True)
class _Ground:
    """The atoms, and which pairs of them can be walked between without any link."""

    tree: shapely.STRtree
    community: NDArray[np.int64]
    empty: NDArray[np.bool_]
    joined: frozenset[_Pair]
    reach_m: float


def join_links(atoms: Atoms, links: gpd.GeoDataFrame | None, *, reach_m: float) -> Atoms:
    """Return the atoms with the pairs of them that links join, and findings on the other links.

    A link joins each atom of a community along it with the next one of that community, where they
    share no border that can be crossed; atoms without households that it passes so are passed
    over, too (a bridge over a lake joins its two shores). An end in no atom counts to the nearest
    one within `reach_m`.

    Parameters
    ----------
    links
        name, geometry (LineString; points lie by no barrier and join nothing). None for none.
    """
    if links is None or not len(links):
        return atoms
    frame = atoms.frame
    ground = _Ground(
        tree=shapely.STRtree(frame.geometry.to_numpy()),
        community=frame["community"].to_numpy(np.int64),
        empty=(frame["households"] == 0).to_numpy(),
        joined=_walked(atoms.borders),
        reach_m=reach_m,
    )
    rows: list[dict[str, Any]] = []
    findings: list[Finding] = []
    for name, line in zip(links["name"], links.geometry, strict=True):
        pairs, useless = _of_link(line, ground)
        rows += [
            {"left": a, "right": b, "street_name": name, "geometry": line} for a, b in sorted(pairs)
        ]
        if useless is not None:
            findings.append(_unplaced(name, line, useless))
    return replace(
        atoms,
        borders=_with_links(atoms.borders, rows),
        findings=(*atoms.findings, *findings),
    )


def _walked(borders: gpd.GeoDataFrame) -> frozenset[_Pair]:
    inner = borders[(borders["right"] >= 0) & borders["passable"]]
    return frozenset(zip(inner["left"].tolist(), inner["right"].tolist(), strict=True))


def _of_link(line: Any, ground: _Ground) -> tuple[set[_Pair], Text | None]:
    """Return the pairs that a link joins, and why it joins none."""
    if shapely.get_dimensions(line) != 1:
        return set(), _NO_BARRIER
    steps = polygons_along(line, ground.tree, ground.reach_m)
    places = ground.community[steps]
    found: set[_Pair] = set()
    for place in np.unique(places).tolist():
        found |= set(_joined_by(steps[places == place], ground))
    if found:
        return found, None
    return found, _useless(line, steps, places, ground)


def _joined_by(steps: NDArray[np.int64], ground: _Ground) -> Iterator[_Pair]:
    """Yield the pairs of atoms of one community that a link along `steps` joins."""
    for one, other in pairwise(steps.tolist()):
        if one != other and _pair(one, other) not in ground.joined:
            yield _pair(one, other)
    inner = np.ones(len(steps), dtype=bool)
    inner[1:-1] = ~ground.empty[steps[1:-1]]
    stops = np.flatnonzero(inner).tolist()
    for first, last in pairwise(stops):
        passed = [_pair(*two) for two in pairwise(steps[first : last + 1].tolist())]
        ends = _pair(int(steps[first]), int(steps[last]))
        apart = len(passed) > 1 and not ground.joined.issuperset(passed)
        if apart and ends[0] != ends[1] and ends not in ground.joined:
            yield ends


def _pair(one: int, other: int) -> _Pair:
    return (one, other) if one < other else (other, one)


def _with_links(borders: gpd.GeoDataFrame, rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Return the borders with a row for each link, and the barriers that links cross passable."""
    if not rows:
        return borders
    added = gpd.GeoDataFrame(rows, crs=borders.crs).assign(
        border_m=0.0,
        street_class="none",
        passable=True,
        follows="",
        follows_name="",
        beside_street_m=0.0,
        link=True,
    )
    pairs = pd.MultiIndex.from_frame(added[["left", "right"]])
    crossed = pd.MultiIndex.from_frame(borders[["left", "right"]]).isin(pairs)
    kept = borders.assign(passable=borders["passable"] | crossed)
    both = pd.concat([kept, added[kept.columns]], ignore_index=True)
    return gpd.GeoDataFrame(both, geometry="geometry", crs=borders.crs)


_NO_BARRIER = Text(
    "no water, railway or motorway lies by the point",
    "该点附近没有水系、铁路或快速路",
)
_NOWHERE = Text("an end of it reaches no unit", "有一端未落在任何单元上")
_ONE_UNIT = Text(
    "it ends in the unit that it begins in, and crosses nothing that parts it",
    "两端在同一单元内，未跨越任何屏障",
)
_OTHER_COMMUNITY = Text(
    "its ends lie in different communities, which no grid crosses",
    "两端分属不同社区（村），网格不跨社区（村）",
)
_JOINED_ALREADY = Text("what it meets is joined without it", "其两端本已相通")


def _useless(
    line: Any, steps: NDArray[np.int64], places: NDArray[np.int64], ground: _Ground
) -> Text:
    ends = shapely.get_point(line, [0, -1])
    reached = [len(ground.tree.query(end, "dwithin", ground.reach_m)) > 0 for end in ends]
    if not all(reached):
        return _NOWHERE
    if len(np.unique(steps)) == 1:
        return _ONE_UNIT
    return _OTHER_COMMUNITY if places[0] != places[-1] else _JOINED_ALREADY


def _unplaced(name: str, line: Any, why: Text) -> Finding:
    link, already = called(name), why is _JOINED_ALREADY or why is _ONE_UNIT
    return Finding(
        rule="link_unplaced",
        severity="info" if already else "warning",
        message=Text(f"{link.en} joins nothing: {why.en}", f"{link.zh}未起作用：{why.zh}"),
        where=line,
        amount=float(shapely.length(line)),
        unit="m",
    )


def called(name: str) -> Text:
    """Return what a link is called in findings."""
    return Text(f"the link {name}", f"通道“{name}”") if name else Text("a link", "一条通道")
