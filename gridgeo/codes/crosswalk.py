"""The crosswalk: how many households and m² went from each old code to each new one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.continuity import Overlap

#: Ground on one side only is told from here on.
LEAST_M2 = 1.0


def crosswalk_of(old: Sequence[str], new: Sequence[str], shared: Overlap) -> pd.DataFrame:
    """Return old_code, new_code, households, area_m2: every household of both sides, once.

    A code is ``""`` where households or at least 1 m² are in no grid on that side: so the rows of
    a new code add up to that grid, and the rows of an old code to what that grid was. Sorted by
    old code, then new code.

    Examples
    --------
    >>> import numpy as np
    >>> from gridgeo.continuity import overlap_of
    >>> shared = overlap_of(np.array([0, 0]), np.array([0, -1]), np.array([7, 2]), np.ones(2))
    >>> crosswalk_of(["A-01"], ["A-01"], shared)[["old_code", "new_code", "households"]].values
    array([['A-01', '', 2],
           ['A-01', 'A-01', 7]], dtype=object)
    """
    olds, news = np.array([*old, ""], dtype=object), np.array([*new, ""], dtype=object)
    left, gone, gone_m2 = _rest(shared.old, shared, shared.old_households, shared.old_area)
    right, come, come_m2 = _rest(shared.new, shared, shared.new_households, shared.new_area)
    table = pd.DataFrame(
        {
            "old_code": np.concatenate([olds[shared.old], olds[left], olds[right * 0 - 1]]),
            "new_code": np.concatenate([news[shared.new], news[left * 0 - 1], news[right]]),
            "households": np.concatenate([shared.households, gone, come]),
            "area_m2": np.concatenate([shared.area, gone_m2, come_m2]),
        }
    )
    return table.sort_values(["old_code", "new_code"], ignore_index=True)


def _rest(
    side: NDArray[np.int64],
    shared: Overlap,
    households: NDArray[np.int64],
    area: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the grids of one side that hold more than they share, and how much more."""
    size = len(households)
    over = households - np.bincount(side, shared.households, size).astype(np.int64)
    ground = np.maximum(area - np.bincount(side, shared.area, size), 0.0)
    rows = np.flatnonzero((over > 0) | (ground >= LEAST_M2))
    return rows, over[rows], ground[rows]
