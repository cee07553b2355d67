"""What the widget says, in the two languages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gridgeo.maps.page_words import page_words
from gridgeo.text import Lang, Text

WORDS: Mapping[str, Text] = MappingProxyType(
    {
        "pick": Text("Click a grid: atoms will go into it", "请点选一个网格作为划入目标"),
        "into": Text(
            "Into {grid}: click atoms of other grids; click it again to let go",
            "划入 {grid}：点击其他网格的单元即划入；再次点击该网格可取消",
        ),
        "new": Text("New grid from one atom", "以单元新设网格"),
        "new_help": Text("Click the atom that begins a new grid", "请点击新网格的第一个单元"),
        "before": Text("before", "调整前"),
        "after": Text("after", "调整后"),
        "cost": Text("cost, m", "代价（米）"),
        "pieces": Text("pieces", "块数"),
    }
)


def desk_words(lang: Lang) -> dict[str, str]:
    """Return every word of the widget in `lang`: its own, and those of the map page."""
    return {**page_words(lang), **{key: text.say(lang) for key, text in WORDS.items()}}
