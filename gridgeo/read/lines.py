"""Streets and barriers: class, name, and whether they cut.

Railways among the streets are moved to the barriers. A barrier is water, a railway or a wall, by
its values or by the kind that is given for the whole file.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from gridgeo.errors import InputError
from gridgeo.read.columns import find_all, note_columns
from gridgeo.read.context import RawLayer, ReadLog, StudyArea, tally
from gridgeo.read.counts import parse_numbers
from gridgeo.read.geometry import gather, lines, polygons, to_study_area
from gridgeo.read.values import Classes, classify, texts, truthy
from gridgeo.read.vocabulary import NO_BARRIER, NO_STREET, barrier_class, street_class, word
from gridgeo.wording import Text

#: the text about rows of a class
_COLUMN_TEXTS = {
    "": Text("of unknown class count as local", "道路等级未知，按支路处理"),
    NO_STREET: Text("are no streets on the ground and are left out", "不是地面道路，已略去"),
    "rail": Text(
        "are railways and count as barriers where they are at grade", "为铁路，地面段按屏障处理"
    ),
}
STREET_COLUMNS = ("street_class", "name", "cuts")


def clean_streets(
    raws: Sequence[RawLayer], study_area: StudyArea
) -> tuple[gpd.GeoDataFrame, list[gpd.GeoDataFrame]]:
    """Return the streets, and the railways found among them as frames of barriers."""
    streets, rails = [], []
    for raw in raws:
        frame = _clean_streets_of_layer(raw, study_area)
        rail = (frame["street_class"] == "rail").to_numpy()
        rails.append(frame.loc[rail & frame["cuts"], ["street_class", "name", "geometry"]])
        streets.append(frame[~rail & (frame["street_class"] != NO_STREET)])
    return gather(streets, STREET_COLUMNS, study_area.crs), rails


def _clean_streets_of_layer(raw: RawLayer, study_area: StudyArea) -> gpd.GeoDataFrame:
    rules, log = study_area.rules, study_area.log
    classified = classify(raw, find_all(raw, "class", rules), street_class, log)
    single = {field: find_all(raw, field, rules)[:1] for field in ("name", "tunnel", "level")}
    found = {"class": ", ".join(classified.columns)} if classified.columns else {}
    found |= {field: columns[0] for field, columns in single.items() if columns}
    note_columns(raw, found, log)
    _note_classes(raw, classified, study_area)
    attributes = pd.DataFrame(
        {
            "street_class": classified.classes.where(classified.classes != "", "local"),
            "name": texts(raw, found.get("name"), log),
            "cuts": ~_underground(raw, found.get("tunnel"), found.get("level")),
        },
        index=raw.frame.index,
    )
    kept = lines(to_study_area(raw, study_area), raw, study_area)
    out = kept[["geometry"]].join(attributes)
    _note_underground(raw, out, study_area)
    return out


def _underground(raw: RawLayer, tunnel: str | None, level: str | None) -> pd.Series[bool]:
    """Return which rows run in a tunnel, through a building, or on a layer below the ground."""
    below = truthy(raw, tunnel)
    if level is not None:
        below = below | (parse_numbers(raw.frame[level])[0] < 0)
    return below


def _note_classes(raw: RawLayer, classified: Classes, study_area: StudyArea) -> None:
    if not classified.columns:
        study_area.log.note(
            "streets",
            Text(
                f"{raw}: no column of street classes understood: all streets count as local "
                "(name one with --column streets.class=NAME)",
                f"{raw.zh}：没有识别出道路等级字段，全部按支路处理"
                "（可用 --column streets.class=字段名 指明）",
            ),
        )
        return
    for name, text in _COLUMN_TEXTS.items():
        rows = classified.values[classified.classes == name]
        if len(rows):
            listed = f"{len(rows)} rows {text.en}: {tally(rows)}"
            chinese = f"{len(rows)} 行{text.zh}：{tally(rows)}"
            study_area.log.note("streets", Text(f"{raw}: {listed}", f"{raw.zh}：{chinese}"))


def _note_underground(raw: RawLayer, frame: gpd.GeoDataFrame, study_area: StudyArea) -> None:
    tunnels = int((~frame["cuts"]).sum())
    if tunnels:
        study_area.log.note(
            "streets",
            Text(
                f"{raw}: {tunnels} pieces in tunnels, passages or below ground do not cut",
                f"{raw.zh}：{tunnels} 段隧道、通道或地下路段不作为边界",
            ),
        )


BARRIER_COLUMNS = ("street_class", "name")
_BELOW = ("below_grade", "underground", "tunnel", "subsurface", "地下")


def clean_barriers(
    raws: Sequence[RawLayer], rails: Sequence[gpd.GeoDataFrame], study_area: StudyArea
) -> gpd.GeoDataFrame:
    """Return the barriers of all files, and the railways that were found among the streets."""
    frames = [part for raw in raws for part in _clean_barriers_of_layer(raw, study_area)]
    return gather(
        [frame for frame in (*frames, *rails) if len(frame)], BARRIER_COLUMNS, study_area.crs
    )


def _clean_barriers_of_layer(raw: RawLayer, study_area: StudyArea) -> list[gpd.GeoDataFrame]:
    rules, log = study_area.rules, study_area.log
    classified = classify(raw, find_all(raw, "class", rules), barrier_class, log)
    fields = ("name", "tunnel", "level", "grade")
    single = {field: columns[0] for field in fields if (columns := find_all(raw, field, rules))}
    projected = to_study_area(raw, study_area)
    classes = _file_default(raw, classified).loc[projected.index]
    used = {"class": ", ".join(classified.columns)} if classified.columns else {}
    note_columns(raw, used | single, log)
    buried = _buried(raw, classes, single, log)
    _note_left_out(
        raw,
        classified.values.loc[classes.index[classes == NO_BARRIER]],
        "divide nothing",
        "不构成屏障",
        study_area,
    )
    _note_left_out(
        raw, classified.values.loc[classes.index[buried]], "lie underground", "位于地下", study_area
    )
    unknown = classes.index[classes == ""]
    reason = Text("neither water, rail nor wall", "不是水系、铁路或围墙")
    log.reject(
        raw,
        unknown,
        field=", ".join(classified.columns),
        values=classified.values.loc[unknown],
        reason=reason,
    )
    kept = classes.index[(classes != "") & (classes != NO_BARRIER) & ~buried]
    attributes = pd.DataFrame(
        {"street_class": classes, "name": texts(raw, single.get("name"), log)}
    )
    return _shapes(raw, projected, attributes.loc[kept], study_area)


def _file_default(raw: RawLayer, classified: Classes) -> pd.Series[str]:
    """Return the classes; rows without one get the kind given for the whole file."""
    if raw.kind:
        default = barrier_class(raw.kind)
        if default in ("", NO_BARRIER):
            raise InputError(
                Text(f"{raw.kind!r} is no kind of barrier", f"{raw.kind!r} 不是屏障类别"),
                remedy=Text("Choose one of water, rail, wall", "可选：water、rail、wall"),
                **raw.place,
            )
        return classified.classes.where(classified.classes == NO_BARRIER, default)
    if (classified.classes == "").all():
        raise InputError(
            Text("no row says whether it is water, rail or wall", "无法判断是水系、铁路还是围墙"),
            remedy=Text(
                "Say it for the whole file (--barriers water=PATH), or name the column "
                "(--column barriers.class=NAME)",
                "请为整个文件指明（--barriers water=路径），或指明字段"
                "（--column barriers.class=字段名）",
            ),
            **raw.place,
        )
    return classified.classes


def _buried(
    raw: RawLayer, classes: pd.Series[str], found: dict[str, str], log: ReadLog
) -> pd.Series[bool]:
    """Return what runs underground; open water may carry a layer below 0 and stay open."""
    below = _underground(raw, found.get("tunnel"), None)
    if "grade" in found:
        below |= texts(raw, found["grade"], log).map(word).isin(_BELOW)
    deep = _underground(raw, None, found.get("level")).loc[classes.index]
    below = below.loc[classes.index] | (deep & (classes == "rail"))
    return below & (classes != NO_BARRIER)


def _note_left_out(
    raw: RawLayer, values: pd.Series[str], english: str, chinese: str, study_area: StudyArea
) -> None:
    if len(values):
        study_area.log.note(
            "barriers",
            Text(
                f"{raw}: {len(values)} rows {english} and are left out: {tally(values)}",
                f"{raw.zh}：{len(values)} 行{chinese}，已略去：{tally(values)}",
            ),
        )


def _shapes(
    raw: RawLayer, projected: gpd.GeoDataFrame, attributes: pd.DataFrame, study_area: StudyArea
) -> list[gpd.GeoDataFrame]:
    """Return the lines and the polygons of the rows of `attributes`; points are left out."""
    projected = projected[projected.index.isin(attributes.index)]
    points = projected.geom_type.isin(["Point", "MultiPoint"])
    _note_left_out(raw, projected.geom_type[points], "are points", "为点状", study_area)
    flat = projected.geom_type.isin(["Polygon", "MultiPolygon"])
    out = []
    for part, shape in ((projected[flat], polygons), (projected[~flat & ~points], lines)):
        if len(part):
            out.append(shape(part, raw, study_area)[["geometry"]].join(attributes))
    return out
