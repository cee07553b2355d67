"""Which encoding text is in: one judgement for DBF, MapInfo tables, CSV and GeoJSON.

Valid UTF-8 is UTF-8, whatever a file declares: text in another encoding is practically never
valid. A single-byte page fits any bytes and so proves nothing: it is taken only where the words
it makes look like words. GB 18030 and Big5 are told apart by how common the characters are that
they make. A layer is judged as a whole, and its few bad cells are bad cells.
"""

from __future__ import annotations

import codecs
import re
import zlib
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache

from gridgeo.errors import InputError
from gridgeo.wording import Text

#: stands where bytes could not be read
MISSING = "\ufffd"
#: what tells that bytes were lost, the second where text with the first was read as GBK
LOST = (MISSING, "锟斤拷")
#: may stand at the beginning of text
MARK = "\ufeff"
#: why a decoder gives up where a character is cut at the end
_CUT = ("unexpected end of data", "incomplete multibyte sequence")
_NAMES = {
    "65001": "utf-8", "utf8": "utf-8", "neutral": "", "system": "", "none": "",
    "936": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030",
    "euc-cn": "gb18030", "windowssimpchinese": "gb18030",
    "950": "big5hkscs", "big5": "big5hkscs", "cp950": "big5hkscs",
    "windowstradchinese": "big5hkscs", "88591": "iso8859-1", "windowslatin1": "cp1252",
}  # fmt: skip
#: so many cells tell the encoding
_ENOUGH = 4000
_UTF8_CELL = re.compile(
    rb"\0(?:[\x01-\x7f]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2})*"
    rb"[\xe0-\xef][\x80-\xbf]{2}"
    rb"(?:[\x01-\x7f]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2})*(?=\0)"
)
_WIDE = ("gb18030", "big5hkscs")
_WIDE_CODECS = (*_WIDE, "big5", "cp950", "gbk", "gb2312", "cp932", "shift_jis", "cp949", "euc_kr",
                "euc_jp", "hz", "johab")  # fmt: skip
#: shares of text that look right
_PLAIN, _POOR, _NATURAL = 0.75, 0.3, 0.9


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """The encoding of a layer's text.

    ``doubtful``: other encodings fit about as well, or the file declares another.
    """

    encoding: str
    declared: str = ""
    doubtful: bool = False


def known_encoding(name: str) -> str:
    """Return the codec that a .cpg, a charset line or a setting names, ``""`` where none does.

    Examples
    --------
    >>> known_encoding("ANSI 936"), known_encoding("UTF-8"), known_encoding("1252")
    ('gb18030', 'utf-8', 'cp1252')
    """
    plain = name.strip().lower().removeprefix("ansi ").removeprefix("oem ").replace(" ", "-")
    plain = _NAMES.get(plain, f"cp{plain}" if plain.isdigit() else plain)
    try:
        codec = codecs.lookup(plain).name if plain else ""
    except (LookupError, ValueError):
        return ""
    return _NAMES.get(codec, codec)


def given_encoding(name: str, file: str) -> str:
    """Return the codec that the settings name; raises InputError where there is none."""
    found = known_encoding(name)
    if name and not found:
        raise InputError(
            Text(f"there is no encoding {name!r}", f"没有名为“{name}”的文字编码"),
            remedy=Text("Give utf-8, gb18030 or big5", "请写 utf-8、gb18030 或 big5"),
            file=file,
        )
    return found


def decode(raw: bytes, encoding: str, *, full: bool = False) -> str | None:
    """Return the text of a cell, None where it is none in `encoding`.

    `full`: the cell fills the width of its field, so that a character may be cut at its end.
    """
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        if not full or error.reason not in _CUT:
            return None
        return raw[: error.start].decode(encoding)


def readable(raw: bytes, encoding: str, *, full: bool = False) -> str | None:
    """Return the text of a cell as `decode` does; None too where it is evidently UTF-8."""
    text = decode(raw, encoding, full=full)
    if text is None or encoding == "utf-8" or raw.isascii():
        return text
    other = decode(raw, "utf-8", full=full)
    return None if other and _strong(other) and _common(other) > _common(text) else text


def judge(cells: Collection[tuple[bytes, bool]], declared: str = "") -> Judgement:
    """Return the encoding of cells, each with whether it fills its field.

    Parameters
    ----------
    cells
        Cells of one layer; equal ones count once.
    declared
        The codec that the file names, ``""`` for none.

    Examples
    --------
    >>> names = [("甲社区".encode("gbk"), False), ("乙社区".encode("gbk"), False)]
    >>> judge(names, declared="cp1252").encoding
    'gb18030'
    """
    wide = sorted(_sample({(raw, full) for raw, full in cells if not raw.isascii()}))
    if not wide:
        return Judgement(encoding="utf-8", declared=declared)
    texts = [decode(raw, "utf-8", full=full) for raw, full in wide]
    valid = [text for text in texts if text is not None]
    strong = any(map(_strong, valid))
    if 2 * len(valid) >= len(wide) and (strong or not all(_only_hanzi(raw) for raw, _ in wide)):
        return Judgement(encoding="utf-8", declared=declared)
    return _judge_others(wide, declared)


def _sample(cells: set[tuple[bytes, bool]]) -> set[tuple[bytes, bool]]:
    """Return some of very many cells, the same ones in whatever order they come."""
    every = len(cells) // _ENOUGH
    return cells if every < 2 else {one for one in cells if zlib.crc32(one[0]) % every == 0}


def decode_all(cells: list[bytes], encoding: str, *, given: bool) -> list[str] | None:
    """Return the texts of cells at once, None where they must be looked at one by one."""
    joined = b"\0".join(cells)
    if not given and encoding != "utf-8" and _UTF8_CELL.search(b"\0" + joined + b"\0"):
        return None
    try:
        texts = joined.decode(encoding).split("\0")
    except UnicodeDecodeError:
        return None
    return texts if len(texts) == len(cells) else None


def usual(chars: set[str]) -> bool:
    """Return whether characters are those of plain Chinese or English text."""
    return "锟" not in chars and all(
        char.isascii() or _weight(char, "gb18030") >= 0.7 for char in chars
    )


def _judge_others(wide: list[tuple[bytes, bool]], declared: str) -> Judgement:
    candidates = [*_WIDE, *([declared] if declared in _WIDE_CODECS else [])]
    scores = {one: _score(wide, one) for one in dict.fromkeys(candidates)}
    ranked = sorted(scores, key=lambda one: -(round(scores[one], 2) + 0.1 * (one == declared)))
    best, second = ranked[0], ranked[1]
    close = scores[second] > scores[best] - 0.1 and best != declared
    single = declared if declared and declared not in (*_WIDE_CODECS, "utf-8") else "cp1252"
    words = [decode(raw, single) for raw, _ in wide]
    natural = sum(bool(text) and _natural(str(text)) for text in words) / len(wide)
    if scores[best] >= _POOR and natural < _NATURAL:
        doubtful = close or scores[best] < _PLAIN or declared not in ("", best)
        return Judgement(encoding=best, declared=declared, doubtful=doubtful)
    fits = all(text is not None for text in words)
    return Judgement(
        encoding=single if fits else "iso8859-1",
        declared=declared,
        doubtful=natural < _PLAIN or declared not in ("", single),
    )


def _score(wide: Iterable[tuple[bytes, bool]], encoding: str) -> float:
    """Return how common the characters are that an encoding makes, from 0 to 1."""
    texts, lost = [], 0
    for raw, full in wide:
        text = readable(raw, encoding, full=full)
        if text is None:
            lost += sum(byte > 127 for byte in raw) // 2 + 1
        else:
            texts.append(text)
    return _common("".join(texts), encoding, lost)


def _common(text: str, encoding: str = "gb18030", lost: int = 0) -> float:
    counts = Counter(char for char in text if ord(char) > 127)
    total = sum(counts.values()) + lost
    return sum(_weight(char, encoding) * n for char, n in counts.items()) / total if total else 1.0


@cache
def _weight(char: str, encoding: str) -> float:
    """Return how common a character is among those of an encoding, from 0 to 1."""
    plain = {"gb18030": "gb2312", "big5hkscs": "big5"}.get(encoding, encoding)
    lead = char.encode(plain, errors="ignore")[:1]
    if not lead or ord(char) < 0xA0:
        return 0.0
    if plain == "gb2312":
        return 1.0 if b"\xb0" <= lead <= b"\xd7" else 0.7
    if plain == "big5":
        return 1.0 if b"\xa4" <= lead <= b"\xc6" else 0.7 if lead < b"\xa4" else 0.4
    return 0.95


def _strong(text: str) -> bool:
    """Return whether text has characters of three or more bytes in UTF-8."""
    return any(ord(char) > 0x7FF for char in text)


def _only_hanzi(raw: bytes) -> bool:
    """Return whether a cell is nothing but common characters of GB 2312 in pairs of bytes."""
    return re.search(rb"[A-Za-z]", raw) is None and all(
        b"\xb0" <= char.encode("gb2312", errors="ignore")[:1] <= b"\xd7"
        for char in decode(raw, "gb18030") or "\0"
        if ord(char) > 127 or char == "\0"
    )


def _natural(text: str) -> bool:
    """Return whether what is not ASCII stands in words: one case each, or a capital first.

    Examples
    --------
    >>> _natural("Königstraße"), _natural("ÉçÇø±àÂë"), _natural("Москва")
    (True, False, True)
    """
    words = [word for word in re.split(r"[\s\d,.;:()/'’-]+", text) if not word.isascii()]
    if not words or not all(word.isalpha() for word in words):
        return False
    cased = all(word in (word.lower(), word.upper(), word.capitalize()) for word in words)
    letters = [char for word in words for char in word]
    latin = all(ord(char) < 0x250 for char in letters)
    plain = sum(char.isascii() for char in letters)
    return cased and (2 * plain >= len(letters) if latin else plain == 0)


def is_utf8(raw: bytes) -> bool:
    """Return whether bytes are valid UTF-8."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


#: what stands at the beginning of text, the longer first
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"),
)  # fmt: skip


def _unmarked_utf16(head: bytes) -> str:
    """Return which UTF-16 the beginning of a text is, ``""`` where it is none.

    ASCII has a zero in every second byte there: separators and line ends in Chinese text, too.
    """
    zeros = [head[n::2].count(0) for n in (0, 1)]
    if max(zeros) < 2 or 4 * min(zeros) > max(zeros):
        return ""
    found = "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
    text = head[: len(head) // 2 * 2].decode(found, errors="replace")
    mostly_ascii = 4 * max(zeros) > len(head)
    return found if mostly_ascii or _common(text) >= _PLAIN else ""


def judge_text(raw: bytes, given: str = "") -> Judgement:
    """Return the encoding of a text file: by its mark, else by its cells."""
    marked = next((name for mark, name in _MARKS if raw.startswith(mark)), "")
    if given:
        return Judgement(encoding=marked if given in ("utf-8", "utf-16") and marked else given)
    if marked:
        return Judgement(encoding=marked)
    if wide := _unmarked_utf16(raw[:4000]):
        return Judgement(encoding=wide)
    if is_utf8(raw):
        return Judgement(encoding="utf-8")
    lines = raw.split(b"\n")
    every = max(len(lines) // _ENOUGH, 1)
    some = [line for line in lines if zlib.crc32(line) % every == 0]
    return judge({(cell, False) for line in some for cell in re.split(rb'[,;\t\r"]+', line)})


#: bytes between ASCII that are valid UTF-8 of three bytes a character
_UTF8_RUN = re.compile(rb"(?<![\x80-\xff])(?:[\xe0-\xef][\x80-\xbf]{2})+(?![\x80-\xff])")


def decode_text(raw: bytes, encoding: str, *, given: bool) -> str:
    """Return the text of a file; what cannot be read in `encoding` becomes U+FFFD.

    What is evidently UTF-8 amid text in another encoding has that before it, unless one was given.
    """
    if given or encoding not in _WIDE:
        return raw.decode(encoding, errors="replace")
    out, end = [], 0
    for run in _UTF8_RUN.finditer(raw):
        if readable(run[0], encoding) is None:
            before = raw[end : run.start()].decode(encoding, errors="replace")
            out += [before, MISSING, run[0].decode()]
            end = run.end()
    return "".join([*out, raw[end:].decode(encoding, errors="replace")])


def garbled(texts: Iterable[str]) -> list[tuple[str, str]]:
    """Return text that was garbled before it was written, each with what it was.

    Nothing where less than half of what is not ASCII is of this kind.
    """
    wide = sorted({text for text in texts if not text.isascii()})
    if not wide or _common("".join(wide)) > _NATURAL:
        return []
    found = [(text, was) for text in wide if (was := _undone(text))]
    return found if 2 * len(found) >= len(wide) else []


def _undone(text: str) -> str:
    """Return what `text` was before it was read in a wrong encoding, ``""`` where it is right."""
    for wrong, right in (
        ("gb18030", "utf-8"), ("cp1252", "utf-8"), ("latin-1", "utf-8"),
        ("latin-1", "gb18030"), ("cp1252", "gb18030"),
    ):  # fmt: skip
        try:
            was = text.encode(wrong).decode(right)
        except UnicodeError:
            continue
        better = _common(was) >= _PLAIN and _strong(was) and _common(was) > _common(text)
        if better and (right == "utf-8" or not _natural(text)):
            return was
    return ""
