"""Maps: the only place that imports folium."""

from gridgeo.maps.changes import changes_page
from gridgeo.maps.page import build_map, map_page

__all__ = ["build_map", "changes_page", "map_page"]
