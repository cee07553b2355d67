"""What the borders of grids are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridgeo.text import Lang, Text
from gridgeo.words import STREETS

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

_NAMELESS = ("water", "rail", "wall")
_NO_STREET = Text("between buildings", "楼间")
_NO_STREETS_KNOWN = Text("neighbouring grid", "相邻网格")
_DEDICATED = Text("dedicated grid", "专属网格")
_RIM = Text("community border", "社区界")


def border_words(
    borders: gpd.GeoDataFrame,
    atoms: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame | None,
    lang: Lang,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return what each border is called, seen from its left and from its right.

    The name of its street, else the word of its class. Without a street: the community beyond,
    a dedicated grid, or what lies between buildings; see `bounded_by` for the columns.
    """
    left, right = borders["left"].to_numpy(), borders["right"].to_numpy()
    bare = borders["street_class"].to_numpy(dtype=object) == "none"
    community, facility = atoms["community"].to_numpy(), atoms["facility"].to_numpy()
    words = _class_words(borders, lang)
    words[bare & ((facility[left] >= 0) | (facility[right] >= 0))] = _DEDICATED.say(lang)
    rim = (right < 0) | (community[left] != community[right])
    words[bare & rim] = _RIM.say(lang)
    named = borders["street_name"].to_numpy(dtype=object)
    words = np.where(named == "", words, named)
    shared = bare & (named == "") & rim & (right >= 0)
    if communities is None:
        return words, words
    names = communities["name"].to_numpy(dtype=object)
    return _beyond(words, shared, names[community[right]]), _beyond(
        words, shared, names[community[left]]
    )


def _class_words(borders: gpd.GeoDataFrame, lang: Lang) -> NDArray[Any]:
    classes = borders["street_class"].to_numpy(dtype=object)
    said = {one: _unnamed(one).say(lang) for one in STREETS}
    if (classes == "none").all():
        said["none"] = _NO_STREETS_KNOWN.say(lang)
    return np.array([said[one] for one in classes], dtype=object)


def _unnamed(street_class: str) -> Text:
    word = STREETS[street_class]
    if street_class == "none":
        return _NO_STREET
    if street_class in _NAMELESS:
        return word
    return Text(f"unnamed {word.en}", f"{word.zh}（无名）")


def _beyond(words: NDArray[Any], shared: NDArray[np.bool_], names: NDArray[Any]) -> NDArray[Any]:
    """Return `words` with the names of the communities beyond, where they have one."""
    return np.where(shared & (names != ""), names, words)
