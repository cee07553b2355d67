"""Edits of a plan, one at a time: atoms move, grids merge, split, become dedicated, are locked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, NoReturn

import numpy as np
from numpy.typing import NDArray

from gridgeo.errors import InputError
from gridgeo.model import Plan
from gridgeo.wording import Text

_Do = Literal["move", "split", "merge", "dedicate", "lock", "unlock"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """One edit; grids are named by their code, those that edits make by ``+1``, ``+2`` ...

    Parameters
    ----------
    do
        ``move`` (`atoms` into grid `to`), ``split`` (`atoms` of one grid become the new `grid`),
        ``merge`` (`grids` into grid `to`), ``dedicate`` (`grid` becomes dedicated to the unit
        `name`), ``lock`` and ``unlock`` (`grid`).
    atoms
        Positions in ``plan.atoms``.
    """

    do: _Do
    atoms: tuple[int, ...] = ()
    grid: str = ""
    to: str = ""
    grids: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """Grids as labels of atoms, while they are edited.

    ``grid``: for each atom the key of its grid. ``units``: the name of the unit of each grid that
    edits made dedicated. ``locked``: keys. ``touched``: the last edit (from 1) of each grid.
    """

    grid: NDArray[np.object_]
    community: NDArray[np.object_]
    known: frozenset[str]
    units: Mapping[str, str] = field(default_factory=dict)
    locked: frozenset[str] = frozenset()
    touched: Mapping[str, int] = field(default_factory=dict)


def draft_of(plan: Plan) -> Draft:
    """Return the grids of `plan` before any edit.

    Raises
    ------
    InputError
        The plan has no atoms that know their grids (a file of grids that was verified).
    """
    grid = plan.atoms["grid"].to_numpy(dtype=object)
    if not len(plan.borders) or not (grid != "").any():
        raise InputError(
            Text("the plan has no atoms to edit", "方案没有可调整的基本单元"),
            layer="atoms",
            remedy=Text("Edit a plan that gridgeo partitioned", "请使用由 gridgeo 划分的方案"),
        )
    return Draft(
        grid=grid,
        community=plan.atoms["community"].to_numpy(dtype=object),
        known=frozenset(plan.grids["code"]),
        locked=frozenset(plan.summary.get("locked", ())),
    )


def edited(draft: Draft, edits: Iterable[Edit]) -> Draft:
    """Return `draft` after `edits`, in their order.

    Raises
    ------
    InputError
        An edit names what is not there, breaks a lock, or would take atoms out of their
        community; ``row`` is the number of the edit.

    Examples
    --------
    >>> town = Draft(grid=np.array(["a", "a", "b"], dtype=object),
    ...              community=np.array(["1"] * 3, dtype=object), known=frozenset("ab"))
    >>> edited(town, [Edit(do="move", atoms=(1,), to="b")]).grid.tolist()
    ['a', 'b', 'b']
    """
    for number, edit in enumerate(edits, start=1):
        draft = _ACTIONS[edit.do](draft, edit, number)
    return draft


def _move(draft: Draft, edit: Edit, number: int) -> Draft:
    atoms = _atoms(draft, edit, number)
    _check_grid(draft, edit.to, number)
    return _reassign(draft, atoms, edit.to, number)


def _split(draft: Draft, edit: Edit, number: int) -> Draft:
    atoms = _atoms(draft, edit, number)
    grids = set(draft.grid[atoms])
    if len(grids) != 1:
        _refuse(number, Text("a split takes atoms of one grid", "拆分只能用同一网格的单元"))
    if len(atoms) == (draft.grid == next(iter(grids))).sum():
        _refuse(number, Text("a split leaves some atoms", "拆分后原网格须留有单元"))
    if not edit.grid.startswith("+") or edit.grid in draft.known:
        _refuse(number, Text("a new grid is called +1, +2 ...", "新网格应写作 +1、+2 …"), edit.grid)
    _check_unlocked(draft, grids, number)
    known = replace(draft, known=draft.known | {edit.grid})
    return _reassign(known, atoms, edit.grid, number)


def _merge(draft: Draft, edit: Edit, number: int) -> Draft:
    for key in (*edit.grids, edit.to):
        _check_grid(draft, key, number)
    if not edit.grids or edit.to in edit.grids:
        _refuse(number, Text("a merge names two grids or more", "合并须有两个以上网格"))
    atoms = np.flatnonzero(np.isin(draft.grid, list(edit.grids)))
    return _reassign(draft, atoms, edit.to, number)


def _dedicate(draft: Draft, edit: Edit, number: int) -> Draft:
    _check_grid(draft, edit.grid, number)
    _check_unlocked(draft, {edit.grid}, number)
    if not edit.name.strip():
        _refuse(number, Text("a dedicated grid needs the name of its unit", "专属网格须有单位名称"))
    touched = {**draft.touched, edit.grid: number}
    units = {**draft.units, edit.grid: edit.name.strip()}
    return replace(draft, units=units, touched=touched)


def _lock(draft: Draft, edit: Edit, number: int) -> Draft:
    _check_grid(draft, edit.grid, number)
    return replace(draft, locked=draft.locked | {edit.grid})


def _unlock(draft: Draft, edit: Edit, number: int) -> Draft:
    _check_grid(draft, edit.grid, number)
    return replace(draft, locked=draft.locked - {edit.grid})


_ACTIONS: Mapping[str, Callable[[Draft, Edit, int], Draft]] = MappingProxyType(
    {
        "move": _move,
        "split": _split,
        "merge": _merge,
        "dedicate": _dedicate,
        "lock": _lock,
        "unlock": _unlock,
    }
)


def _reassign(draft: Draft, atoms: NDArray[np.intp], to: str, number: int) -> Draft:
    """Return the draft with `atoms` in grid `to`; grids that are left empty are removed."""
    old = set(draft.grid[atoms])
    _check_unlocked(draft, old | {to}, number)
    if set(draft.community[draft.grid == to]) | set(draft.community[atoms]) != {
        draft.community[atoms[0]]
    }:
        _refuse(number, Text("atoms stay in their community", "单元不能划出所在社区（村）"), to)
    grid = draft.grid.copy()
    grid[atoms] = to
    return replace(draft, grid=grid, touched={**draft.touched, **dict.fromkeys({*old, to}, number)})


def _atoms(draft: Draft, edit: Edit, number: int) -> NDArray[np.intp]:
    atoms = np.unique(np.array(edit.atoms, dtype=np.intp))
    if not len(atoms) or atoms[0] < 0 or atoms[-1] >= len(draft.grid):
        _refuse(number, Text("there are no such atoms", "没有这些单元"), str(edit.atoms[:5]))
    if (draft.grid[atoms] == "").any():
        _refuse(number, Text("atoms that lie in no grid cannot be edited", "未入格的单元不能调整"))
    return atoms


def _check_grid(draft: Draft, key: str, number: int) -> None:
    if not (draft.grid == key).any() or not key:
        _refuse(number, Text("there is no such grid", "没有该网格"), key)


def _check_unlocked(draft: Draft, keys: Iterable[str], number: int) -> None:
    if locked := sorted(draft.locked.intersection(keys)):
        _refuse(number, Text("the grid is locked", "网格已锁定"), locked[0])


def _refuse(number: int, why: Text, value: str = "") -> NoReturn:
    lead = Text(f"edit {number}: ", f"第 {number} 步调整：")
    raise InputError(lead + why, value=value or None)
