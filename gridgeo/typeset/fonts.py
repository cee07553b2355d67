"""Fonts that hold every character to be drawn: looked up before anything is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gridgeo.errors import InputError
from gridgeo.text import Text

if TYPE_CHECKING:
    import typst

#: Families that are looked for on the machine, in this order; each stands in for the ones before.
FAMILIES = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN"),
    *("Microsoft YaHei", "DengXian", "SimHei", "PingFang SC", "WenQuanYi Micro Hei"),
    *("WenQuanYi Zen Hei", "Noto Serif CJK SC", "SimSun", "NSimSun", "SimSun-ExtB"),
    *("SimSun-ExtG", "Segoe UI Symbol", "DejaVu Sans"),
)
_WEIGHTS = (400, 700)


@dataclass(frozen=True, kw_only=True)
class Fonts:
    """The fonts to draw with: families in the order of choice, and the book they are found in."""

    families: tuple[str, ...]
    book: typst.Fonts


def find_fonts(given: Sequence[Path] = ()) -> Fonts:
    """Return the fonts of this machine that can draw Chinese, those in `given` folders first.

    Parameters
    ----------
    given
        Font files, or folders of them.

    Raises
    ------
    InputError
        There is nothing at a path of `given`, or no font at all.
    """
    import typst  # noqa: PLC0415  (only when it is needed)

    for path in given:
        if not path.exists():
            raise InputError(Text("there is no such font", "没有这个字体文件"), file=str(path))
    folders = [str(path if path.is_dir() else path.parent) for path in given]
    book = typst.Fonts(
        include_system_fonts=True, include_embedded_fonts=False, font_paths=list(folders)
    )
    own = [font.family for font in book.fonts() if _within(font.path, given)]
    held = set(book.families())
    families = dict.fromkeys([*own, *(name for name in FAMILIES if name in held)])
    if not families:
        raise InputError(
            Text("no Chinese font was found", "没有找到中文字体"),
            remedy=Text(
                "Install Noto Sans CJK SC, or give a font file with --font",
                "请安装思源黑体（Noto Sans CJK SC），或用 --font 指定字体文件",
            ),
        )
    return Fonts(families=tuple(families), book=book)


def _within(font: str | None, given: Sequence[Path]) -> bool:
    if font is None:
        return False
    file = Path(font).resolve()
    return any(path.resolve() in (file, *file.parents) for path in given)


def choose_fonts(texts: Iterable[tuple[str, str]], fonts: Fonts, *, layer: str) -> tuple[str, ...]:
    """Return the families of `fonts` that are needed to draw `texts`, in their order.

    Parameters
    ----------
    texts
        Pairs of text and where it stands (the code of a grid), for the message.
    layer
        What is drawn, for the message.

    Raises
    ------
    InputError
        A character stands in none of the fonts; it is named with its number and place.
    """
    wanted: dict[str, str] = {}
    for text, place in texts:
        for letter in sorted(set(text)):
            wanted.setdefault(letter, place)
    needed, left = _needed(set(wanted), fonts)
    if left:
        raise _missing(sorted(left), wanted, layer)
    return needed


def undrawable(texts: Iterable[str], fonts: Fonts) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the families that are needed to draw `texts`, and the characters that none has."""
    return _needed(set().union(*texts), fonts)


def _needed(letters: set[str], fonts: Fonts) -> tuple[tuple[str, ...], frozenset[str]]:
    left = {letter for letter in letters if not letter.isspace()}
    needed: list[str] = []
    for family in fonts.families:
        if not left:
            break
        drawn = _letters(family, fonts.book)
        held = {letter for letter in left if ord(letter) in drawn}
        if held:
            needed.append(family)
            left -= held
    return tuple(needed or fonts.families[:1]), frozenset(left)


def _letters(family: str, book: typst.Fonts) -> frozenset[int]:
    """Return what every weight of `family` that we draw with can draw."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415  (only when it is needed)

    held: frozenset[int] | None = None
    for font in book.fonts():
        plain = font.family == family and font.style == "normal" and font.weight in _WEIGHTS
        if plain and font.path is not None:
            with TTFont(font.path, fontNumber=font.index, lazy=True) as opened:
                own = frozenset(opened.getBestCmap())
            held = own if held is None else held & own
    return held or frozenset()


def _missing(letters: Sequence[str], places: Mapping[str, str], layer: str) -> InputError:
    told = ", ".join(f"{letter} (U+{ord(letter):04X})" for letter in letters[:5])
    return InputError(
        Text(f"no font has the character {told}", f"没有字体包含字符 {told}"),
        layer=layer,
        value=places[letters[0]],
        remedy=Text(
            "Install Noto Sans CJK SC, or SimSun-ExtB, or give a font file with --font",
            "请安装思源黑体（Noto Sans CJK SC）或宋体扩展（SimSun-ExtB），或用 --font 指定字体文件",
        ),
    )
