"""All ways to cut a piece in two: a proof where the totals allow two grids and no other number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.exact import neighbours, spread
from gridgeo.partition.kernel import (
    BY_HOUSEHOLDS,
    HOUSEHOLDS,
    RESIDENTS,
    UNKNOWN,
    Rule,
    Web,
    compiled,
    together,
    total,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: the most atoms, and the most connected sets around the first of them
ATOMS_TO_HALVE = 60
SETS = 3_000_000


@compiled
def halve(
    web: Web, rule: Rule, sets: int, halt: NDArray[np.uint8]
) -> tuple[bool, NDArray[np.int32]]:
    """Return whether all ways were seen within so many sets, and the best in band.

    The labels are all 0 where no way to cut the piece in two leaves both halves in band.
    """
    n = web.mass.shape[0]
    beside = neighbours(web)
    full = (1 << n) - 1
    best, least = np.zeros(n, np.int32), np.inf
    inside, barred = np.zeros(n * n + 2, np.int64), np.zeros(n * n + 2, np.int64)
    inside[0] = 1
    waiting, seen = 1, 0
    while waiting:
        waiting -= 1
        grid, shut = inside[waiting], barred[waiting]
        seen += 1
        if seen > sets or halt[0]:
            return False, best
        labels = np.zeros(n, np.int32)
        households, residents, unknown, around = 0.0, 0.0, 0.0, 0
        for v in range(n):
            if grid >> v & 1:
                labels[v] = 1
                households += web.mass[v, HOUSEHOLDS]
                residents += web.mass[v, RESIDENTS]
                unknown += web.mass[v, UNKNOWN]
                around |= beside[v]
        counted = rule.profile != BY_HOUSEHOLDS and unknown == 0.0
        if households > rule.upper and not (counted and residents <= rule.residents_upper):
            continue
        if grid != full and spread(beside, full ^ grid) == full ^ grid:
            cost, missed, _ = total(web, rule, labels, 2)
            if missed == 0.0 and cost < least and together(web, labels) == 0:
                best, least = labels, cost
        around &= ~grid & ~shut
        for v in range(n):
            if around >> v & 1:
                inside[waiting], barred[waiting] = grid | 1 << v, shut
                shut |= 1 << v
                waiting += 1
    return True, best
