"""Grids that change together: each group is one proposal and touches the ground of no other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridgeo.hashes import letters_of
from gridgeo.validate.ground import groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.adjust.inherited import Old
    from gridgeo.continuity import Overlap
    from gridgeo.model import Atoms, Partition


@dataclass(frozen=True, kw_only=True)
class Groups:
    """The proposal of each old grid, new grid and atom (its position in `ids`), -1 for none."""

    ids: tuple[str, ...]
    old: NDArray[np.int64]
    new: NDArray[np.int64]
    atoms: NDArray[np.int64]


def group_changes(atoms: Atoms, old: Old, part: Partition, shared: Overlap) -> Groups:
    """Return the connected groups of old and new grids that share ground and differ.

    A grid that keeps its ground is none of them, unless it becomes one of another kind or its
    rings are broken. Ids say
    what changes into what: the same proposal has the same id in every run.
    """
    olds, news = len(old.grids), len(part.grids)
    member = groups(olds + news, shared.old, olds + shared.new)
    count = int(member.max(initial=-1)) + 1
    was = old.grids["kind"].to_numpy(dtype=object)[shared.old]
    becomes = part.grids["kind"].to_numpy(dtype=object)[shared.new]
    stays = shared.same & ((was == "") | (was == becomes))
    stays &= ~old.grids["broken"].to_numpy()[shared.old]
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
    old: Old,
    part: Partition,
    was: NDArray[np.bool_],
    becomes: NDArray[np.bool_],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the codes of the old grids, and each new grid's kind, households and middle."""
    told = []
    for label in np.flatnonzero(becomes).tolist():
        own = np.flatnonzero(part.labels == label)
        area = shapely.area(atoms.frame.geometry.to_numpy()[own]).sum()
        held = int(atoms.frame["households"].to_numpy()[own].sum())
        told.append(f"{part.grids['kind'].iloc[label]},{held},{own.size},{area:.0f}")
    return tuple(sorted(old.grids["code"][was])), tuple(sorted(told))


def _id_of(key: tuple[tuple[str, ...], tuple[str, ...]]) -> str:
    text = "|".join([";".join(part) for part in key])
    return f"P{letters_of(text, 6)}"
