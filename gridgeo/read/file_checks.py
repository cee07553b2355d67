"""Checks on a file before it is loaded: its kind, and what fiona sees in it.

pyogrio has no list of allowed drivers: a ``.geojson`` with an OGR VRT in it makes it read any
file of the machine. So every spatial file first shows its first bytes and is then opened by
fiona with three drivers only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fiona
import pyogrio
from fiona.errors import FionaError

from gridgeo.errors import InputError
from gridgeo.wording import Text

#: suffix -> the driver that may open it, and what the file must begin with
SPATIAL = {
    ".gpkg": ("GPKG", b"SQLite format 3\x00"),
    ".shp": ("ESRI Shapefile", b"\x00\x00\x27\x0a"),
    ".geojson": ("GeoJSON", b"{"),
    ".json": ("GeoJSON", b"{"),
    ".parquet": ("Parquet", b"PAR1"),
    ".geoparquet": ("Parquet", b"PAR1"),
}
TABLES = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods", ".et")
_HEAD = 65_536


def check_path(path: str) -> Path:
    """Return `path` as an existing, plain, non-empty file of a known kind, or raise InputError."""
    if re.match(r"^[A-Za-z][A-Za-z0-9+.-]+:", path) and not re.match(r"^[A-Za-z]:[\\/]", path):
        raise InputError(Text("addresses are not read", "不读取网络地址"), remedy=_PLAIN, file=path)
    if path.startswith("/vsi"):
        raise InputError(
            Text("virtual paths are not read", "不读取虚拟路径"), remedy=_PLAIN, file=path
        )
    file = Path(path)
    try:
        if not file.exists():
            raise InputError(Text("no such file", "文件不存在"), remedy=_CHECK, file=path)
        if not file.is_file():
            raise InputError(
                Text("not a file", "不是文件（可能是文件夹）"), remedy=_FORMATS, file=path
            )
        if file.stat().st_size == 0:
            raise InputError(
                Text("the file is empty", "文件为空（0 字节）"), remedy=_CHECK, file=path
            )
    except OSError as error:
        raise unreadable(path, error) from error
    if file.suffix.lower() not in (*SPATIAL, *TABLES):
        raise InputError(
            Text(f"files of kind {file.suffix!r} are not read", f"不支持 {file.suffix!r} 格式"),
            remedy=_FORMATS,
            file=path,
        )
    return file


def layer_names(path: str) -> tuple[str, ...]:
    """List the layers of a checked spatial file; raises InputError for any other.

    GeoParquet has one layer without a name.
    """
    file = check_path(path)
    driver, magic = SPATIAL[file.suffix.lower()]
    head = _head(file).removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if not head.startswith(magic) or b"<OGR" in head:
        raise _disguised(path, driver)
    if driver == "Parquet":
        return ("",)
    with library_errors(path), fiona.open(path, enabled_drivers=[driver], encoding="ISO-8859-1"):
        names = tuple(fiona.listlayers(path))
    with library_errors(path):  # two drivers may claim one file, and pyogrio takes the first
        if pyogrio.read_info(path, layer=names[0], encoding="ISO-8859-1")["driver"] != driver:
            raise _disguised(path, driver)
    return names


def _disguised(path: str, driver: str) -> InputError:
    return InputError(
        Text(f"the content is not that of a {driver} file", f"文件内容不是 {driver} 格式"),
        remedy=Text(
            "Export the layer again; disguised and virtual formats are refused",
            "请重新导出该图层；伪装格式和虚拟格式一律拒绝",
        ),
        file=path,
    )


def _head(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(_HEAD)
    except OSError as error:
        raise unreadable(str(file), error) from error


@contextmanager
def library_errors(path: str, layer: str = "") -> Iterator[None]:
    """Turn what fiona and pyogrio raise into InputError with the original text."""
    try:
        yield
    except (
        FionaError,
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FeatureError,
        pyogrio.errors.FieldError,
        pyogrio.errors.GeometryError,
        pyogrio.errors.CRSError,
        UnicodeDecodeError,
        OSError,
    ) as error:
        raise unreadable(path, error, layer=layer) from error


def unreadable(path: str, error: object, **place: Any) -> InputError:
    """Return the error that a file cannot be read, with the message of the library."""
    return InputError(
        Text(f"the file cannot be read ({error})", f"文件无法读取或不完整（{error}）"),
        remedy=Text(
            "Check that it opens in QGIS or Excel and is complete, then export it again",
            "请确认能在 QGIS 或 Excel 中打开且完整，必要时重新导出",
        ),
        file=path,
        **{name: value for name, value in place.items() if value},
    )


_PLAIN = Text("Give the path of a file on this machine", "请给出本机上的文件路径")
_CHECK = Text("Check the path and the file name", "请检查路径和文件名")
_FORMATS = Text(
    f"Give one of {', '.join((*SPATIAL, *TABLES))}",
    f"请使用下列格式之一：{'、'.join((*SPATIAL, *TABLES))}",
)
