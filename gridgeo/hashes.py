"""Hashes and JSON: short ids in letters, the SHA-256 of a file, values as the same text each time."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np


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


def as_json(value: Mapping[str, Any]) -> str:
    r"""Return `value` as indented JSON that every reader accepts.

    Examples
    --------
    >>> as_json({"share": float("nan"), "name": "甲"})
    '{\n  "share": null,\n  "name": "甲"\n}\n'
    """
    return json.dumps(_plain(value), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
