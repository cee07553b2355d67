"""Hashes: short ids in letters, and the SHA-256 of a file."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path


def letters_of(text: str, count: int) -> str:
    """Return the first `count` (at most 51) letters of the SHA-256 of `text` in base32.

    Capital letters and the digits 2 to 7 only: none is mistaken for another when it is read out
    or typed. Each letter tells 32 texts apart.

    Examples
    --------
    >>> letters_of("420102003008001 1 2026-11-23", 8)
    'SNG7OZLF'
    """
    return base64.b32encode(hashlib.sha256(text.encode()).digest())[:count].decode()


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits, as ``sha256sum`` prints it.

    Examples
    --------
    >>> len(file_sha256(Path("out/plan.gpkg")))
    64
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
