"""The maps of the report, as inline SVG: all grids by verdict, and each community by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from markupsafe import Markup
from numpy.typing import NDArray

from gridgeo.maps.escape import visible
from gridgeo.maps.style import COMMUNITY_LINE, GRID_LINE, VERDICT_COLOURS
from gridgeo.model import Plan
from gridgeo.text import Lang, Text

_MAP_WIDTH, _MAP_HEIGHT = 720.0, 520.0
#: a map of one community
_OWN_WIDTH, _OWN_HEIGHT = 340.0, 260.0


def overview(plan: Plan) -> Markup:
    """Return a map of all grids by verdict with the outlines of the communities."""
    if plan.grids.empty:
        return Markup("")
    west, south, east, north = plan.grids.total_bounds
    scale = min(_MAP_WIDTH / max(east - west, 1), _MAP_HEIGHT / max(north - south, 1))
    drawn = on_paper(plan.grids.geometry.to_numpy(), west, north, scale)
    rims = on_paper(plan.communities.geometry.to_numpy(), west, north, scale)
    width, height = (east - west) * scale + 4, (north - south) * scale + 4
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="map" role="img" aria-label="{label}" '
        'viewBox="-2 -2 {w} {h}" stroke-linejoin="round">{grids}<path d="{rims}" fill="none" '
        'stroke="{line}" stroke-width="{rim_width}"/></svg>'
    ).format(
        label=Text("Map of the grids by verdict", "网格结论图").say(plan.settings.lang),
        w=f"{width:.0f}",
        h=f"{height:.0f}",
        grids=Markup("").join(_patches(drawn, plan.grids["verdict"].to_numpy())),
        rims=path_of(rims),
        line=COMMUNITY_LINE,
        rim_width="1.2" if len(rims) < 100 else "0.5",
    )


def on_paper(
    shapes: NDArray[Any], west: float, north: float, scale: float, blur: float = 0.4
) -> NDArray[Any]:
    """Return polygons in units of the drawing, north up, simplified as a coverage by `blur`."""
    origin, turn = np.array([west, north]), np.array([scale, -scale])
    simple = shapely.coverage_simplify(shapes, blur / scale)
    drawn: NDArray[Any] = shapely.transform(simple, lambda xy: np.round((xy - origin) * turn, 1))
    return drawn


def _patches(shapes: NDArray[Any], verdicts: NDArray[Any]) -> list[Markup]:
    patch = Markup('<path d="{d}" fill="{fill}" stroke="{line}" stroke-width="0.4"/>')
    return [
        patch.format(
            d=path_of(shapes[verdicts == verdict]),
            fill=colour,
            line=GRID_LINE,
        )
        for verdict, colour in VERDICT_COLOURS.items()
        if (verdicts == verdict).any()
    ]


def path_of(shapes: NDArray[Any]) -> str:
    """Return polygons as the data of an SVG path."""
    told = []
    for ring in shapely.get_rings(shapely.get_parts(shapes)):
        points = [f"{x:g} {y:g}" for x, y in shapely.get_coordinates(ring)[:-1]]
        told.append("M" + "L".join(points) + "Z")
    return "".join(told)


def community_map(mine: gpd.GeoDataFrame, code: str, lang: Lang) -> Markup:
    """Return the map of the grids of one community: by verdict, with number and households."""
    if mine.empty:
        return Markup("")
    west, south, east, north = mine.total_bounds
    scale = min(_OWN_WIDTH / max(east - west, 1), _OWN_HEIGHT / max(north - south, 1))
    drawn = on_paper(mine.geometry.to_numpy(), west, north, scale)
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="own" role="img" aria-label="{label}" '
        'viewBox="-3 -3 {w} {h}" stroke-linejoin="round">{grids}{words}</svg>'
    ).format(
        label=Text("Map of the community", "社区网格图").say(lang),
        w=f"{(east - west) * scale + 6:.0f}",
        h=f"{(north - south) * scale + 6:.0f}",
        grids=Markup("").join(_patches(drawn, mine["verdict"].to_numpy())),
        words=Markup("").join(_numbers(drawn, mine, code)),
    )


def _numbers(shapes: NDArray[Any], grids: gpd.GeoDataFrame, community: str) -> Iterator[Markup]:
    """Yield the end of the code of each grid and its households, where the grid has room."""
    word = Markup(
        '<text x="{:.1f}" y="{:.1f}" font-size="{}" fill="{}" text-anchor="middle" '
        'stroke="#ffffff" stroke-width="2" paint-order="stroke">{}</text>'
    )
    points = shapely.get_coordinates(shapely.point_on_surface(shapes))
    sizes = shapely.bounds(shapes)
    wide = (sizes[:, 2] - sizes[:, 0] > 24) & (sizes[:, 3] - sizes[:, 1] > 16)
    rows = zip(points, wide.tolist(), grids["code"], grids["households"], strict=True)
    for (x, y), room, code, households in rows:
        if room:
            yield word.format(x, y, 9, "#14212a", visible(code.removeprefix(community)))
            yield word.format(x, y + 9, 8, "#44525a", f"{households:,}")
