"""Checks on a file before it is loaded: where it is, and its kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyogrio
import python_calamine as calamine
from fiona.errors import FionaError

from gridgeo.errors import InputError
from gridgeo.formats.drivers import KINDS, SPATIAL, TABLES, refusal
from gridgeo.wording import Text


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
        geodatabase = file.is_dir() and file.suffix.lower() == ".gdb"
        if not file.is_file() and not geodatabase:
            raise InputError(
                Text("not a file", "不是文件（可能是文件夹）"), remedy=KINDS, file=path
            )
        if not geodatabase and file.stat().st_size == 0:
            raise InputError(
                Text("the file is empty", "文件为空（0 字节）"), remedy=_CHECK, file=path
            )
        if not geodatabase and file.suffix.lower() == ".gdb":
            raise InputError(
                Text("a file geodatabase is a folder, and this is a file",
                     "文件地理数据库应为文件夹，而这是一个文件"),
                remedy=Text("Give the folder ending in .gdb", "请给出以 .gdb 结尾的文件夹"),
                file=path,
            )  # fmt: skip
    except OSError as error:
        raise unreadable(path, error) from error
    if file.suffix.lower() not in (*SPATIAL, *TABLES):
        message, remedy = refusal(file)
        raise InputError(message, remedy=remedy, file=path)
    return file


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
        ValueError,  # of fiona: no layer
        calamine.CalamineError,
        pa.ArrowException,
        OSError,
    ) as error:
        raise unreadable(path, error, layer=layer) from error
    except UnboundLocalError as error:  # of pyogrio, where GDAL cannot write the CRS
        raise InputError(
            Text(
                "the coordinate reference system of the file is damaged", "文件的坐标系定义已损坏"
            ),
            remedy=Text(
                "Remove its .prj file (or export it again) and say the right one with --crs",
                "请删除其 .prj 文件（或重新导出），再用 --crs 指明坐标系",
            ),
            file=path,
        ) from error


def unreadable(path: str, error: object, **place: Any) -> InputError:
    """Return the error that a file cannot be read, with the message of the library."""
    told = re.sub(r"[^\s'\"(]*[\\/]gridgeo-\w+[\\/]", "", str(error))  # a private copy
    return InputError(
        Text(f"the file cannot be read ({told})", f"文件无法读取或不完整（{told}）"),
        remedy=Text(
            "Check that it opens in QGIS or Excel and is complete, then export it again",
            "请确认能在 QGIS 或 Excel 中打开且完整，必要时重新导出",
        ),
        file=path,
        **{name: value for name, value in place.items() if value},
    )


_PLAIN = Text("Give the path of a file on this machine", "请给出本机上的文件路径")
_CHECK = Text("Check the path and the file name", "请检查路径和文件名")
