"""``grids.geojson``: the grids in longitude and latitude, by RFC 7946."""

from __future__ import annotations

from pathlib import Path

import pyogrio

from gridgeo.model import Plan
from gridgeo.report.schema import layer_frame


def write_geojson(plan: Plan, path: Path) -> None:
    """Write the grids of `plan` to the new file `path`: EPSG:4326, seven decimals (about 1 cm)."""
    grids = layer_frame("grids", plan.grids)
    pyogrio.write_dataframe(
        grids.to_crs(4326) if grids.crs is not None else grids,
        path,
        layer="grids",
        driver="GeoJSON",
        geometry_type="Unknown",
        layer_options={"RFC7946": "YES", "COORDINATE_PRECISION": "7", "WRITE_BBOX": "NO"},
    )
