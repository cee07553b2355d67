"""From the polygons of old grids to the old grid of each atom."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from gridgeo.model import Finding
from gridgeo.text import Text

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridgeo.model import Atoms

#: less than this is not worth a finding
STICKS_OUT_M2 = 1.0


class Inherited(NamedTuple):
    """The old grid of each atom (its position, -1 for none), and what did not fit."""

    previous: NDArray[np.int64]
    findings: tuple[Finding, ...]


def inherit_grids(atoms: Atoms, grids: gpd.GeoDataFrame) -> Inherited:
    """Give every atom the old grid that it shares most ground with.

    Parameters
    ----------
    atoms
        Atoms in a metre CRS.
    grids
        Old grids in the same CRS: code, geometry (polygonal, valid).

    Returns
    -------
    Inherited
        Findings: ``follows_units`` for each old grid that is not made of whole atoms, with what
        sticks out on either side; ``had_grid`` for atoms that lay in none.
    """
    ground = atoms.frame.geometry.to_numpy()
    drawn = grids.geometry.to_numpy()
    atom, grid = shapely.STRtree(drawn).query(ground, predicate="intersects")
    shared = np.round(shapely.area(shapely.intersection(ground[atom], drawn[grid])), 3)
    atom, grid, shared = atom[shared > 0], grid[shared > 0], shared[shared > 0]
    order = np.lexsort((grid, -shared, atom))
    held, first = np.unique(atom[order], return_index=True)
    previous = np.full(len(ground), -1)
    previous[held] = grid[order][first]
    codes = grids["code"].astype(str).to_numpy()
    sticks = (
        finding
        for place in np.unique(grid).tolist()
        if (finding := _sticking_out(ground, drawn[place], codes[place], previous == place))
    )
    return Inherited(previous, (*sticks, *_without_grid(atoms, previous)))


def _sticking_out(
    ground: NDArray[np.object_], drawn: shapely.Geometry, code: str, own: NDArray[np.bool_]
) -> Finding | None:
    """Return the finding of a grid whose border crosses atoms, None where it does not."""
    whole = shapely.union_all(ground[own])
    near = shapely.intersection(drawn, shapely.union_all(ground[shapely.intersects(ground, drawn)]))
    beyond, short = shapely.difference(near, whole), shapely.difference(whole, drawn)
    amounts = shapely.area(beyond), shapely.area(short)
    if max(amounts) < STICKS_OUT_M2:
        return None
    return Finding(
        rule="follows_units",
        severity="info",
        message=Text(
            f"The old grid {code} is not made of whole units: it leaves {amounts[0]:,.0f} m² of "
            f"its ground to others and takes {amounts[1]:,.0f} m² from them",
            f"原网格 {code} 的边界未沿单元边线：让出 {amounts[0]:.0f} 平方米，"
            f"并入 {amounts[1]:.0f} 平方米",
        ),
        grids=(code,),
        where=shapely.union(beyond, short),
        amount=float(sum(amounts)),
        unit="m2",
    )


def _without_grid(atoms: Atoms, previous: NDArray[np.int64]) -> tuple[Finding, ...]:
    bare = atoms.frame[previous < 0]
    if not len(bare):
        return ()
    households = int(bare["households"].sum())
    return (
        Finding(
            rule="had_grid",
            severity="info",
            message=Text(
                f"{len(bare)} units with {households:,} households lay in no old grid",
                f"{len(bare)} 个单元（共 {households:,} 户）原先不在任何网格内",
            ),
            where=shapely.union_all(bare.geometry.to_numpy()),
            amount=float(households),
            unit="households",
        ),
    )
