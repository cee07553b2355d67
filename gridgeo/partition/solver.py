"""`solve`: from the problem of one connected piece to its solution and what is proved of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from gridgeo.partition.certificates import certify
from gridgeo.partition.connected_subgraphs import EnumerationBudget, list_if_few
from gridgeo.partition.problem import Cancellation, Problem, Solution
from gridgeo.partition.search import search_piece

if TYPE_CHECKING:
    from gridgeo.config import Band, Search

#: by effort: the enumeration before a piece is searched
_BUDGET: Mapping[str, EnumerationBudget | None] = MappingProxyType(
    {
        "fast": None,
        "normal": EnumerationBudget(seen=20_000, kept=20_000, nodes=100_000),
        "best": EnumerationBudget(seen=20_000_000, kept=3_000_000, nodes=5_000_000),
    }
)


def solve(
    problem: Problem,
    band: Band,
    search: Search,
    *,
    certificate: bool = True,
    cancellation: Cancellation | None = None,
    jobs: int = 1,
) -> Solution:
    """Label the atoms of one connected piece with grids.

    Where all connected subgraphs in band can be listed, set partitioning finds the optimum and
    nothing is searched. Otherwise the piece is searched, and then certified as far as the effort
    allows. The labels do not depend on the order of the rows, on where the piece lies or on other
    pieces; the same problem, band and search give the same labels.

    Parameters
    ----------
    problem
        One piece whose links connect it; ``problem.grids`` fixes the number of grids.
    band
        What a grid should hold.
    search
        Effort and seed; the caller enforces its limit of seconds by `cancellation`.
    certificate
        False leaves out all that is listed and proved: the piece is only searched.
    cancellation
        Once cancelled, the search returns its best solution so far.
    jobs
        Threads; the labels do not depend on them.

    Returns
    -------
    Solution
        Every grid is connected by links. Of the numbers of grids with a solution in band the one
        with the mean grid nearest to the middle of the band is taken, then the least cost. Where
        none is in band: fewest bands missed, then least distance, then least cost.

    Examples
    --------
    >>> import numpy as np
    >>> from gridgeo.config import Band, Search
    >>> row = np.arange(24)
    >>> street = Problem(
    ...     households=np.full(24, 50), residents=np.full(24, np.nan),
    ...     edges=np.column_stack([row[:-1], row[1:]]).astype(np.int32),
    ...     cut_m=np.full(23, 50.0), straddle_m=np.zeros(23), linked=np.ones(23, dtype=bool),
    ...     x=row * 100.0, y=np.zeros(24), area=np.full(24, 1e4), balance_m=100.0)
    >>> found = solve(street, Band(), Search())
    >>> found.labels.tolist()
    [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2]
    >>> found.certificate
    'optimal'
    """
    cancellation = cancellation or Cancellation()
    if not certificate:
        return search_piece(problem, band, search, cancellation, jobs)
    subgraphs = list_if_few(problem, band, _BUDGET[search.effort], cancellation)
    if subgraphs and subgraphs.complete:
        optimum, known = subgraphs.first_partition()
        if optimum and known:
            return optimum
    solution = search_piece(problem, band, search, cancellation, jobs)
    return certify(problem, band, search, solution, cancellation, subgraphs=subgraphs)
