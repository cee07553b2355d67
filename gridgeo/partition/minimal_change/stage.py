"""The stage for an existing partition: minimal change of every community, and what changed.

`inherit_grids` gives each atom its old grid, `adjust_atoms` runs `partition_atoms` near these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from gridgeo.geometry import Overlap, change_codes, moved_atoms, overlap_of, successors
from gridgeo.model import Finding
from gridgeo.partition.stage import partition_atoms
from gridgeo.wording import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import NDArray

    from gridgeo.config import Band, OpenGround, Search, Weights
    from gridgeo.model import Atoms, Bands, Constraints, Partition
    from gridgeo.partition.problem import Cancellation

#: smaller misfits are no finding
_LEAST_MISFIT_M2 = 1.0


class Inherited(NamedTuple):
    """The old grid of each atom (its position, -1 for none), and findings on what did not fit."""

    previous: NDArray[np.int64]
    findings: tuple[Finding, ...]


def inherit_grids(atoms: Atoms, grids: gpd.GeoDataFrame) -> Inherited:
    """Give every atom the old grid with the largest overlap.

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
    atom_geometry = atoms.frame.geometry.to_numpy()
    drawn = grids.geometry.to_numpy()
    atom, grid = shapely.STRtree(drawn).query(atom_geometry, predicate="intersects")
    shared = np.round(shapely.area(shapely.intersection(atom_geometry[atom], drawn[grid])), 3)
    atom, grid, shared = atom[shared > 0], grid[shared > 0], shared[shared > 0]
    order = np.lexsort((grid, -shared, atom))
    covered, first = np.unique(atom[order], return_index=True)
    previous = np.full(len(atom_geometry), -1)
    previous[covered] = grid[order][first]
    codes = grids["code"].astype(str).to_numpy()
    sticks = (
        finding
        for number in np.unique(grid).tolist()
        if (finding := _misfit(atom_geometry, drawn[number], codes[number], previous == number))
    )
    return Inherited(previous, (*sticks, *_without_grid(atoms, previous)))


def _misfit(
    atom_geometry: NDArray[np.object_],
    drawn: shapely.Geometry,
    code: str,
    inside: NDArray[np.bool_],
) -> Finding | None:
    """Return the finding of an old grid whose border crosses atoms, None where it does not."""
    delivered = shapely.union_all(atom_geometry[inside])
    near = shapely.intersection(
        drawn, shapely.union_all(atom_geometry[shapely.intersects(atom_geometry, drawn)])
    )
    beyond, short = shapely.difference(near, delivered), shapely.difference(delivered, drawn)
    amounts = shapely.area(beyond), shapely.area(short)
    if max(amounts) < _LEAST_MISFIT_M2:
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


@dataclass(frozen=True, kw_only=True)
class Adjusted:
    """A partition and what it changes of the previous one.

    ``changes`` has a row for each new grid, then one for each old grid that nothing continues:
    grid (new label, -1), continues (old number, -1), change (of `CHANGE_CODES`), households
    (now), stayed, came, went (households of the old grid that lie elsewhere now).

    ``shared`` is the overlap of old and new grids, ``heir`` (int64[g]) the new grid that continues
    each old one, -1 for none.

    ``moved`` counts the households whose atom lies in another grid than the one that continues
    its old grid. ``bound`` is a lower bound for communities in the band, of which ``flow`` follows
    from counts alone; communities that miss the band add nothing to either.
    """

    partition: Partition
    shared: Overlap
    heir: NDArray[np.int64]
    changes: pd.DataFrame
    moved: int
    bound: int
    flow: int


def adjust_atoms(
    atoms: Atoms,
    previous: NDArray[np.int64],
    *,
    band: Band | Bands,
    weights: Weights,
    search: Search,
    open_ground: OpenGround,
    ties: Constraints | None = None,
    jobs: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
    cancellation: Cancellation | None = None,
) -> Adjusted:
    """Bring an existing partition into the band with the fewest households moved.

    Parameters
    ----------
    atoms
        Atoms with the new counts.
    previous
        int64[n]: the old grid of each atom, 0..g-1; negative for none.
    band, weights, search, open_ground, ties, jobs, on_progress, cancellation
        As in `gridgeo.partition.partition_atoms`.

    Returns
    -------
    Adjusted
        Grids that are in the band, and that the repair of their neighbours does not need, keep
        exactly their atoms.
    """
    partition = partition_atoms(
        atoms,
        band=band,
        weights=weights,
        search=search,
        open_ground=open_ground,
        ties=ties,
        previous=previous,
        jobs=jobs,
        on_progress=on_progress,
        cancellation=cancellation,
    )
    households = atoms.frame["households"].to_numpy(np.int64)
    area = shapely.area(atoms.frame.geometry.to_numpy())
    shared = overlap_of(previous, partition.labels, households, area, news=len(partition.grids))
    successor = successors(shared)
    moved = households[moved_atoms(previous, partition.labels, successor)].sum()
    before, after = change_codes(shared, successor)
    retired = np.flatnonzero((successor < 0) & (shared.old_area > 0))
    continues = np.full(len(after), -1)
    continues[successor[successor >= 0]] = np.flatnonzero(successor >= 0)
    stays = successor[shared.old] == shared.new
    stayed = np.bincount(shared.new[stays], shared.households[stays], len(after)).astype(np.int64)
    old_households = np.append(shared.old_households, 0)[continues]
    changes = pd.DataFrame(
        {
            "grid": np.append(np.arange(len(after)), np.full(retired.size, -1)),
            "continues": np.append(continues, retired),
            "change": [*after, *(before[old] for old in retired)],
            "households": np.append(shared.new_households, np.zeros(retired.size, dtype=np.int64)),
            "stayed": np.append(stayed, np.zeros(retired.size, dtype=np.int64)),
            "came": np.append(
                shared.new_households - stayed, np.zeros(retired.size, dtype=np.int64)
            ),
            "went": np.append(old_households - stayed, shared.old_households[retired]),
        }
    )
    communities = partition.communities
    return Adjusted(
        partition=partition,
        shared=shared,
        heir=successor,
        changes=changes,
        moved=int(moved),
        bound=int(communities["must_move"].sum()),
        flow=int(communities["must_flow"].sum()),
    )
