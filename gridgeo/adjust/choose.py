"""Proposals, and the partition in which only the accepted ones are carried out.

A proposal is a connected group of old and new grids that share ground and differ; it touches the
ground of no other proposal, so each can be accepted or rejected alone. Grids that stay keep the
outline that was drawn; the ground of the others is divided along atoms.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridgeo.errors import InputError
from gridgeo.geometry import connected_groups, thin_parts
from gridgeo.model import MISSED_VERDICTS
from gridgeo.storage import hash_letters
from gridgeo.wording import Text

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridgeo.adjust.existing import ExistingGrids
    from gridgeo.config import AtomRules
    from gridgeo.geometry import Overlap
    from gridgeo.model import Atoms, Decision, Partition


#: Less ground of thin parts than this is rounding of the overlay.
_LEAST_M2 = 1.0


@dataclass(frozen=True, kw_only=True)
class Groups:
    """The proposal of each old grid, new grid and atom (its position in `ids`), -1 for none."""

    ids: tuple[str, ...]
    old: NDArray[np.int64]
    new: NDArray[np.int64]
    atoms: NDArray[np.int64]


def thin_ground(atoms: Atoms, old: ExistingGrids, rules: AtomRules) -> pd.DataFrame:
    """Return the ground of thin parts of old grids that atoms of another grid hold.

    Atoms have no thin parts that could join a neighbour: so these grids can do without them.

    Returns
    -------
    DataFrame
        old, to (positions of grids), m2.
    """
    if not rules.thin_part_m:
        return pd.DataFrame({"old": [], "to": [], "m2": []}, dtype=np.int64)
    was, shapes = old.grids.geometry.to_numpy(), atoms.frame.geometry.to_numpy()
    parts, grid = thin_parts(was, rules.thin_part_m, rules.thin_part_m2)
    number, atom = shapely.STRtree(shapes).query(parts, predicate="intersects")
    held = pd.DataFrame(
        {
            "old": grid[number],
            "to": old.previous[atom],
            "m2": shapely.area(shapely.intersection(parts[number], shapes[atom])),
        }
    )
    held = held[(held["to"] >= 0) & (held["to"] != held["old"]) & (held["m2"] > _LEAST_M2)]
    return held.groupby(["old", "to"], as_index=False).sum()


def group_changes(
    atoms: Atoms, old: ExistingGrids, part: Partition, shared: Overlap, thin: NDArray[np.int64]
) -> Groups:
    """Return the connected groups of old and new grids that share ground and differ.

    A grid that keeps its ground is none of them, unless it becomes one of another kind or its
    rings are broken, or it is one of the pairs of old grids `thin`: the ground of thin parts
    goes from one to the other. Ids say what changes into what: the same proposal has the same id
    in every run.
    """
    olds, news = len(old.grids), len(part.grids)
    member = connected_groups(
        olds + news,
        np.concatenate([shared.old, thin[:, 0]]),
        np.concatenate([olds + shared.new, thin[:, 1]]),
    )
    count = int(member.max(initial=-1)) + 1
    was = old.grids["kind"].to_numpy(dtype=object)[shared.old]
    becomes = part.grids["kind"].to_numpy(dtype=object)[shared.new]
    stays = shared.same & ((was == "") | (was == becomes))
    stays &= ~old.grids["broken"].to_numpy()[shared.old] & ~np.isin(shared.old, thin)
    changed = np.ones(count, dtype=bool)
    changed[member[shared.old[stays]]] = False
    keys = {
        int(group): _key(atoms, old, part, member[:olds] == group, member[olds:] == group)
        for group in np.flatnonzero(changed)
    }
    order = sorted(keys, key=lambda group: keys[group])
    number = np.full(count, -1)
    number[order] = np.arange(len(order))
    new = number[member[olds:]]
    return Groups(
        ids=tuple(_id_of(keys[group]) for group in order),
        old=number[member[:olds]],
        new=new,
        atoms=new[part.labels],
    )


def _key(
    atoms: Atoms,
    old: ExistingGrids,
    part: Partition,
    was: NDArray[np.bool_],
    becomes: NDArray[np.bool_],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the codes of the old grids, and each new grid's kind, households and middle."""
    keys = []
    for label in np.flatnonzero(becomes).tolist():
        members = np.flatnonzero(part.labels == label)
        area = shapely.area(atoms.frame.geometry.to_numpy()[members]).sum()
        households = int(atoms.frame["households"].to_numpy()[members].sum())
        keys.append(f"{part.grids['kind'].iloc[label]},{households},{members.size},{area:.0f}")
    return tuple(sorted(old.grids["code"][was])), tuple(sorted(keys))


def _id_of(key: tuple[tuple[str, ...], tuple[str, ...]]) -> str:
    text = "|".join([";".join(part) for part in key])
    return f"P{hash_letters(text, 6)}"


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The partition that was chosen, and for each of its grids where it is from.

    ``new`` is the number of the new grid, ``old`` that of the old grid that stays in its place
    or, unchanged, is the same as the new one; -1 for none.
    """

    partition: Partition
    new: NDArray[np.int64]
    old: NDArray[np.int64]


def choose(
    atoms: Atoms,
    old: ExistingGrids,
    part: Partition,
    groups: Groups,
    decided: tuple[Decision, ...],
) -> Chosen:
    """Return the partition in which only accepted proposals are carried out.

    Where a proposal is not taken, its grids stay as drawn. Atoms that lay in no grid are then
    counted to the old grid that shares most with the new one they were to be part of; that the
    ground belongs to none is found by the checks.

    Raises
    ------
    InputError
        A proposal that founds a grid where there is none is not taken.
    """
    left = np.array([one != "accepted" for one in decided], dtype=bool)
    stays = np.append(left, False)[groups.atoms]
    nearest = _old_grid_of_atoms(atoms, old, part, groups, stays)
    news = len(part.grids)
    mixed = np.where(stays, news + nearest, part.labels)
    known, labels = np.unique(mixed, return_inverse=True)
    kept = known >= news
    new = np.where(kept, -1, known)
    was = np.where(kept, known - news, _unchanged(old, part, groups)[np.where(kept, 0, known)])
    rows = pd.concat([part.grids, _old_rows(atoms, old, groups, decided)], ignore_index=True).iloc[
        known
    ]
    grids = rows.reset_index(drop=True)
    touched = np.unique(atoms.frame["community"].to_numpy()[stays])
    return Chosen(
        partition=replace(
            part,
            labels=labels.astype(np.int64),
            grids=grids,
            communities=_communities(part.communities, grids, touched),
        ),
        new=new,
        old=was,
    )


def _old_grid_of_atoms(
    atoms: Atoms, old: ExistingGrids, part: Partition, groups: Groups, stays: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the old grid of each atom, with one for atoms that had none and `stays`."""
    nearest = old.previous.copy()
    area = shapely.area(atoms.frame.geometry.to_numpy())
    for label in np.unique(part.labels[stays & (nearest < 0)]).tolist():
        members = part.labels == label
        near = members if (old.previous[members] >= 0).any() else groups.atoms == groups.new[label]
        known = near & (old.previous >= 0)
        if not known.any():
            raise InputError(
                Text(
                    f"proposal {groups.ids[groups.new[label]]} covers ground that no grid holds",
                    f"建议 {groups.ids[groups.new[label]]} 涉及不属于任何网格的地块，不能不采纳",
                ),
                remedy=Text("Accept it", "请采纳该建议"),
            )
        area_m2 = np.bincount(old.previous[known], np.round(area[known], 2))
        nearest[members & (nearest < 0)] = int(area_m2.argmax())
    return nearest


def _unchanged(old: ExistingGrids, part: Partition, groups: Groups) -> NDArray[np.int64]:
    """Return for each new grid that no proposal changes the old grid that it is, else -1."""
    same = np.full(len(part.grids), -1)
    here = groups.new[part.labels] < 0
    same[part.labels[here]] = old.previous[here]
    return same


def _old_rows(
    atoms: Atoms, old: ExistingGrids, groups: Groups, decided: tuple[Decision, ...]
) -> pd.DataFrame:
    """Return the old grids as rows of a partition; the reason says which proposal is not taken."""
    grids = old.grids
    reasons = [_not_taken(groups, decided, group) for group in groups.old.tolist()]
    facility = np.full(len(grids), -1)
    inside = old.previous >= 0
    np.maximum.at(facility, old.previous[inside], atoms.frame["facility"].to_numpy()[inside])
    dedicated = (grids["kind"] == "dedicated").to_numpy()
    return pd.DataFrame(
        {
            "kind": grids["kind"].where(grids["kind"] != "", "basic").to_numpy(),
            "community": grids["community"].to_numpy(),
            "facility": np.where(dedicated, facility, -1),
            "locked": -1,
            "verdict": grids["verdict"].to_numpy(),
            "reason_en": [f"{a}{b.en}" for a, b in zip(grids["reason_en"], reasons, strict=True)],
            "reason_zh": [f"{a}{b.zh}" for a, b in zip(grids["reason_zh"], reasons, strict=True)],
        }
    )


def _not_taken(groups: Groups, decided: tuple[Decision, ...], group: int) -> Text:
    if group < 0 or decided[group] == "accepted":
        return Text("", "")
    name = groups.ids[group]
    if decided[group] == "excepted":
        return Text("; accepted as an exception", "；已列为例外，保持原样")
    if decided[group] == "rejected":
        return Text(f"; proposal {name} was rejected", f"；建议 {name} 未采纳")
    return Text(f"; proposal {name} is open", f"；建议 {name} 待定")


def _communities(
    communities: pd.DataFrame, grids: pd.DataFrame, touched: NDArray[np.int64]
) -> pd.DataFrame:
    """Return the communities with the number of grids, and verdicts where old grids stay."""
    basic = grids[grids["kind"] == "basic"]
    count = np.bincount(basic["community"].to_numpy(np.int64), minlength=len(communities))
    missed = np.bincount(
        basic.loc[basic["verdict"].isin(MISSED_VERDICTS), "community"].to_numpy(np.int64),
        minlength=len(communities),
    )
    communities = communities.assign(grids=count)
    for place in touched.tolist():
        if not missed[place]:
            continue
        communities.loc[place, ["verdict", "proof", "certificate"]] = ["not_found", "", ""]
        communities.loc[place, "gap"] = np.nan
        communities.loc[place, ["reason_en", "reason_zh"]] = [
            f"{missed[place]} of {count[place]} grids miss the band: proposals were not taken",
            f"{count[place]} 个网格中有 {missed[place]} 个不符合标准：调整建议未采纳",
        ]
    return communities


#: Crumbs of an overlay that are no larger than this are not ground (as in the checks).
_FRAGMENT_M2 = 0.01
#: Overlays are done on a grid of 1 µm, which is robust.
_PRECISION_M = 1e-6


def grid_geometry(
    dissolved: gpd.GeoDataFrame,
    drawn: NDArray[Any],
    *,
    outlines: NDArray[Any],
    chosen: Chosen,
    old: ExistingGrids,
    groups: Groups,
) -> NDArray[Any]:
    """Return the geometry of each grid.

    1. A grid that stays has the very geometry that it was drawn with.
    2. Grids of a proposal whose old outlines follow atoms are the union of their atoms.
    3. Where they do not, the new grids divide the ground that the old ones had, and what their
       atoms hold of the community that no grid had, along atoms: nothing is taken from grids
       that stay, and no gap opens beside them.

    Parameters
    ----------
    dissolved
        The union of the atoms of each grid.
    drawn
        The old grids exactly as they were drawn.
    outlines
        Of the community of each grid, as given.
    """
    was = old.grids.geometry.to_numpy()
    geometry = dissolved.geometry.to_numpy().copy()
    stays = chosen.old >= 0
    geometry[stays] = drawn[chosen.old[stays]]
    group = np.where(chosen.new >= 0, np.append(groups.new, -1)[chosen.new], -1)
    crossing = np.unique(groups.old[old.grids["crosses"].to_numpy(dtype=bool)])
    tree = shapely.STRtree(was)
    for number in np.intersect1d(crossing, group[group >= 0]).tolist():
        rows = np.flatnonzero(group == number)
        inside = _clip(geometry[rows], outlines[rows])
        outline = _union([*was[groups.old == number], *inside])
        near = tree.query(outline)
        others = _union(was[near[groups.old[near] != number]])
        anchors = [shapely.multipoints(old.anchor[chosen.partition.labels == row]) for row in rows]
        ground = shapely.difference(outline, others, grid_size=_PRECISION_M)
        geometry[rows] = _divide_ground(geometry[rows], ground, np.array(anchors))
    return geometry


def _divide_ground(grids: NDArray[Any], ground: Any, anchors: NDArray[Any]) -> NDArray[Any]:
    """Return grids that fill `ground`: the parts of it that hold their anchors, and what is left.

    Each part without an anchor goes to the grid that it borders most.

    Examples
    --------
    >>> two = np.array([shapely.box(0, 0, 4, 9), shapely.box(4, 0, 8, 9)])
    >>> homes = shapely.points([[2, 1], [6, 1]])
    >>> shapely.area(_divide_ground(two, shapely.box(1, 0, 10, 9), homes)).tolist()
    [27.0, 54.0]
    """
    clipped = _clip(grids, ground)
    parts, owner = shapely.get_parts(clipped, return_index=True)
    fixed = shapely.intersects(parts, anchors[owner])
    fixed |= ~np.isin(owner, owner[fixed])
    rest = shapely.difference(ground, _union(clipped), grid_size=_PRECISION_M)
    loose = np.concatenate([parts[~fixed], shapely.get_parts(rest)])
    cores = [list(parts[fixed & (owner == number)]) for number in range(len(grids))]
    while len(loose):
        united = np.array([_union(core) for core in cores])
        shared = shapely.length(
            shapely.intersection(loose[:, None], united, grid_size=_PRECISION_M)
        )
        touches = shared.max(axis=1) > 0
        if not touches.any():
            loose = loose[shapely.area(loose) > _FRAGMENT_M2]
            shared = -shapely.distance(loose[:, None], united).reshape(len(loose), len(united))
            touches = np.ones(len(loose), dtype=bool)
        nearest = np.round(shared[touches], 3).argmax(axis=1)
        for piece, to in zip(loose[touches], nearest.tolist(), strict=True):
            cores[to].append(piece)
        loose = loose[~touches]
    return np.array([_polygonal(_union(core), _FRAGMENT_M2) for core in cores], dtype=object)


def _union(shapes: Any) -> Any:
    return shapely.union_all(shapes, grid_size=_PRECISION_M)


def _clip(shapes: NDArray[Any], ground: Any) -> NDArray[Any]:
    """Return what of each shape lies within the ground, without lines where they only touch."""
    shared = shapely.intersection(shapes, ground, grid_size=_PRECISION_M)
    return np.array([_polygonal(shape) for shape in shared], dtype=object)


def _polygonal(shape: Any, least_m2: float = 0.0) -> Any:
    parts = shapely.get_parts(shape)
    kept = parts[(shapely.get_dimensions(parts) == 2) & (shapely.area(parts) > least_m2)]
    return kept[0] if len(kept) == 1 else shapely.multipolygons(kept)
