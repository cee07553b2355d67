"""Registers in files, and queries by day, place or code.

A CSV has no geometry; GeoPackage and GeoParquet also store the ground of each state.
"""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

from gridgeo.codes.register import Register
from gridgeo.codes.register_rules import COLUMNS, as_day, check_grows, split_codes
from gridgeo.errors import InputError, OutputError, why
from gridgeo.geometry import assign_points
from gridgeo.storage import atomic_file, reproducible_geopackages
from gridgeo.wording import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: The layer of a GeoPackage that is a register.
_LAYER = "register"
#: Cells that begin so would be formulas in Excel and WPS; an apostrophe goes in front.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
_FAILURES = (
    OSError,
    UnicodeDecodeError,
    ValueError,
    sqlite3.Error,
    pa.ArrowException,
    DataLayerError,
    DataSourceError,
    FeatureError,
)


def read_register(path: str | Path) -> Register:
    """Return the register of a ``.csv``, ``.gpkg`` (layer ``register``) or ``.parquet`` file.

    A CSV may be UTF-8 or GB 18030, as Excel and WPS save it.

    Raises
    ------
    InputError
        The file cannot be read, or breaks a rule of registers: the row is named.
    """
    file = Path(path)
    read = _form(file)[0]
    try:
        table = read(file)
    except _FAILURES as error:
        raise InputError(
            Text("the register cannot be read: ", "无法读取编码登记表：") + why(error),
            file=str(path),
        ) from error
    try:
        return Register(table)
    except InputError as error:
        raise InputError(
            error.message, remedy=error.remedy, file=str(path), **error.place
        ) from error


def write_register(register: Register, path: str | Path) -> Path:
    """Write a register into the file `path` and return it: all of it, or nothing.

    A register that is there already is replaced only by one that has grown from it. The same
    register gives the same bytes.

    Raises
    ------
    InputError
        The file there is no register, or has rows that `register` has not.
    OutputError
        The file cannot be written, or a CSV should store geometry.
    """
    file = Path(path)
    write = _form(file)[1]
    if isinstance(register.table, gpd.GeoDataFrame) and file.suffix == ".csv":
        raise OutputError(
            Text("a CSV cannot hold the grids' ground", "CSV 不能保存网格图形"),
            file=str(path),
            remedy=Text("Write a .gpkg or .parquet file", "请写成 .gpkg 或 .parquet 文件"),
        )
    if file.exists():
        check_grows(read_register(file).table, register.table)
    try:
        with atomic_file(file) as staged:
            write(register.table, staged)
    except _FAILURES as error:
        raise OutputError(
            Text("the register cannot be written: ", "无法写入编码登记表：") + why(error),
            file=str(path),
            remedy=Text(
                "Close it in QGIS, Excel or WPS, and check free space and permissions",
                "请关闭 QGIS、Excel 或 WPS 中打开的文件，并检查磁盘空间和写入权限",
            ),
        ) from error
    return file


def _read_csv(file: Path) -> pd.DataFrame:
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030")
    table = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    return _typed(table.map(lambda cell: cell.removeprefix("'")))


def _write_csv(table: pd.DataFrame, file: Path) -> None:
    safe = table.map(lambda cell: f"'{cell}" if str(cell).startswith(_FORMULA) else cell)
    safe.to_csv(file, index=False, encoding="utf-8-sig", lineterminator="\n")


def _read_package(file: Path) -> pd.DataFrame:
    return _typed(pyogrio.read_dataframe(file, layer=_LAYER))


def _write_package(table: pd.DataFrame, file: Path) -> None:
    with reproducible_geopackages():
        pyogrio.write_dataframe(
            table,
            file,
            layer=_LAYER,
            driver="GPKG",
            geometry_type="Unknown" if isinstance(table, gpd.GeoDataFrame) else None,
        )


def _read_parquet(file: Path) -> pd.DataFrame:
    try:
        return _typed(gpd.read_parquet(file))
    except ValueError:  # no GeoParquet: a register without ground
        return _typed(pd.read_parquet(file))


def _write_parquet(table: pd.DataFrame, file: Path) -> None:
    table.to_parquet(file, index=False)


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns in their order and types; an empty cell is ``""``."""
    for name in COLUMNS:
        if name in table.columns and name != "version":
            column = table[name].astype(object)
            table[name] = column.where(column.notna(), "")
        elif name in table.columns:
            table[name] = pd.to_numeric(table[name], errors="coerce")
    if set(COLUMNS) <= set(table.columns) and table["version"].notna().all():
        table["version"] = table["version"].astype("int64")
        return table[[*COLUMNS, *(["geometry"] if isinstance(table, gpd.GeoDataFrame) else [])]]
    return table


_Read = Callable[[Path], pd.DataFrame]
_Write = Callable[[pd.DataFrame, Path], None]
_FORMS: dict[str, tuple[_Read, _Write]] = {
    ".csv": (_read_csv, _write_csv),
    ".gpkg": (_read_package, _write_package),
    ".parquet": (_read_parquet, _write_parquet),
}


def _form(file: Path) -> tuple[_Read, _Write]:
    if file.suffix not in _FORMS:
        raise InputError(
            Text(
                f"a register is a {', '.join(_FORMS)} file",
                f"编码登记表应为 {'、'.join(_FORMS)} 文件",
            ),
            file=str(file),
        )
    return _FORMS[file.suffix]


def states_at(register: Register, date: str) -> pd.DataFrame:
    """Return the states that held on `date`, sorted by code: each code at most once."""
    day, table = as_day(date), register.table
    return table[_valid_on(table, day)].sort_values("code", ignore_index=True)


def code_at(register: Register, places: NDArray[np.object_], date: str) -> NDArray[np.object_]:
    """Return the code in which each of `places` lay on `date`, ``""`` where in none.

    Parameters
    ----------
    places
        Points in the CRS of the register. One on a shared border belongs to the lower code.

    Raises
    ------
    InputError
        The register is kept without the grids' ground.

    Examples
    --------
    >>> from shapely import Point, box
    >>> from gridgeo.codes import empty_register, as_first_numbering, record
    >>> grids = gpd.GeoDataFrame(
    ...     {"code": ["A-01"], "scheme": "plain"}, geometry=[box(0, 0, 1, 1)], crs=32650)
    >>> changes = as_first_numbering(grids)
    >>> register = record(
    ...     empty_register(crs=32650), changes, date="2026-01-01", reason="first numbering")
    >>> code_at(register, np.array([Point(0.5, 0.5)]), "2026-02-01").tolist()
    ['A-01']
    """
    if not isinstance(register.table, gpd.GeoDataFrame):
        raise InputError(
            Text("the register has no geometry", "编码登记表没有图形"),
            remedy=Text(
                "Keep it as a GeoPackage, or follow a code with successors_at",
                "请用 GeoPackage 保存登记表，或用 successors_at 按编码追溯",
            ),
        )
    states = states_at(register, date)
    assigned = assign_points(places, states.geometry.to_numpy())
    return np.append(states["code"].to_numpy(dtype=object), "")[assigned]


def successors_at(register: Register, code: str, *, since: str, date: str) -> tuple[str, ...]:
    """Return the codes that on `date` hold what `code` held on the earlier day `since`, sorted.

    One code is the answer for each of its households; several are all that a register without
    ground can tell. What was not in use on `since` has none.

    Raises
    ------
    InputError
        A date is none, or `date` lies before `since`.
    """
    start, day, table = as_day(since), as_day(date), register.table
    if day < start:
        raise InputError(
            Text(f"{day} lies before {start}", f"{day} 早于 {start}"), field="date", value=day
        )
    rows_of = table.groupby("code").indices
    todo, found, seen = [(code, start)], set(), set()
    while todo:
        step = todo.pop()
        states = table.iloc[rows_of.get(step[0], [])]
        valid = states[_valid_on(states, step[1])]
        if step in seen or not len(valid):
            continue
        seen.add(step)
        end = str(valid["valid_to"].iloc[0])
        if end == "" or end > day:
            found.add(step[0])
        else:
            todo += [(name, end) for name in split_codes(valid["successors"].iloc[0])]
    return tuple(sorted(found))


def _valid_on(table: pd.DataFrame, day: str) -> pd.Series[bool]:
    begun = table["valid_from"] <= day
    return begun & ((table["valid_to"] == "") | (table["valid_to"] > day))
