"""Open a spatial file so that nothing in it changes: as it is, or as a private copy.

A private copy is made of a GeoPackage with edits beside it (-wal), which SQLite would write into
the file; of archives; and of text that GDAL would misread: GeoJSON that is no UTF-8, and MapInfo
tables, whose copy says ISO-8859-1, so that their bytes can be judged.
"""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import fiona
import pyogrio

from gridgeo.config import Source
from gridgeo.errors import InputError
from gridgeo.formats.drivers import JSON, driver_of
from gridgeo.formats.encodings import (
    MARK,
    Judgement,
    decode_text,
    given_encoding,
    is_utf8,
    judge_text,
    known_encoding,
)
from gridgeo.formats.file_checks import check_path, library_errors, unreadable
from gridgeo.formats.geopackage import is_sound
from gridgeo.formats.mapinfo import check_mapinfo, with_bytes
from gridgeo.formats.shapefile import check_parts
from gridgeo.formats.unpack import unpack
from gridgeo.wording import Text

_HEAD = 65_536
#: what SQLite keeps beside a database, read with it
JOURNALS = ("-wal", "-journal")
#: drivers of files that hold several layers
_SEVERAL = ("GPKG", "OpenFileGDB", "TopoJSON")


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenFile:
    """A spatial file as GDAL opens it.

    ``path`` is what GDAL opens and ``name`` what messages name. ``text`` is the encoding of text
    that was turned into UTF-8, and ``charset`` the one that a MapInfo table declares. ``inner``
    is the name that GDAL gives the layer, where ``layers`` has another.
    """

    name: str
    path: Path
    driver: str
    layers: tuple[str, ...] = ("",)
    text: Judgement | None = None
    charset: str = ""
    packed: bool = False
    inner: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def named_layers(self) -> bool:
        """Whether the layers have names of their own."""
        return self.driver in _SEVERAL or self.packed


@contextmanager
def opened(source: Source, encoding: str = "") -> Iterator[OpenFile]:
    """Open a spatial file that is what its name says; raises InputError for any other.

    Parameters
    ----------
    encoding
        That of its text by the settings, ``""`` where it is to be found.
    """
    path = check_path(source.path)
    with tempfile.TemporaryDirectory(prefix="gridgeo-") as folder:
        if path.suffix.lower() == ".zip":
            yield _from_archive(source, path, Path(folder), encoding)
        else:
            yield _open(str(path), path, Path(folder), encoding)


def layer_names(path: str) -> tuple[str, ...]:
    """List the layers of a spatial file; GeoParquet has one layer without a name."""
    with opened(Source(path=path)) as file:
        return file.layers


def _from_archive(source: Source, path: Path, folder: Path, encoding: str) -> OpenFile:
    inside = folder / "unpacked"
    files = unpack(path, inside)
    if len(files) == 1:
        found = _open(source.path, files[0], folder, encoding)
        return replace(found, packed=found.named_layers)
    names = _short_names(files, inside)
    if source.layer not in names:
        return OpenFile(
            name=source.path,
            path=path,
            driver="zip",
            layers=tuple(names),
            packed=True,
        )
    found = _open(source.path, names[source.layer], folder, encoding)
    return replace(found, packed=True, layers=(source.layer,), inner=found.layers[0])


def _short_names(files: list[Path], folder: Path) -> dict[str, Path]:
    """Return the layers of an archive by the names of their files, with folders where needed."""
    stems = [file.stem for file in files]
    return {
        file.stem
        if stems.count(file.stem) == 1
        else file.relative_to(folder).with_suffix("").as_posix(): file
        for file in files
    }


def _open(name: str, path: Path, folder: Path, encoding: str) -> OpenFile:
    suffix = path.suffix.lower()
    text, charset, copy = None, "", path
    if suffix in JSON:
        copy, text = _as_utf8(path, folder, name, encoding)
    elif suffix == ".gpkg":
        copy = _without_percent(_with_journals(path, folder), folder)
    elif suffix == ".shp":
        with library_errors(name):
            check_parts(path, name)
    elif suffix in (".tab", ".mif"):
        check_mapinfo(path, name)
        copy, charset = with_bytes(path, folder)
    driver = "OpenFileGDB" if suffix == ".gdb" else driver_of(_head(copy), suffix)
    if not driver or (driver != "OpenFileGDB" and b"<OGR" in _head(copy)):
        raise _disguised(name, driver_of(b"", suffix) or suffix)
    if driver == "OpenFileGDB":
        _check_geodatabase(path, name)
    if driver == "GPKG" and not is_sound(copy):
        raise unreadable(name, "the catalogue of the GeoPackage is damaged")
    options = {"IMMUTABLE": "YES"} if driver == "GPKG" else {}
    layers = ("",) if driver == "Parquet" else _layers(name, copy, driver, options)
    return OpenFile(
        name=name, path=copy, driver=driver, layers=layers, text=text,
        charset=known_encoding(charset), options=options,
    )  # fmt: skip


def _layers(name: str, path: Path, driver: str, options: Mapping[str, str]) -> tuple[str, ...]:
    """Return the layers that `driver` alone sees in a file.

    pyogrio has no list of allowed drivers: a .geojson with an OGR VRT in it makes it read any
    file of the machine. So fiona opens the file first, with one driver.
    """
    text = {"encoding": "ISO-8859-1"} if driver == "ESRI Shapefile" else {}
    with library_errors(name), fiona.open(path, enabled_drivers=[driver], **text, **options) as one:
        several = driver in _SEVERAL
        names = tuple(fiona.listlayers(path, **options)) if several else (str(one.name),)
    # two drivers may claim one file, and pyogrio takes the first
    with library_errors(name), warnings.catch_warnings(action="ignore"):
        info = pyogrio.read_info(path, layer=names[0], **text, **options)
    if info["driver"] != driver:
        raise _disguised(name, driver)
    return names


def _disguised(name: str, driver: str) -> InputError:
    """Return the error that a file is not what its name says."""
    return InputError(
        Text(f"the content is not that of a {driver} file", f"文件内容不是 {driver} 格式"),
        remedy=Text(
            "Export the layer again; disguised and virtual formats are refused",
            "请重新导出该图层；伪装格式和虚拟格式一律拒绝",
        ),
        file=name,
    )


def _head(file: Path) -> bytes:
    if file.is_dir():
        return b""
    try:
        with file.open("rb") as stream:
            return stream.read(_HEAD)
    except OSError as error:
        raise unreadable(str(file), error) from error


def _with_journals(path: Path, folder: Path) -> Path:
    """Return a GeoPackage as it is, or a copy with what SQLite has not yet written into it."""
    beside = [Path(f"{path}{end}") for end in JOURNALS]
    beside = [one for one in beside if one.is_file() and one.stat().st_size]
    if not beside:
        return path
    before = [one.stat().st_mtime_ns for one in (path, *beside)]
    copy = folder / path.name
    for one in (path, *beside):
        shutil.copyfile(one, folder / one.name)
    if before != [one.stat().st_mtime_ns for one in (path, *beside) if one.is_file()]:
        raise InputError(
            Text("the file is being written by another program", "文件正被其他程序写入"),
            remedy=Text("Close it there (QGIS), then run this again",
                        "请先在该程序（如 QGIS）中关闭文件，再重新运行"),
            file=str(path),
        )  # fmt: skip
    _take_in(copy)
    return copy


def _without_percent(path: Path, folder: Path) -> Path:
    """Return a path to a GeoPackage that is the same as a URI: there ``%20`` is a space."""
    if "%" not in str(path):
        return path
    link = folder / "linked.gpkg"
    try:
        link.symlink_to(path.resolve())
    except OSError:  # Windows allows links to administrators only
        shutil.copyfile(path, link)
    return link


def _take_in(copy: Path) -> None:
    """Let SQLite take the journals into a private copy."""
    import sqlite3  # noqa: PLC0415  (for this rare case)

    database = sqlite3.connect(copy)
    try:
        database.execute("pragma wal_checkpoint(truncate)").fetchall()
        database.execute("pragma journal_mode = delete").fetchall()
    except sqlite3.DatabaseError as error:
        raise unreadable(str(copy.name), error) from error
    finally:
        database.close()


def _as_utf8(path: Path, folder: Path, name: str, encoding: str) -> tuple[Path, Judgement | None]:
    """Return a GeoJSON in UTF-8 that GDAL reads: the file, or a copy; and how it was encoded."""
    raw = path.read_bytes()
    found = judge_text(raw, given_encoding(encoding, name))
    listed = raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"["
    if found.encoding in ("utf-8", "utf-8-sig") and not listed and is_utf8(raw):
        return path, None
    text = decode_text(raw, found.encoding, given=bool(encoding)).removeprefix(MARK)
    if text.lstrip()[:1] == "[":
        text = '{"type": "FeatureCollection", "features": ' + text.strip() + "}"
    copy = folder / path.name
    copy.write_text(text, encoding="utf-8", newline="")
    return copy, found


def _check_geodatabase(path: Path, name: str) -> None:
    """Raise InputError where a folder is no file geodatabase, or holds links."""
    files = list(path.iterdir())
    if any(one.is_symlink() or not one.is_file() for one in files) or not any(
        one.name.lower() == "a00000001.gdbtable" for one in files
    ):
        raise _disguised(name, "file geodatabase (.gdb)")
