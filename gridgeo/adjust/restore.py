"""Mended geometry back into the file it came from: vertices that were there keep every digit."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.read import GridFile


def in_crs_of_file(file: GridFile, mended: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the rows of `file` as they stand, with the mended geometry where it changed.

    Vertices that were in the file have the coordinates of the file; new ones are reprojected.
    """
    read, now = file.grids.geometry.to_numpy(), mended.geometry.to_numpy()
    rows = np.array(
        [n for n, (old, new) in enumerate(zip(read, now, strict=True)) if old is not new],
        dtype=np.intp,
    )
    original, crs = file.original.geometry.to_numpy().copy(), file.original.crs
    if len(rows) == 0 or crs is None:
        return file.original
    there = ~shapely.is_missing(read)
    at = shapely.get_coordinates(read[there])
    own = shapely.get_coordinates(original[file.grids["row"].to_numpy()[there]])
    key, first = np.unique(_key(at), return_index=True)

    def back(point: NDArray[np.float64]) -> NDArray[np.float64]:
        place = np.minimum(np.searchsorted(key, _key(point)), len(key) - 1)
        known = key[place] == _key(point)
        moved = gpd.GeoSeries(shapely.points(point[~known]), crs=mended.crs)
        out = own[first[place]]
        if len(moved):
            out[~known] = shapely.get_coordinates(moved.to_crs(crs))
        return out

    original[file.grids["row"].to_numpy()[rows]] = shapely.transform(now[rows], back)
    return file.original.set_geometry(gpd.GeoSeries(original, crs=crs))


def _key(point: NDArray[np.float64]) -> NDArray[np.complex128]:
    return np.asarray(point[:, 0] + 1j * point[:, 1], dtype=np.complex128)
