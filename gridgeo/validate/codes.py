"""Checks on codes: well-formed, unique, of their community, and as the register has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridgeo.config import classes_for_numbers, unusual_segments
from gridgeo.geometry import polygonal
from gridgeo.model import Finding
from gridgeo.validate.assignment import texts
from gridgeo.validate.case import Case, about, not_checked
from gridgeo.wording import Text

_SHOWN = 5


def codes_wellformed(case: Case) -> Iterator[Finding]:
    """Every grid has a code of the scheme.

    Where most grids have no code, or most codes are not of the scheme, one finding states it and
    lists the grids: then it is the column or the scheme that is wrong.
    """
    given = np.array(case.grid_codes, dtype=object)
    malformed = np.array([parsed is None for parsed in case.parsed], dtype=bool)
    few = max(_SHOWN, len(given) // 2)
    none, bad = np.flatnonzero(given == ""), np.flatnonzero((given != "") & malformed)
    if len(none) > few:
        yield _without_codes(case, none)
    else:
        for row in none:
            yield about(case, "codes_wellformed", row, Text("has no code", "没有编码"), "error")
    if len(bad) > few:
        yield _of_another_scheme(case, bad)
    else:
        scheme = case.codes.code_scheme
        text = Text(
            f"is not {scheme.form.en}", f"的编码不是“{scheme.form.zh}”（编码方案 {scheme.id}）"
        )
        for row in bad:
            yield about(case, "codes_wellformed", row, text, "error")


def _without_codes(case: Case, rows: NDArray[np.intp]) -> Finding:
    size = len(case.grid_codes)
    return Finding(
        rule="codes_wellformed",
        severity="error",
        message=Text(
            f"{len(rows)} of {size} grids have no code; where a column holds codes, name it with "
            "--column grids.code=COLUMN",
            f"{size} 个网格中有 {len(rows)} 个没有编码；如数据中另有编码列，"
            "请用 --column grids.code=列名 指定",
        ),
        grids=case.named(rows),
        amount=float(len(rows)),
        unit="grids",
    )


def _of_another_scheme(case: Case, rows: NDArray[np.intp]) -> Finding:
    scheme, size = case.codes.code_scheme, len(case.grid_codes)
    grids = case.named(rows)
    some = ", ".join(grids[:_SHOWN])
    return Finding(
        rule="codes_wellformed",
        severity="error",
        message=Text(
            f"{len(rows)} of {size} codes ({some} ...) are not of scheme {scheme.id}: "
            f"{scheme.form.en}",
            f"{size} 个编码中有 {len(rows)} 个（{some} 等）不符合编码方案 "
            f"{scheme.id}：{scheme.form.zh}",
        ),
        grids=grids,
        amount=float(len(rows)),
        unit="grids",
    )


def codes_unique(case: Case) -> Iterator[Finding]:
    """No two grids have one code (不重)."""
    codes = np.array(case.grid_codes, dtype=object)
    for code in sorted(code for code, times in Counter(case.grid_codes).items() if times > 1):
        if code:
            rows = np.flatnonzero(codes == code)
            yield Finding(
                rule="codes_unique",
                severity="error",
                message=Text(
                    f"{len(rows)} grids have the code {code}",
                    f"{len(rows)} 个网格的编码同为 {code}",
                ),
                grids=(code,),
                where=shapely.MultiPolygon(shapely.get_parts(case.ground[rows]).tolist()),
                amount=float(len(rows)),
                unit="grids",
            )


def codes_parented(case: Case) -> Iterator[Finding]:
    """Every grid's code begins with that of its community, and the community exists.

    Where most codes are of communities that are not there, one finding states it.
    """
    codes = texts(case.subject.communities["code"])
    if not any(codes) and case.codes.code_scheme.statistical:
        lacking = Text("community codes", "社区代码")
        yield not_checked("codes_parented", lacking)
        return
    stated = texts(case.subject.grids["community"])
    known, main = set(codes), _main_community_codes(case, codes)
    foreign = [row for row, parsed in enumerate(case.parsed)
               if parsed and any(codes) and parsed.community not in known]  # fmt: skip
    if len(foreign) > max(_SHOWN, len(case.parsed) // 2):
        yield _foreign(case, foreign)
        return
    for row, parsed in enumerate(case.parsed):
        if stated[row] and case.stated[row] < 0:
            text = Text(
                f"names community {stated[row]}, which is not there",
                f"所属社区 {stated[row]} 不存在",
            )
            yield about(case, "codes_parented", row, text, "error")
        elif parsed and any(codes) and parsed.community not in known:
            text = Text(
                f"has the code of a community that is not there: {parsed.community}",
                f"编码中的社区代码 {parsed.community} 不存在",
            )
            yield about(case, "codes_parented", row, text, "error")
        elif parsed and main[row] not in ("", parsed.community):
            text = Text(
                f"has the code of community {parsed.community}, but lies in {main[row]}",
                f"的编码属于社区 {parsed.community}，网格却位于社区 {main[row]}",
            )
            yield about(case, "codes_parented", row, text, "error")


def _foreign(case: Case, rows: list[int]) -> Finding:
    """Return the one finding that most codes are of communities that are not there."""
    prefixes = sorted({parsed.community for row in rows if (parsed := case.parsed[row])})
    some = ", ".join(prefixes[:_SHOWN]) + (" ..." if len(prefixes) > _SHOWN else "")
    size = len(case.grid_codes)
    return Finding(
        rule="codes_parented",
        severity="error",
        message=Text(
            f"{len(rows)} of {size} grids have codes of communities that are not there: {some}",
            f"{size} 个网格中有 {len(rows)} 个的编码属于不在核查范围的社区：{some}",
        ),
        grids=case.named(rows),
        amount=float(len(rows)),
        unit="grids",
        advice=Text(
            "Give the communities of these codes, or recode the grids (a change of prefix)",
            "请提供这些编码所属的社区，或重新编码（区划代码变更）",
        ),
    )


def segments_usual(case: Case) -> Iterator[Finding]:
    """Community codes of 12 digits have usual province, township and village segments."""
    scheme = case.codes.code_scheme
    if not scheme.statistical:
        return
    for row, code in enumerate(texts(case.subject.communities["code"])):
        text = unusual_segments(code) if scheme.accepts_community(code) else None
        if text:
            name = case.community_names[row]
            yield Finding(
                rule="segments_usual",
                severity="warning",
                message=Text(f"community {name}, {code}: ", f"社区“{name}”{code}：") + text,
                where=case.outlines[row],
            )


def _main_community_codes(case: Case, codes: list[str]) -> list[str]:
    """Return the code of the community that holds most of each grid, ``""`` where none does."""
    return [codes[place] if place >= 0 else "" for place in case.located]


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
        text = Text("has a code that is not in the register", "的编码未登记")
        yield about(case, "codes_registered", row, text, "warning")


def codes_not_reissued(case: Case) -> Iterator[Finding]:
    """No code that was retired is in use again."""
    if case.subject.register is None:
        return
    table = case.subject.register
    retired = table[table["status"] == "retired"].set_index("code")
    for row, code in enumerate(case.grid_codes):
        if code in retired.index:
            day, after = str(retired["valid_to"][code]), str(retired["successors"][code])
            text = Text(
                f"has a code that was retired on {day} (now {after or 'in no grid'})",
                f"的编码已于 {day} 停用（后继：{after or '无'}），不得再次使用",
            )
            yield about(case, "codes_not_reissued", row, text, "error")


def codes_in_place(case: Case) -> Iterator[Finding]:
    """Every code in use stands on the ground that the register has for it, for the most part."""
    active = _active(case)
    if active is None or "geometry" not in active.columns:
        return
    ground = dict(zip(active["code"], polygonal(active["geometry"].to_numpy()), strict=True))
    for row, code in enumerate(case.grid_codes):
        drawn = case.ground[row]
        if code not in ground or drawn.is_empty:
            continue
        shared = shapely.area(shapely.intersection(drawn, ground[code]))
        if 2 * shared < min(drawn.area, ground[code].area):
            text = Text(
                "stands on other ground than its code in the register",
                "不在其编码登记的位置上",
            )
            yield about(case, "codes_in_place", row, text, "error")


def codes_all_there(case: Case) -> Iterator[Finding]:
    """Every code in use of these communities has its grid (不漏)."""
    active = _active(case)
    if active is None:
        return
    scheme, here = case.codes.code_scheme, set(case.subject.communities["code"])
    borne = set(case.grid_codes)
    for code, ground in zip(active["code"], active.get("geometry", [None] * len(active)),
                            strict=True):  # fmt: skip
        parsed = scheme.parse(code)
        if code not in borne and parsed is not None and parsed.community in here:
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
        text = Text(
            f"has a code that ends like an urban-rural class, {ending}",
            f"的编码以 {ending} 结尾，疑为统计用城乡分类代码",
        )
        yield about(case, "codes_no_class", row, text, "warning")


def _active(case: Case) -> pd.DataFrame | None:
    table = case.subject.register
    return None if table is None else table[table["status"] == "active"]
