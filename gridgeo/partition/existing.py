"""The stage for an existing partition: the least change of every community, and what changed.

From the polygons of old grids to the old grid of each atom.
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
    from gridgeo.partition.problem import Halt

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


@dataclass(frozen=True, kw_only=True)
class Adjusted:
    """A partition and what it changes of the previous one.

    ``changes`` has a row for each new grid, then one for each old grid that nothing continues:
    grid (new label, -1), continues (old number, -1), change (of `CHANGE_CODES`), households
    (now), stayed, came, went (households of the old grid that lie elsewhere now).

    ``shared`` is what old and new grids have in common, ``heir`` (int64[g]) the new grid that
    continues each old one, -1 for none.

    ``moved`` counts the households whose atom lies in another grid than the one that continues
    its old grid. Communities in the band cannot do with fewer than ``bound`` of them, of which
    ``flow`` follow from counts alone; communities that miss the band add nothing to either.
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
    halt: Halt | None = None,
) -> Adjusted:
    """Bring an existing partition into the band with the fewest households moved.

    Parameters
    ----------
    atoms
        Atoms with the new counts.
    previous
        int64[n]: the old grid of each atom, 0..g-1; negative for none.
    band, weights, search, open_ground, ties, jobs, on_progress, halt
        As in `gridgeo.partition.partition_atoms`.

    Returns
    -------
    Adjusted
        Grids that are in the band and whose neighbours can be mended without them keep exactly
        their atoms.
    """
    part = partition_atoms(
        atoms,
        band=band,
        weights=weights,
        search=search,
        open_ground=open_ground,
        ties=ties,
        previous=previous,
        jobs=jobs,
        on_progress=on_progress,
        halt=halt,
    )
    households = atoms.frame["households"].to_numpy(np.int64)
    area = shapely.area(atoms.frame.geometry.to_numpy())
    shared = overlap_of(previous, part.labels, households, area, news=len(part.grids))
    heir = successors(shared)
    moved = households[moved_atoms(previous, part.labels, heir)].sum()
    before, after = change_codes(shared, heir)
    gone = np.flatnonzero((heir < 0) & (shared.old_area > 0))
    continues = np.full(len(after), -1)
    continues[heir[heir >= 0]] = np.flatnonzero(heir >= 0)
    stays = heir[shared.old] == shared.new
    stayed = np.bincount(shared.new[stays], shared.households[stays], len(after)).astype(np.int64)
    held = np.append(shared.old_households, 0)[continues]
    changes = pd.DataFrame(
        {
            "grid": np.append(np.arange(len(after)), np.full(gone.size, -1)),
            "continues": np.append(continues, gone),
            "change": [*after, *(before[old] for old in gone)],
            "households": np.append(shared.new_households, np.zeros(gone.size, dtype=np.int64)),
            "stayed": np.append(stayed, np.zeros(gone.size, dtype=np.int64)),
            "came": np.append(shared.new_households - stayed, np.zeros(gone.size, dtype=np.int64)),
            "went": np.append(held - stayed, shared.old_households[gone]),
        }
    )
    told = part.communities
    return Adjusted(
        partition=part,
        shared=shared,
        heir=heir,
        changes=changes,
        moved=int(moved),
        bound=int(told["must_move"].sum()),
        flow=int(told["must_flow"].sum()),
    )
