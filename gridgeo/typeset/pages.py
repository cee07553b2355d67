"""From a Typst template and plain data to PDF pages, with fonts that have every character."""

from __future__ import annotations

import datetime as dt
import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gridgeo.errors import InputError
from gridgeo.wording import Text

if TYPE_CHECKING:
    import typst

_SPACES = ("Cc", "Zl", "Zp", "Zs")


def on_one_line(text: str) -> str:
    r"""Return `text` with control characters and spaces as spaces, marks that hide as numbers.

    Characters that nobody has assigned (county names written with a private font) stay: a font
    must have them.

    Examples
    --------
    >>> on_one_line("甲\n乙\u00ad")
    '甲 乙⟨U+00AD⟩'
    """
    if text.isprintable():
        return text
    return "".join(map(_drawn, text))


def _drawn(letter: str) -> str:
    if letter.isprintable():
        return letter
    category = unicodedata.category(letter)
    if category in _SPACES:
        return " "
    return f"\u27e8U+{ord(letter):04X}\u27e9" if category == "Cf" else letter


def by_number(text: str, missing: frozenset[str]) -> str:
    """Return `text` with the characters that no font has as their numbers.

    Examples
    --------
    >>> by_number("树🌳", frozenset("🌳"))
    '树[U+1F333]'
    """
    if missing.isdisjoint(text):
        return text
    return "".join(f"[U+{ord(c):04X}]" if c in missing else c for c in text)


#: Families that are looked for on the machine, in this order; each stands in for the ones before.
_FAMILIES = (
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
    given_families = [font.family for font in book.fonts() if _within(font.path, given)]
    installed = set(book.families())
    families = dict.fromkeys([*given_families, *(name for name in _FAMILIES if name in installed)])
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
        drawn_letters = {letter for letter in left if ord(letter) in drawn}
        if drawn_letters:
            needed.append(family)
            left -= drawn_letters
    return tuple(needed or fonts.families[:1]), frozenset(left)


def _letters(family: str, book: typst.Fonts) -> frozenset[int]:
    """Return the characters in every weight of `family` that we use."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415  (only when it is needed)

    common: frozenset[int] | None = None
    for font in book.fonts():
        plain = font.family == family and font.style == "normal" and font.weight in _WEIGHTS
        if plain and font.path is not None:
            with TTFont(font.path, fontNumber=font.index, lazy=True) as opened:
                letters = frozenset(opened.getBestCmap())
            common = letters if common is None else common & letters
    return common or frozenset()


def _missing(letters: Sequence[str], places: Mapping[str, str], layer: str) -> InputError:
    text = ", ".join(f"{letter} (U+{ord(letter):04X})" for letter in letters[:5])
    return InputError(
        Text(f"no font has the character {text}", f"没有字体包含字符 {text}"),
        layer=layer,
        value=places[letters[0]],
        remedy=Text(
            "Install Noto Sans CJK SC, or SimSun-ExtB, or give a font file with --font",
            "请安装思源黑体（Noto Sans CJK SC）或宋体扩展（SimSun-ExtB），或用 --font 指定字体文件",
        ),
    )


def typeset(
    template: bytes,
    data: Mapping[str, Any],
    fonts: Fonts,
    *,
    name: str,
    remedy: Text,
    date: dt.date | None = None,
    root: Path | None = None,
    form: Literal["pdf", "png"] = "pdf",
) -> Any:
    """Return one PDF as bytes, or its pages as a list of PNG images.

    Values are data of the template, never markup. The same template, data, date and fonts give
    the same bytes.

    Parameters
    ----------
    template
        A Typst document that reads ``json(bytes(sys.inputs.data))``.
    data
        What JSON can express.
    name, remedy
        What a template that is not understood is called, and what to do about it.
    date
        The date in the PDF; a template that sets none needs none.
    root
        The folder whose files the template may read.

    Raises
    ------
    InputError
        The template is not understood.
    """
    import typst  # noqa: PLC0415  (only when it is needed)

    compiler = typst.Compiler(root=None if root is None else str(root), font_paths=fonts.book)
    made = dt.datetime.combine(date or dt.date(2000, 1, 1), dt.time(), dt.UTC)
    try:
        return compiler.compile(
            template,
            format=form,
            ppi=110 if form == "png" else None,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            timestamp=made,
            pdf_tags=False,
        )
    except typst.TypstError as error:
        raise InputError(
            Text(
                f"the template is not understood: {error.message}",
                f"无法识别模板：{error.message}",
            ),
            file=name,
            remedy=remedy,
        ) from error
