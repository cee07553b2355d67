"""Layers that the page draws on canvases of its own, and the layers of an old partition."""

from __future__ import annotations

from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from folium.map import Layer
from folium.template import Template
from numpy.typing import NDArray

from gridgeo.geometry import assign_points, count_in, overlap_of, successors
from gridgeo.maps.assets import as_script
from gridgeo.maps.data import Table, label_data
from gridgeo.maps.features import features, one_line
from gridgeo.maps.layers import escaped, per_atom, popup_of
from gridgeo.maps.style import CHANGE_MARK, OLD_LINE, line_style
from gridgeo.model import Plan
from gridgeo.wording import Lang, Text

#: Strips narrower than this are drawing, not change.
_NARROW_M = 1.0


def _changed_ground(plan: Plan, old: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the ground that lies in another grid than before: was, now, households, geometry.

    Each old grid is continued by the grid that keeps most of its households (then ground), so
    that a new numbering alone is no change. Strips narrower than `_NARROW_M` are left out.

    Parameters
    ----------
    old
        code and polygons, in any CRS.

    Examples
    --------
    >>> import gridgeo as gg
    >>> plan = gg.load("out")
    >>> len(_changed_ground(plan, plan.grids))
    0
    """
    before = _in_crs_of(old, plan)
    was, now, pieces = _pieces(before.geometry.to_numpy(), plan.grids.geometry.to_numpy())
    points = shapely.point_on_surface(plan.atoms.geometry.to_numpy())
    atom_piece = assign_points(points, pieces)
    households = count_in(atom_piece, plan.atoms["households"].to_numpy(), len(pieces))
    shared = overlap_of(
        was, now, households, shapely.area(pieces), olds=len(before), news=len(plan.grids)
    )
    moved = successors(shared)[was] != now if len(was) else np.zeros(0, dtype=bool)
    return gpd.GeoDataFrame(
        {
            "was": before["code"].to_numpy()[was[moved]],
            "now": plan.grids["code"].to_numpy()[now[moved]],
            "households": households[moved],
        },
        geometry=pieces[moved],
        crs=plan.grids.crs,
    )


def compare_layers(plan: Plan, old: gpd.GeoDataFrame | None) -> dict[str, folium.GeoJson]:
    """Return the layers ``old`` (its borders) and ``changes``; none without an old partition."""
    if old is None or old.empty:
        return {}
    lang = plan.settings.lang
    changes = _changed_ground(plan, old)
    count = f"{len(changes):,}"
    rows = {
        "was": escaped(changes["was"]),
        "now": escaped(changes["now"]),
        "count": [f"{n:,.0f}" for n in changes["households"]],
    }
    lines = one_line(shapely.boundary(_in_crs_of(old, plan).geometry.to_numpy()))
    style = {"color": CHANGE_MARK, "weight": 1.4, "fillColor": "#ffffff", "fillOpacity": 0.25}
    return {
        "old": folium.GeoJson(
            features(gpd.GeoSeries([lines], crs=plan.grids.crs)),
            name=Text("Grid borders before", "原网格界").say(lang),
            style_function=lambda _feature: line_style(OLD_LINE, 2.2, 0.95) | {"dashArray": "7 5"},
            interactive=False,
        ),
        "changes": folium.GeoJson(
            features(changes.geometry, rows),
            name=Text(f"Changes ({count})", f"变化（{count}）").say(lang),
            style_function=lambda _feature: style | {"hatch": CHANGE_MARK},
            popup=popup_of(["was", "now", "count"], lang) if len(changes) else None,
        ),
    }


def _in_crs_of(old: gpd.GeoDataFrame, plan: Plan) -> gpd.GeoDataFrame:
    """Return the old grids in the CRS of the plan."""
    if old.crs is None or plan.grids.crs is None:
        return old
    return old.to_crs(plan.grids.crs)


def _pieces(
    old: NDArray[Any], new: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[Any]]:
    """Return for each old and new grid that share ground both positions, and that ground."""
    old, new = shapely.make_valid(old), shapely.make_valid(new)
    now, was = shapely.STRtree(old).query(new, predicate="intersects")
    shared = shapely.intersection(old[was], new[now])
    parts, row = shapely.get_parts(shared, return_index=True)
    flat = (shapely.get_dimensions(parts) == 2) & (_width(parts) > _NARROW_M)
    frame = pd.DataFrame({"row": row[flat], "part": parts[flat]})
    rows = np.unique(frame["row"])
    pieces = np.array(
        [shapely.multipolygons(list(part)) for _, part in frame.groupby("row")["part"]],
        dtype=object,
    )
    return was[rows].astype(np.int64), now[rows].astype(np.int64), pieces


def _width(shapes: NDArray[Any]) -> NDArray[np.float64]:
    """Return about how wide the shapes are: a strip has twice its area for its perimeter."""
    length = np.maximum(shapely.length(shapes), 1e-9)
    width: NDArray[np.float64] = 2 * shapely.area(shapes) / length
    return width


class Labels(Layer):
    """Names and numbers of grids, communities and streets, as a layer that can be switched off.

    `data` is the result of `gridgeo.maps.data.label_data`.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = gridgeo.labels({{ this.data }});"
        "{% endmacro %}"
    )

    def __init__(self, data: dict[str, Table], lang: Lang) -> None:
        super().__init__(name=Text("Labels", "注记").say(lang), overlay=True, show=True)
        self._name = "Labels"
        self.data = as_script(data)


class _AtomLines(Layer):
    """The borders between atoms; off at first, and read only when it is switched on."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = gridgeo.atomLayer();"
        "{% endmacro %}"
    )

    def __init__(self, plan: Plan) -> None:
        count = f"{len(plan.atoms):,}"
        name = Text(f"Atoms ({count})", f"基本单元（{count}）").say(plan.settings.lang)
        super().__init__(name=name, overlay=True, show=False)
        self._name = "AtomLines"


class _Counts(Layer):
    """The households of each atom as dots sized by count; off at first."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = gridgeo.countLayer();"
        "{% endmacro %}"
    )

    def __init__(self, plan: Plan) -> None:
        name = Text("Households (count per atom)", "住户（按基本单元汇总）")
        super().__init__(name=name.say(plan.settings.lang), overlay=True, show=False)
        self._name = "Counts"


def canvas_layers(plan: Plan) -> dict[str, Layer]:
    """Return by name the layers that the page draws itself, if there is something to draw."""
    made: dict[str, Layer] = {}
    if len(plan.borders):
        made["atoms"] = _AtomLines(plan)
        if per_atom(plan):
            made["counts"] = _Counts(plan)
    return {**made, "labels": Labels(label_data(plan), plan.settings.lang)}
