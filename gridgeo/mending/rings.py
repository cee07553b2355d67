"""Rings that cross themselves, read in the one way that they can be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.config import RepairRules
from gridgeo.mending.faces import restored
from gridgeo.mending.sites import gaps
from gridgeo.mending.town import TOUCH_M, Mend, Town, small
from gridgeo.text import Text

_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_UNTANGLED = Text("the ring crossed itself", "环线自相交，已理顺")
_FILLED = Text(
    "its geometry cannot be used: it takes the only ground that the others leave free",
    "图形无法使用，已取其他网格留出的唯一空缺范围",
)
_UNREADABLE = Text(
    "its rings can be read in several ways: draw the grid anew", "环线有多种读法，请重新绘制"
)
_MISSING = Text("it has no geometry: draw the grid", "没有几何图形，请补绘")


def sound_rings(town: Town, rules: RepairRules) -> tuple[Town, list[Mend]]:
    """Return the town with valid polygonal ground for every grid, and what was changed.

    A ring that crosses itself is made valid where that changes its area by at most
    ``ring_share``. Of the grids that then cannot be read, one that is alone in its community takes
    the one large piece of ground that the others leave free there: every place belongs to a grid,
    so it can only be its. Otherwise it is frozen, with what can be read of it, and listed.
    """
    grids = town.grids
    there = ~shapely.is_missing(grids) & ~shapely.is_empty(grids)
    there &= np.isin(shapely.get_type_id(grids), _POLYGONS)
    ground = grids.copy()
    ground[~there] = shapely.Polygon()
    invalid = np.flatnonzero(~shapely.is_valid(ground))
    stated = shapely.area(ground[invalid])
    ground[invalid] = _polygons(shapely.make_valid(ground[invalid], method="structure"))
    close = np.abs(shapely.area(ground[invalid]) - stated) <= rules.ring_share * stated
    mends = [_ring(row, ground[row], _UNTANGLED, done=True) for row in invalid[close]]
    frozen = ~there
    frozen[invalid[~close]] = True
    now = replace(town, grids=ground, frozen=frozen)
    return _filled(now, mends, rules)


def _filled(town: Town, mends: list[Mend], rules: RepairRules) -> tuple[Town, list[Mend]]:
    """Return the town with the unreadable grids that only one place is left for."""
    grids, frozen = town.grids.copy(), town.frozen.copy()
    unread = np.flatnonzero(frozen)
    grids[unread] = shapely.Polygon()
    now = replace(town, grids=grids)
    free = gaps(now) if len(unread) else unread
    free = free[~small(free, rules)]
    home = _home(town, free)
    for row in unread:
        room = _room(town, row, free, home)
        read = town.grids[row]
        if room is not None and (read.is_empty or room.intersects(read)):
            (grids[row],) = restored(np.array([room]), shapely.boundary(now.grids))
            frozen[row] = False
            mends.append(_ring(row, room, _FILLED, done=True))
        else:
            said = _MISSING if read.is_empty else _UNREADABLE
            mends.append(_ring(row, read, said, done=False))
    unreadable = shapely.union_all(town.grids[frozen])
    return replace(town, grids=grids, frozen=frozen, unreadable=unreadable), mends


def _room(town: Town, row: np.intp, free: NDArray[Any], home: NDArray[np.intp]) -> Any | None:
    """Return the one free piece that can only be the grid's at `row`, None where there is none."""
    rivals = np.flatnonzero(town.frozen)
    if len(rivals) == 1 and len(free) == 1:
        return free[0]
    community = town.community[row]
    own = free[home == community]
    alone = community >= 0 and (town.community[rivals] == community).sum() == 1
    return own[0] if alone and len(own) == 1 else None


def _home(town: Town, pieces: NDArray[Any]) -> NDArray[np.intp]:
    """Return the community that holds each piece wholly, -1 where none does."""
    home = np.full(len(pieces), -1, dtype=np.intp)
    if len(town.outlines):
        piece, place = shapely.STRtree(town.outlines).query(
            shapely.buffer(pieces, -TOUCH_M), predicate="within"
        )
        home[piece] = place
    return home


def _polygons(pieces: NDArray[Any]) -> NDArray[Any]:
    parts = [shapely.get_parts(piece) for piece in pieces]
    keep = [own[shapely.get_dimensions(own) == 2] for own in parts]
    joined = [shapely.union_all(own) for own in keep]
    return np.array([*joined, None], dtype=object)[:-1]


def _ring(row: np.intp, ground: Any, said: Text, *, done: bool) -> Mend:
    return Mend(
        what="ring",
        grids=(int(row),),
        done=done,
        amount=float(ground.area),
        unit="m2",
        where=ground,
        reason=said,
    )
