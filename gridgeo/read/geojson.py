"""What GDAL does not tell about a GeoJSON file."""

from __future__ import annotations

import json
import re
from pathlib import Path

#: the CRS stands before or after the features
_END = 4096


def first_open_ring(path: Path) -> int | None:
    """Return the number (from 1) of the first feature with an open ring."""
    try:
        features = json.loads(path.read_text(encoding="utf-8-sig")).get("features", [])
    except ValueError:
        return None
    for number, feature in enumerate(features, start=1):
        geometry = feature.get("geometry") or {}
        rings = geometry.get("coordinates", [])
        polygons = {"Polygon": [rings], "MultiPolygon": rings}.get(str(geometry.get("type")), [])
        if any(ring[:1] != ring[-1:] for polygon in polygons for ring in polygon):
            return number
    return None


def names_crs(path: Path) -> bool:
    """Say whether the file names its CRS; without, RFC 7946 says it is WGS 84."""
    with path.open("rb") as stream:
        ends = stream.read(_END)
        stream.seek(max(path.stat().st_size - _END, 0))
        ends += stream.read()
    return re.search(rb'"crs"\s*:\s*\{', ends) is not None
