"""Which files a layer consists of, and their SHA-256: counts of a shapefile stand in the .dbf."""

from __future__ import annotations

from pathlib import Path

from gridgeo.formats import JOURNALS
from gridgeo.storage import file_sha256, sha256_of

_PARTS = {
    ".shp": (".shx", ".dbf", ".prj", ".cpg"),
    ".tab": (".dat", ".map", ".id", ".ind", ".dbf"),
    ".mif": (".mid",),
}


def layer_hashes(path: str) -> dict[str, str]:
    """Return the SHA-256 of every file that a layer is read from, by its path.

    A geodatabase folder has one, of the names and hashes of its files. Nothing for a path that is
    not there.
    """
    file = Path(path)
    if file.is_dir():
        names = {one.name: file_sha256(one) for one in sorted(file.iterdir()) if one.is_file()}
        return {path: sha256_of(names)}
    return {
        str(one) if one != file else path: file_sha256(one) for one in _files(file) if one.is_file()
    }


def _files(file: Path) -> list[Path]:
    beside = [Path(f"{file}{end}") for end in JOURNALS] if file.suffix.lower() == ".gpkg" else []
    beside = [one for one in beside if one.is_file() and one.stat().st_size]
    suffixes = _PARTS.get(file.suffix.lower(), ())
    if suffixes and file.parent.is_dir():
        beside = sorted(
            one
            for one in file.parent.iterdir()
            if one.stem == file.stem and one.suffix.lower() in suffixes
        )
    return [file, *beside]
