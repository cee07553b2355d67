"""The map of a plan, as a folium map and as a page that needs no network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import folium
import geopandas as gpd

from gridgeo.maps.base import Panels, TileLayer, blank_map, bounds_of, numbered, tiles_of
from gridgeo.maps.data import atom_data, data_block, plan_data
from gridgeo.maps.features import light_coverage
from gridgeo.maps.layers import (
    barrier_layer,
    community_layer,
    facility_layer,
    finding_layers,
    grid_layer,
    household_layer,
    outline_layer,
    soundness_layer,
    street_layer,
)
from gridgeo.maps.overlays import canvas_layers, compare_layers
from gridgeo.maps.style import legend, plan_title, scorecard
from gridgeo.model import Plan
from gridgeo.storage import fingerprint

#: A new layer is one function and one line here; the order is that of drawing.
LAYERS: tuple[tuple[str, Callable[[Plan], folium.GeoJson | None]], ...] = (
    ("barriers", barrier_layer),
    ("grids", grid_layer),
    ("streets", street_layer),
    ("soundness", soundness_layer),
    ("outline", outline_layer),
    ("communities", community_layer),
    ("facilities", facility_layer),
    ("households", household_layer),
)


def build_map(plan: Plan, *, old: gpd.GeoDataFrame | None = None) -> folium.Map:
    """Return the map of `plan`: grids by verdict, streets, communities, findings, households.

    The map carries Leaflet with it and fetches nothing, in a notebook or saved; it has
    background tiles only where ``plan.settings.map`` names them. Text is in
    ``plan.settings.lang``. Above the map stand search, findings, a filter by verdict and a
    measure.

    Parameters
    ----------
    old
        The grids that were there before (code, polygons): their borders and what changed are
        two more layers.

    Examples
    --------
    >>> import gridgeo as gg
    >>> build_map(gg.load("out")).save("map.html")
    """
    mark, plan = fingerprint(plan), _drawable(plan)
    light = _light(plan)
    tiles = tiles_of(plan.settings.map)
    made = blank_map(plan_title(plan), _data(light, mark), tiles)
    own = {name: layer for name, make in LAYERS if (layer := make(light)) is not None}
    own |= compare_layers(plan, old)
    layers = [*own.values(), *finding_layers(plan)]
    drawn = canvas_layers(light)
    if tiles:
        drawn = {"tiles": TileLayer(tiles, plan.settings.lang), **drawn}
    for shown in (*layers, *drawn.values()):
        shown.add_to(made)
    folium.LayerControl(collapsed=False).add_to(made)
    Panels(
        title=plan_title(plan),
        figures=scorecard(plan),
        credit=str(plan.summary.get("attribution") or ""),
        legend=legend(plan, compared="old" in own),
        bounds=bounds_of(plan.grids.geometry),
        layers=layers,
        named=own | drawn,
    ).add_to(made)
    return numbered(made)


def map_page(plan: Plan, *, old: gpd.GeoDataFrame | None = None) -> str:
    """Return the map of `plan` as one HTML page, the same for the same plan; see `build_map`.

    The page opens from a disk with no network at all: a content security policy forbids every
    request but those for tiles, where the settings name a host; values from data are text.
    """
    page: str = build_map(plan, old=old).get_root().render()
    return page


def _drawable(plan: Plan) -> Plan:
    """Return `plan` with the grids that have ground."""
    return replace(plan, grids=plan.grids[~plan.grids.geometry.is_empty].reset_index(drop=True))


def _light(plan: Plan) -> Plan:
    """Return `plan` with outlines light enough for a page."""
    return replace(
        plan,
        grids=plan.grids.set_geometry(light_coverage(plan.grids.geometry)),
        communities=plan.communities.set_geometry(light_coverage(plan.communities.geometry)),
    )


def _data(plan: Plan, mark: str) -> str:
    """Return what scripts read; edits made on the page are for the plan with this `mark`."""
    blocks = [data_block("gg-plan", {"plan": mark, **plan_data(plan)})]
    if len(plan.borders):
        blocks.append(data_block("gg-atoms", atom_data(plan)))
    return "\n".join(blocks)
