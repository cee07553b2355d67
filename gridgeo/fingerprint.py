"""What tells one plan from another: a hash of its atoms and grids."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd

    from gridgeo.model import Plan


def fingerprint(plan: Plan) -> str:
    """Return 16 hexadecimal digits that change with any atom, its counts, its grid, or a grid.

    A plan that was saved and loaded has the same fingerprint. Names and findings do not count:
    edits made on one plan fit every plan of the same fingerprint.

    Examples
    --------
    >>> import gridgeo as gg
    >>> len(fingerprint(gg.load("out")))
    16
    """
    digest = hashlib.sha256()
    for frame, columns in (
        (plan.atoms, ("grid", "community", "households", "residents")),
        (plan.grids, ("code", "kind", "community", "households", "residents")),
    ):
        for name in columns:
            values = "\x1f".join(map(_told, frame[name].tolist())) if name in frame else ""
            digest.update(f"{name}\x1e{values}\x1d".encode())
        digest.update(_vertices(frame))
    return digest.hexdigest()[:16]


def _told(value: object) -> str:
    return repr(round(value, 6)) if isinstance(value, float) else str(value)


def _vertices(frame: gpd.GeoDataFrame) -> bytes:
    shapes = frame.geometry.to_numpy()
    count = shapely.get_num_coordinates(shapes).astype(np.int64)
    return count.tobytes() + shapely.get_coordinates(shapes).astype(np.float64).tobytes()
