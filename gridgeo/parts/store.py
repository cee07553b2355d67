"""Folders and files on disk: written whole or not at all, and known by their hash."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gridgeo.errors import OutputError, why
from gridgeo.hashes import as_json, file_sha256
from gridgeo.text import Text
from gridgeo.whole import MARK, flush, whole_file


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Yield a folder beside `target` to write into; afterwards it takes the place of `target`.

    Whoever looks sees the old folder or the new one, flushed to the disk; after an error nothing
    is left behind.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = target.parent / f"{MARK}{target.name}-{secrets.token_hex(4)}"
    staged.mkdir()
    try:
        yield staged
        for path in sorted(staged.rglob("*")):
            flush(path)
        flush(staged)
        _replace_folder(staged, target)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def write_json(target: Path, value: Mapping[str, Any]) -> None:
    """Write `value` into the file `target`, whole or not at all."""
    with whole_file(target) as path:
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


def described(folder: Path) -> dict[str, dict[str, Any]]:
    """Return bytes and SHA-256 of every file of a folder, by name."""
    return {
        path.name: {"bytes": path.stat().st_size, "sha256": file_sha256(path)}
        for path in sorted(folder.iterdir())
    }


def sweep(folder: Path) -> None:
    """Remove what runs and workers that were killed have left half written in a folder."""
    for left in sorted(folder.glob(f"{MARK}*")) if folder.is_dir() else ():
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def cannot_write(error: OSError, folder: Path) -> OutputError:
    """Say that the results cannot be written."""
    return OutputError(
        Text("the results cannot be written: ", "无法写入结果：") + why(error),
        file=str(error.filename or folder),
        remedy=Text(
            "Check free space and permissions; finished parts are kept: run the same command again",
            "请检查磁盘空间和写入权限；已完成的分片会保留，重新运行同一命令即可继续",
        ),
    )


def _replace_folder(staged: Path, target: Path) -> None:
    if target.exists():
        old = target.parent / f"{MARK}{target.name}-{secrets.token_hex(4)}"
        target.rename(old)
        shutil.rmtree(old, ignore_errors=True)
    staged.rename(target)
    flush(target.parent)
