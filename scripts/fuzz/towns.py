"""Layers of households with defects, written in twelve formats, and damage to their bytes."""

from __future__ import annotations

import random
import shutil
import struct
import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
from shapely import LineString, MultiPoint, Point, box

CRS = "EPSG:4548"
X, Y, SIZE = 500_000.0, 4_000_000.0, 400.0
FORMATS = ("csv", "xlsx", "shp", "gpkg", "geojson", "geojsonl", "parquet", "fgb", "tab", "mif",
           "gdb", "zip")  # fmt: skip
#: most damage to these is told before any row is read
_FRAGILE = (".geojson", ".xlsx", ".zip", ".parquet")
_NAMES = ("花园东区", "光谷一号楼", "Zürich", "𠮷野家", "a,b", '说"明"', "", "东\t西", "第３栋")


def ground(folder: Path) -> None:
    """Write the communities and streets beside which households are read."""
    shapes = [box(X, Y, X + SIZE / 2, Y + SIZE), box(X + SIZE / 2, Y, X + SIZE, Y + SIZE)]
    frame = gpd.GeoDataFrame({"名称": ["甲社区", "乙社区"]}, geometry=shapes, crs=CRS)
    frame.to_parquet(folder / "communities.parquet")
    lines = [LineString([(X + 100 * n, Y), (X + 100 * n, Y + SIZE)]) for n in range(1, 4)]
    gpd.GeoDataFrame({"等级": ["支路"] * 3}, geometry=lines, crs=CRS).to_parquet(
        folder / "streets.parquet"
    )


def households(dice: random.Random) -> gpd.GeoDataFrame:
    """Return households with some defects stacked on them."""
    count = dice.randint(4, 40)
    points = [
        Point(X + dice.uniform(1, SIZE - 1), Y + dice.uniform(1, SIZE - 1)) for _ in range(count)
    ]
    names = [f"{dice.choice(_NAMES)}{n}" for n in range(count)]
    frame = gpd.GeoDataFrame(
        {"HH": [dice.randint(0, 300) for _ in range(count)], "NAME": names},
        geometry=points, crs=CRS,
    )  # fmt: skip
    shapes = list(frame.geometry)
    for _ in range(dice.choice((0, 0, 1, 2, 3))):
        at = dice.randrange(count)
        shapes[at] = dice.choice(
            [None, Point(), Point(Y, X), Point(X + 300_000, Y), Point(X - 1000, Y),
             MultiPoint([(X + 5, Y + 5), (X + 9, Y + 9)])]
        )  # fmt: skip
    return frame.set_geometry(gpd.GeoSeries(shapes, crs=CRS))


def write(  # noqa: C901  (a format a branch)
    frame: gpd.GeoDataFrame, kind: str, folder: Path, dice: random.Random
) -> Path:
    """Write the households in one format; return what gridgeo is given."""
    path = folder / f"homes.{kind}"
    with warnings.catch_warnings(action="ignore"):
        if kind in ("csv", "xlsx"):
            _table(frame, kind, path, dice)
        elif kind in ("shp", "zip"):
            shape = path.with_suffix(".shp")
            plain = frame.set_geometry(gpd.GeoSeries(list(map(_single, frame.geometry)), crs=CRS))
            plain.to_file(
                shape, encoding=dice.choice(("UTF-8", "GB18030", "CP936")), engine="fiona"
            )
            if dice.random() < 0.5:
                shape.with_suffix(".cpg").unlink(missing_ok=True)
            if kind == "zip":
                with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                    for part in sorted(folder.glob("homes.*")):
                        if part != path:
                            archive.write(part, part.name)
                            part.unlink()
        elif kind == "parquet":
            frame.to_parquet(path)
        elif kind in ("tab", "mif"):
            plain = frame.assign(NAME=frame["NAME"].str.replace("𠮷", "吉"))
            pyogrio.write_dataframe(plain, path, driver="MapInfo File", ENCODING="CP936")
        elif kind == "gdb":
            plain = frame.assign(HH=frame["HH"].astype("int32")).set_geometry(
                gpd.GeoSeries(list(map(_single, frame.geometry)), crs=CRS)
            )
            pyogrio.write_dataframe(plain, path, driver="OpenFileGDB", layer="homes",
                                    geometry_type="Point")  # fmt: skip
        elif kind in ("geojson", "geojsonl"):
            driver = "GeoJSON" if kind == "geojson" else "GeoJSONSeq"
            pyogrio.write_dataframe(frame.to_crs(4326), path, driver=driver)
        else:
            options = {"SPATIAL_INDEX": "NO"} if kind == "fgb" else {}
            pyogrio.write_dataframe(frame, path, layer="homes", geometry_type="Unknown", **options)
    return path


def _single(shape: object) -> object:
    return shape.geoms[0] if isinstance(shape, MultiPoint) else shape


def _table(frame: gpd.GeoDataFrame, kind: str, path: Path, dice: random.Random) -> None:
    points = frame.geometry.map(lambda one: one.centroid if one is not None else Point())
    table = pd.DataFrame({"HH": frame["HH"], "NAME": frame["NAME"], "x": points.x, "y": points.y})
    if kind == "csv":
        table.to_csv(path, index=False, encoding=dice.choice(("utf-8", "utf-8-sig", "gb18030")))
        return
    book = openpyxl.Workbook()
    sheet = book.active
    for row in [list(table), *table.astype(object).where(table.notna(), None).values.tolist()]:
        sheet.append(row)
    book.save(path)


def damage(path: Path, dice: random.Random) -> str:
    """Flip, cut, zero or swap bytes of a file, or of one of its parts; return what was done."""
    if dice.random() < (0.55 if path.suffix in _FRAGILE else 0.3):
        return "whole"
    parts = sorted(path.rglob("*")) if path.is_dir() else sorted(path.parent.glob(f"{path.stem}.*"))
    parts = [part for part in parts if part.is_file() and part.stat().st_size]
    part = dice.choice(parts)
    raw = bytearray(part.read_bytes())
    how = dice.choice(("flip", "flip", "flip", "late", "late", "cut", "zero", "repeat"))
    first = len(raw) // 2 if how == "late" else 0
    if how in ("flip", "late"):
        for _ in range(dice.randint(1, 6)):
            raw[dice.randrange(first, len(raw))] ^= 1 << dice.randrange(8)
    elif how == "cut":
        del raw[dice.randrange(len(raw)) :]
    elif how == "zero":
        at = dice.randrange(len(raw))
        raw[at : at + 16] = bytes(len(raw[at : at + 16]))
    else:
        at = dice.randrange(len(raw))
        raw[at:at] = raw[at : at + dice.randint(1, 64)]
    part.write_bytes(raw)
    return f"{how} {part.name}"


def dbf_rows(raw: bytes) -> list[dict[str, bytes]] | None:
    """Return the rows of a DBF or .dat as bytes by field; None where it is cut or torn."""
    if len(raw) < 33:
        return None
    records, header, width = struct.unpack("<4xIHH", raw[:12])
    fields, at = [], 1
    for start in range(32, header - 31, 32):
        if raw[start : start + 1] == b"\r":
            break
        fields.append((raw[start : start + 11].split(b"\0")[0].decode("latin-1"), at,
                       raw[start + 16], raw[start + 11 : start + 12]))  # fmt: skip
        at += raw[start + 16]
    if not width or at != width or header + records * width > len(raw):
        return None
    rows = []
    for number in range(records):
        row = raw[header + number * width : header + (number + 1) * width]
        if row[:1] != b"*":  # deleted
            rows.append({name: row[a : a + size] for name, a, size, _ in fields})
    return rows


def clear(folder: Path) -> None:
    """Remove the input of a town, not its ground."""
    for file in folder.glob("homes*"):
        shutil.rmtree(file) if file.is_dir() else file.unlink()
