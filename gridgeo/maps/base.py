"""What every map is made on: a page with Leaflet in it, which asks nobody for anything."""

from __future__ import annotations

import folium
import geopandas as gpd
import numpy as np
from branca.element import Element, Figure
from folium.template import Template

from gridgeo.maps.escape import esc
from gridgeo.maps.features import in_degrees
from gridgeo.maps.tiles import Tiles, tile_scripts
from gridgeo.maps.vendored import head


def blank_map(title: str, data: str = "", tiles: Tiles | None = None) -> folium.Map:
    """Return a map without layers that carries Leaflet, our scripts and the blocks of `data`.

    It may ask the host of `tiles`, and nobody where there are none.
    """
    made = folium.Map(
        location=[0, 0],
        tiles=None,
        prefer_canvas=True,
        control_scale=True,
        zoom_control="bottomleft",
        attributionControl=False,
        font_size="13px",
        max_zoom=20,
        zoomSnap=0.25,
        zoomDelta=0.5,
    )
    made.default_js, made.default_css = [], []
    figure = _figure(made)
    figure.title = esc(title)
    own = head(*tile_scripts(tiles), images=tiles.host if tiles else "")
    figure.header.add_child(Verbatim(own), name="gridgeo_head", index=0)
    if data:
        figure.header.add_child(Verbatim(data), name="gridgeo_data")
    return made


def bounds_of(shapes: gpd.GeoSeries) -> list[list[float]]:
    """Return south, west and north, east of `shapes` in degrees; the world where there are none."""
    if shapes.empty:
        return [[-60.0, -180.0], [75.0, 180.0]]
    west, south, east, north = gpd.GeoSeries(in_degrees(shapes)).total_bounds
    bounds: list[list[float]] = np.round([[south, west], [north, east]], 6).tolist()
    return bounds


def numbered(made: folium.Map) -> folium.Map:
    """Replace the random ids of folium by numbers, so that equal data give equal pages."""
    waiting: list[Element] = [_figure(made)]
    number = 0
    while waiting:
        element = waiting.pop()
        element._id = f"{number:04d}"
        number += 1
        waiting += reversed(element._children.values())
    return made


def _figure(made: folium.Map) -> Figure:
    figure = made.get_root()
    assert isinstance(figure, Figure)  # noqa: S101  (folium always makes one)
    return figure


class Verbatim(Element):
    """Text that stands in the page as it is: long data are not read as a template."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Verbatim"
        self.text = text
