"""Text of a layer that GDAL gave as bytes (ISO-8859-1) or that was decoded with losses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from gridgeo.errors import InputError
from gridgeo.formats import (
    LOST,
    Judgement,
    decode,
    decode_all,
    garbled,
    given_encoding,
    judge,
    readable,
    usual,
)
from gridgeo.read.columns import unique_names
from gridgeo.read.context import RawLayer, ReadLog
from gridgeo.wording import Text

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Cell:
    row: int
    column: str
    raw: bytes


def _text_columns(frame: pd.DataFrame) -> list[str]:
    """Return the columns of `frame` that may hold text."""
    return [
        str(name)
        for name, dtype in frame.dtypes.items()
        if name != "geometry"
        and not pd.api.types.is_numeric_dtype(dtype)
        and (pd.api.types.is_object_dtype(dtype) or pd.api.types.is_string_dtype(dtype))
    ]


def _arrow(column: pd.Series[Any]) -> pa.ChunkedArray | None:
    """Return a column of text, None where it holds anything else too."""
    kind = None if isinstance(column.dtype, pd.StringDtype) else pa.large_string()
    try:
        found = pa.array(column, type=kind, from_pandas=True)
    except (pa.ArrowException, TypeError, UnicodeError):
        return None
    return pa.chunked_array([found]) if isinstance(found, pa.Array) else found


def _wide_texts(column: pd.Series[Any]) -> list[str]:
    """Return the distinct texts of a column that are not ASCII."""
    found = _arrow(column)
    if found is None:
        return sorted({one for one in column if isinstance(one, str) and not one.isascii()})
    wide = found.filter(pc.invert(pc.string_is_ascii(found)))
    return [str(one) for one in pc.unique(wide).to_pylist()]


def _characters(column: pd.Series[Any]) -> set[str]:
    """Return the distinct characters of a column, which is UTF-8."""
    found = _arrow(column)
    if found is None:
        return set("".join(_wide_texts(column)))
    present = np.zeros(0x11_0000, dtype=bool)
    for chunk in found.chunks:
        data = chunk.buffers()[2]
        if data is not None and not pc.all(pc.string_is_ascii(chunk)).as_py():
            present[np.frombuffer(str(memoryview(data), "utf-8").encode("utf-32-le"), "<u4")] = True
    return {chr(code) for code in np.flatnonzero(present)}


def _is_plain_text(frame: pd.DataFrame) -> bool:
    """Return whether all text of `frame` is valid UTF-8, which GDAL does not look at."""
    for name in _text_columns(frame):
        if isinstance(frame[name].dtype, pd.StringDtype):
            try:
                pa.array(frame[name]).validate(full=True)
            except (pa.ArrowException, UnicodeDecodeError):
                return False
    return True


def _as_bytes(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with the bytes of its text, and of its names, read as ISO-8859-1."""
    turned = {}
    for name in _text_columns(frame):
        if isinstance(frame[name].dtype, pd.StringDtype):
            stored = pa.array(frame[name]).cast(pa.large_binary()).to_pylist()
        else:
            stored = list(frame[name])
        raw = [cell.encode() if isinstance(cell, str) else cell for cell in stored]
        plain = [cell.decode("iso-8859-1") if isinstance(cell, bytes) else cell for cell in raw]
        turned[name] = pd.Series(plain, index=frame.index, dtype=object)
    out = frame.assign(**turned)
    return out.set_axis([name.encode().decode("iso-8859-1") for name in map(str, out.columns)],
                        axis=1)  # fmt: skip


def decode_layer(
    raw: RawLayer, *, declared: str, given: str, widths: Sequence[int], log: ReadLog
) -> RawLayer:
    """Return a layer, read as ISO-8859-1, with names and text in their real encoding.

    A cell that cannot be read is empty, and a reject with its bytes; text that was cut within a
    character, at the width of its field, is read as far as it goes. The encoding `given` is
    obeyed. Raises InputError where most of the text cannot be read.

    Parameters
    ----------
    widths
        Bytes of the fields in the order of the columns, 0 where it is not known.
    """
    if not _is_plain_text(raw.frame):
        raw = replace(raw, frame=_as_bytes(raw.frame))
    by_column = dict(zip(raw.columns, widths, strict=False))
    wide = {name: _wide_texts(raw.frame[name]) for name in _text_columns(raw.frame)}
    cells = {
        name: [(one, len(one) == by_column.get(name)) for one in _raw(texts)]
        for name, texts in wide.items()
        if texts
    }
    every = {one for column in cells.values() for one in column}
    every |= {(one, True) for one in _raw(raw.columns) if not one.isascii()}
    found = _judgement(every, declared, given, raw.file)
    out, bad, cut = raw.frame, dict[str, set[str]](), 0
    for name, column in cells.items():
        plain = decode_all([one for one, _ in column], found.encoding, given=bool(given))
        texts: list[str | None] = list(plain or ())
        if plain is None:
            decoder = decode if given else readable
            texts = [decoder(one, found.encoding, full=full) for one, full in column]
            cut += sum(
                read is not None and full and decode(one, found.encoding) is None
                for read, (one, full) in zip(texts, column, strict=True)
            )
        turned = dict(zip(wide[name], texts, strict=True))
        bad[name] = {text for text, read in turned.items() if read is None}
        out = out.assign(**{name: _turned(out[name], turned)})
    wrong = list(_cells(raw.frame, bad))
    decoded = replace(raw, frame=_renamed(out, found.encoding), encoding=found.encoding)
    if wrong or any(decode(one, found.encoding, full=True) is None for one in _raw(raw.columns)):
        _report(decoded, wrong, every, found, log)
    _note_encoding(decoded, found, given, log)
    if cut:
        _note_cut(decoded, cut, log)
    return decoded


def _raw(texts: Iterable[str]) -> list[bytes]:
    return [text.encode("iso-8859-1") for text in texts]


def _turned(column: pd.Series[Any], to: Mapping[str, str | None]) -> pd.Series[Any]:
    """Return a column with other text in place of some."""
    found = _arrow(column)
    if found is None:
        return column.astype(object).map(
            lambda cell: to.get(cell, cell) if isinstance(cell, str) else cell
        )
    coded = found.combine_chunks().dictionary_encode()
    values = [to.get(one, one) for one in coded.dictionary.to_pylist()]
    at = coded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
    return pd.Series(np.array([*values, None], dtype=object)[at], index=column.index, dtype=object)


def _judgement(cells: set[tuple[bytes, bool]], declared: str, given: str, file: str) -> Judgement:
    if given:
        return Judgement(encoding=given_encoding(given, file), declared=declared)
    return judge(cells, declared)


def _renamed(frame: pd.DataFrame, encoding: str) -> pd.DataFrame:
    names = []
    for name in map(str, frame.columns):
        raw = name.encode("iso-8859-1")
        read = name if name.isascii() else decode(raw, encoding, full=True)
        names.append(raw.decode(encoding, errors="replace") if read is None else read)
    return frame.set_axis(unique_names(names), axis=1)


def _cells(frame: pd.DataFrame, bad: Mapping[str, set[str]]) -> Iterator[_Cell]:
    for name, texts in bad.items():
        if texts:
            mask = frame[name].isin(list(texts))
            for at, cell in zip(frame.index[mask], frame.loc[mask, name], strict=True):
                yield _Cell(int(at), name, str(cell).encode("iso-8859-1"))


def _report(
    raw: RawLayer,
    wrong: list[_Cell],
    every: set[tuple[bytes, bool]],
    found: Judgement,
    log: ReadLog,
) -> None:
    """Put cells that cannot be read aside; raise InputError where they are most of the text."""
    wide = [(one, full) for one, full in every if not one.isascii()]
    lost = [one for one, full in wide if decode(one, found.encoding, full=full) is None]
    lost += [cell.raw for cell in wrong]
    if 2 * len(set(lost)) > len(wide):
        raise _unreadable_text(raw, wrong, every, found, lost)
    if not wrong:
        return
    names = {
        cell.column: decode(cell.column.encode("iso-8859-1"), found.encoding, full=True)
        or cell.column
        for cell in wrong
    }
    for cell in wrong:
        log.reject(
            raw, [cell.row], field=names[cell.column], values=[_shown(cell.raw)],
            reason=Text(f"the text is no {found.encoding}: read as empty",
                        f"文字不是 {found.encoding} 编码，按空白处理"),
        )  # fmt: skip
    rows = ", ".join(str(row + 1) for row in sorted({cell.row for cell in wrong})[:10])
    log.caution(
        "encoding",
        Text(
            f"{raw}: {len(wrong)} cells are no {found.encoding} and were read as empty: rows "
            f"{rows}, such as {_shown(wrong[0].raw)} in {names[wrong[0].column]}",
            f"{raw.zh}：{len(wrong)} 个单元格不是 {found.encoding} 编码，按空白处理：第 {rows} 行，"
            f"如字段 {names[wrong[0].column]} 的 {_shown(wrong[0].raw)}",
        ),
    )


def _unreadable_text(
    raw: RawLayer,
    wrong: list[_Cell],
    every: set[tuple[bytes, bool]],
    found: Judgement,
    lost: list[bytes],
) -> InputError:
    rows = ", ".join(str(row + 1) for row in sorted({cell.row for cell in wrong})[:10])
    other = judge(every, found.declared).encoding
    fits = other if other != found.encoding else ""
    place = {**raw.place, "rows": rows} if rows else raw.place
    return InputError(
        Text(f"the text cannot be read as {found.encoding}", f"文字无法按 {found.encoding} 读取"),
        remedy=Text(
            f"Give --encoding {raw.role}={fits}, or leave --encoding out"
            if fits
            else "Export the layer again as UTF-8",
            f"请改用 --encoding {raw.role}={fits}，或去掉 --encoding"
            if fits
            else "请以 UTF-8 编码重新导出该图层",
        ),
        **place,
        value=_shown(lost[0]),
    )


def _shown(raw: bytes) -> str:
    """Return bytes as they may be shown, with what they are in another encoding."""
    plain = "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in raw[:40])
    other = judge([(raw, False)]).encoding
    read = decode(raw, other)
    return f"{plain} ({other}: {read})" if read and other in ("utf-8", "gb18030") else plain


def note_judgement(raw: RawLayer, found: Judgement, log: ReadLog, *, given: str = "") -> None:
    """Say which encoding was taken, and warn with examples where that is doubtful."""
    _note_encoding(raw, found, given, log)


def _note_encoding(raw: RawLayer, found: Judgement, given: str, log: ReadLog) -> None:
    against = found.declared not in ("", found.encoding) and not given
    if not found.doubtful and not against:
        if found.encoding not in ("utf-8", "utf-8-sig"):
            log.note(
                "encoding",
                Text(f"{raw}: text read as {found.encoding}",
                     f"{raw.zh}：文字按 {found.encoding} 读取"),
            )  # fmt: skip
        return
    shown = _examples(raw)
    if not shown:
        return
    declared = against and found.declared
    log.caution(
        "encoding",
        Text(
            f"{raw}: text read as {found.encoding}"
            + (f", though the file declares {declared}" if declared else ", which is not certain")
            + f": {', '.join(shown)}; give --encoding {raw.role}=... if that is wrong",
            f"{raw.zh}：文字按 {found.encoding} 读取"
            + (f"（文件标明的是 {declared}）" if declared else "，但不能确定")
            + f"：{'、'.join(shown)}；如有误，请用 --encoding {raw.role}=... 指明",
        ),
    )


def _examples(raw: RawLayer) -> list[str]:
    texts = {cell for name in _text_columns(raw.frame) for cell in _wide_texts(raw.frame[name])}
    return sorted(texts)[:_SHOWN] or [name for name in raw.columns if not name.isascii()][:_SHOWN]


def _note_cut(raw: RawLayer, cut: int, log: ReadLog) -> None:
    log.note(
        "encoding",
        Text(
            f"{raw}: {cut} texts fill their field and end within a character: read up to there",
            f"{raw.zh}：{cut} 个文字占满字段宽度、末尾字符被截断，按完整部分读取",
        ),
    )


def check_text(raw: RawLayer, log: ReadLog, given: str = "") -> RawLayer:
    """Return a layer whose text is text, and warn of text that was garbled before it was written.

    Text that is no UTF-8 where the format wants UTF-8 is judged as any other. Cells with the
    character that stands for lost bytes (U+FFFD), or with what it becomes in GBK, are read as
    empty and are rejects.
    """
    if not _is_plain_text(raw.frame):
        raw = decode_layer(raw, declared="utf-8", given=given, widths=(), log=log)
    frame = raw.frame
    columns = [name for name in _text_columns(frame) if not usual(_characters(frame[name]))]
    if not columns and usual(set("".join(raw.columns))):
        return raw
    seen: set[str] = set()
    lost: list[tuple[int, str, str]] = []
    for name in columns:
        wide = _wide_texts(frame[name])
        seen |= set(wide)
        bad = sorted(text for text in wide if any(sign in text for sign in LOST))
        if bad:
            mask = frame[name].isin(bad)
            cells = zip(frame.index[mask], frame.loc[mask, name], strict=True)
            lost += [(int(at), name, str(cell)) for at, cell in cells]
            column = frame[name].astype(object)
            frame = frame.assign(**{name: column.mask(np.asarray(mask), None)})
    for at, name, cell in lost:
        log.reject(raw, [at], field=name, values=[cell],
                   reason=Text("bytes of the text are lost: read as empty",
                               "文字有损坏，按空白处理"))  # fmt: skip
    if lost:
        rows = ", ".join(str(at + 1) for at in sorted({at for at, _, _ in lost})[:10])
        log.caution(
            "encoding",
            Text(f"{raw}: {len(lost)} cells have lost text and were read as empty: rows {rows}, "
                 f"such as {lost[0][2]}",
                 f"{raw.zh}：{len(lost)} 个单元格文字有损坏，按空白处理：第 {rows} 行，"
                 f"如 {lost[0][2]}"),
        )  # fmt: skip
    _warn_garbled(raw, seen | set(raw.columns), log)
    return replace(raw, frame=frame) if lost else raw


def _warn_garbled(raw: RawLayer, texts: set[str], log: ReadLog) -> None:
    found = garbled(texts)
    if found:
        shown = ", ".join(f"{text} ({was})" for text, was in found[:_SHOWN])
        log.caution(
            "encoding",
            Text(f"{raw}: text was garbled before it was written to the file: {shown}; export it "
                 "again in the right encoding",
                 f"{raw.zh}：文字在写入文件前已成乱码：{shown}；请用正确的编码重新导出"),
        )  # fmt: skip
