"""Files as programs of old and of others write them: a DBF byte by byte, MapInfo, archives."""

import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pyogrio


def write_dbf(
    path: Path, fields: dict[bytes, int], rows: Sequence[Sequence[bytes]], ldid: int = 0
) -> None:
    """Write text fields, each with its width in bytes; cells are padded or cut to it."""
    width = 1 + sum(fields.values())
    head = 32 + 32 * len(fields) + 1
    out = [struct.pack("<4BIHH16sBBH", 3, 124, 1, 1, len(rows), head, width, b"", 0, ldid, 0)]
    out += [
        struct.pack("<11sc4sBB14s", name[:11].ljust(11, b"\0"), b"C", b"", size, 0, b"")
        for name, size in fields.items()
    ]
    out.append(b"\r")
    for row in rows:
        out.append(b" ")
        out += [cell[:size].ljust(size) for cell, size in zip(row, fields.values(), strict=True)]
    path.write_bytes(b"".join([*out, b"\x1a"]))


def write_shapefile(
    path: Path,
    shapes: gpd.GeoDataFrame,
    fields: dict[bytes, int],
    rows: Sequence[Sequence[bytes]],
    *,
    cpg: str = "",
    ldid: int = 0,
) -> Path:
    """Write a shapefile whose attributes are these bytes."""
    shapes[["geometry"]].assign(i=1).to_file(path)
    write_dbf(path.with_suffix(".dbf"), fields, rows, ldid)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg:
        path.with_suffix(".cpg").write_text(cpg)
    return path


def write_mapinfo(
    path: Path, frame: gpd.GeoDataFrame, *, bytes_: str = "", charset: str = ""
) -> Path:
    """Write a MapInfo table; its text in another encoding than it says where `bytes_` is given."""
    pyogrio.write_dataframe(frame, path, driver="MapInfo File", ENCODING=bytes_ or "CP936")
    if charset:
        raw = path.read_bytes()
        for named in (b"WindowsSimpChinese", b"WindowsTradChinese", b"UTF-8", b"Neutral"):
            raw = raw.replace(named, charset.encode())
        path.write_bytes(raw)
    return path


def write_zip(path: Path, files: Sequence[Path], folder: str = "") -> Path:
    """Pack files, with what lies beside shapefiles under the same name."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            parts = sorted(file.parent.glob(f"{file.stem}.*")) if file.suffix == ".shp" else [file]
            for part in parts:
                if part.suffix != ".zip":
                    archive.write(part, folder + part.name)
    return path
