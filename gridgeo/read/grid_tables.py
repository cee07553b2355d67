"""Grids that exist only as a table: a grid code beside compounds, buildings, groups or addresses.

Names find their places in the layers of compounds, buildings, addresses, parcels or atoms; the
ground of the communities is divided among them (`gridgeo.geometry.divide_ground`). Names that
match nothing and places under two grids are findings.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgeo.config import ReadRules
from gridgeo.errors import InputError
from gridgeo.geometry import assign_points, divide_ground, polygonal
from gridgeo.model import Finding, Layers
from gridgeo.read.columns import find_all, missing_column, understand
from gridgeo.read.context import RawLayer, ReadLog, StudyArea
from gridgeo.read.counts import counts
from gridgeo.read.files import load
from gridgeo.read.geometry import inner_points, polygons, to_study_area
from gridgeo.read.values import codes, texts
from gridgeo.wording import FIELDS, Text, join, word

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Columns that name places, the finest first, and the layers in which a name is looked up.
_PLACES: Mapping[str, tuple[str, ...]] = {
    "building": ("buildings", "addresses", "parcels", "compounds", "atoms"),
    "address": ("addresses", "buildings", "parcels", "compounds", "atoms"),
    "compound": ("compounds", "parcels", "buildings", "addresses", "atoms"),
    "group": ("atoms", "compounds", "parcels", "addresses", "buildings"),
}
_ROLES = ("compounds", "buildings", "addresses", "parcels", "atoms")
_BETWEEN = re.compile(r"[、,，;；\n]+")
_MOST_NAMES = 8


@dataclass(frozen=True, kw_only=True)
class _DrawnTable:
    """The grids of a table with the ground that their places make up.

    ``grids``: code, name, kind, community, households, residents, geometry (None where no name
    of the grid is known), in the order in which codes stand in the table.
    """

    grids: gpd.GeoDataFrame
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Index:
    """The places of all layers: geometry, and by role and name their positions."""

    shapes: NDArray[Any]
    roles: Sequence[str]
    by_name: Mapping[tuple[str, str], Sequence[int]]


def draw_table(raw: RawLayer, ground: Layers, rules: ReadRules, log: ReadLog) -> _DrawnTable:
    """Return the grids of a table, drawn from the places that their rows name.

    Parameters
    ----------
    raw
        A table without shapes: a grid code beside the name of a compound, building (within its
        compound, where one is named), villager group or address; several names in a cell are
        parted by commas. Counts are those of the rows; a count that all rows of each grid repeat is
        that of the grid.
    ground
        The communities that are divided, and streets and barriers that borders follow.

    Raises
    ------
    InputError
        The table has no code or no column of places, no layer of places is given, or no name of
        the table is known.
    """
    named = {field: columns[0] for field in _PLACES if (columns := find_all(raw, field, rules))}
    if not named:
        raise _no_places(raw)
    others = replace(raw, frame=raw.frame.drop(columns=list(named.values())))
    fields = ("code", "name", "kind", "community", "households", "residents")
    found = understand(others, fields, rules, log, named)
    if "code" not in found:
        raise missing_column(raw, "code")
    index = _index(rules, StudyArea(rules=rules, log=ReadLog(), crs=ground.crs))
    if not len(index.shapes):
        raise _no_layers(raw)
    code = codes(others, found["code"], log)
    rows = raw.frame.index[(code != "").to_numpy()]
    members, unmatched = _matched(raw, named, code.loc[rows], index=index, log=log)
    if not members:
        raise _nothing_known(raw, named)
    shapes = _drawn(members, index, ground)
    order = list(dict.fromkeys(code.loc[rows].tolist()))
    attributes = _attributes(others, found, code.loc[rows], order, log)
    geometry = np.array([*(shapes.get(one) for one in order), None], dtype=object)[:-1]
    grids = gpd.GeoDataFrame(attributes, geometry=geometry, crs=ground.crs)
    twice = _twice(members, index)
    _note(raw, members, unmatched, twice, log)
    return _DrawnTable(grids=grids, findings=(*_unknown_names(unmatched), *twice))


def _index(rules: ReadRules, study_area: StudyArea) -> _Index:
    """Return the places of every layer that is given, by their names and codes."""
    shapes: list[Any] = []
    roles: list[str] = []
    by_name: dict[tuple[str, str], list[int]] = defaultdict(list)
    for role in _ROLES:
        for source in rules.inputs.get(role, ()):
            raw = load(source, role, rules, study_area.log)
            shape = inner_points if role == "addresses" else polygons
            frame = shape(to_study_area(raw, study_area), raw, study_area)
            columns = dict.fromkeys([*find_all(raw, "name", rules), *find_all(raw, "key", rules)])
            start = len(shapes)
            shapes += list(frame.geometry)
            roles += [role] * len(frame)
            for column in columns:
                cells = codes(raw, column, study_area.log).loc[frame.index]
                for place, cell in enumerate(cells, start=start):
                    if cell and place not in by_name[role, _plain(cell)]:
                        by_name[role, _plain(cell)].append(place)
    return _Index(np.array(shapes, dtype=object), roles, dict(by_name))


def _plain(name: str) -> str:
    """Return a name without case, width and spaces."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", name).casefold())


def _matched(
    raw: RawLayer,
    named: Mapping[str, str],
    code: pd.Series[str],
    *,
    index: _Index,
    log: ReadLog,
) -> tuple[dict[int, list[str]], dict[str, list[str]]]:
    """Return the grids of each place that is named, and the names of each grid without a place."""
    cells = {
        field: dict(zip(raw.frame.index, texts(raw, column, log), strict=True))
        for field, column in named.items()
    }
    members: dict[int, list[str]] = defaultdict(list)
    unmatched: dict[str, list[str]] = defaultdict(list)
    for row, grid in zip(code.index, code.tolist(), strict=True):
        field = next((field for field in named if cells[field][row]), "")
        if not field:
            continue
        compound = cells["compound"][row] if "compound" in cells and field != "compound" else ""
        for name in filter(None, map(str.strip, _BETWEEN.split(cells[field][row]))):
            places, reason = _places_of(name, field, compound, index)
            if reason is not None:
                log.reject(raw, [row], field=named[field], values=[name], reason=reason)
                unmatched[grid].append(name)
            for place in places:
                if grid not in members[place]:
                    members[place].append(grid)
    return dict(members), dict(unmatched)


def _places_of(
    name: str, field: str, compound: str, index: _Index
) -> tuple[Sequence[int], Text | None]:
    """Return the places of a name, or why there are none."""
    for role in _PLACES[field]:
        if compound and (joined := index.by_name.get((role, _plain(compound + name)))):
            return joined, None
        found = index.by_name.get((role, _plain(name)), ())
        if found and compound:
            outline = [place for one in ("compounds", "parcels", "atoms")
                       for place in index.by_name.get((one, _plain(compound)), ())]  # fmt: skip
            inner = shapely.point_on_surface(index.shapes[list(found)])
            around = shapely.union_all(index.shapes[outline]) if outline else None
            within = shapely.intersects(inner, around) if outline else np.zeros(len(found), bool)
            found = [place for place, is_in in zip(found, within, strict=True) if is_in] or found
        if len(found) == 1:
            return found, None
        if found:
            return (), Text("the name stands for several places", "该名称对应多个图形")
    return (), Text("the name matches no place", "该名称找不到对应的图形")


def _drawn(members: Mapping[int, Sequence[str]], index: _Index, ground: Layers) -> dict[str, Any]:
    """Return the ground of each grid: its atoms, else its share of the communities."""
    area = shapely.area(index.shapes)
    places = sorted(members, key=lambda place: (area[place], place))
    shapes = index.shapes[places]
    owners = [members[place][0] for place in places]
    names = sorted(set(owners))
    number = np.array([names.index(one) for one in owners], dtype=np.intp)
    if all(index.roles[place] == "atoms" for place in places):
        return {one: shapely.union_all(shapes[number == at]) for at, one in enumerate(names)}
    outlines = polygonal(ground.communities.geometry.to_numpy())
    home = assign_points(shapely.point_on_surface(shapes), outlines)
    lines = _lines(ground)
    tree = shapely.STRtree(lines)
    parts: dict[str, list[Any]] = defaultdict(list)
    for row, outline in enumerate(outlines):
        here = home == row
        if here.any():
            near = lines[tree.query(outline, predicate="intersects")]
            divided = divide_ground(outline, shapes[here], number[here], near)
            for at, shape in divided.items():
                parts[names[at]].append(shape)
    return {one: shapely.union_all(found) for one, found in parts.items()}


def _lines(ground: Layers) -> NDArray[Any]:
    """Return what borders follow: streets that cut, and barriers by their outlines."""
    streets = ground.streets.geometry.to_numpy()[ground.streets["cuts"].to_numpy(dtype=bool)]
    barriers = ground.barriers.geometry.to_numpy()
    flat = shapely.get_dimensions(barriers) == 2
    outlines = np.where(flat, shapely.boundary(barriers), barriers)
    return np.concatenate([streets, outlines]).astype(object)


def _attributes(
    raw: RawLayer,
    found: Mapping[str, str],
    key: pd.Series[str],
    order: Sequence[str],
    log: ReadLog,
) -> pd.DataFrame:
    """Return one row a grid: the first text that is there, the sum of counts."""
    columns: dict[str, Any] = {"code": list(order)}
    for field in ("name", "kind", "community"):
        read = codes if field == "community" else texts
        cells = read(raw, found.get(field), log).loc[key.index]
        columns[field] = [next(iter(cells[(key == one) & (cells != "")]), "") for one in order]
    for field in ("households", "residents"):
        if field not in found:
            columns[field] = np.nan
            continue
        amounts = counts(raw, found[field], log, whole=False).loc[key.index]
        by_grid = amounts.groupby(key.to_numpy())
        several = by_grid.size() > 1
        repeated = bool(several.any() and (by_grid.nunique()[several] == 1).all())
        total = by_grid.first() if repeated else by_grid.sum(min_count=1)
        columns[field] = total.reindex(list(order)).to_numpy(dtype=np.float64)
    return pd.DataFrame(columns)


def _unknown_names(unmatched: Mapping[str, Sequence[str]]) -> list[Finding]:
    return [
        Finding(
            rule="names_unknown",
            severity="warning",
            message=Text(
                f"grid {grid}: {len(names)} names of the table match no place, or several: ",
                f"网格 {grid}：表中有 {len(names)} 个名称找不到或不能确定对应的图形：",
            )
            + _listed(names),
            grids=(grid,),
            amount=float(len(names)),
            unit="names",
        )
        for grid, names in sorted(unmatched.items())
    ]


def _listed(names: Sequence[str]) -> Text:
    shown = [Text(name, name) for name in names[:_MOST_NAMES]]
    more = " …" if len(names) > _MOST_NAMES else ""
    return join(shown, en=", ", zh="、") + Text(more, more)


def _twice(members: Mapping[int, Sequence[str]], index: _Index) -> list[Finding]:
    """Return a finding for each place that stands under several grids."""
    names: dict[int, str] = {}
    for (_, name), places in index.by_name.items():
        for place in places:
            names.setdefault(place, name)
    return [
        Finding(
            rule="place_in_two_grids",
            severity="error",
            message=Text(
                f"{names[place]} stands under {len(grids)} grids: {', '.join(sorted(grids))}; "
                f"drawn in {grids[0]}",
                f"“{names[place]}”列在 {len(grids)} 个网格下：{'、'.join(sorted(grids))}；"
                f"已画入 {grids[0]}",
            ),
            grids=tuple(sorted(grids)),
            where=index.shapes[place],
            amount=float(len(grids)),
            unit="grids",
        )
        for place, grids in sorted(members.items())
        if len(grids) > 1
    ]


def _note(
    raw: RawLayer,
    members: Mapping[int, Sequence[str]],
    unmatched: Mapping[str, Sequence[str]],
    twice: Sequence[Finding],
    log: ReadLog,
) -> None:
    lost = sum(map(len, unmatched.values()))
    text = Text(
        f"{raw}: drawn from {len(members)} places; {lost} names without a place, {len(twice)} "
        "places under two grids",
        f"{raw.zh}：按 {len(members)} 处图形画出网格；{lost} 个名称未找到图形，"
        f"{len(twice)} 处列在两个网格下",
    )
    log.note("tables", text, warning=bool(lost or twice))


def _no_places(raw: RawLayer) -> InputError:
    fields = [Text(field, word(FIELDS, field, "zh")) for field in _PLACES]
    listed = join(fields, en=", ", zh="、")
    return InputError(
        Text(
            f"the table has no shapes, and no column of places ({listed.en}); the columns are: "
            f"{', '.join(raw.columns)}",
            f"表中没有图形，也没有{listed.zh}列；现有的列：{'、'.join(raw.columns)}",
        ),
        remedy=Text(
            "Name the column with --column grids.compound=NAME (or building, address, group), or "
            "give the grids as GeoPackage or Shapefile",
            "请用 --column grids.compound=列名（或 building、address、group）指明，"
            "或提供 GeoPackage、Shapefile 格式的网格",
        ),
        **raw.place,
    )


def _no_layers(raw: RawLayer) -> InputError:
    return InputError(
        Text(
            "the grids are a table, and no layer has the places that it names",
            "网格是表格，但没有提供可对应的图层",
        ),
        remedy=Text(
            "Give --compounds, --buildings, --addresses, --parcels or --atoms",
            "请用 --compounds、--buildings、--addresses、--parcels 或 --atoms 提供图层",
        ),
        **raw.place,
    )


def _nothing_known(raw: RawLayer, named: Mapping[str, str]) -> InputError:
    column = next(iter(named.values()))
    return InputError(
        Text("no name of the table is known to any layer", "表中的名称与各图层均对应不上"),
        remedy=Text(
            "Name the columns with --column grids.compound=NAME and --column compounds.name=NAME",
            "请用 --column grids.compound=列名 和 --column compounds.name=列名 指明",
        ),
        **raw.place,
        row=int(raw.frame.index[0]) + 1,
        field=column,
        value=str(raw.frame[column].iloc[0]),
    )
