"""The whole repair: rings, then borders, then fragments, in passes until nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.config import RepairRules
from gridgeo.repair.faces import (
    TOUCH_M,
    Arrangement,
    DrawnPartition,
    RepairRecord,
    arrange,
    assemble,
    small,
    vertices,
)
from gridgeo.repair.ownership import LEFT, Owners, fragment_sites, resolve_fragments, resolve_site
from gridgeo.repair.sites import DefectSite, find_sites, gaps, repair_rings
from gridgeo.wording import Text

_Resolver = Callable[
    [DrawnPartition, DefectSite, Arrangement, RepairRules, frozenset[int]],
    tuple[Owners, list[RepairRecord]],
]
#: After the first two there is rarely anything left to do.
_PASSES = 10
#: Borders may come to lie this far from where the faces have them, for fewer vertices.
_LOST_M = 1e-3
_VERTICES_ADDED = Text(
    "vertices of its neighbours were added to its border", "边界上补齐了相邻网格的节点"
)


@dataclass(frozen=True, kw_only=True)
class Repair:
    """Repaired grids and the record of the repair.

    Parameters
    ----------
    grids
        The geometry of each grid; the same object as was given where nothing was changed.
    records
        Every change and every defect that was left, in the order of work.
    """

    grids: NDArray[Any]
    records: tuple[RepairRecord, ...]


def repair_geometry(partition: DrawnPartition, rules: RepairRules) -> Repair:
    """Return the grids with all defects repaired that have one right answer.

    Rings that cross themselves are read in the one way they can be; gaps, overlaps and ground
    outside the community that are narrower than ``width_m`` or at most ``area_m2`` go to one
    side, so that as few grids as possible change; small fragments of a grid join the grid
    around them; borders share their vertices. What is larger, has households, or would change
    a grid by more than ``most_share`` is left and listed.

    No grid vanishes or falls into more parts, no ground of a grid is lost (but what lies
    outside all communities), grids that are not named in `Repair.records` are returned byte for
    byte, and repairing again changes nothing.

    Examples
    --------
    >>> from gridgeo.config import RepairRules
    >>> left, right = shapely.box(0, 0, 100, 100), shapely.box(99, 0, 300, 100)
    >>> drawn = DrawnPartition(grids=np.array([left, right]), community=np.full(2, -1))
    >>> done = repair_geometry(drawn, RepairRules())
    >>> [(one.what, one.grids, one.amount) for one in done.records]
    [('overlap', (0, 1), 100.0)]
    >>> done.grids[0].bounds, done.grids[1] is right
    ((0.0, 0.0, 99.0, 100.0), True)
    """
    now, records = repair_rings(partition, rules)
    left: list[RepairRecord] = []
    for _ in range(_PASSES):
        again, new_records = _pass(now, rules)
        left = [record for record in new_records if not record.done]
        records += [record for record in new_records if record.done]
        if all(old is new for old, new in zip(now.grids, again.grids, strict=True)):
            break
        now = again
    grids = now.grids.copy()
    kept = now.frozen | [
        _same(old, new) for old, new in zip(partition.grids, now.grids, strict=True)
    ]
    grids[kept] = partition.grids[kept]
    if all(grid.geom_type == "MultiPolygon" for grid in partition.grids if grid is not None):
        grids[~kept] = [_multi(grid) for grid in grids[~kept]]
    return Repair(grids=grids, records=(*records, *left, *_large_gaps(now, rules)))


def _pass(
    partition: DrawnPartition, rules: RepairRules
) -> tuple[DrawnPartition, list[RepairRecord]]:
    """Repair every site once; the next pass sees what is left."""
    records: list[RepairRecord] = []
    for find, decide in ((find_sites, resolve_site), (fragment_sites, resolve_fragments)):
        for site in find(partition, rules):
            partition, new_records = _repair_site(partition, site, decide, rules)
            records += new_records
    return partition, records


def _repair_site(
    partition: DrawnPartition, site: DefectSite, decide: _Resolver, rules: RepairRules
) -> tuple[DrawnPartition, list[RepairRecord]]:
    """Repair one site; grids that would vanish or fall apart are barred, and it is tried again."""
    faces = arrange(partition, site.rows, site.lines)
    barred: frozenset[int] = frozenset()
    while True:
        owners, records = decide(partition, site, faces, rules, barred)
        made = assemble(faces, owners, partition.grids)
        broken = _broken(partition, site, made) | _shrunk(faces, owners, made)
        if not broken - barred:
            break
        barred |= broken
    grids = partition.grids.copy()
    disputed = vertices(faces.polygon[[len(owner) > 1 for owner in owners]])
    recorded = {grid for record in records if record.done for grid in _changed_grids(record)}
    for row in site.rows.tolist():
        if partition.frozen[row] or row in broken or _same(grids[row], made[row]):
            continue
        if row not in recorded:
            added = np.setdiff1d(vertices(made[row]), vertices(grids[row]))
            if len(added) and np.isin(added, disputed).all():
                continue  # the vertices of an overlap that is left
            records.append(_vertices_record(row, added))
        grids[row] = _with_type_of(grids[row], made[row])
    return replace(partition, grids=grids), records


def _broken(partition: DrawnPartition, site: DefectSite, made: dict[int, Any]) -> set[int]:
    """Return the grids that would vanish, be invalid or fall into more parts."""
    broken = set()
    for row in site.rows.tolist():
        new, old = made.get(row), partition.grids[row]
        parts = shapely.get_num_geometries(old)
        if new is None or not new.is_valid or shapely.get_num_geometries(new) > parts:
            broken.add(row)
    return broken


def _shrunk(faces: Arrangement, owners: Owners, made: dict[int, Any]) -> set[int]:
    """Return the grids whose area differs from that of their faces."""
    area_of = dict.fromkeys(made, 0.0)
    for area, owner in zip(shapely.area(faces.polygon).tolist(), owners, strict=True):
        for row in owner:
            area_of[row] += area
    return {
        row for row, grid in made.items() if abs(grid.area - area_of[row]) > _LOST_M * grid.length
    }


def _changed_grids(record: RepairRecord) -> tuple[int, ...]:
    """Return the grids whose ground a repair has changed."""
    return record.grids if record.what in ("outside", "part") else record.grids[:1]


def _vertices_record(row: int, added: NDArray[np.complex128]) -> RepairRecord:
    return RepairRecord(
        what="vertices",
        grids=(row,),
        done=True,
        amount=float(len(added)),
        unit="vertices",
        where=shapely.multipoints(np.column_stack([added.real, added.imag])),
        reason=_VERTICES_ADDED,
    )


def _same(old: Any, new: Any) -> bool:
    if old is None or old is new or old.geom_type not in ("Polygon", "MultiPolygon"):
        return old is new
    return bool(
        shapely.equals_identical(shapely.normalize(old), shapely.normalize(_with_type_of(old, new)))
    )


def _multi(grid: Any) -> Any:
    return shapely.MultiPolygon(list(shapely.get_parts(grid)))


def _with_type_of(old: Any, new: Any) -> Any:
    """Return `new` as a Polygon where `old` is one and `new` has one part."""
    one = old.geom_type == "Polygon" and shapely.get_num_geometries(new) == 1
    return shapely.get_geometry(new, 0) if one else new


def _large_gaps(partition: DrawnPartition, rules: RepairRules) -> list[RepairRecord]:
    left = gaps(partition)
    left = left[~small(left, rules)]
    gap, grid = partition.tree.query(left, predicate="dwithin", distance=TOUCH_M)
    return [
        RepairRecord(
            what="gap",
            grids=tuple(np.sort(grid[gap == number]).tolist()),
            done=False,
            amount=float(piece.area),
            unit="m2",
            where=piece,
            reason=LEFT["large"],
        )
        for number, piece in enumerate(left)
    ]
