"""Checks on the records of grids: names, stated areas, dates of counts."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridgeo.geometry import format_m2
from gridgeo.model import Finding
from gridgeo.validate.assignment import texts
from gridgeo.validate.case import Case, about
from gridgeo.wording import Text

#: A stated area may differ from the measured one by this share, and by so many m2.
_AREA_SHARE, _AREA_M2 = 0.02, 100.0
#: Units in which areas are stated, in m2: m2, mu, hectares, km2.
_AREA_UNITS = np.array([1.0, 10_000 / 15, 10_000.0, 1_000_000.0])
#: Counts of one partition are of days at most this far apart.
_MOST_DAYS = 366
_DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})?[-/.月]?(\d{1,2})?日?(?:[ T].*)?")


def names_unique(case: Case) -> Iterator[Finding]:
    """No two grids of one community have one name.

    Where most grids share theirs with another, one finding says so: then the column is no name.
    """
    names = pd.Series(texts(case.subject.grids["name"]))
    keys = pd.DataFrame({"name": names, "community": case.parents})
    again = keys.duplicated(keep=False) & (names != "")
    rows = np.flatnonzero(again)
    if len(rows) > max(5, len(names) // 2):
        yield _shared(case, rows, f"{names[rows[0]]}", most=True)
        return
    for (name, _), members in keys[again].groupby(["name", "community"], sort=True):
        yield _shared(case, members.index.to_numpy(dtype=np.intp), str(name), most=False)


def _shared(case: Case, rows: NDArray[np.intp], name: str, *, most: bool) -> Finding:
    grids = len(rows)
    text = (
        Text(f"{grids} grids share their name with another of their community ({name} ...)",
             f"{grids} 个网格与同社区的其他网格重名（“{name}”等）")
        if most
        else Text(f"{grids} grids of one community are called {name}",
                  f"同一社区有 {grids} 个网格都叫“{name}”")
    )  # fmt: skip
    return Finding(
        rule="names_unique",
        severity="warning",
        message=text,
        grids=case.named(rows),
        amount=float(grids),
        unit="grids",
    )


def area_as_stated(case: Case) -> Iterator[Finding]:
    """Grids measure what they state, within 2 % and 100 m2.

    Square metres, mu (亩), hectares or square kilometres: the unit that fits most grids. Where most
    differ, one finding says so: then the column is no area, or was not brought up to date.
    """
    stated = stated_area(case)
    known = np.isfinite(stated) & (stated > 0)
    measured = shapely.area(case.ground)
    known &= measured > 0
    if not known.any():
        return
    ratio = np.median(measured[known] / stated[known])
    unit = _AREA_UNITS[np.argmin(np.abs(np.log(_AREA_UNITS) - np.log(ratio)))]
    off = np.where(known, np.abs(stated * unit - measured), 0.0)
    rows = np.flatnonzero((off > _AREA_M2) & (off > _AREA_SHARE * measured))
    if len(rows) > max(5, int(known.sum()) // 2):
        yield Finding(
            rule="area_as_stated",
            severity="warning",
            message=Text(
                f"{len(rows)} of {known.sum()} grids state another area than they measure",
                f"{known.sum()} 个标注了面积的网格中，有 {len(rows)} 个与实测面积不符",
            ),
            amount=float(len(rows)),
            unit="grids",
        )
        return
    for row in rows:
        text = Text(
            f"states {format_m2(float(stated[row] * unit))} m2, and measures "
            f"{format_m2(float(measured[row]))} m2",
            f"标注面积 {format_m2(float(stated[row] * unit))} 平方米，"
            f"实测 {format_m2(float(measured[row]))} 平方米",
        )
        found = about(case, "area_as_stated", row, text, "warning")
        yield replace(found, amount=float(off[row]), unit="m2")


def stated_area(case: Case) -> NDArray[np.float64]:
    """Return the area that each grid states, in whatever unit; NaN where none is stated."""
    grids = case.subject.grids
    if "area_stated" not in grids.columns:
        return np.full(len(grids), np.nan)
    return grids["area_stated"].to_numpy(dtype=np.float64, na_value=np.nan)


def counts_dated(case: Case) -> Iterator[Finding]:
    """Dates of counts are understood, and at most a year apart.

    Grids whose counts are of different years cannot be compared with one band.
    """
    written = dates_of_counts(case)
    days = [_day(text) for text in written]
    for row, (text, day) in enumerate(zip(written, days, strict=True)):
        if text and day is None:
            yield about(
                case,
                "counts_dated",
                np.intp(row),
                Text(f"states {text!r} as the date of its counts", f"的户数日期“{text}”不是日期"),
                "warning",
            )
    known = sorted({day for day in days if day is not None})
    if known and (known[-1] - known[0]).days > _MOST_DAYS:
        old = [row for row, day in enumerate(days)
               if day is not None and (known[-1] - day).days > _MOST_DAYS]  # fmt: skip
        yield Finding(
            rule="counts_dated",
            severity="warning",
            message=Text(
                f"counts are of {known[0]} to {known[-1]}; those of {len(old)} grids are more than "
                "a year older than the newest",
                f"户数日期从 {known[0]} 到 {known[-1]}；{len(old)} 个网格的户数比最新的早一年以上",
            ),
            grids=case.named(old),
            amount=float(len(old)),
            unit="grids",
        )


def dates_of_counts(case: Case) -> list[str]:
    """Return the date of the counts of each grid as it stands, ``""`` where there is none."""
    grids = case.subject.grids
    if "counted_on" not in grids.columns:
        return [""] * len(grids)
    return texts(grids["counted_on"])


def _day(text: str) -> dt.date | None:
    """Return a day, the first of a month or year where no more is written, None for none."""
    found = _DAY.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day = (int(part or 1) for part in found.groups())
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
