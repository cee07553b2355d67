"""Atomic writes of files and folders, with reproducible bytes."""

from __future__ import annotations

from gridgeo.storage.atomic import (
    Writer,
    atomic_file,
    atomic_folder,
    check_folder,
    file_checksums,
    read_json,
    remove_leftovers,
    replace_folder,
    restore_folder,
    sha256_of,
    write_error,
    write_file,
    write_folder,
    write_json,
)
from gridgeo.storage.reproducible import (
    as_json,
    file_sha256,
    fingerprint,
    hash_letters,
    reproducible_geopackages,
    save_reproducibly,
    write_zip_reproducibly,
)

__all__ = [
    "Writer",
    "as_json",
    "atomic_file",
    "atomic_folder",
    "check_folder",
    "file_checksums",
    "file_sha256",
    "fingerprint",
    "hash_letters",
    "read_json",
    "remove_leftovers",
    "replace_folder",
    "reproducible_geopackages",
    "restore_folder",
    "save_reproducibly",
    "sha256_of",
    "write_error",
    "write_file",
    "write_folder",
    "write_json",
    "write_zip_reproducibly",
]
