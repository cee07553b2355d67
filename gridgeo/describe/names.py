"""Names of grids."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridgeo.text import Lang, Text
from gridgeo.words import FACILITIES

if TYPE_CHECKING:
    import geopandas as gpd

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
    told = _told_apart(names, grids["community"].tolist(), order.tolist(), lang)
    return pd.Series(told, index=grids.index, name="name", dtype=object)


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


def _told_apart(
    names: list[str], communities: list[int], order: list[int], lang: Lang
) -> list[str]:
    """Return the names with equal ones of a community numbered, by `order`."""
    keys = list(zip(communities, names, strict=True))
    times, seen = Counter(keys), Counter[tuple[int, str]]()
    told = list(names)
    for row in order:
        if times[keys[row]] > 1:
            seen[keys[row]] += 1
            number = seen[keys[row]]
            told[row] += Text(f" ({number})", f"（{number}）").say(lang)
    return told
