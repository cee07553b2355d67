"""Crumbs: small parts of a grid that belong to the grid around them."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.config import RepairRules
from gridgeo.repair.faces import Faces
from gridgeo.repair.settle import LEFT, Owners
from gridgeo.repair.sites import Site
from gridgeo.repair.town import TOUCH_M, Mend, Town, small
from gridgeo.text import Text

_JOINED = Text("the part joins the grid around it", "零碎部分并入相邻网格")
_ALONE = Text("no grid of its community is beside it", "旁边没有同一社区的网格")


def crumb_sites(town: Town, rules: RepairRules) -> list[Site]:
    """Return a site for each grid with small parts: the grid and the grids that they touch."""
    found = []
    for row in np.flatnonzero(~town.frozen & (shapely.get_num_geometries(town.grids) > 1)):
        crumbs = _crumbs(town.grids[row], rules)
        near = town.tree.query(crumbs, predicate="dwithin", distance=TOUCH_M)[1]
        if len(crumbs):
            lines = np.zeros(0, dtype=object)
            found.append(Site(rows=np.unique(np.append(near, row)), lines=lines))
    return found


def settle_crumbs(
    town: Town, faces: Faces, rules: RepairRules, barred: frozenset[int]
) -> tuple[Owners, list[Mend]]:
    """Return the owners of each face with crumbs given to the grid that they border most."""
    owners, mends = list(faces.owners), []
    for grid in sorted({grid for own in faces.owners for grid in own} - barred):
        if town.frozen[grid]:
            continue
        for crumb in _crumbs(town.grids[grid], rules):
            mend = _settle(town, faces, owners, grid, crumb, barred)
            mends.append(mend)
    return owners, mends


def _settle(
    town: Town, faces: Faces, owners: Owners, grid: int, crumb: Any, barred: frozenset[int]
) -> Mend:
    inner = shapely.point_on_surface(faces.polygon)
    own = np.flatnonzero(shapely.intersects(crumb, inner)).tolist()
    beside: dict[int, float] = {}
    for face in own:
        for other, border_m in faces.neighbours(face):
            for taker in set(owners[other]) - {grid} - barred:
                if not town.frozen[taker] and _neighbourly(town, grid, taker):
                    beside[taker] = beside.get(taker, 0.0) + border_m
    takers = sorted(beside, key=lambda taker: (-beside[taker], town.rank[taker]))
    clear = all(owners[face] == (grid,) for face in own)
    inhabited = bool(town.inhabited(np.array([crumb], dtype=object)).any())
    done = bool(takers) and clear and not inhabited
    if done:
        for face in own:
            owners[face] = (takers[0],)
    why = LEFT["homes"] if inhabited else _ALONE
    return Mend(
        what="part",
        grids=(grid, *takers[:1]),
        done=done,
        amount=float(crumb.area),
        unit="m2",
        where=crumb,
        reason=_JOINED if done else why,
    )


def _neighbourly(town: Town, grid: int, taker: int) -> bool:
    return bool(town.community[taker] in (-1, town.community[grid]))


def _crumbs(ground: Any, rules: RepairRules) -> NDArray[Any]:
    """Return the small parts of `ground` but for its largest."""
    parts = shapely.get_parts(ground)
    order = np.lexsort((*shapely.bounds(parts).T, -shapely.area(parts)))
    rest = parts[order[1:]]
    return np.asarray(rest[small(rest, rules)], dtype=object)
