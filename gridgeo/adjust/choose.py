"""The partition with the proposals that were taken, and the old grids where they were not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridgeo.errors import InputError
from gridgeo.model import MISSED_VERDICTS
from gridgeo.text import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.adjust.groups import Groups
    from gridgeo.adjust.inherited import Old
    from gridgeo.model import Atoms, Partition
    from gridgeo.proposals import Decision


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The partition that was chosen, and for each of its grids where it is from.

    ``new`` is the number of the new grid, ``old`` that of the old grid that stays in its place
    or, unchanged, is the same as the new one; -1 for none.
    """

    part: Partition
    new: NDArray[np.int64]
    old: NDArray[np.int64]


def choose(
    atoms: Atoms,
    old: Old,
    part: Partition,
    groups: Groups,
    decided: tuple[Decision, ...],
) -> Chosen:
    """Return the partition in which only accepted proposals are carried out.

    Where a proposal is not taken, its grids stay as drawn. Atoms that lay in no grid are then
    counted to the old grid that shares most with the new one they were to be part of; that the
    ground belongs to none is for the checks to tell.

    Raises
    ------
    InputError
        A proposal that founds a grid where there is none is not taken.
    """
    left = np.array([one != "accepted" for one in decided], dtype=bool)
    stays = np.append(left, False)[groups.atoms]
    home = _old_of_bare(atoms, old, part, groups, stays)
    news = len(part.grids)
    mixed = np.where(stays, news + home, part.labels)
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
        part=replace(
            part,
            labels=labels.astype(np.int64),
            grids=grids,
            communities=_communities(part.communities, grids, touched),
        ),
        new=new,
        old=was,
    )


def _old_of_bare(
    atoms: Atoms, old: Old, part: Partition, groups: Groups, stays: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the old grid of each atom, with one for atoms that had none and `stays`."""
    home = old.previous.copy()
    area = shapely.area(atoms.frame.geometry.to_numpy())
    for label in np.unique(part.labels[stays & (home < 0)]).tolist():
        own = part.labels == label
        near = own if (old.previous[own] >= 0).any() else groups.atoms == groups.new[label]
        known = near & (old.previous >= 0)
        if not known.any():
            raise InputError(
                Text(
                    f"proposal {groups.ids[groups.new[label]]} covers ground that no grid holds",
                    f"建议 {groups.ids[groups.new[label]]} 涉及不属于任何网格的地块，不能不采纳",
                ),
                remedy=Text("Accept it", "请采纳该建议"),
            )
        held = np.bincount(old.previous[known], np.round(area[known], 2))
        home[own & (home < 0)] = int(held.argmax())
    return home


def _unchanged(old: Old, part: Partition, groups: Groups) -> NDArray[np.int64]:
    """Return for each new grid that no proposal changes the old grid that it is, else -1."""
    same = np.full(len(part.grids), -1)
    here = groups.new[part.labels] < 0
    same[part.labels[here]] = old.previous[here]
    return same


def _old_rows(
    atoms: Atoms, old: Old, groups: Groups, decided: tuple[Decision, ...]
) -> pd.DataFrame:
    """Return the old grids as rows of a partition; the reason says which proposal is not taken."""
    grids = old.grids
    said = [_not_taken(groups, decided, group) for group in groups.old.tolist()]
    facility = np.full(len(grids), -1)
    held = old.previous >= 0
    np.maximum.at(facility, old.previous[held], atoms.frame["facility"].to_numpy()[held])
    dedicated = (grids["kind"] == "dedicated").to_numpy()
    return pd.DataFrame(
        {
            "kind": grids["kind"].where(grids["kind"] != "", "basic").to_numpy(),
            "community": grids["community"].to_numpy(),
            "facility": np.where(dedicated, facility, -1),
            "locked": -1,
            "verdict": grids["verdict"].to_numpy(),
            "reason_en": [f"{a}{b.en}" for a, b in zip(grids["reason_en"], said, strict=True)],
            "reason_zh": [f"{a}{b.zh}" for a, b in zip(grids["reason_zh"], said, strict=True)],
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
    told: pd.DataFrame, grids: pd.DataFrame, touched: NDArray[np.int64]
) -> pd.DataFrame:
    """Return the communities with the number of grids, and verdicts where old grids stay."""
    basic = grids[grids["kind"] == "basic"]
    count = np.bincount(basic["community"].to_numpy(np.int64), minlength=len(told))
    missed = np.bincount(
        basic.loc[basic["verdict"].isin(MISSED_VERDICTS), "community"].to_numpy(np.int64),
        minlength=len(told),
    )
    told = told.assign(grids=count)
    for place in touched.tolist():
        if not missed[place]:
            continue
        told.loc[place, ["verdict", "proof", "certificate"]] = ["not_found", "", ""]
        told.loc[place, "gap"] = np.nan
        told.loc[place, ["reason_en", "reason_zh"]] = [
            f"{missed[place]} of {count[place]} grids miss the band: proposals were not taken",
            f"{count[place]} 个网格中有 {missed[place]} 个不符合标准：调整建议未采纳",
        ]
    return told
