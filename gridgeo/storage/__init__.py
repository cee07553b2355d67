"""Files and folders that are written whole or not at all, with the same bytes each time."""

from __future__ import annotations

from gridgeo.storage.atomic import (
    Writer,
    cannot_write,
    check_folder,
    described,
    read_json,
    sha256_of,
    sweep,
    whole_file,
    whole_folder,
    write_file,
    write_folder,
    write_json,
)
from gridgeo.storage.bytes import (
    as_json,
    file_sha256,
    fingerprint,
    letters_of,
    same_bytes,
    store_book,
)

__all__ = [
    "Writer",
    "as_json",
    "cannot_write",
    "check_folder",
    "described",
    "file_sha256",
    "fingerprint",
    "letters_of",
    "read_json",
    "same_bytes",
    "sha256_of",
    "store_book",
    "sweep",
    "whole_file",
    "whole_folder",
    "write_file",
    "write_folder",
    "write_json",
]
