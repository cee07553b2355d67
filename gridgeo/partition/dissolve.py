"""From labels to grids: the union of the atoms of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from gridgeo.partition.band import count_by
from gridgeo.partition.graph import split_by

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.model import Atoms, Partition


def dissolve(atoms: Atoms, partition: Partition) -> gpd.GeoDataFrame:
    """Return the grids with their geometry and counts.

    Parameters
    ----------
    atoms
        A valid, noded coverage.
    partition
        The labels of these atoms.

    Returns
    -------
    GeoDataFrame
        Indexed by label, in the CRS of the atoms: kind, community, facility, verdict,
        reason_en, reason_zh, households (int64), residents (float64, NaN where unknown),
        area_m2, parts (polygons), geometry. The borders of a grid are those of its atoms,
        vertex by vertex, so no gap can open.
    """
    geometry = atoms.frame.geometry.to_numpy()
    groups = split_by(partition.labels)
    merged = np.array([union_of(geometry[members]) for members in groups.values()], dtype=object)
    households, residents = count_by(
        partition.labels,
        len(partition.grids),
        atoms.frame["households"].to_numpy(np.int64),
        atoms.frame["residents"].to_numpy(np.float64),
    )
    counted = partition.grids.assign(
        households=households,
        residents=residents,
        area_m2=shapely.area(merged),
        parts=shapely.get_num_geometries(merged),
    )
    return gpd.GeoDataFrame(counted, geometry=merged, crs=atoms.frame.crs)


def union_of(geometry: NDArray[np.object_]) -> Any:
    """Return the union of atoms, by shared borders where they really are a coverage."""
    merged = shapely.coverage_union_all(geometry)
    whole = np.isclose(shapely.area(merged), shapely.area(geometry).sum(), rtol=1e-9, atol=1e-6)
    if whole and shapely.is_valid(merged):
        return merged
    return shapely.union_all(geometry)
