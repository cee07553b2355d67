"""What SQLite lets stand in the number columns of a GeoPackage, and GDAL would alter.

A whole-number column may hold the text '1,200', of which GDAL makes 1, or 12.7, of which it makes
12.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

_WHOLE = ("BOOLEAN", "TINYINT", "SMALLINT", "MEDIUMINT", "INT", "INTEGER", "BIGINT")
_CATALOGUE = {"gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"}
_REAL = ("FLOAT", "DOUBLE", "REAL")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _columns(database: sqlite3.Connection, layer: str) -> tuple[str, dict[str, str]]:
    """Return the key of a table and the declared types of its other columns."""
    rows = database.execute(f"pragma table_info({_quoted(layer)})").fetchall()
    key = next((name for _, name, kind, _, _, pk in rows if pk and "INT" in kind.upper()), "")
    return key, {name: kind.upper() for _, name, kind, _, _, _ in rows if name != key}


def is_sound(path: Path) -> bool:
    """Return whether the catalogue of a GeoPackage is there, in text that is UTF-8.

    Text that is none in an error of GDAL's ends the whole process within fiona.
    """
    try:
        with closing(sqlite3.connect(_place(path), uri=True)) as database:
            tables = {name for (name,) in database.execute("select tbl_name from sqlite_master")}
            database.execute("select * from sqlite_master").fetchall()
            for table in {
                "gpkg_contents",
                "gpkg_geometry_columns",
                "gpkg_spatial_ref_sys",
            } & tables:
                database.execute(f"select * from {table}").fetchall()  # noqa: S608
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return False
    return True


def _place(path: Path) -> str:
    return f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"


def odd_values(path: Path, layer: str) -> dict[str, dict[int, Any]]:
    """Return what number columns hold that is none of their type, by column and key."""
    found: dict[str, dict[int, Any]] = {}
    try:
        with closing(sqlite3.connect(_place(path), uri=True)) as database:
            key, columns = _columns(database, layer)
            usual = {
                name: "'integer', 'null'" if kind in _WHOLE else "'integer', 'real', 'null'"
                for name, kind in columns.items()
                if kind in (*_WHOLE, *_REAL)
            }
            if not key or not usual:
                return {}
            names = list(usual)
            odd = " or ".join(
                f"typeof({_quoted(name)}) not in ({types})" for name, types in usual.items()
            )
            wanted = ", ".join(map(_quoted, [key, *names]))
            query = f"select {wanted} from {_quoted(layer)} where {odd}"  # noqa: S608  (quoted)
            for at, *values in database.execute(query):
                for name, value in zip(names, values, strict=True):
                    plain = isinstance(value, int) or value is None
                    if not plain and not (isinstance(value, float) and "real" in usual[name]):
                        found.setdefault(name, {})[int(at)] = _shown(value)
    except sqlite3.DatabaseError:  # what cannot be read is for GDAL to say
        return {}
    return found


def _shown(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def with_values(frame: pd.DataFrame, odd: dict[str, dict[int, Any]]) -> pd.DataFrame:
    """Return `frame`, with the keys as index, with values as they are stored."""
    out = frame
    for name, values in odd.items():
        here = {at: value for at, value in values.items() if at in frame.index}
        if name in frame.columns and here:
            column = [here.get(int(at), old) for at, old in zip(out.index, out[name], strict=True)]
            out = out.assign(**{name: pd.Series(column, index=out.index, dtype=object)})
    return out
