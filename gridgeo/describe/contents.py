"""Names of grids, and what they contain: compounds, groups, buildings or address ranges."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridgeo.wording import FACILITIES, Lang, Text

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

#: 中山路12弄3号 (a lane counts as a street), 中山路 12-14号; 7-9 Rockwell St #2; Rockwell St 7.
_FORMS = (
    re.compile(
        r"(?P<street>.*[路街道巷弄里坊村胡同])\s*(?P<first>\d+)\s*(?:[-—~至]\s*(?P<last>\d+))?\D?.*"
    ),
    re.compile(
        r"(?P<first>\d+)[A-Za-z]?(?:\s*-\s*(?P<last>\d+)[A-Za-z]?)?(?:\s+1/2)?\s+(?P<street>[^\d#].*?)\s*(?:#.*)?"
    ),
    re.compile(r"(?P<street>\D*\D)\s+(?P<first>\d+)[A-Za-z]?(?:\s*-\s*(?P<last>\d+))?"),
)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def _street_ranges(
    addresses: Sequence[str], households: Sequence[float]
) -> list[tuple[str, float]]:
    """Return one text a street, from its least to its greatest number, and its households.

    What is not understood as an address stands for itself.

    Examples
    --------
    >>> _street_ranges(["中山路88号", "中山路12号", "7 ELM ST #2", "Old Mill"], [1, 2, 3, 4])
    [('中山路12-88号', 3.0), ('ELM ST 7', 3.0), ('Old Mill', 4.0)]
    """
    numbers: dict[str, list[int]] = defaultdict(list)
    sums: dict[str, float] = defaultdict(float)
    for address, count in zip(addresses, households, strict=True):
        street, found = _read(address)
        numbers[street] += found
        sums[street] += count
    return [(_range(street, numbers[street]), total) for street, total in sums.items()]


def _read(address: str) -> tuple[str, list[int]]:
    for form in _FORMS:
        found = form.fullmatch(address.strip())
        if found:
            ends = [found["first"], found["last"]]
            return found["street"].strip(), [int(end) for end in ends if end]
    return address.strip(), []


def _range(street: str, numbers: list[int]) -> str:
    if not numbers:
        return street
    least, most = min(numbers), max(numbers)
    span = str(least) if least == most else f"{least}-{most}"
    return f"{street}{span}号" if _CHINESE.search(street) else f"{street} {span}"


#: Beyond this number the rest is counted.
_MOST_LISTED = 8


def contains(
    grids: gpd.GeoDataFrame,
    compounds: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    households: gpd.GeoDataFrame,
    *,
    lang: Lang,
) -> pd.Series[str]:
    """Return what each grid contains, in a few names; the index is that of `grids`.

    The first of these that gives any name: compounds (小区) whose inner point lies in the grid,
    largest first; groups of its household points, most households first; its named buildings,
    largest first; the addresses of its household points as one range by street. Beyond eight
    names the rest is counted. A point on a border counts for the first grid that it touches.

    Parameters
    ----------
    grids
        Polygons; the other layers are in the same projected CRS.
    compounds, buildings
        name and polygons.
    households
        households, group, name and points.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import Point, box
    >>> grids = gpd.GeoDataFrame(geometry=[box(0, 0, 9, 9)])
    >>> nothing = gpd.GeoDataFrame({"name": []}, geometry=[])
    >>> doors = {"households": [3, 2], "group": "", "name": ["7 Elm St", "11 Elm St"]}
    >>> doors = gpd.GeoDataFrame(doors, geometry=[Point(1, 1), Point(2, 2)])
    >>> contains(grids, nothing, nothing, doors, lang="en").tolist()
    ['Elm St 7-11']
    """
    tree = shapely.STRtree(grids.geometry.to_numpy())
    grid_of = _grid_of(tree, households.geometry.to_numpy())
    size = households["households"].to_numpy(dtype=np.float64)
    sources = (
        _polygons(tree, compounds),
        _ranked(grid_of, households["group"], size),
        _polygons(tree, buildings),
        _addresses(grid_of, households["name"], size),
    )
    contents: dict[Hashable, str] = {}
    for rows in sources:
        grid, first = np.unique(rows["grid"].to_numpy(dtype=np.intp), return_index=True)
        names = np.split(rows["name"].to_numpy(dtype=object), first[1:])
        for row, text in zip(grid.tolist(), names, strict=False):
            contents.setdefault(row, _listed(text.tolist(), lang))
    texts = [contents.get(row, "") for row in range(len(grids))]
    return pd.Series(texts, index=grids.index, name="contains", dtype=object)


def _grid_of(tree: shapely.STRtree, points: NDArray[Any]) -> NDArray[np.intp]:
    """Return the first grid that each point touches, -1 for none."""
    point, grid = tree.query(points, predicate="intersects")
    order = np.lexsort((grid, point))[::-1]
    grid_of = np.full(len(points), -1, dtype=np.intp)
    grid_of[point[order]] = grid[order]
    return grid_of


def _polygons(tree: shapely.STRtree, layer: gpd.GeoDataFrame) -> pd.DataFrame:
    geometry = layer.geometry.to_numpy()
    grid = _grid_of(tree, shapely.point_on_surface(geometry))
    return _ranked(grid, layer["name"], np.rint(shapely.area(geometry)))


def _ranked(grid: NDArray[np.intp], names: pd.Series[str], size: NDArray[Any]) -> pd.DataFrame:
    """Return grid and name once each, the greatest first."""
    rows = pd.DataFrame({"grid": grid, "name": names.to_numpy(), "size": size})
    rows = rows[(rows["grid"] >= 0) & (rows["name"] != "")]
    once = rows.groupby(["grid", "name"])["size"].sum().reset_index()
    return once.sort_values(["grid", "size", "name"], ascending=[True, False, True])


def _addresses(
    grid_of: NDArray[np.intp], names: pd.Series[str], size: NDArray[Any]
) -> pd.DataFrame:
    rows = pd.DataFrame({"grid": grid_of, "name": names.to_numpy(), "size": size})
    rows = rows[(rows["grid"] >= 0) & (rows["name"] != "")]
    ranges = [
        (grid, text, households)
        for grid, group in rows.groupby("grid")
        for text, households in _street_ranges(group["name"].tolist(), group["size"].tolist())
    ]
    frame = pd.DataFrame(ranges, columns=["grid", "name", "size"])
    return frame.sort_values(["grid", "size", "name"], ascending=[True, False, True])


def _listed(names: list[str], lang: Lang) -> str:
    shown, more = names[:_MOST_LISTED], len(names) - _MOST_LISTED
    en = ", ".join(shown) + (f" and {more} more" if more > 0 else "")
    zh = "、".join(shown) + (f"等 {len(names)} 处" if more > 0 else "")
    return Text(en, zh).say(lang)


_DEDICATED = Text("dedicated grid", "专属网格")


def name_grids(
    grids: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    *,
    lang: Lang,
) -> pd.Series[str]:
    """Return the name of each grid, unique within its community; the index is that of `grids`.

    Basic grids are numbered in the order of their codes (``社区名第2网格``), so is open ground
    (``社区名空地2``). A dedicated grid has the name of its facility, else its category behind
    the community's name; equal names get （1）, （2） in the order of their codes.

    Parameters
    ----------
    grids
        code, kind, community (position), community_code, facility (position, -1 for none).
    communities
        name (``""`` where there is none: the code stands for it).
    facilities
        kind and name.

    Examples
    --------
    >>> grids = pd.DataFrame({"code": ["A-02", "A-01"], "kind": "basic", "community": 0,
    ...                       "community_code": "A", "facility": -1})
    >>> nobody = pd.DataFrame({"kind": [], "name": []})
    >>> name_grids(grids, pd.DataFrame({"name": ["花楼社区"]}), nobody, lang="zh").tolist()
    ['花楼社区第2网格', '花楼社区第1网格']
    """
    given = communities["name"].to_numpy(dtype=object)[grids["community"].to_numpy()]
    owner = np.where(given == "", grids["community_code"], given)
    order = np.argsort(grids["code"].to_numpy(dtype=str), kind="stable")
    number = grids.iloc[order].groupby(["community", "kind"]).cumcount().to_numpy() + 1
    numbers = number[np.argsort(order)]
    kinds, places = grids["kind"], grids["facility"]
    names = [
        _facility_name(facilities, place, community, lang)
        if kind == "dedicated"
        else _counted_name(kind, community, n, lang)
        for kind, community, place, n in zip(kinds, owner, places, numbers, strict=True)
    ]
    distinct = _distinct(names, grids["community"].tolist(), order.tolist(), lang)
    return pd.Series(distinct, index=grids.index, name="name", dtype=object)


def _counted_name(kind: str, community: str, number: int, lang: Lang) -> str:
    if kind == "open":
        return Text(f"{community} open ground {number}", f"{community}空地{number}").say(lang)
    return Text(f"{community} grid {number}", f"{community}第{number}网格").say(lang)


def _facility_name(facilities: gpd.GeoDataFrame, place: int, community: str, lang: Lang) -> str:
    if place < 0:
        word = _DEDICATED
    elif name := str(facilities["name"].iloc[place]):
        return name
    else:
        word = FACILITIES[facilities["kind"].iloc[place]]
    return Text(f"{community} {word.en}", f"{community}{word.zh}").say(lang)


def _distinct(names: list[str], communities: list[int], order: list[int], lang: Lang) -> list[str]:
    """Return the names with equal ones of a community numbered, by `order`."""
    keys = list(zip(communities, names, strict=True))
    times, seen = Counter(keys), Counter[tuple[int, str]]()
    distinct = list(names)
    for row in order:
        if times[keys[row]] > 1:
            seen[keys[row]] += 1
            number = seen[keys[row]]
            distinct[row] += Text(f" ({number})", f"（{number}）").say(lang)
    return distinct
