"""The stage for an existing partition: the least change of every community, and what changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridgeo.continuity import Overlap, change_codes, heirs, moved_atoms, overlap_of
from gridgeo.partition.stage import partition_atoms

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridgeo.bands import Bands
    from gridgeo.config import Band, OpenGround, Search, Weights
    from gridgeo.model import Atoms, Partition, Ties
    from gridgeo.partition.halt import Halt


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
    ties: Ties | None = None,
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
    heir = heirs(shared)
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
