"""Locked grids are ground of their own: nothing that cuts or joins atoms crosses their outline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.atoms.faces import Faces, cut_areas, merge_faces
from gridgeo.atoms.lines import explode
from gridgeo.atoms.segments import Polygons
from gridgeo.atoms.slivers import absorb_slivers
from gridgeo.config import AtomRules
from gridgeo.place import place_points

if TYPE_CHECKING:
    import geopandas as gpd

    from gridgeo.atoms.segments import Edges

#: Strips thinner than this between an outline and what lies beside it belong to the outline.
ALONG_M = 1.0
#: Smaller strips are crumbs of the overlay.
STRIP_M2 = 0.01
AS_DRAWN = AtomRules(sliver_radius_m=ALONG_M, sliver_area_m2=0.0, sliver_households=1)


def cut_out(areas: Polygons, locked: gpd.GeoDataFrame | None) -> tuple[Polygons, NDArray[np.int64]]:
    """Divide communities into their locked grids and the rest.

    Returns
    -------
    tuple
        Polygons that fill the areas, and the area that each lies in. A strip thinner than
        1 m beside an outline belongs to it; of overlapping polygons the first counts.

    Examples
    --------
    >>> import geopandas as gpd
    >>> drawn = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 100, 99.5)])
    >>> grounds, area = cut_out(np.array([shapely.box(0, 0, 300, 100)]), drawn)
    >>> shapely.area(grounds).tolist(), area.tolist()
    ([20000.0, 10000.0], [0, 0])
    """
    if locked is None or not len(locked):
        return areas, np.arange(len(areas))
    outlines = _closed(areas, locked.geometry.to_numpy())
    pieces = cut_areas(areas, explode(shapely.boundary(outlines)))
    faces, member = absorb_slivers(
        pieces, pieces.parent, np.zeros(len(pieces), np.int64), AS_DRAWN, _lengths
    )
    by_size = np.argsort(np.round(shapely.area(pieces.polygons), 2), kind="stable")
    largest = np.full(len(faces), -1)
    largest[member[by_size]] = by_size
    inner = shapely.point_on_surface(pieces.polygons[largest])
    return _merged(faces, place_points(inner, outlines))


def _closed(areas: Polygons, outlines: Polygons) -> Polygons:
    """Return the outlines with the thin strips between them and the borders of their areas."""
    outlines = outlines.copy()
    area, outline = shapely.STRtree(outlines).query(areas, predicate="intersects")
    for place in np.unique(area):
        own = outline[area == place]
        rest = shapely.difference(areas[place], shapely.union_all(outlines[own]))
        core = shapely.buffer(rest, -ALONG_M / 2, join_style="mitre")
        wide = shapely.buffer(core, ALONG_M / 2, join_style="mitre")
        strips = shapely.get_parts(shapely.difference(rest, wide))
        for strip in strips[shapely.area(strips) > STRIP_M2]:
            shared = shapely.length(shapely.intersection(strip, outlines[own]))
            if shared.max() > ALONG_M:
                nearest = own[int(np.argmax(np.round(shared, 3)))]
                outlines[nearest] = shapely.union(outlines[nearest], strip)
    return outlines


def _lengths(edges: Edges) -> NDArray[np.float64]:
    length: NDArray[np.float64] = edges.length
    return length


def _merged(faces: Faces, lock: NDArray[np.int64]) -> tuple[Polygons, NDArray[Any]]:
    """Join the faces of one community that lie in the same locked grid, or in none."""
    key = np.column_stack([faces.parent, lock])
    known, group = np.unique(key, axis=0, return_inverse=True)
    merged = merge_faces(faces.polygons, group.ravel())
    parts, origin = shapely.get_parts(merged, return_index=True)
    return parts, known[origin, 0]
