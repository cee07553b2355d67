"""Which compounds (小区) are carved out of their blocks, and which stay whole like a building."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.atoms.faces import Faces
from gridgeo.atoms.segments import Polygons
from gridgeo.atoms.slivers import is_thin
from gridgeo.atoms.ties import merge_tied, tie_cells
from gridgeo.config import AtomRules
from gridgeo.model import Layers
from gridgeo.place import households_in, place_points

Index = NDArray[np.int64]

#: A line that runs nearer to the wall of a compound than this does not divide it.
ALONG_WALL_M = 1.0
#: Ground on the other side of a line that is smaller than this is no part of a compound.
LEAST_PART_M2 = 1.0


@dataclass(frozen=True, kw_only=True)
class Compounds:
    """The compounds of some layers.

    ``carved`` are the positions of those that become ground of their own: more than one cell
    holds, and room enough for a block. The others that stay whole are ``held`` together by the
    cell they lie in, as a building is: their outlines, none inside another.
    """

    outlines: Polygons
    carved: Index
    held: Polygons

    @classmethod
    def of(cls, layers: Layers, rules: AtomRules, *, whole: Index, caps: Index) -> Compounds:
        """Sort the compounds by what one that stays whole, and a cell, hold in each community."""
        outlines = layers.compounds.geometry.to_numpy()
        areas = layers.communities.geometry.to_numpy()
        home = place_points(shapely.point_on_surface(outlines), areas)
        households = households_in(layers.households, outlines)
        carved = households > np.append(caps, caps.min(initial=0))[home]
        carved[carved] = ~is_thin(outlines[carved], rules)
        fits = households <= np.append(whole, whole.min(initial=0))[home]
        return cls(
            outlines=outlines,
            carved=np.flatnonzero(carved),
            held=outermost(outlines[fits & ~carved]),
        )

    def keep_whole(self, faces: Faces) -> Faces:
        """Join the faces of one parent that divide a compound that is held together."""
        inner = shapely.buffer(self.held, -ALONG_WALL_M)
        compound, face = shapely.STRtree(faces.polygons).query(inner, predicate="intersects")
        shared = shapely.intersection(inner[compound], faces.polygons[face])
        part = shapely.area(shared) > LEAST_PART_M2
        compound, face = compound[part], face[part]
        if len(np.unique(compound)) == len(compound):
            return faces
        _, unit = np.unique(compound * len(faces) + faces.parent[face], return_inverse=True)
        places = shapely.point_on_surface(shared[part])
        return merge_tied(faces, tie_cells(faces, face, unit, places))


def outermost(outlines: Polygons) -> Polygons:
    """Return the outlines without those whose inner point lies in a larger one."""
    large_first = outlines[np.argsort(-np.round(shapely.area(outlines), 2), kind="stable")]
    owner = place_points(shapely.point_on_surface(large_first), large_first)
    outer: Polygons = large_first[owner == np.arange(len(large_first))]
    return outer


def outside(things: NDArray[Any], outlines: Polygons) -> NDArray[Any]:
    """Return the buildings whose inner point lies in none of the outlines."""
    if not len(outlines) or not len(things):
        return things
    inner = shapely.point_on_surface(things)
    return things[place_points(inner, outlines) < 0]
