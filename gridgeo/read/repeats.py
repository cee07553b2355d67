"""The same thing twice: a layer named twice, the same homes in two layers, points in outlines."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridgeo.config import ReadRules, Source
from gridgeo.read.context import RawLayer, ReadLog
from gridgeo.wording import ROLES, Text, word

#: rows of two layers nearer than this, with the same count, are the same homes ...
_SAME_PLACE_M = 10.0
#: ... where this share of the smaller layer has such a twin
_SHARE = 0.8
#: fewer rows than these are alike by chance
_LEAST_ROWS = 3
#: equal counts prove nothing where one count stands in more rows than this share
_COMMON = 0.8
#: a point of a facility may stand so far outside its outline, where both have its name
_NEAR_OUTLINE_M = 100.0
#: rows nearer than this stand at one place
_ONE_PLACE_M = 1.0
_TWICE = 2
_SHOWN = 5


def without_twins(raws: Sequence[RawLayer], log: ReadLog) -> list[RawLayer]:
    """Return the layers of one role without those that were named before."""
    kept: list[RawLayer] = []
    for raw in raws:
        if not any(_same_layer(raw, other) for other in kept):
            kept.append(raw)
            continue
        log.note(
            "file",
            Text(f"{raw} is named twice and read once", f"{raw.zh}被指定了两次，只读取一次"),
            warning=True,
        )
    return kept


def without_repeated_sources(rules: ReadRules, log: ReadLog) -> ReadRules:
    """Return the rules without inputs of a role that name a file and layer again."""
    inputs: dict[str, tuple[Source, ...]] = {}
    for role, sources in rules.inputs.items():
        known: dict[tuple[str, str, str], Source] = {}
        for source in sources:
            key = (os.path.realpath(source.path), source.layer, source.kind)
            if key in known:
                log.note(
                    "file",
                    Text(f"{role}: {source} is named twice and read once",
                         f"{word(ROLES, role, 'zh')}：{source} 被指定了两次，只读取一次"),
                    warning=True,
                )  # fmt: skip
            known.setdefault(key, source)
        inputs[role] = tuple(known.values())
    return replace(rules, inputs=inputs)


def _same_layer(one: RawLayer, other: RawLayer) -> bool:
    if not one.file:
        return one.frame is other.frame
    same = os.path.realpath(one.file) == os.path.realpath(other.file)
    return same and (one.layer, one.kind) == (other.layer, other.kind)


@dataclass(frozen=True)
class Homes:
    """The homes of one layer as points; `by_row`: its index is that of the rows of the layer.

    `outlines` are the shapes of a layer of polygons, in the order of the points.
    """

    raw: RawLayer
    points: gpd.GeoDataFrame
    by_row: bool
    outlines: NDArray[np.object_] | None = None


def without_repeated_homes(layers: Sequence[Homes], log: ReadLog) -> list[gpd.GeoDataFrame]:
    """Return the points of each layer without the homes that stand in another layer, too.

    Known by place and count; the layer with more rows is counted, of equal ones the first. What
    is not counted is warned of, row by row among the rejects where the layer has rows of its own.
    """
    for layer in layers:
        _warn_doubled(layer, log)
    order = sorted(range(len(layers)), key=lambda n: (-len(layers[n].points), n))
    kept: dict[int, gpd.GeoDataFrame] = {}
    for number in order:
        one, points = layers[number], layers[number].points
        for other in sorted(kept):
            twins = _twins(one, points, kept[other])
            if twins.any():
                _warn_twins(one, points, twins, layers[other], log)
                points = points[~twins]
            else:
                _warn_same_places(one, points, layers[other], kept[other], log)
        kept[number] = points
    return [kept[number] for number in range(len(layers))]


def _twins(one: Homes, points: gpd.GeoDataFrame, known: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Return which of the points of a layer are homes that are known from the other layer."""
    none = np.zeros(len(points), dtype=bool)
    if min(len(points), len(known)) < _LEAST_ROWS:
        return none
    if one.outlines is not None and len(one.outlines) == len(points) < len(known):
        sums = _sums_within(one.outlines, known)
        same: NDArray[np.bool_] = (sums == points["households"].to_numpy()) & (sums > 0)
        if same.mean() >= _SHARE:
            return same
    twin = _twins_by_place(points, known)
    paired = twin >= 0
    if paired.sum() < max(_SHARE * min(len(points), len(known)), _LEAST_ROWS):
        return none
    counts = points["households"].to_numpy()[paired]
    often = np.unique(counts, return_counts=True)[1].max() / len(counts)
    if often > _COMMON and not _alike(points[paired], known.iloc[twin[paired]]):
        return none
    return paired


def _sums_within(outlines: NDArray[np.object_], known: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Return the households of the points within each outline."""
    outline, point = shapely.STRtree(known.geometry.to_numpy()).query(
        outlines, predicate="intersects"
    )
    sums = np.bincount(outline, known["households"].to_numpy()[point], len(outlines))
    return np.asarray(sums, dtype=np.int64)


def _twins_by_place(points: gpd.GeoDataFrame, known: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Return for each point the known one that is near and has its count, each once; else -1."""
    tree = shapely.STRtree(known.geometry.to_numpy())
    here, there = tree.query(
        points.geometry.to_numpy(), predicate="dwithin", distance=_SAME_PLACE_M
    )
    counts, others = points["households"].to_numpy(), known["households"].to_numpy()
    equal = counts[here] == others[there]
    here, there = here[equal], there[equal]
    far = shapely.distance(points.geometry.to_numpy()[here], known.geometry.to_numpy()[there])
    twin = np.full(len(points), -1, dtype=np.int64)
    taken = np.zeros(len(known), dtype=bool)
    for pair in np.lexsort((there, here, np.round(far, 3))):
        if twin[here[pair]] < 0 and not taken[there[pair]]:
            twin[here[pair]] = there[pair]
            taken[there[pair]] = True
    return twin


def _alike(points: gpd.GeoDataFrame, known: gpd.GeoDataFrame) -> bool:
    """Return whether names agree; without names, whether every place has one row alone."""
    names, others = (frame["name"].map(_plain).to_numpy() for frame in (points, known))
    both = (names != "") & (others != "")
    if both.any():
        return bool((names == others)[both].mean() >= _SHARE)
    places = np.round(shapely.get_coordinates(points.geometry.to_numpy()), 1)
    return len(np.unique(places, axis=0)) == len(points)


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _warn_same_places(
    one: Homes, points: gpd.GeoDataFrame, other: Homes, known: gpd.GeoDataFrame, log: ReadLog
) -> None:
    """Warn of a layer most of whose rows stand where another has rows, with other counts."""
    if min(len(points), len(known)) < _LEAST_ROWS or points["households"].max() <= 1:
        return  # one row a household: several at one place are usual
    tree = shapely.STRtree(known.geometry.to_numpy())
    here, _ = tree.query(points.geometry.to_numpy(), predicate="dwithin", distance=_ONE_PLACE_M)
    rows = len(np.unique(here))
    if rows < max(_SHARE * len(points), _LEAST_ROWS):
        return
    log.note(
        "households",
        Text(
            f"{rows} of {len(points)} rows of {one.raw} stand where {other.raw} has rows, with "
            "other counts: both are counted; where they are the same homes, give one layer alone",
            f"{one.raw.zh} 的 {len(points)} 行中有 {rows} 行与 {other.raw.zh} 位置相同而户数不同，"
            "两者均计入；如为同一批住户，请只提供其中一个图层",
        ),
        warning=True,
    )


def _warn_doubled(one: Homes, log: ReadLog) -> None:
    """Warn of a layer that holds each of its rows twice or more: it was appended to itself."""
    points = one.points
    places = np.round(shapely.get_coordinates(points.geometry.to_numpy()), 2)
    if len(places) != len(points) or len(points) < 2 * _LEAST_ROWS:
        return
    if np.unique(places[:, 0], return_counts=True)[1].min() < _TWICE:
        return
    rows = pd.DataFrame(places).assign(count=points["households"].to_numpy())
    rows["name"] = points["name"].to_numpy(dtype=object)
    times = rows.groupby([*rows.columns], dropna=False).size()
    if times.min() < _TWICE or times.max() != times.min() or len(times) < _LEAST_ROWS:
        return
    if points["households"].max() <= 1:  # see _warn_same_places
        return
    log.note(
        "households",
        Text(
            f"{one.raw}: each row stands there {times.max()} times, with the same place and count: "
            "all are counted; delete what is there again",
            f"{one.raw.zh}：每行都出现 {times.max()} 次（位置与户数相同），均已计入；"
            "如为重复，请删除",
        ),
        warning=True,
    )


def _warn_twins(
    one: Homes,
    points: gpd.GeoDataFrame,
    twins: NDArray[np.bool_],
    other: Homes,
    log: ReadLog,
) -> None:
    rows, households = int(twins.sum()), int(points["households"].to_numpy()[twins].sum())
    log.note(
        "households",
        Text(
            f"{rows} of {len(points)} rows of {one.raw} are homes that {other.raw} has too, by "
            f"place and count: their {households:,} households are counted once, from {other.raw}",
            f"{one.raw.zh} 的 {len(points)} 行中有 {rows} 行与 {other.raw.zh} 位置和户数相同，"
            f"视为同一批住户：这 {households:,} 户只计一次，取自 {other.raw.zh}",
        ),
        warning=True,
    )
    if one.by_row:
        index = points.index[twins]
        reason = Text(f"the same homes stand in {other.raw}", f"与 {other.raw.zh} 中的住户相同")
        uncounted = RawLayer(
            role=one.raw.role, frame=one.raw.frame, file=one.raw.file, layer=one.raw.layer
        )
        values = points["households"].to_numpy()[twins]
        log.reject(uncounted, index, field="households", values=values, reason=reason)


def without_repeated_facilities(facilities: gpd.GeoDataFrame, log: ReadLog) -> gpd.GeoDataFrame:
    """Return the facilities without the points of those that have an outline, too.

    A point is that of an outline of its category, around it or near it, where both have the same
    name. The outline takes over what it lacks. Without names that is not known: which of a point
    and an outline around it becomes a grid is decided when facilities are judged.
    """
    is_point = (facilities.geom_type == "Point").to_numpy()
    if not is_point.any() or is_point.all():
        return facilities
    points, outlines = np.flatnonzero(is_point), np.flatnonzero(~is_point)
    shapes = facilities.geometry.to_numpy()
    tree = shapely.STRtree(shapes[outlines])
    at, outline = tree.query(shapes[points], predicate="dwithin", distance=_NEAR_OUTLINE_M)
    point, outline = points[at], outlines[outline]
    kind = facilities["kind"].to_numpy(dtype=object)
    name = facilities["name"].map(_plain).to_numpy(dtype=object)
    inside = shapely.intersects(shapes[point], shapes[outline])
    same = (kind[point] == kind[outline]) & (name[point] == name[outline]) & (name[point] != "")
    owner = _first_pairs(point[same], outline[same], ~inside[same])
    if not owner:
        return facilities
    taken: dict[str, list[object]] = {}
    for column in ("name", "floor_area_m2", "people", "wanted"):
        values = taken[column] = facilities[column].tolist()
        for number, of in owner.items():
            if pd.isna(values[of]) or values[of] == "":
                values[of] = values[number]
    _warn_facilities(facilities.iloc[sorted(owner)], log)
    columns = {name: pd.Series(v, dtype=facilities[name].dtype) for name, v in taken.items()}
    out: gpd.GeoDataFrame = facilities.assign(**columns).drop(index=list(owner))
    return out.reset_index(drop=True)


def _first_pairs(
    point: NDArray[np.int64], outline: NDArray[np.int64], outside: NDArray[np.bool_]
) -> dict[int, int]:
    """Return the outline of each point: one that it lies in before one that it is near."""
    owner: dict[int, int] = {}
    for pair in np.lexsort((outline, point, outside)):
        owner.setdefault(int(point[pair]), int(outline[pair]))
    return owner


def _warn_facilities(points: gpd.GeoDataFrame, log: ReadLog) -> None:
    listed = _listed(points["name"])
    log.note(
        "facilities",
        Text(
            f"{len(points)} facilities stand there as points and as outlines; each counts once, "
            f"as its outline{listed.en}",
            f"{len(points)} 处设施既有点又有范围，各计一次，按范围计{listed.zh}",
        ),
        warning=True,
    )


def _listed(names: Iterable[str]) -> Text:
    shown = [name for name in names if name][:_SHOWN]
    if not shown:
        return Text("", "")
    return Text(f": {', '.join(shown)}", f"：{'、'.join(shown)}")
