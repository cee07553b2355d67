"""Links that were added across barriers: which of them the grids need, and the findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridgeo.model import CROSSED_BY_STREETS_ONLY, Finding
from gridgeo.partition.graph import Ground, connected
from gridgeo.text import Text
from gridgeo.words import STREETS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.model import Atoms


@dataclass(frozen=True, kw_only=True)
class Join:
    """Pairs that were linked across a barrier for the sake of a piece with these households.

    ``existing`` where a grid of the previous partition had joined them already.
    """

    pairs: NDArray[np.int64]
    households: int
    existing: bool = False


def easiest_first(ground: Ground, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return barrier pairs in order: motorway, rail, water; then the longest border."""
    ends = np.column_stack([ground.left[pairs], ground.right[pairs]])
    x, y = (np.round(a[ends].sum(axis=1), 3) for a in (ground.x, ground.y))
    length = np.round(ground.border_m[pairs], 3)
    return pairs[np.lexsort((y, x, -length, -ground.barrier[pairs]))]


def report_joins(
    atoms: Atoms,
    ground: Ground,
    labels: NDArray[np.int64],
    joins: list[Join],
    unit: NDArray[np.int64],
) -> tuple[Finding, ...]:
    """Return a finding for every added link without which a grid would fall apart."""
    join_of = {int(pair): join for join in joins for pair in join.pairs}
    needed = _needed(ground, labels, np.array(sorted(join_of), dtype=np.int64))
    ends = np.append(unit, -1)[atoms.borders[["left", "right"]].to_numpy(np.int64)]
    ends = np.sort(ends, axis=1)
    return tuple(_finding(atoms, ground, pair, join_of[pair], ends) for pair in needed)


def _needed(ground: Ground, labels: NDArray[np.int64], added: NDArray[np.int64]) -> list[int]:
    """Return the fewest of the added links that keep the grids connected, the easiest first."""
    same = labels[ground.left] == labels[ground.right]
    own = ground.linked & ground.basic & same
    own[added] = False
    part = connected(ground, own)
    needed = []
    for pair in easiest_first(ground, added[same[added]]):
        one, other = part[ground.left[pair]], part[ground.right[pair]]
        if one != other:
            part[part == other] = one
            needed.append(int(pair))
    return needed


def _finding(
    atoms: Atoms, ground: Ground, pair: int, join: Join, ends: NDArray[np.int64]
) -> Finding:
    between = np.array([ground.left[pair], ground.right[pair]])
    rows = atoms.borders[(ends == between).all(axis=1)]
    name = STREETS[CROSSED_BY_STREETS_ONLY[ground.barrier[pair]]]
    alone = Text(
        f"A piece with {join.households:,} households cannot be in band alone: its grid crosses "
        f"{name.en} here",
        f"{join.households:,} 户的一片单独无法达标，其网格在此跨越{name.zh}",
    )
    empty = Text(
        f"A piece without households was joined across {name.en}",
        f"无住户的一片跨{name.zh}并入相邻网格",
    )
    kept = Text(
        f"An existing grid crosses {name.en} here and was kept",
        f"原有网格在此跨越{name.zh}，予以保留",
    )
    return Finding(
        rule="straddles_barrier",
        severity="info",
        message=kept if join.existing else alone if join.households else empty,
        where=shapely.union_all(rows.geometry.to_numpy()),
        amount=float(join.households),
        unit="households",
    )
