"""Make ``data/samples`` from the source data: the layers and columns that the main job reads.

    python scripts/make_samples.py SOURCE [TARGET]

SOURCE holds ``monaco/monaco.gpkg`` and ``wuhan/wuhan_core.gpkg``; TARGET is ``data/samples`` by
default. Monaco is taken whole; of Wuhan, five adjoining communities with the streets around them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import pyogrio

SAMPLES = Path(__file__).resolve().parents[1] / "data" / "samples"
#: layer: columns that are kept
MONACO = {
    "communities": ("community_id", "name", "source"),
    "streets": ("osm", "highway", "name", "bridge", "tunnel", "layer", "service"),
    "buildings": (
        *("osm", "building", "name", "levels", "street", "housenumber"),
        *("area_m2", "households_est", "est_source"),
    ),
    "facilities": ("osm", "kind", "name"),
    "water": ("osm", "kind", "name"),
    "railways": ("osm", "railway", "name", "tunnel", "layer"),
}
#: 扬子、同福、洞庭、长安、三德: three in band, one too small, one that no number of grids meets
WUHAN_CODES = (
    *("420102003008", "420102003011", "420102003013"),
    *("420102004005", "420102004006"),
)
#: layer here: (layer there, columns that are kept, under the names that a county would use)
WUHAN = {
    "communities": (
        "communities_synth",
        {"community_code": "社区编码", "community_name": "社区名称", "street_office": "街道"},
    ),
    "streets": ("streets", {"u": "u", "v": "v", "highway": "highway"}),
    "households": ("household_points_synth", {"households": "户数", "floors": "层数"}),
    "facilities": ("facilities_synth", {"kind": "类别", "name": "名称"}),
}
#: streets are kept this far around the communities
AROUND_M = 250
#: files say when they were written: a fixed day keeps them the same byte by byte
WRITTEN = "2026-01-01T00:00:00.000Z"


def main(source: Path, target: Path = SAMPLES) -> None:
    """Write both samples."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": WRITTEN})
    make_monaco(source / "monaco" / "monaco.gpkg", target / "monaco" / "monaco.gpkg")
    make_wuhan(source / "wuhan" / "wuhan_core.gpkg", target / "wuhan" / "wuhan.gpkg")


def make_monaco(source: Path, target: Path) -> None:
    """Write the layers of the whole city-state, without the columns that are not read."""
    target.unlink(missing_ok=True)
    for layer, columns in MONACO.items():
        _write(_read(source, layer)[[*columns, "geometry"]], target, layer)


def make_wuhan(source: Path, target: Path) -> None:
    """Write five communities, what lies in them, and the streets around them."""
    target.unlink(missing_ok=True)
    communities = _read(source, "communities_synth")
    ground = communities[communities["community_code"].isin(WUHAN_CODES)].union_all()
    clips = {
        "communities": ground.buffer(-1),
        "streets": ground.buffer(AROUND_M).envelope,
        "households": ground,
        "facilities": ground.buffer(-1),
    }
    for layer, (original, columns) in WUHAN.items():
        frame = _read(source, original)
        inside = frame[frame.intersects(clips[layer])]
        kept = inside[[*columns, "geometry"]].rename(columns=columns)
        _write(kept.reset_index(drop=True), target, layer)


def _read(path: Path, layer: str) -> gpd.GeoDataFrame:
    return gpd.read_file(path, layer=layer)


def _write(frame: gpd.GeoDataFrame, target: Path, layer: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    frame.to_file(target, layer=layer, driver="GPKG")
    print(f"{target.name}::{layer}: {len(frame):,} rows")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(Path(folder) for folder in sys.argv[2:3]))
