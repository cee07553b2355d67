"""Cells as Arrow and JSON give them: structs, lists and maps; whole numbers beside empty cells."""

from __future__ import annotations

import ast
import csv
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa

_Frame = TypeVar("_Frame", bound=pd.DataFrame)
_WHOLE = {
    pa.int8(): pd.Int8Dtype(), pa.int16(): pd.Int16Dtype(), pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(), pa.uint8(): pd.UInt8Dtype(), pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(), pa.uint64(): pd.UInt64Dtype(),
}  # fmt: skip


def _whole_type(kind: pa.DataType) -> Any:
    """Return the type of pandas for whole numbers beside empty cells, None for other types."""
    return None if isinstance(kind, pa.BaseExtensionType) else _WHOLE.get(kind)


#: what ``to_pandas`` is given: an empty cell makes floats of whole numbers otherwise
WHOLE_NUMBERS: dict[str, Any] = {"types_mapper": _whole_type}


def with_plain_numbers(frame: _Frame) -> _Frame:
    """Return a frame whose whole numbers are those of numpy where no cell is empty."""
    plain = {
        str(name): frame[name].to_numpy(dtype=dtype.numpy_dtype)
        for name, dtype in frame.dtypes.items()
        if dtype in _WHOLE.values() and not frame[name].isna().any()
    }
    return frame.assign(**plain) if plain else frame


#: under which key a struct has its name or value, the first that is filled
_NAMES = (
    "primary",
    "name",
    "name:zh",
    "zh",
    "zh-Hans",
    "zh-hans",
    "value",
    "text",
    "label",
    "title",
)
_NESTED = (dict, list, tuple, set, np.ndarray)


def plain_cells(cells: pd.Series[Any]) -> tuple[pd.Series[Any], int]:
    """Return cells without structure, and how many filled ones had nothing to be read in them.

    A struct is its name (Overture Maps: ``{"primary": "..."}``), a list its values joined by ``;``.

    Examples
    --------
    >>> cells = pd.Series([{"primary": "East"}, ["residential", "tertiary"], {"a": 1, "b": 2}])
    >>> plain, left_out = plain_cells(cells)
    >>> plain.tolist(), left_out
    (['East', 'residential;tertiary', ''], 1)
    """
    if not _may_be_nested(cells):
        return cells, 0
    found = [_nested(cell) for cell in cells]
    nested = np.array([one is not None for one in found])
    if not nested.any():
        return cells, 0
    plain = [_plain(one) if one is not None else cell
             for one, cell in zip(found, cells, strict=True)]  # fmt: skip
    left_out = sum(bool(_filled(one)) and not text for one, text in zip(found, plain, strict=True))
    return pd.Series(plain, index=cells.index, dtype=object), left_out


def _may_be_nested(cells: pd.Series[Any]) -> bool:
    if not (cells.dtype == object or pd.api.types.is_string_dtype(cells)):
        return False
    if cells.dtype != object:
        opens = cells.str.startswith(_OPENING) | cells.str.contains("=>", regex=False)
        return bool(opens.any())
    values = cells.tolist()
    if set(map(type, values)) <= {str}:
        text = "\n" + "\n".join(values)
        return "=>" in text or any(f"\n{sign}" in text for sign in _OPENING)
    return any(isinstance(cell, _NESTED)
               or (isinstance(cell, str) and (cell[:1] in _OPENING or "=>" in cell))
               for cell in values)  # fmt: skip


def _nested(cell: object) -> Any:
    """Return the struct or list of a cell, None for any other cell."""
    if isinstance(cell, _NESTED):
        return cell
    if not isinstance(cell, str):
        return None
    if _MAP.fullmatch(cell):
        return dict(_PAIR.findall(cell))
    if cell[:1] not in _OPENING:
        return None
    return next(
        (one for parse in _PARSERS if isinstance(one := _parsed(parse, cell), _NESTED)), None
    )


def _parsed(parse: Callable[[str], Any], cell: str) -> Any:
    try:
        return parse(cell)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None


def _array(cell: str) -> list[str] | None:
    """Return the members of an array as PostgreSQL writes it: ``{a,b}``."""
    inner = re.fullmatch(r"\{([^{}:]*)\}", cell)
    return None if inner is None else next(csv.reader([inner[1]], skipinitialspace=True), [])


#: as JSON, as Python writes lists and dicts, as PostgreSQL writes arrays
_PARSERS: tuple[Callable[[str], Any], ...] = (json.loads, ast.literal_eval, _array)
_OPENING = ("{", "[", "(")
#: as PostgreSQL writes maps (hstore): ``"name"=>"East", "type"=>"flats"``
_PAIR = re.compile(r'"([^"]*)"\s*=>\s*"([^"]*)"')
_MAP = re.compile(rf"\s*{_PAIR.pattern}(\s*,\s*{_PAIR.pattern})*\s*")


def _filled(cell: Any) -> bool:
    """Return whether there is anything in a struct or list."""
    if cell is None or not isinstance(cell, _NESTED):
        return cell is not None
    inner = cell.values() if isinstance(cell, Mapping) else cell
    return any(_filled(one) for one in inner)


def _plain(cell: Any) -> str:
    if cell is None or (isinstance(cell, float) and np.isnan(cell)):
        return ""
    if not isinstance(cell, _NESTED):
        return str(cell)
    if not isinstance(cell, Mapping):
        pairs = [one for one in cell if isinstance(one, tuple) and len(one) == 2]
        if not pairs or len(pairs) < len(cell):  # else a map, which Arrow gives as pairs
            return ";".join(filter(None, map(_plain, cell)))
        cell = dict(pairs)
    named = (_plain(cell[name]) for name in _NAMES if cell.get(name) is not None)
    filled = [one for one in cell.values() if _filled(one)]
    return next(filter(None, named), _plain(filled[0]) if len(filled) == 1 else "")
