"""Atomic writes: a file or folder of results is replaced completely or not at all.

Results are written beside the target, flushed to the disk, and renamed into place. A folder that
is there already changes places with the new one in one step where the system can do that (Linux).
Elsewhere it is renamed first: a run that is killed between the two renames leaves the old folder
under a hidden name, and the next one restores it. A folder that contains anything that is not ours
is never written to.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import secrets
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, GeometryError

from gridgeo.errors import OutputError, why
from gridgeo.storage.reproducible import as_json, file_sha256
from gridgeo.wording import Text

#: What the names of files and folders contain while they are written, and while they are replaced.
_NEW, _OLD = "gridgeo-new-", "gridgeo-old-"


@contextmanager
def atomic_file(target: Path) -> Iterator[Path]:
    """Yield a path beside `target` to write to; afterwards that file replaces `target`.

    The path keeps the ending of `target`. Whoever looks sees the old file or the new one, flushed
    to the disk; after an error the old one stands, and nothing is left behind.

    Examples
    --------
    >>> target = Path("out/note.txt")
    >>> with atomic_file(target) as path:
    ...     written = path.write_text("reviewed")
    >>> target.read_text()
    'reviewed'
    >>> target.unlink()
    """
    staged = target.absolute().with_name(f".{_NEW}{secrets.token_hex(4)}-{target.name}")
    try:
        yield staged
        _flush(staged)
        staged.replace(target)
    finally:
        staged.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """Bring a file or folder to the disk; Windows flushes no folders."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def atomic_folder(target: Path) -> Iterator[Path]:
    """Yield a folder beside `target` to write into; afterwards it replaces `target`.

    Whoever looks sees the old folder or the new one, flushed to the disk; after an error nothing
    is left behind.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    restore_folder(target)
    staged = _beside(target, _NEW)
    staged.mkdir()
    try:
        yield staged
        for path in sorted(staged.rglob("*")):
            _flush(path)
        _flush(staged)
        replace_folder(staged, target)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def replace_folder(staged: Path, target: Path) -> None:
    """Put `staged` in the place of `target`, whose contents are removed afterwards."""
    if not target.exists():
        staged.rename(target)
    elif not _exchange(staged, target):
        old = _beside(target, _OLD)
        target.rename(old)
        try:
            staged.rename(target)
        except OSError:
            old.rename(target)
            raise
        old.rename(staged)  # what is being removed is never restored
    _flush(target.parent)
    shutil.rmtree(staged, ignore_errors=True)


def restore_folder(target: Path) -> None:
    """Rename back a folder that a killed run had renamed but not replaced yet."""
    for left in _leftovers(target, _OLD):
        if not target.exists():
            left.rename(target)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two paths in one step; return False where the system cannot do that."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None) if sys.platform == "linux" else None
    if rename is None:
        return False
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    return bool(rename(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0)


def _beside(target: Path, word: str) -> Path:
    return target.parent / f".{target.name}.{word}{secrets.token_hex(4)}"


def _leftovers(target: Path, word: str) -> list[Path]:
    start = f".{target.name}.{word}"
    if not target.parent.is_dir():
        return []
    return sorted(path for path in target.parent.iterdir() if path.name.startswith(start))


def write_json(target: Path, value: Mapping[str, Any]) -> None:
    """Write `value` into the file `target` atomically."""
    with atomic_file(target) as path:
        path.write_text(as_json(value), encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Return what `write_json` wrote, empty where the file is not there or is broken."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def sha256_of(value: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a JSON value, whatever the order of its keys.

    Examples
    --------
    >>> sha256_of({"a": 1, "b": 2}) == sha256_of({"b": 2, "a": 1})
    True
    """
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def file_checksums(folder: Path) -> dict[str, dict[str, Any]]:
    """Return bytes and SHA-256 of every file of a folder, by name."""
    return {
        path.name: {"bytes": path.stat().st_size, "sha256": file_sha256(path)}
        for path in sorted(folder.iterdir())
    }


def remove_leftovers(folder: Path) -> None:
    """Remove what killed runs and workers left half written in a folder."""
    for left in sorted(folder.glob(f".*{_NEW}*")) if folder.is_dir() else ():
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def write_error(error: OSError, folder: Path) -> OutputError:
    """Return the error that the results cannot be written."""
    return OutputError(
        Text("the results cannot be written: ", "无法写入结果：") + why(error),
        file=str(error.filename or folder),
        remedy=Text(
            "Check free space and permissions; finished parts are kept: run the same command again",
            "请检查磁盘空间和写入权限；已完成的分片会保留，重新运行同一命令即可继续",
        ),
    )


#: The name of a file, and what writes it.
Writer = tuple[str, Callable[[Path], None]]
#: What QGIS and file managers leave beside our files; it is replaced with them.
_SQLITE = ("-wal", "-shm", "-journal")
_COMPANIONS = (
    ".DS_Store",
    "Thumbs.db",
    "desktop.ini",
)
_STALE_S = 3600.0
#: Files are written two at a time: geometry and packing leave the interpreter free.
_THREADS = 2
_FAILURES = (
    OSError,
    sqlite3.Error,
    DataLayerError,
    DataSourceError,
    FeatureError,
    GeometryError,
)


def write_folder(
    folder: str | Path,
    writers: Sequence[Writer],
    *,
    overwrite: bool,
    ours: Collection[str] = (),
    last: Sequence[Writer] = (),
) -> Path:
    """Write a file with each of `writers` into `folder` and return it.

    `last` are writers that look at the files of the others, and are run one by one after them.
    `ours` are names of earlier results, which are replaced though no file of that name is written.

    The files are built in a hidden folder beside it, flushed to the disk, GeoPackages checked,
    and swapped into place: whoever looks sees the old results or the new ones.

    Raises
    ------
    OutputError
        Where `check_folder` does, or the files cannot be written; then nothing is left behind
        and earlier results stand as they were.
    """
    target = Path(folder).absolute()
    names = [*ours, *(name for name, _ in (*writers, *last))]
    check_folder(target, names, overwrite=overwrite)
    try:
        with atomic_folder(target) as staged:
            _remove_stale(target)
            with ThreadPoolExecutor(_THREADS) as pool:
                for done in [pool.submit(_write, staged / name, write) for name, write in writers]:
                    done.result()
            for name, write in last:
                _write(staged / name, write)
            check_folder(target, names, overwrite=overwrite)
    except _FAILURES as error:
        raise OutputError(
            Text("the results cannot be written: ", "无法写入结果：") + why(error),
            file=str(folder),
            remedy=Text(
                "Close the files in QGIS, Excel or WPS, and check free space and permissions",
                "请关闭 QGIS、Excel 或 WPS 中打开的文件，并检查磁盘空间和写入权限",
            ),
        ) from error
    return target


def _write(path: Path, write: Callable[[Path], None]) -> None:
    write(path)
    if path.suffix == ".gpkg":
        _check_geopackage(path)


def check_folder(folder: str | Path, names: Collection[str], *, overwrite: bool) -> None:
    """Raise `OutputError` where `write_folder` would refuse to write files `names` into `folder`.

    A folder that does not exist or is empty is fine. One that contains our results needs
    `overwrite`; one that contains anything else is never touched.
    """
    target = Path(folder).absolute()
    if target.exists() and not target.is_dir():
        raise OutputError(
            Text("the output folder is a file", "输出文件夹是一个文件"), file=str(folder)
        )
    _check_writable(target, str(folder))
    present = sorted(entry.name for entry in target.iterdir()) if target.exists() else []
    if not present:
        return
    known = {*names, *_COMPANIONS, *(f"{name}{end}" for name in names for end in _SQLITE)}
    foreign = [name for name in present if name not in known]
    if foreign or not set(names).intersection(present):
        shown = ", ".join(foreign[:5])
        raise OutputError(
            Text(f"the folder holds other files: {shown}", f"文件夹中有其他文件：{shown}"),
            file=str(folder),
            remedy=Text("Choose an empty or new folder", "请选择空文件夹或新文件夹"),
        )
    if not overwrite:
        raise OutputError(
            Text("the folder already holds a plan", "文件夹中已有方案"),
            file=str(folder),
            remedy=Text(
                "Add --overwrite to replace it, or choose another folder",
                "加 --overwrite 覆盖，或选择其他文件夹",
            ),
        )


def write_file(target: Path, write: Callable[[Path], None], *, overwrite: bool) -> None:
    """Write one file atomically.

    Raises
    ------
    OutputError
        The file is there without `overwrite`, or it cannot be written.
    """
    if target.exists() and (not overwrite or target.is_dir()):
        raise OutputError(
            Text("the file is there already", "文件已存在"),
            file=str(target),
            remedy=Text("Give --overwrite to replace it", "如需替换请加 --overwrite"),
        )
    try:
        with atomic_file(target) as staged:
            write(staged)
    except OSError as error:
        raise OutputError(
            Text("the file cannot be written: ", "无法写入文件：") + why(error),
            file=str(target),
            remedy=Text(
                "Close it where it is open, and check the folder and its permissions",
                "请关闭已打开的该文件，并检查文件夹及写入权限",
            ),
        ) from error


def _check_writable(target: Path, shown: str) -> None:
    parent = next(path for path in target.parents if path.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise OutputError(
            Text(f"nothing can be written into {parent}", f"无法写入 {parent}"),
            file=shown,
            remedy=Text("Choose a folder that you may write to", "请选择有写入权限的文件夹"),
        )


def _remove_stale(target: Path) -> None:
    """Remove what killed runs left."""
    for left in (*_leftovers(target, _NEW), *_leftovers(target, _OLD)):
        if time.time() - left.stat().st_mtime > _STALE_S:
            shutil.rmtree(left, ignore_errors=True)


def _check_geopackage(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        (result,) = database.execute("PRAGMA quick_check").fetchone()
    if result != "ok":
        raise sqlite3.DatabaseError(result)
