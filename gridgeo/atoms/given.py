"""Ready-made atoms (statistical areas, compounds, parcels) are taken as they are, never cut."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from gridgeo.atoms.borders import tabulate_borders
from gridgeo.atoms.crossings import find_crossings
from gridgeo.atoms.named import NamedLines
from gridgeo.atoms.pieces import Index, lay_pieces
from gridgeo.atoms.pieces_told import without_atoms
from gridgeo.atoms.segments import Polygons
from gridgeo.config import AtomRules
from gridgeo.model import Atoms, Layers


def take_atoms(layers: Layers, considered: gpd.GeoDataFrame, rules: AtomRules) -> Atoms:
    """Return ready-made atoms as `gridgeo.model.Atoms`.

    An atom belongs to the community that its column names (by code or name), else to that of
    the largest overlap. The communities returned are effective ones: the unions of their
    atoms. Atoms outside every community are left out and listed in a finding; the households
    in them stay unplaced. An atom is dedicated when at least half of it lies in a dedicated
    facility. Counts come from the household points where these are given, else from the atoms.

    Raises
    ------
    InputError
        An atom names a community that is not there, or no atom lies in any community.
    """
    pieces = lay_pieces(layers)
    polygons = pieces.frame.geometry.to_numpy()
    frame = pieces.frame.copy()
    frame.insert(4, "facility", _dedicated(polygons, considered))
    streets = layers.streets[layers.streets["cuts"]]
    return Atoms(
        frame=frame,
        borders=tabulate_borders(
            polygons,
            NamedLines.gather(streets, layers.barriers),
            find_crossings(layers.streets, layers.barriers),
            crs=layers.crs,
            within_m=rules.match_street_m,
        ),
        communities=pieces.communities,
        placed=pieces.placed,
        considered=considered,
        findings=(*without_atoms(pieces.bare), *pieces.findings),
    )


def _dedicated(polygons: Polygons, considered: gpd.GeoDataFrame) -> Index:
    """Return the dedicated facility that covers at least half of each atom, -1 for none."""
    facility = np.full(len(polygons), -1)
    chosen = np.flatnonzero(considered["dedicated"])
    outlines = considered.geometry.to_numpy()[chosen]
    atom, hit = shapely.STRtree(outlines).query(polygons, predicate="intersects")
    shared = shapely.area(shapely.intersection(polygons[atom], outlines[hit]))
    half = shared >= 0.5 * shapely.area(polygons[atom])
    by_share = np.lexsort((-hit[half], np.round(shared[half], 3)))
    facility[atom[half][by_share]] = chosen[hit[half][by_share]]
    return facility
