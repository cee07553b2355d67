"""The reason of each changed grid, as one sentence for the workbook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import geopandas as gpd

from gridgeo.model import MISSED_VERDICTS
from gridgeo.wording import Text, join

_Row = Mapping[Any, Any]
_MOST = 6


def reasons_of(
    changes: gpd.GeoDataFrame, old: gpd.GeoDataFrame, place: Mapping[str, Any]
) -> list[Text]:
    """Return for each row of `changes` what happened, and what was wrong with the old grid.

    Parameters
    ----------
    old
        The old grids with households, verdict and reason; `place` finds their row by code.
    """
    reasons = []
    for row in changes.to_dict("records"):
        parts = _CLAUSES[row["change"]](row)
        if row["new_code"] and row["old_code"] and row["new_code"] != row["old_code"]:
            parts.append(
                Text(
                    f"the code changes from {row['old_code']} to {row['new_code']}",
                    f"编码由 {row['old_code']} 改为 {row['new_code']}",
                )
            )
        if parts:
            parts += _wrong_before(row, old, place)
        reasons.append(join(parts))
    return reasons


def _wrong_before(row: _Row, old: gpd.GeoDataFrame, place: Mapping[str, Any]) -> list[Text]:
    """Return why the old grid was not in band."""
    code = row["old_code"] or row["predecessors"].partition(";")[0]
    if code not in place or old.at[place[code], "verdict"] not in MISSED_VERDICTS:
        return []
    count = f"{float(old['households'][place[code]]):,.0f}"
    verdict = str(old["verdict"][place[code]])
    size = Text("too large", "偏大") if verdict == "over" else Text("too small", "偏小")
    return [
        Text(f"before, {code} was {size.en} ({count} households)",
             f"原网格 {code} {size.zh}（{count} 户）")
    ]  # fmt: skip


def _unchanged(_: _Row) -> list[Text]:
    return []


def _redrawn(_: _Row) -> list[Text]:
    return [Text("its outline was drawn again; no household moved", "重绘边界，住户未变")]


def _reshaped(row: _Row) -> list[Text]:
    others = _others(row["predecessors"], row["old_code"])
    receivers = _others(row["successors"], row["new_code"])
    parts = []
    if row["households_in"] or others.en:
        parts.append(
            _households_clause(
                Text("takes in", "划入"), row["households_in"], others, Text(" from ", "来自 ")
            )
        )
    if row["households_out"] or receivers.en:
        parts.append(
            _households_clause(
                Text("gives away", "划出"), row["households_out"], receivers, Text(" to ", "划归 ")
            )
        )
    if not parts:
        parts = [Text("its border was drawn anew", "边界调整，不涉及住户")]
    return parts


def _split(row: _Row) -> list[Text]:
    if not row["old_code"]:
        from_ = _codes(row["predecessors"])
        return [Text(f"split off {from_.en}", f"由 {from_.zh} 拆分设立")]
    receivers = _others(row["successors"], row["new_code"])
    return [Text(f"split: {row['households_out']:,} households go to {receivers.en}",
                 f"拆分：{row['households_out']:,} 户划归 {receivers.zh}")]  # fmt: skip


def _merged(row: _Row) -> list[Text]:
    others = _others(row["predecessors"], row["old_code"])
    return [Text(f"takes in {row['households_in']:,} households of {others.en}",
                 f"合并：并入 {others.zh} 的 {row['households_in']:,} 户")]  # fmt: skip


def _new(row: _Row) -> list[Text]:
    if not row["predecessors"]:
        return [Text("on ground that was in no grid", "在原未划网格的区域设立")]
    from_ = _codes(row["predecessors"])
    return [Text(f"made of parts of {from_.en}", f"由 {from_.zh} 的部分区域组成")]


def _retired(row: _Row) -> list[Text]:
    if not row["successors"]:
        return [Text("its ground is in no grid any more", "撤销，原区域不再划入网格")]
    receivers = _codes(row["successors"])
    return [
        Text(f"given up; its households go to {receivers.en}", f"撤销，住户划归 {receivers.zh}")
    ]


_CLAUSES: Mapping[str, Callable[[_Row], list[Text]]] = {
    "unchanged": _unchanged,
    "redrawn": _redrawn,
    "reshaped": _reshaped,
    "split": _split,
    "merged": _merged,
    "new": _new,
    "retired": _retired,
}


def _households_clause(what: Text, count: int, others: Text, link: Text) -> Text:
    clause = what + Text(f" {count:,} households", f" {count:,} 户")
    return (
        clause + Text(f"{link.en}{others.en}", f"（{link.zh}{others.zh}）") if others.en else clause
    )


def _others(cell: str, code_of_row: str) -> Text:
    return _codes(";".join(code for code in cell.split(";") if code != code_of_row))


def _codes(cell: str) -> Text:
    """Return the codes of a cell, the first few of many."""
    codes = cell.split(";") if cell else []
    shown, more = codes[:_MOST], len(codes) - _MOST
    en, zh = ", ".join(shown), "、".join(shown)
    if more > 0:
        return Text(f"{en} and {more} more", f"{zh} 等 {len(codes)} 个网格")
    return Text(en, zh)
