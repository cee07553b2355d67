"""Who stands on which sign: the rows of a roster brought to the grids, and what is left over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from gridgeo.model import Reject
from gridgeo.text import Text

PEOPLE = ("worker", "worker_phone", "head", "head_phone", "supervision_phone", "duties")


@dataclass(frozen=True, kw_only=True)
class Staff:
    """The people of every grid, and what did not come together.

    ``of``: grid code -> the fields of `PEOPLE`, ``""`` where not given. ``rejects``: rows of the
    roster that belong to no grid, or to one that has its row already. ``alone``: codes of grids
    without a grid worker, in the order of the plan.
    """

    of: Mapping[str, Mapping[str, str]]
    rejects: tuple[Reject, ...]
    alone: tuple[str, ...]


def assign_staff(roster: pd.DataFrame, grids: pd.DataFrame, file: str = "") -> Staff:
    """Return who works in which grid.

    1. A row belongs to the grid of its code; without a code, to the only grid of its name.
    2. The first row of a grid holds, for a grid has one grid worker; later ones are rejects.

    Parameters
    ----------
    roster
        As `gridgeo.read.read_roster` returns it.
    grids
        With `code` and `name`.

    Examples
    --------
    >>> grids = pd.DataFrame({"code": ["01", "02"], "name": ["东", "西"]})
    >>> row = dict.fromkeys(PEOPLE, "") | {"code": "", "name": "西", "worker": "张三", "row": 1}
    >>> staff = assign_staff(pd.DataFrame([row]), grids)
    >>> staff.of["02"]["worker"], staff.alone
    ('张三', ('01',))
    """
    codes = grids["code"].tolist()
    named = grids["name"].value_counts()
    by_name = {
        name: code
        for name, code in zip(grids["name"], codes, strict=True)
        if name and named[name] == 1
    }
    found: dict[str, dict[str, str]] = {}
    rejects: list[Reject] = []
    for row in _rows(roster):
        code = row["code"] or by_name.get(row["name"], "")
        if code in found or code not in set(codes):
            rejects.append(_reject(row, code in found, file))
        else:
            found[code] = {field: row[field] for field in PEOPLE}
    nobody = dict.fromkeys(PEOPLE, "")
    of = {code: found.get(code, nobody) for code in codes}
    alone = tuple(code for code in codes if not of[code]["worker"])
    return Staff(of=of, rejects=tuple(rejects), alone=alone)


def _rows(roster: pd.DataFrame) -> Iterator[dict[str, str]]:
    for row in roster.to_dict("records"):
        yield {str(field): str(value) for field, value in row.items()}


def _reject(row: Mapping[str, str], again: bool, file: str) -> Reject:  # noqa: FBT001
    field = "code" if row["code"] else "name"
    reason = (
        Text("the grid has its row already", "该网格已有人员，一个网格只配一名网格员")
        if again
        else Text("there is no such grid in the plan", "方案中没有这个网格")
    )
    who = f"{row[field]} {row['worker']}".strip()
    return Reject("roster", file, int(row["row"]), field, who, reason)
