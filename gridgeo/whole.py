"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: What the name of a file or folder begins with while it is written.
MARK = ".gridgeo-new-"


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Yield a path beside `target` to write to; afterwards that file takes the place of `target`.

    The path keeps the ending of `target`. Whoever looks sees the old file or the new one, flushed
    to the disk; after an error the old one stands, and nothing is left behind.

    Examples
    --------
    >>> target = Path("out/note.txt")
    >>> with whole_file(target) as path:
    ...     written = path.write_text("reviewed")
    >>> target.read_text()
    'reviewed'
    >>> target.unlink()
    """
    staged = target.absolute().with_name(f"{MARK}{secrets.token_hex(4)}-{target.name}")
    try:
        yield staged
        flush(staged)
        staged.replace(target)
    finally:
        staged.unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Bring a file or folder to the disk; Windows flushes no folders."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
