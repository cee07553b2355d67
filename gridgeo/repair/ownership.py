"""The new grid of each small face, such that as few grids as possible change.

One grid adapts to all its neighbours at once: it takes the gaps beside it and gives up what it
shares with others, and the neighbours keep their borders byte for byte. Small separate parts
(fragments) of a grid join the grid around them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
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
    above_noise,
    small,
)
from gridgeo.repair.sites import DefectSite
from gridgeo.wording import Text

Owners = list[tuple[int, ...]]
LEFT = {
    "large": Text("larger than the tolerance", "超出容差，未改动"),
    "homes": Text("households in it: not ours to decide", "内有住户，归属需人工确定"),
    "frozen": Text("beside a grid that cannot be read", "相邻网格的图形无法识别"),
    "share": Text("the grid would change too much", "网格面积变化过大，未改动"),
    "apart": Text("the grid would fall apart or vanish", "网格将被拆散或消失，未改动"),
    "nobody": Text("no grid of its community is beside it", "旁边没有同一社区的网格"),
}
_DONE = {
    "gap": Text("the gap joins the grid", "缝隙并入该网格"),
    "overlap": Text("the grid gives way to its neighbour", "重叠部分归相邻网格"),
    "part": Text("a piece cut off by the repair joins its neighbour", "修复切下的碎块并入相邻网格"),
    "outside": Text("ground outside the community of the grid", "越出本社区的部分已划出"),
}


@dataclass
class _SiteState:
    """The state of one site while its faces are assigned."""

    partition: DrawnPartition
    faces: Arrangement
    rules: RepairRules
    barred: frozenset[int]
    owners: Owners
    records: list[RepairRecord] = field(default_factory=list)
    spent: Counter[int] = field(default_factory=Counter)


def resolve_site(
    partition: DrawnPartition,
    _: DefectSite,
    faces: Arrangement,
    rules: RepairRules,
    barred: frozenset[int],
) -> tuple[Owners, list[RepairRecord]]:
    """Return the new owners of each face, and what was done and left.

    Grids in `barred` neither gain nor lose ground.
    """
    table = _SiteState(
        partition=partition, faces=faces, rules=rules, barred=barred, owners=list(faces.owners)
    )
    asked = _faces_to_assign(table)
    for face in [face for face, what in asked.items() if what == "outside"]:
        _return_to_community(table, face)
        del asked[face]
    _assign_faces(table, asked)
    _reattach(table)
    return table.owners, table.records


def _reattach(table: _SiteState) -> None:
    """Give small pieces that a grid was cut into to the grid beside them."""
    changed = {
        grid
        for before, after in zip(table.faces.owners, table.owners, strict=True)
        for grid in {*before} - {*after}
    }
    for grid in sorted(changed):
        before = _connected_faces(table.faces, grid, table.faces.owners)
        pieces = _connected_faces(table.faces, grid, table.owners)
        for piece in pieces[max(1, len(before)) :]:
            _transfer_piece(table, grid, piece)


def _connected_faces(faces: Arrangement, grid: int, owners: Owners) -> list[list[int]]:
    """Return the faces of `grid` by connected piece, largest piece first."""
    rest = {face for face, owner in enumerate(owners) if grid in owner}
    pieces = []
    while rest:
        stack = [rest.pop()]
        piece = []
        while stack:
            piece.append(stack.pop())
            near = {other for other, _ in faces.neighbours(piece[-1])} & rest
            rest -= near
            stack += near
        pieces.append(sorted(piece))
    area = shapely.area(faces.polygon)
    return sorted(pieces, key=lambda piece: (-area[piece].sum(), piece))


def _transfer_piece(table: _SiteState, grid: int, piece: list[int]) -> None:
    ground = table.faces.polygon[piece]
    metres: Counter[int] = Counter()
    for face in piece:
        metres.update(_adjacent_grids(table, face))
    del metres[grid]
    receivers = sorted(metres, key=lambda one: (-metres[one], table.partition.rank[one]))
    alone = all(table.owners[face] == (grid,) for face in piece)
    fits = small(ground, table.rules).all() and not table.partition.inhabited(ground).any()
    if receivers and alone and fits and receivers[0] not in table.barred:
        for face in piece:
            table.owners[face] = (receivers[0],)
            _record_done(table, face, "part", [grid, receivers[0]])


def _faces_to_assign(table: _SiteState) -> dict[int, str]:
    """Return the small faces that need an owner, and why; the others are left with a reason."""
    partition, faces = table.partition, table.faces
    what = {face: kind for face in range(len(faces.owners)) if (kind := _defect_kind(table, face))}
    at = np.fromiter(what, dtype=np.intp, count=len(what))
    polygon = faces.polygon[at]
    fits, inhabited = small(polygon, table.rules), partition.inhabited(polygon)
    spared = above_noise(
        shapely.intersection(polygon, partition.allowed, grid_size=partition.precision)
    )
    frozen = shapely.dwithin(polygon, partition.unreadable, TOUCH_M)
    asked = {}
    rows = zip(at.tolist(), fits, inhabited, spared, frozen, strict=True)
    for face, fit, has_households, allowed, unread in rows:
        why = "" if fit else "large"
        if fit and has_households:
            why = "homes"
        if fit and unread:
            why = "frozen"
        if what[face] == "gap" and (allowed or why == "large"):
            continue  # gaps are reported as a whole, not by face
        if why:
            _record_left(table, face, what[face], why)
        else:
            asked[face] = what[face]
    return asked


def _defect_kind(table: _SiteState, face: int) -> str:
    holders, community = table.faces.owners[face], int(table.faces.community[face])
    if len(holders) > 1:
        return "overlap"
    known = len(table.partition.outlines) > 0
    if not holders:
        return "gap" if community >= 0 or not known else ""
    expected = int(table.partition.community[holders[0]])
    strays = (
        known and expected >= 0 and expected != community and above_noise(table.faces.polygon[face])
    )
    return "outside" if strays else ""


def _touching_grids(table: _SiteState, face: int) -> set[int]:
    """Return the grids of `face` and of the faces beside it."""
    beside = (other for other, _ in table.faces.neighbours(face))
    return {*table.owners[face], *(grid for other in beside for grid in table.owners[other])}


def _adjacent_grids(table: _SiteState, face: int) -> dict[int, float]:
    """Return the grids of the community of `face` beside it, and the metres of border."""
    community, partition = int(table.faces.community[face]), table.partition
    metres: dict[int, float] = {}
    for other, border_m in table.faces.neighbours(face):
        for grid in table.owners[other]:
            if community < 0 or partition.community[grid] in (-1, community):
                metres[grid] = metres.get(grid, 0.0) + border_m
    return metres


def _return_to_community(table: _SiteState, face: int) -> None:
    """Give ground outside its grid's community to the grid beside it there."""
    (owner,) = table.owners[face]
    community = int(table.faces.community[face])
    beside = _adjacent_grids(table, face) if community >= 0 else {}
    beside.pop(owner, None)
    receivers = sorted(beside, key=lambda grid: (-beside[grid], table.partition.rank[grid]))
    if community >= 0 and not receivers:
        _record_left(table, face, "outside", "nobody")
        return
    parties = [owner, *receivers[:1]]
    if table.barred.intersection(parties):
        _record_left(table, face, "outside", "apart")
    elif all(_within_limit(table, grid, face) for grid in parties):
        table.owners[face] = tuple(receivers[:1])
        _add_change(table, parties, face)
        _record_done(table, face, "outside", parties)
    else:
        _record_left(table, face, "outside", "share")


def _assign_faces(table: _SiteState, asked: dict[int, str]) -> None:
    """Let the grid with most open faces adapt to its neighbours, until every face is assigned."""
    open_ = {face: _candidates(table, face, what) for face, what in asked.items()}
    for face in [face for face, metres in open_.items() if not metres]:
        _record_left(table, face, asked[face], "nobody")
        del open_[face]
    area = shapely.area(table.faces.polygon)
    while open_:
        count = Counter(grid for metres in open_.values() for grid in metres)
        reach: Counter[int] = Counter()
        for metres in open_.values():
            reach.update(metres)
        rank = table.partition.rank
        grid = min(count, key=lambda one: (-count[one], -round(reach[one], 3), rank[one]))
        faces = [face for face, metres in open_.items() if grid in metres]
        for face in sorted(faces, key=lambda face: float(area[face])):
            _adapt_grid(table, face, asked[face], grid, open_)


def _candidates(table: _SiteState, face: int, what: str) -> dict[int, float]:
    """Return the grids that may adapt at `face`, with the metres of its border that they have.

    A gap joins one of the grids beside it. In an overlap the grids of other communities lose it.
    """
    if what == "gap":
        return _adjacent_grids(table, face)
    holders, community = table.owners[face], int(table.faces.community[face])
    inside = [g for g in holders if community >= 0 and table.partition.community[g] == community]
    foreign = [g for g in holders if g not in inside] if inside else []
    rim = float(table.faces.polygon[face].length)
    return dict.fromkeys(foreign or holders, rim)


def _adapt_grid(
    table: _SiteState, face: int, what: str, grid: int, open_: dict[int, dict[int, float]]
) -> None:
    if not _within_limit(table, grid, face):
        del open_[face][grid]
        if not open_[face]:
            del open_[face]
            _record_left(table, face, what, "apart" if grid in table.barred else "share")
        return
    del open_[face]
    _add_change(table, [grid], face)
    if what == "gap":
        table.owners[face] = (grid,)
        _record_done(table, face, what, [grid])
        return
    kept = tuple(one for one in table.owners[face] if one != grid)
    table.owners[face] = kept
    _record_done(table, face, what, [grid, *kept])
    if len(kept) > 1:
        open_[face] = _candidates(table, face, what)


def _within_limit(table: _SiteState, grid: int, face: int) -> bool:
    """Return whether `grid` may change by `face`: the sum of its changes is limited."""
    most = table.rules.most_share * table.partition.grids[grid].area
    area = table.faces.polygon[face].area
    return grid not in table.barred and table.spent[grid] + area <= most


def _add_change(table: _SiteState, grids: list[int], face: int) -> None:
    for grid in grids:
        table.spent[grid] += table.faces.polygon[face].area


def _record_left(table: _SiteState, face: int, what: str, why: str) -> None:
    grids = tuple(table.owners[face]) or tuple(sorted(_touching_grids(table, face)))
    _record(table, face, what, grids, LEFT[why], done=False)


def _record_done(table: _SiteState, face: int, what: str, grids: list[int]) -> None:
    _record(table, face, what, tuple(grids), _DONE[what], done=True)


def _record(
    table: _SiteState, face: int, what: str, grids: tuple[int, ...], reason: Text, *, done: bool
) -> None:
    polygon = table.faces.polygon[face]
    if above_noise(polygon):
        table.records.append(
            RepairRecord(
                what=what,
                grids=grids,
                done=done,
                amount=float(polygon.area),
                unit="m2",
                where=polygon,
                reason=reason,
            )
        )


_JOINED = Text("the part joins the grid around it", "零碎部分并入相邻网格")


def fragment_sites(partition: DrawnPartition, rules: RepairRules) -> list[DefectSite]:
    """Return a site for each grid with small parts: the grid, then the grids that they touch."""
    found = []
    for row in np.flatnonzero(
        ~partition.frozen & (shapely.get_num_geometries(partition.grids) > 1)
    ):
        fragments = _fragments(partition.grids[row], rules)
        near = partition.tree.query(fragments, predicate="dwithin", distance=TOUCH_M)[1]
        if len(fragments):
            rows = np.append(row, np.setdiff1d(near, [row]))
            found.append(DefectSite(rows=rows, lines=np.zeros(0, dtype=object)))
    return found


def resolve_fragments(
    partition: DrawnPartition,
    site: DefectSite,
    faces: Arrangement,
    rules: RepairRules,
    barred: frozenset[int],
) -> tuple[Owners, list[RepairRecord]]:
    """Return the owners of each face with the fragments of the first grid of `site` reassigned.

    A fragment joins the grid of its community with the longest common border, if uninhabited.
    """
    grid = int(site.rows[0])
    owners, records = list(faces.owners), []
    inner = shapely.point_on_surface(faces.polygon)
    for fragment in _fragments(partition.grids[grid], rules):
        members = np.flatnonzero(shapely.intersects(fragment, inner)).tolist()
        receivers = [] if grid in barred else _receivers(partition, faces, members, barred | {grid})
        inhabited = bool(partition.inhabited(np.array([fragment], dtype=object)).any())
        done = (
            bool(receivers) and not inhabited and all(owners[face] == (grid,) for face in members)
        )
        if done:
            for face in members:
                owners[face] = (receivers[0],)
        why = LEFT["homes"] if inhabited else LEFT["nobody"]
        records.append(
            RepairRecord(
                what="part",
                grids=(grid, *receivers[:1]),
                done=done,
                amount=float(fragment.area),
                unit="m2",
                where=fragment,
                reason=_JOINED if done else why,
            )
        )
    return owners, records


def _receivers(
    partition: DrawnPartition, faces: Arrangement, members: list[int], barred: frozenset[int]
) -> list[int]:
    """Return the grids that may take the faces `members`, longest common border first."""
    beside: dict[int, float] = {}
    for face in members:
        for other, border_m in faces.neighbours(face):
            for receiver in set(faces.owners[other]) - barred:
                if not partition.frozen[receiver] and _same_community(
                    partition, faces.owners[face], receiver
                ):
                    beside[receiver] = beside.get(receiver, 0.0) + border_m
    return sorted(beside, key=lambda receiver: (-beside[receiver], partition.rank[receiver]))


def _same_community(partition: DrawnPartition, holders: tuple[int, ...], receiver: int) -> bool:
    return all(partition.community[receiver] in (-1, partition.community[grid]) for grid in holders)


def _fragments(ground: Any, rules: RepairRules) -> NDArray[Any]:
    """Return the small parts of `ground` but for its largest."""
    parts = shapely.get_parts(ground)
    order = np.lexsort((*shapely.bounds(parts).T, -shapely.area(parts)))
    rest = parts[order[1:]]
    return np.asarray(rest[small(rest, rules)], dtype=object)
