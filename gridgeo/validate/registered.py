"""Checks against the register of codes: registered, never reissued, in their place, all there."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import shapely

from gridgeo.model import Finding
from gridgeo.segments import classes_for_numbers
from gridgeo.text import Text
from gridgeo.validate.case import Case, about
from gridgeo.validate.ground import polygonal


def codes_registered(case: Case) -> Iterator[Finding]:
    """Every code stands in the register."""
    if case.subject.register is None:
        return
    known = set(case.subject.register["code"])
    rows = [n for n, code in enumerate(case.grid_codes) if code and code not in known]
    if len(rows) > max(5, len(case.grid_codes) // 2):
        yield Finding(
            rule="codes_registered",
            severity="warning",
            message=Text(
                f"{len(rows)} of {len(case.grid_codes)} codes are not in the register",
                f"{len(case.grid_codes)} 个编码中有 {len(rows)} 个未登记",
            ),
            amount=float(len(rows)),
            unit="grids",
        )
        return
    for row in rows:
        said = Text("has a code that is not in the register", "的编码未登记")
        yield about(case, "codes_registered", row, said, "warning")


def codes_not_reissued(case: Case) -> Iterator[Finding]:
    """No code that was retired is in use again."""
    if case.subject.register is None:
        return
    table = case.subject.register
    gone = table[table["status"] == "retired"].set_index("code")
    for row, code in enumerate(case.grid_codes):
        if code in gone.index:
            day, after = str(gone["valid_to"][code]), str(gone["successors"][code])
            said = Text(
                f"has a code that was retired on {day} (now {after or 'in no grid'})",
                f"的编码已于 {day} 停用（后继：{after or '无'}），不得再次使用",
            )
            yield about(case, "codes_not_reissued", row, said, "error")


def codes_in_place(case: Case) -> Iterator[Finding]:
    """Every code in use stands on the ground that the register has for it, for the most part."""
    active = _active(case)
    if active is None or "geometry" not in active.columns:
        return
    ground = dict(zip(active["code"], polygonal(active["geometry"].to_numpy()), strict=True))
    for row, code in enumerate(case.grid_codes):
        own = case.ground[row]
        if code not in ground or own.is_empty:
            continue
        shared = shapely.area(shapely.intersection(own, ground[code]))
        if 2 * shared < min(own.area, ground[code].area):
            said = Text(
                "stands on other ground than its code in the register",
                "不在其编码登记的位置上",
            )
            yield about(case, "codes_in_place", row, said, "error")


def codes_all_there(case: Case) -> Iterator[Finding]:
    """Every code in use of these communities has its grid (不漏)."""
    active = _active(case)
    if active is None:
        return
    scheme, here = case.codes.code_scheme, set(case.subject.communities["code"])
    borne = set(case.grid_codes)
    for code, ground in zip(active["code"], active.get("geometry", [None] * len(active)),
                            strict=True):  # fmt: skip
        said = scheme.parse(code)
        if code not in borne and said is not None and said.community in here:
            yield Finding(
                rule="codes_all_there",
                severity="warning",
                message=Text(
                    f"code {code} is in use in the register, but no grid has it",
                    f"编码 {code} 在登记表中在用，但没有对应的网格",
                ),
                where=ground,
            )


def codes_no_class(case: Case) -> Iterator[Finding]:
    """No code of 15 digits ends like an urban-rural class (城乡分类代码)."""
    if not case.codes.code_scheme.statistical:
        return
    for row in classes_for_numbers(case.grid_codes):
        ending = case.grid_codes[row][-3:]
        said = Text(
            f"has a code that ends like an urban-rural class, {ending}",
            f"的编码以 {ending} 结尾，疑为统计用城乡分类代码",
        )
        yield about(case, "codes_no_class", row, said, "warning")


def _active(case: Case) -> pd.DataFrame | None:
    table = case.subject.register
    return None if table is None else table[table["status"] == "active"]
