"""The stage: every community of a set of atoms, cut into grids."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.assemble import assemble, facility_names
from gridgeo.partition.graph import Ground, lay_out, problem_of, split_by
from gridgeo.partition.open_ground import cut_off_by
from gridgeo.partition.pieces import join_pieces, report_joins
from gridgeo.partition.prove import Solved
from gridgeo.partition.refine import solve

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridgeo.config import Band, OpenGround, Search, Weights
    from gridgeo.model import Atoms, Partition
    from gridgeo.partition.problem import Problem, Solution


def partition_atoms(
    atoms: Atoms,
    *,
    band: Band,
    weights: Weights,
    search: Search,
    open_ground: OpenGround,
    jobs: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
) -> Partition:
    """Give every atom a grid: basic, dedicated or open, each inside one community.

    Parameters
    ----------
    atoms
        Atoms in a metre CRS, with their borders.
    band, weights, search, open_ground
        Settings; `search` counts effort in moves, never in seconds.
    jobs
        Threads; the result does not depend on them.
    on_progress
        Called with (communities done, communities) as they are done, from this thread.

    Returns
    -------
    Partition
        Every atom has a label; every basic grid is connected by links (streets, or barriers
        that a street crosses, or the links added and reported as ``straddles_barrier``).
        Labels follow the community's position, then basic, dedicated, open, then north to south
        and west to east.
    """
    ground, piece, joins = join_pieces(lay_out(atoms, weights), band)
    problems = _problems(ground, piece, weights)
    solutions = _solve_all(ground, problems, band, search, jobs, on_progress)
    solved = [
        Solved(
            members=members,
            problem=problem,
            solution=solution,
            names=tuple(atoms.frame["name"].to_numpy()[members]),
            cut_off_by=cut_off_by(ground, members, facility_names(atoms)),
        )
        for (members, problem), solution in zip(problems, solutions, strict=True)
    ]
    found = report_joins(atoms, ground, joins)
    return assemble(atoms, ground, piece, solved, band=band, open_ground=open_ground, found=found)


def _problems(
    ground: Ground, piece: NDArray[np.int64], weights: Weights
) -> list[tuple[NDArray[np.int64], Problem]]:
    """Return the members and the problem of each piece that holds households."""
    own = np.where(
        ground.basic & (piece[ground.left] == piece[ground.right]), piece[ground.left], -1
    )
    pairs = split_by(own)
    none = np.empty(0, dtype=np.int64)
    return [
        (members, problem_of(ground, members, pairs.get(number, none), weights))
        for number, members in split_by(piece).items()
        if ground.households[members].any()
    ]


def _solve_all(
    ground: Ground,
    problems: list[tuple[NDArray[np.int64], Problem]],
    band: Band,
    search: Search,
    jobs: int,
    on_progress: Callable[[int, int], None] | None,
) -> list[Solution]:
    """Solve the pieces, the largest first, and tell of each community that is done."""
    communities = [int(ground.community[members[0]]) for members, _ in problems]
    left = Counter(communities)
    of: dict[Future[Solution], int] = {}
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        for i in sorted(range(len(problems)), key=lambda i: (-problems[i][0].size, i)):
            of[pool.submit(solve, problems[i][1], band, search)] = i
        for done in as_completed(of):
            done.result()
            community = communities[of[done]]
            left[community] -= 1
            if on_progress and not left[community]:
                on_progress(sum(not count for count in left.values()), len(left))
    return [done.result() for done, _ in sorted(of.items(), key=lambda item: item[1])]
