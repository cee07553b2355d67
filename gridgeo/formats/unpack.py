"""Zipped shapefiles and geodatabases: unpacked into a private folder, within limits."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from gridgeo.errors import InputError
from gridgeo.formats.drivers import JSON, SPATIAL
from gridgeo.formats.encodings import decode, judge
from gridgeo.wording import Text

_MEMBERS, _BYTES = 10_000, 4 << 30
#: an archive that grows beyond this by more than this ratio is a bomb
_SMALL, _RATIO = 20 << 20, 100
_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".dat", ".map", ".id", ".ind", ".mid")


def unpack(path: Path, folder: Path) -> list[Path]:
    """Unpack the layers of an archive into `folder` and return the files to open.

    Raises InputError for archives that are too large when unpacked, that hold links or paths
    out of their folder, that have a password, or that hold no layer.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive, path)
            return _extract(archive, members, folder, path)
    except (
        zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, OSError,
    ) as error:  # fmt: skip
        raise InputError(
            Text(f"the archive cannot be read ({error})", f"压缩包无法读取或不完整（{error}）"),
            remedy=_UNPACK,
            file=str(path),
        ) from error


_UNPACK = Text(
    "Unpack it yourself and give the layer in it", "请自行解压后，直接给出其中的图层文件"
)


def _members(archive: zipfile.ZipFile, path: Path) -> dict[PurePosixPath, zipfile.ZipInfo]:
    found: dict[PurePosixPath, zipfile.ZipInfo] = {}
    total = packed = 0
    for info in archive.infolist():
        name = PurePosixPath(_name(info).replace("\\", "/"))
        total, packed = total + info.file_size, packed + info.compress_size
        if info.flag_bits & 1:
            raise _refused(path, Text("the archive has a password", "压缩包设有密码"))
        outside = name.is_absolute() or ".." in name.parts or ":" in str(name) or "\0" in str(name)
        if outside or stat.S_ISLNK(info.external_attr >> 16):
            raise _refused(
                path,
                Text(f"the archive has a path out of its folder or a link: {name}",
                     f"压缩包内含越出目录的路径或链接：{name}"),
            )  # fmt: skip
        if name.name and not info.filename.endswith("/") and "__MACOSX" not in name.parts:
            found[name] = info
    bomb = total > _SMALL and total > _RATIO * max(packed, 1)
    if bomb or total > _BYTES or len(found) > _MEMBERS:
        raise _refused(
            path,
            Text(f"the archive is too large when unpacked: {len(found)} files, {total:,} bytes",
                 f"压缩包解压后过大：{len(found)} 个文件，{total:,} 字节"),
        )  # fmt: skip
    return found


def _name(info: zipfile.ZipInfo) -> str:
    """Return the name of a member; names without the UTF-8 mark are mostly GB 18030."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    return decode(raw, judge([(raw, False)]).encoding) or info.filename


def _refused(path: Path, message: Text) -> InputError:
    return InputError(message, remedy=_UNPACK, file=str(path))


def _extract(
    archive: zipfile.ZipFile,
    members: dict[PurePosixPath, zipfile.ZipInfo],
    folder: Path,
    path: Path,
) -> list[Path]:
    layers = sorted(_layers(members))
    if not layers:
        raise InputError(
            Text("the archive holds no layer", "压缩包中没有图层"),
            remedy=Text("Pack the .shp with its .shx, .dbf and .prj, or a .gdb, in one archive",
                        "请将 .shp 连同 .shx、.dbf、.prj（或 .gdb）一起压缩"),
            file=str(path),
        )  # fmt: skip
    for name, info in members.items():
        wanted = name.suffix.lower() in (*_PARTS, *SPATIAL) or _geodatabase(name)
        if not wanted or name.suffix.lower() == ".zip":
            continue
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(info) as source, target.open("xb") as out:
            left = info.file_size
            while block := source.read(min(1 << 20, left + 1)):
                left -= len(block)
                if left < 0:
                    raise zipfile.BadZipFile(f"{name} is longer than it says")
                out.write(block)
    return [folder / name for name in layers]


def _layers(members: Iterable[PurePosixPath]) -> set[PurePosixPath]:
    found = set()
    for name in members:
        database = _geodatabase(name)
        if database is not None:
            found.add(database)
        elif name.suffix.lower() in SPATIAL and name.suffix.lower() != ".zip":
            found.add(name)
    plain = {one for one in found if one.suffix.lower() not in JSON}
    return plain or found


def _geodatabase(name: PurePosixPath) -> PurePosixPath | None:
    """Return the folder ending in .gdb that a member lies in."""
    return next((one for one in name.parents if one.suffix.lower() == ".gdb"), None)
