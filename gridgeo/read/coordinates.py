"""Places of the rows of a table from columns of coordinates.

A header may say the datum (经度(GCJ02), bd09_lng); coordinates may be in degrees, minutes and
seconds.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from gridgeo.config import ReadRules
from gridgeo.errors import InputError
from gridgeo.read.columns import find_all, normal
from gridgeo.read.context import RawLayer, ReadLog, first
from gridgeo.read.counts import parse_numbers
from gridgeo.read.crs import label, parse_crs
from gridgeo.read.datums import DATUM_NAMES, to_wgs84
from gridgeo.tables import datum_of, simplified, without_datum
from gridgeo.wording import Text

_DEGREES = ("lon", "lng", "long", "longitude", "经度", "lat", "latitude", "纬度")
#: which pair of columns is taken where there are several: by what the header says of the datum
_ORDER = ("wgs84", "cgcs2000", "", "gcj02", "bd09", "xian80", "beijing54")
#: the CRS of longitudes and latitudes by what the header says
_CRS = {"cgcs2000": "4490", "xian80": "4610", "beijing54": "4214"}


def axes_of(raw: RawLayer, rules: ReadRules) -> tuple[str, str] | None:
    """Return the columns of x and y, which have the same datum; None where there are none."""
    columns = {axis: find_all(raw, axis, rules) for axis in ("x", "y")}
    if any(f"{raw.role}.{axis}" in rules.columns for axis in columns):
        return (columns["x"][0], columns["y"][0]) if all(columns.values()) else None
    given = rules.datum.get(raw.role)
    order = ([given] if given else []) + list(_ORDER)
    pairs = [(x, y) for x in columns["x"] for y in columns["y"] if datum_of(x) == datum_of(y)]
    return min(pairs, key=lambda pair: order.index(datum_of(pair[0])), default=None)


def points_from(raw: RawLayer, axes: tuple[str, str], rules: ReadRules, log: ReadLog) -> RawLayer:
    """Return a table with coordinates as a point layer.

    Longitudes and latitudes are WGS 84 where neither header nor settings say otherwise. Raises
    InputError where most cells cannot be read.
    """
    numbers = [_degrees_of(raw.frame[column]) for column in axes]
    readable = numbers[0].notna() & numbers[1].notna()
    _reject_unreadable(raw, axes, ~readable, log)
    crs, datum = _crs_and_datum(raw, axes, rules)
    xy = np.column_stack([one[readable] for one in numbers])
    places: NDArray[Any] = np.asarray(shapely.points(xy))
    if crs is not None:
        shown = Text(label(crs), label(crs))
        if datum:
            shown = Text(
                f"{DATUM_NAMES[datum]}, as the header says, and converted to WGS 84",
                f"{DATUM_NAMES[datum]}（表头所注）读取，并转换为 WGS 84",
            )
            places = to_wgs84(places, datum)
        log.note(
            "crs",
            Text(
                f"{raw}: {axes[0]}, {axes[1]} are taken as {shown.en}",
                f"{raw.zh}：{axes[0]}、{axes[1]} 按 {shown.zh}" + ("" if datum else " 读取"),
            ),
        )
    return replace(raw, frame=gpd.GeoDataFrame(raw.frame[readable], geometry=places, crs=crs))


def _crs_and_datum(
    raw: RawLayer, axes: tuple[str, str], rules: ReadRules
) -> tuple[CRS | None, str]:
    """Return the CRS of coordinates, and the datum that is still to be taken off them."""
    given, said = rules.crs.get(raw.role), datum_of(axes[0])
    if given:
        return parse_crs(raw.role, given), ""
    if not all(normal(without_datum(axis)) in _DEGREES for axis in axes):
        return None, ""
    if said in DATUM_NAMES:
        return parse_crs(raw.role, "4326"), "" if rules.datum.get(raw.role) else said
    return parse_crs(raw.role, _CRS.get(said, "4326")), ""


def _reject_unreadable(
    raw: RawLayer, axes: tuple[str, str], lost: pd.Series[bool], log: ReadLog
) -> None:
    x, y = (raw.frame.loc[lost, axis].astype(str) for axis in axes)
    values = x + ", " + y
    filled = values.str.strip(", ") != ""
    if 2 * int(filled.sum()) > len(lost) - int(lost.sum()) + int(filled.sum()) or lost.all():
        at = first(filled) if filled.any() else int(lost.index[0])
        raise InputError(
            Text(
                f"{lost.sum()} of {len(lost)} rows have no coordinates that can be read",
                f"{len(lost)} 行中有 {lost.sum()} 行的坐标无法读取",
            ),
            remedy=Text(
                "Write them as decimal degrees (114.3131) or metres, or name other columns with "
                f"--column {raw.role}.x=NAME and --column {raw.role}.y=NAME",
                "请写成十进制度（如 114.3131）或米，或用 "
                f"--column {raw.role}.x=列名 和 --column {raw.role}.y=列名 指明其他列",
            ),
            **raw.place,
            row=at + 1,
            field=f"{axes[0]}, {axes[1]}",
            value=values.loc[at],
        )
    log.reject(
        raw, raw.frame.index[lost], field=", ".join(axes), values=values,
        reason=Text("no coordinates", "没有坐标"),
    )  # fmt: skip


_SIGNS = str.maketrans(
    dict.fromkeys("º˚∘。度○〇", "°") | dict.fromkeys("’′‘´ˊ`ʹ＇分", "'")
    | dict.fromkeys("”″“ʺ＂〃秒", '"') | {"：": ":"}
)  # fmt: skip
_PART = r"(\d+(?:\.\d*)?)"
_SEXAGESIMAL = re.compile(
    rf"([NSEW北南东西]|[-+])?\s*{_PART}\s*(?:[°:d]\s*|[\s_-]+|(?=[NSEW北南东西]|$))"
    rf"(?:{_PART}\s*(?:[':m]\s*|[\s_-]+|(?=[NSEW北南东西]|$)))?(?:{_PART}\s*(?:\"|''|s)?)?"
    r"\s*([NSEW北南东西])?",
    re.IGNORECASE,
)
_NEGATIVE = frozenset("SWsw南西-")


def _degrees_of(cells: pd.Series[str]) -> pd.Series[float]:
    """Return numbers, and degrees, minutes and seconds as degrees; NaN for any other text.

    Examples
    --------
    >>> _degrees_of(pd.Series(["114°18′36″", "E114 18.6", "114.31", "W0°30'", "?"])).tolist()
    [114.31, 114.31, 114.31, -0.5, nan]
    """
    numbers, _ = parse_numbers(cells)
    if numbers.notna().all():
        return numbers
    left = numbers.isna()
    return numbers.where(~left, cells[left].map(_sexagesimal).reindex(cells.index))


def _sexagesimal(cell: object) -> float:
    text = unicodedata.normalize("NFKC", str(cell).translate(_SIGNS)).translate(_SIGNS)
    text = re.sub("(东经|西经|北纬|南纬)", lambda found: found[0][0], simplified(text.strip()))
    text = text.removeprefix("经度").removeprefix("纬度").lstrip(": ")
    match = _SEXAGESIMAL.fullmatch(text.strip())
    if match is None:
        return np.nan
    parts = [part for part in match.group(2, 3, 4) if part]
    if any("." in part for part in parts[:-1]):
        return np.nan
    degrees, minutes, seconds = (float(part or 0) for part in match.group(2, 3, 4))
    whole = degrees + minutes / 60 + seconds / 3600
    if max(minutes, seconds) >= 60 or (match[1] and match[5]) or whole > 180:
        return np.nan
    negative = bool({match[1], match[5]} & _NEGATIVE)
    return round(-whole if negative else whole, 12)
