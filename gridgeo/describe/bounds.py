"""The streets and borders that bound a grid, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridgeo.wording import FOLLOWED, STREETS, Lang, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

_NAMELESS = ("water", "rail", "wall")
_NO_STREET = Text("between buildings", "楼间")
_NO_STREETS_KNOWN = Text("neighbouring grid", "相邻网格")
_DEDICATED = Text("dedicated grid", "专属网格")
_RIM = Text("community border", "社区界")
#: Borders beside a nameless path or barrier are called as those on it are: by its class.
_CLASS_OF_FOLLOWED = {"path": "lane"} | {name: name for name in _NAMELESS}


def _border_words(
    borders: gpd.GeoDataFrame,
    atoms: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame | None,
    facilities: Sequence[str],
    lang: Lang,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return what each border is called, seen from its left and from its right.

    The name of its street, else the word of its class. Without a street: the community beyond,
    the facility beyond, or what lies between buildings; see `bounded_by` for the columns.
    """
    left, right = borders["left"].to_numpy(), borders["right"].to_numpy()
    bare = borders["street_class"].to_numpy(dtype=object) == "none"
    community, facility = atoms["community"].to_numpy(), atoms["facility"].to_numpy()
    words = _class_words(borders, lang)
    rim = (right < 0) | (community[left] != community[right])
    words[bare & rim] = _RIM.say(lang)
    named = borders["street_name"].to_numpy(dtype=object)
    words = np.where(named == "", words, named)
    unnamed = bare & (named == "")
    known = np.array([*facilities, ""], dtype=object)

    def seen(here: NDArray[Any], there: NDArray[Any]) -> NDArray[Any]:
        beyond = facility[there]
        name = known[np.minimum(beyond, len(facilities))]
        name[name == ""] = _DEDICATED.say(lang)
        apart = (beyond >= 0) & (beyond != facility[here])
        told = np.where(unnamed & ~rim & apart, name, words)
        if communities is None:
            return told
        names = communities["name"].to_numpy(dtype=object)[community[there]]
        return np.where(unnamed & rim & (right >= 0) & (names != ""), names, told)

    return seen(left, right), seen(right, left)


def _class_words(borders: gpd.GeoDataFrame, lang: Lang) -> NDArray[Any]:
    classes = borders["street_class"].to_numpy(dtype=object)
    if "follows" in borders.columns and (~borders["follows"].isin(["", "open"])).any():
        return _followed_words(borders, lang)
    names = {one: _unnamed(one).say(lang) for one in STREETS}
    if (classes == "none").all():
        names["none"] = _NO_STREETS_KNOWN.say(lang)
    return np.array([names[one] for one in classes], dtype=object)


def _followed_words(borders: gpd.GeoDataFrame, lang: Lang) -> NDArray[Any]:
    """Return what borders are called whose table tells what they follow off the streets."""
    told = borders[["street_class", "follows", "follows_name"]].itertuples(index=False)
    words = [
        _followed(follows, name) if one == "none" else _unnamed(one) for one, follows, name in told
    ]
    return np.array([word.say(lang) for word in words], dtype=object)


def _followed(kind: str, name: str) -> Text:
    """Return what a border off the streets is called, by what it follows and the name of that."""
    if not name and kind in _CLASS_OF_FOLLOWED:
        return _unnamed(_CLASS_OF_FOLLOWED[kind])
    if not name and kind == "open":  # it may be built up where no buildings are given
        return _NO_STREETS_KNOWN
    if not name:
        return FOLLOWED.get(kind, _NO_STREET)
    if kind == "compound":
        return Text(f"edge of {name}", f"{name}边界")
    if kind in ("building_gap", "open"):
        return Text(f"at {name}", f"{name}处")
    return Text(name, name)


def _unnamed(street_class: str) -> Text:
    word = STREETS[street_class]
    if street_class == "none":
        return _NO_STREET
    if street_class in _NAMELESS:
        return word
    return Text(f"unnamed {word.en}", f"{word.zh}（无名）")


#: Streets that make up less than this share of a side are not named, beyond this number neither.
_LEAST_SHARE = 0.15
_MOST_NAMED = 3

_SIDES = (Text("north", "北"), Text("east", "东"), Text("south", "南"), Text("west", "西"))


def bounded_by(
    labels: NDArray[Any],
    borders: gpd.GeoDataFrame,
    atoms: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame | None = None,
    *,
    facilities: Sequence[str] = (),
    lang: Lang,
) -> pd.Series[str]:
    """Return by label the streets that bound each grid: ``北至解放路、铁路；东至…``.

    1. Every straight segment of a border between two grids belongs to one side of each of them,
       by its outward normal: the nearest of north, east, south and west.
    2. It counts with its length for the name of its street, else for the word of its class.
       Without a street it counts for the community or the facility beyond, or for what it
       follows: the edge of a compound, the nearest building with a name; else a neighbouring
       grid.
    3. A side names what makes up at least 15 % of it, longest first, three at most, and always
       the longest. Grids that lie in a hole of another one are no side of that one.

    Parameters
    ----------
    labels
        The grid of each atom, 0..g-1.
    borders
        left, right (-1 on the outer rim), street_class, street_name, optionally follows and
        follows_name, and lines directed so that `left` lies on their left, in a projected CRS.
    atoms
        community, and facility (-1 for none), in the order of `labels`.
    communities
        name, by the positions in `atoms`; without it a neighbour is called community border.
    facilities
        Their names, by the numbers in `atoms`; one without is called a dedicated grid.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> atoms = pd.DataFrame({"community": [0], "facility": [-1]})
    >>> ring = [LineString([(0, 0), (9, 0)]), LineString([(9, 0), (9, 9), (0, 9), (0, 0)])]
    >>> borders = gpd.GeoDataFrame({"left": 0, "right": -1, "street_class": ["arterial", "none"],
    ...                             "street_name": ["Mill Lane", ""]}, geometry=ring)
    >>> bounded_by(np.array([0]), borders, atoms, lang="en")[0]
    'north: community border; east: community border; south: Mill Lane; west: community border'
    """
    words = _border_words(borders, atoms, communities, facilities, lang)
    texts = _texts(_sides(labels, borders, words), lang)
    bounds = [texts.get(grid, "") for grid in range(int(labels.max(initial=-1)) + 1)]
    return pd.Series(bounds, name="bounded_by", dtype=object)


def neighbours(
    labels: NDArray[Any],
    borders: gpd.GeoDataFrame,
    names: tuple[NDArray[Any], NDArray[Any]],
    *,
    lang: Lang,
) -> dict[int, dict[str, str]]:
    """Return by label what lies beyond each side where no street that bounds it has a name.

    The sides are those of `bounded_by`, by how its text for them begins; three are named at most,
    and only what makes up at least 15 % of the side.

    Parameters
    ----------
    labels, borders
        As for `bounded_by`.
    names
        What each border's neighbour is called, seen from its left and from its right, ``""`` for
        what has no name.
    """
    street = borders["street_name"].to_numpy(dtype=object)
    sides = _sides(labels, borders, (street, street))
    named = sides[sides["word"] != ""]
    known = set(zip(named["grid"], named["side"], strict=True))
    beyond = _sides(labels, borders, names)
    side_m = beyond.groupby(["grid", "side"])["metres"].transform("sum")
    told_of = (beyond["word"] != "") & (beyond["metres"] >= _LEAST_SHARE * side_m)
    lists = _lists(beyond[told_of], lang)
    sides_by_grid: dict[int, dict[str, str]] = {}
    for grid, side, words in lists.itertuples(index=False):
        if (grid, side) not in known:
            sides_by_grid.setdefault(grid, {})[_head(side, lang)] = words
    return sides_by_grid


def _sides(
    labels: NDArray[Any], borders: gpd.GeoDataFrame, words: tuple[NDArray[Any], NDArray[Any]]
) -> pd.DataFrame:
    """Return metres by grid, side and word; `words` are those seen from left and from right."""
    if "link" in borders.columns:  # links are no borders
        real = ~borders["link"].to_numpy(dtype=bool)
        borders, words = borders[real], (words[0][real], words[1][real])
    left = labels[borders["left"].to_numpy()]
    right = np.where(borders["right"] >= 0, labels[borders["right"].to_numpy()], -1)
    steps, border = _steps(borders.geometry.to_numpy())
    metres = np.hypot(steps[:, 0], steps[:, 1])
    outer = left[border] != right[border]
    parts = []
    for grid, other, word, sign in (
        (left, right, words[0], 1.0),
        (right, left, words[1], -1.0),
    ):
        normal = sign * np.stack([steps[:, 1], -steps[:, 0]], axis=1)
        shown = outer & (grid[border] >= 0) & ~_around(grid, other)[border]
        columns = {
            "grid": grid[border],
            "side": _side(normal),
            "word": word[border],
            "metres": metres,
        }
        parts.append(pd.DataFrame(columns)[shown])
    keys = ["grid", "side", "word"]
    metres_by = pd.concat(parts).groupby(keys, as_index=False)
    return pd.DataFrame(metres_by.agg({"metres": "sum"}))


def _steps(lines: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the vector of every straight segment, and the line that it belongs to."""
    parts, line = shapely.get_parts(lines, return_index=True)
    points, part = shapely.get_coordinates(parts, return_index=True)
    joined = np.flatnonzero(part[1:] == part[:-1])
    return points[joined + 1] - points[joined], line[part[joined]]


def _side(normal: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return 0 north, 1 east, 2 south, 3 west."""
    x, y = normal[:, 0], normal[:, 1]
    return np.where(np.abs(y) >= np.abs(x), np.where(y > 0, 0, 2), np.where(x > 0, 1, 3))


def _around(grid: NDArray[Any], other: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which borders are those of `grid` around an `other` that has no other neighbour."""
    apart = grid != other
    pairs = np.stack([np.r_[grid, other], np.r_[other, grid]], axis=1)[np.r_[apart, apart]]
    unique = np.unique(pairs, axis=0)
    inner, neighbours = np.unique(unique[:, 0], return_counts=True)
    alone = inner[(neighbours == 1) & (inner >= 0)]
    return np.isin(other, alone) & ~np.isin(grid, alone)


def _texts(sides: pd.DataFrame, lang: Lang) -> dict[int, str]:
    clauses: dict[int, list[str]] = {}
    for grid, side, words in _lists(sides, lang).itertuples(index=False):
        clauses.setdefault(grid, []).append(_head(side, lang) + words)
    return {grid: Text("; ", "；").say(lang).join(parts) for grid, parts in clauses.items()}


def _head(side: int, lang: Lang) -> str:
    return Text(f"{_SIDES[side].en}: ", f"{_SIDES[side].zh}至").say(lang)


def _lists(sides: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return by grid and side the words that are named there, joined."""
    ordered = sides.sort_values(
        ["grid", "side", "metres", "word"], ascending=[True, True, False, True]
    )
    place = ordered.groupby(["grid", "side"])
    share = ordered["metres"] / place["metres"].transform("sum")
    rank = place.cumcount()
    named = ordered[(rank == 0) | ((share >= _LEAST_SHARE) & (rank < _MOST_NAMED))]
    joint = Text(", ", "、").say(lang)
    return pd.DataFrame(named.groupby(["grid", "side"])["word"].agg(joint.join).reset_index())
