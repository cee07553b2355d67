"""Rows that add up others: labels of totals and subtotals in all their spellings."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

import pandas as pd

from gridgeo.read.context import RawLayer, ReadLog, rows_text
from gridgeo.tables import simplified
from gridgeo.wording import Text

_WORDS = "合计|小计|总计|共计|累计|总数|总和|汇总|合共"
_OF_ALL = re.compile(
    rf"(本页|本表|本册|以上|全部|全(市|区|县|镇|乡|村|街道|社区))?(总|共)?({_WORDS})"
    r"(户数|人数|人口|数|行)?([\d,]+(户|人|个.{1,4})?)?|共[\d,]+(户|人|个.{1,4})?|总(住?户|人)数"
    r"|总人口|[σ∑]|t o t a l"
    r"|((grand|sub|running|page|overall)[\s/-]*)?totals?"
    r"(\s*(of\s+)?(households|units|residents|population|count|all))?(\s*[\d,]+)?|sums?(\s+of\s.*)?"
)
#: names of parts with a word for their sum, where they stand first in a row
_OF_PART = re.compile(
    rf".+({_WORDS})|.+\s(sub[\s-]*)?totals?|(sub[\s-]*)?totals?\s(for|of)\s.+"
    rf"|sub[\s-]*totals?\s*[:-]\s*\S.*|({_WORDS})/(sub)?totals?|(sub)?totals?/({_WORDS})"
)
_MARK = re.compile(
    r"[合小总總共累]\s*[计計]|[总總]\s*[数數和户戶人住]|[汇匯]\s*[总總]|共|[σΣ∑]|t ?o ?t ?a ?l|sum",
    re.IGNORECASE,
)


#: stands in what was parsed of a layer when its totals are known
_DONE = ("totals", "")


def without_totals(raw: RawLayer, log: ReadLog) -> RawLayer:
    """Return a layer without the rows that add up others, and note them.

    Only rows without geometry are looked at: what stands on the map is no sum.
    """
    if raw.parsed.get(_DONE):
        return raw
    raw.parsed[_DONE] = True
    frame = raw.frame
    bare = frame[frame["geometry"].isna()] if "geometry" in frame.columns else frame
    total = _totals(bare.drop(columns="geometry", errors="ignore"))
    if not total.any():
        return raw
    rows = [int(at) for at in bare.index[total]]
    log.note(
        "tables",
        Text(
            f"{raw}: rows of totals are not counted: {rows_text(rows)}",
            f"{raw.zh}：合计行不重复计数：第 {rows_text(rows)} 行",
        ),
    )
    return replace(raw, frame=frame.drop(index=rows))


def _totals(frame: pd.DataFrame) -> pd.Series[bool]:
    found = pd.Series([False] * len(frame), index=frame.index)
    perhaps = found.copy()
    for name in frame.columns:
        cells = frame[name]
        if pd.api.types.is_numeric_dtype(cells):
            continue
        kinds = {cell: _kind_of_total(cell) for cell in _perhaps_totals(cells)}
        of_all = [cell for cell, kind in kinds.items() if kind == "all"]
        of_part = [cell for cell, kind in kinds.items() if kind == "part"]
        found |= cells.isin(of_all)
        perhaps |= cells.isin(of_part)
    for at in frame.index[perhaps & ~found]:
        found[at] = _kind_of_total(_first_text(frame.loc[at])) == "part"
    return found


def _perhaps_totals(cells: pd.Series[str]) -> list[str]:
    """Return the different texts of a column that have a word of totals in them."""
    texts = cells.tolist()
    if not set(map(type, texts)) <= {str}:
        texts = [cell for cell in texts if isinstance(cell, str)]
    if not _MARK.search("\n".join(texts)):
        return []
    return [text for text in dict.fromkeys(texts) if _MARK.search(text)]


def _first_text(row: pd.Series[str]) -> str:
    texts = (str(cell) for cell in row if isinstance(cell, str) and cell.strip())
    return next((text for text in texts if not re.fullmatch(r"[\d\s.,]+", text)), "")


def _kind_of_total(cell: str) -> str:
    """Return ``all`` or ``part`` for the label of a total, ``""`` for any other text.

    Examples
    --------
    >>> _kind_of_total("合　计："), _kind_of_total("东苑 小计"), _kind_of_total("Grand Total")
    ('all', 'part', 'all')
    >>> _kind_of_total("东苑小区"), _kind_of_total("Total Wellness House")
    ('', '')
    """
    plain = simplified(unicodedata.normalize("NFKC", cell).casefold())
    plain = re.sub(
        r"\(.*?\)|[\[\]:;.。,，、*\"'“”<>《》【】—_-]+$|^[\s*\"'“”【《-]+", "", plain
    ).strip()
    plain = plain.rstrip(":： ")
    if not plain.isascii():
        plain = re.sub(r"\s", "", plain)
    if _OF_ALL.fullmatch(plain):
        return "all"
    return "part" if _OF_PART.fullmatch(plain) else ""
