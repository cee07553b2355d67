"""Which kinds of files are read, and how the others are converted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from gridgeo.wording import Text

#: suffix -> the driver that may open it, and what the file must begin with
SPATIAL = {
    ".gpkg": ("GPKG", b"SQLite format 3\x00"),
    ".shp": ("ESRI Shapefile", b"\x00\x00\x27\x0a"),
    ".geojson": ("GeoJSON", b"{"),
    ".json": ("GeoJSON", b"{"),
    ".geojsonl": ("GeoJSONSeq", b"{"),
    ".geojsons": ("GeoJSONSeq", b"{"),
    ".ndjson": ("GeoJSONSeq", b"{"),
    ".topojson": ("TopoJSON", b"{"),
    ".parquet": ("Parquet", b"PAR1"),
    ".geoparquet": ("Parquet", b"PAR1"),
    ".fgb": ("FlatGeobuf", b"fgb\x03fgb"),
    ".tab": ("MapInfo File", b"!table"),
    ".mif": ("MapInfo File", b"version"),
    ".gdb": ("OpenFileGDB", b""),
    ".zip": ("zip", b"PK"),
}
JSON = (".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson", ".topojson")
PARQUET = (".parquet", ".geoparquet")
TABLES = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods", ".et")

_QGIS = Text(
    "Open it in QGIS and export the layer as GeoPackage, or run: ogr2ogr -f GPKG new.gpkg {name}",
    "请在 QGIS 中打开，将图层导出为 GeoPackage；或运行：ogr2ogr -f GPKG new.gpkg {name}",
)
_CAD = Text(
    "Save it as DXF in the CAD program, open that in QGIS or ArcGIS, and export the layer as "
    "GeoPackage or Shapefile",
    "请在 CAD 软件中另存为 DXF，再用 QGIS 或 ArcGIS 打开，导出为 GeoPackage 或 Shapefile",
)
_UNPACK = Text(
    "Unpack it, or pack it as .zip, and give the layer in it",
    "请先解压（或改用 .zip 压缩），再给出其中的图层",
)
_OSM = Text(
    "Convert it, for example with: ogr2ogr -f GPKG new.gpkg {name} lines multipolygons points, "
    "and give new.gpkg::lines as streets",
    "请先转换，例如：ogr2ogr -f GPKG new.gpkg {name} lines multipolygons points，"
    "再以 new.gpkg::lines 作为道路",
)
_SHP = Text("Give the .shp file beside it", "请给出同一文件夹中的 .shp 文件")
_MAPINFO = Text("Give the .tab or .mif file beside it", "请给出同一文件夹中的 .tab 或 .mif 文件")
_GDB = Text("Give the folder ending in .gdb", "请给出以 .gdb 结尾的文件夹")
#: suffix -> what it is, and what to do
_REFUSED: Mapping[str, tuple[Text, Text]] = MappingProxyType(
    {
        ".kml": (Text("KML", "KML"), _QGIS),
        ".kmz": (Text("KMZ (packed KML)", "KMZ（压缩的 KML）"), _QGIS),
        ".ovkml": (Text("KML of Ovital", "奥维 KML"), _QGIS),
        ".gml": (Text("GML", "GML"), _QGIS),
        ".gpx": (Text("GPX", "GPX"), _QGIS),
        ".dxf": (Text("DXF (CAD drawing)", "DXF（CAD 图）"), _QGIS),
        ".dwg": (Text("DWG (CAD drawing)", "DWG（CAD 图）"), _CAD),
        ".dgn": (Text("DGN (CAD drawing)", "DGN（CAD 图）"), _CAD),
        ".osm": (Text("OSM XML (OpenStreetMap)", "OSM XML（OpenStreetMap）"), _OSM),
        ".pbf": (Text("OSM PBF (OpenStreetMap)", "OSM PBF（OpenStreetMap）"), _OSM),
        ".o5m": (Text("OSM O5M (OpenStreetMap)", "OSM O5M（OpenStreetMap）"), _OSM),
        ".mdb": (
            Text("personal geodatabase (MDB)", "个人地理数据库（MDB）"),
            Text(
                "Export the layers to a file geodatabase (.gdb) or Shapefile in ArcGIS",
                "请在 ArcGIS 中导出为文件地理数据库（.gdb）或 Shapefile",
            ),
        ),
        ".sqlite": (Text("SQLite or SpatiaLite", "SQLite 或 SpatiaLite"), _QGIS),
        ".rar": (Text("RAR archive", "RAR 压缩包"), _UNPACK),
        ".7z": (Text("7z archive", "7z 压缩包"), _UNPACK),
        ".gz": (Text("gzip archive", "gzip 压缩包"), _UNPACK),
        ".tar": (Text("tar archive", "tar 压缩包"), _UNPACK),
        **dict.fromkeys(
            (".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx"),
            (Text("part of a shapefile", "Shapefile 的附属文件"), _SHP),
        ),
        **dict.fromkeys(
            (".dat", ".map", ".id", ".ind", ".mid"),
            (Text("part of a MapInfo table", "MapInfo 表的附属文件"), _MAPINFO),
        ),
        **dict.fromkeys(
            (".gdbtable", ".gdbtablx", ".gdbindexes"),
            (Text("part of a file geodatabase", "文件地理数据库的附属文件"), _GDB),
        ),
    }
)  # fmt: skip


def refusal(file: Path) -> tuple[Text, Text]:
    """Return what is wrong with a kind of file that is not read, and what to do."""
    suffix = file.suffix.lower()
    kind, remedy = _REFUSED.get(suffix, (None, None))
    if kind is None or remedy is None:
        return (
            Text(f"files of kind {file.suffix!r} are not read", f"不支持 {file.suffix!r} 格式"),
            KINDS,
        )
    named = Text(remedy.en.format(name=file.name), remedy.zh.format(name=file.name))
    return Text(f"{kind.en} is not read", f"不直接读取 {kind.zh} 文件"), named


KINDS = Text(
    f"Give one of {', '.join((*SPATIAL, *TABLES))}",
    f"请使用下列格式之一：{'、'.join((*SPATIAL, *TABLES))}",
)


def driver_of(head: bytes, suffix: str) -> str:
    """Return the driver for the first bytes of a file, ``""`` where they are not of its kind.

    Examples
    --------
    >>> driver_of(b'{"type": "Topology", "objects": {}}', ".json")
    'TopoJSON'
    """
    driver, magic = SPATIAL[suffix]
    if suffix not in JSON:
        return driver if head[: len(magic)].lower() == magic.lower() else ""
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"\x1e"):
        return "GeoJSONSeq"
    if not head.startswith(b"{"):
        return ""
    if _is_one(head, b"Topology"):
        return "TopoJSON"
    if b'"esriGeometry' in head or (b'"attributes"' in head and b'"properties"' not in head):
        return "ESRIJSON"
    line, _, rest = head.partition(b"\n")
    whole = line.count(b"{") == line.count(b"}")
    return "GeoJSONSeq" if whole and rest.lstrip().startswith(b"{") else "GeoJSON"


def _is_one(head: bytes, kind: bytes) -> bool:
    squeezed = b"".join(head[:4096].split())
    return b'"type":"%s"' % kind in squeezed
