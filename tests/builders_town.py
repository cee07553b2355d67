"""Lattice towns for the partition tests: square atoms, drawn as rows of numbers."""

from collections.abc import Collection, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gridgeo.model import Atoms

SIDE = 100.0
#: Two cells, each a row and a column.
_Pair = tuple[tuple[int, int], tuple[int, int]]


def town(
    households: ArrayLike,
    *,
    residents: ArrayLike | None = None,
    community: ArrayLike | None = None,
    facility: ArrayLike | None = None,
    classes: Mapping[_Pair, str] | None = None,
    passable: Collection[_Pair] = (),
) -> Atoms:
    """Return a town of squares of 100 m, row 0 in the north.

    ``classes`` maps a pair of cells ``((row, column), (row, column))`` to the class of their
    border, ``local`` without; barriers let through only the pairs in ``passable``.
    """
    counts = np.atleast_2d(np.asarray(households, dtype=np.int64))
    rows, columns = counts.shape
    row, column = (a.ravel() for a in np.indices(counts.shape))
    frame = gpd.GeoDataFrame(
        {
            "community": _or(community, 0, counts).astype(np.int64),
            "households": counts.ravel(),
            "residents": _or(residents, np.nan, counts).astype(np.float64),
            "kind": "given",
            "facility": _or(facility, -1, counts).astype(np.int64),
            "name": [f"r{r}c{c}" for r, c in zip(row, column, strict=True)],
        },
        geometry=shapely.box(column * SIDE, -row * SIDE - SIDE, (column + 1) * SIDE, -row * SIDE),
        crs=32650,
    )
    lines = []
    for r in range(rows):
        for c in range(columns):
            if c + 1 < columns:
                x = (c + 1) * SIDE
                ends = [(x, -r * SIDE - SIDE), (x, -r * SIDE)]
                lines.append(((r, c), (r, c + 1), shapely.LineString(ends)))
            if r + 1 < rows:
                y = -(r + 1) * SIDE
                ends = [(c * SIDE, y), ((c + 1) * SIDE, y)]
                lines.append(((r, c), (r + 1, c), shapely.LineString(ends)))
    known = classes or {}
    kinds = [known.get((a, b), "local") for a, b, _ in lines]
    crossed = [
        kind not in {"water", "rail", "motorway"} or (a, b) in passable
        for kind, (a, b, _) in zip(kinds, lines, strict=True)
    ]
    borders = gpd.GeoDataFrame(
        {
            "left": [r * columns + c for (r, c), _, _ in lines] + [0],
            "right": [r * columns + c for _, (r, c), _ in lines] + [-1],
            "border_m": SIDE,
            "street_class": [*kinds, "none"],
            "street_name": "",
            "passable": [*crossed, True],
            "follows": "",
            "follows_name": "",
            "beside_street_m": 0.0,
            "link": False,
        },
        geometry=[line for _, _, line in lines] + [shapely.LineString([(0, 0), (0, -SIDE)])],
        crs=32650,
    )
    facilities = int(frame["facility"].max()) + 1
    return Atoms(
        frame=frame,
        borders=borders,
        communities=gpd.GeoDataFrame(
            {"code": "", "name": [f"社区{i}" for i in range(frame["community"].max() + 1)]},
            geometry=[shapely.Point(0, 0)] * (frame["community"].max() + 1),
            crs=32650,
        ),
        household_atom=np.empty(0, dtype=np.int64),
        considered=gpd.GeoDataFrame(
            {
                "kind": ["school"] * facilities,
                "name": [f"学校{i}" for i in range(facilities)],
                "reason_en": ["area"] * facilities,
                "reason_zh": ["面积达标"] * facilities,
            },
            geometry=[shapely.Point(0, 0)] * facilities,
            crs=32650,
        ),
    )


def _or(given: ArrayLike | None, default: float, shape: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(given).ravel() if given is not None else np.full(shape.size, default)


def columns_cut(rows: int, column: int, kind: str) -> dict[_Pair, str]:
    """Return the classes of a barrier that runs north to south, east of `column`."""
    return {((r, column), (r, column + 1)): kind for r in range(rows)}
