"""Crumbs: small parts of a grid that belong to the grid around them."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.config import RepairRules
from gridgeo.mending.faces import Faces
from gridgeo.mending.settle import LEFT, Owners
from gridgeo.mending.sites import Site
from gridgeo.mending.town import TOUCH_M, Mend, Town, small
from gridgeo.text import Text

_JOINED = Text("the part joins the grid around it", "零碎部分并入相邻网格")


def crumb_sites(town: Town, rules: RepairRules) -> list[Site]:
    """Return a site for each grid with small parts: the grid, then the grids that they touch."""
    found = []
    for row in np.flatnonzero(~town.frozen & (shapely.get_num_geometries(town.grids) > 1)):
        crumbs = _crumbs(town.grids[row], rules)
        near = town.tree.query(crumbs, predicate="dwithin", distance=TOUCH_M)[1]
        if len(crumbs):
            rows = np.append(row, np.setdiff1d(near, [row]))
            found.append(Site(rows=rows, lines=np.zeros(0, dtype=object)))
    return found


def settle_crumbs(
    town: Town, site: Site, faces: Faces, rules: RepairRules, barred: frozenset[int]
) -> tuple[Owners, list[Mend]]:
    """Return the owners of each face with the crumbs of the first grid of `site` given away.

    A crumb joins the grid of the same community that it borders most, unless someone lives there.
    """
    grid = int(site.rows[0])
    owners, mends = list(faces.owners), []
    inner = shapely.point_on_surface(faces.polygon)
    for crumb in _crumbs(town.grids[grid], rules):
        own = np.flatnonzero(shapely.intersects(crumb, inner)).tolist()
        takers = [] if grid in barred else _takers(town, faces, own, barred | {grid})
        inhabited = bool(town.inhabited(np.array([crumb], dtype=object)).any())
        done = bool(takers) and not inhabited and all(owners[face] == (grid,) for face in own)
        if done:
            for face in own:
                owners[face] = (takers[0],)
        why = LEFT["homes"] if inhabited else LEFT["nobody"]
        mends.append(
            Mend(
                what="part",
                grids=(grid, *takers[:1]),
                done=done,
                amount=float(crumb.area),
                unit="m2",
                where=crumb,
                reason=_JOINED if done else why,
            )
        )
    return owners, mends


def _takers(town: Town, faces: Faces, own: list[int], barred: frozenset[int]) -> list[int]:
    """Return the grids that may take the faces `own`, the one with the longest border first."""
    beside: dict[int, float] = {}
    for face in own:
        for other, border_m in faces.neighbours(face):
            for taker in set(faces.owners[other]) - barred:
                if not town.frozen[taker] and _neighbourly(town, faces.owners[face], taker):
                    beside[taker] = beside.get(taker, 0.0) + border_m
    return sorted(beside, key=lambda taker: (-beside[taker], town.rank[taker]))


def _neighbourly(town: Town, own: tuple[int, ...], taker: int) -> bool:
    return all(town.community[taker] in (-1, town.community[grid]) for grid in own)


def _crumbs(ground: Any, rules: RepairRules) -> NDArray[Any]:
    """Return the small parts of `ground` but for its largest."""
    parts = shapely.get_parts(ground)
    order = np.lexsort((*shapely.bounds(parts).T, -shapely.area(parts)))
    rest = parts[order[1:]]
    return np.asarray(rest[small(rest, rules)], dtype=object)
