"""The stage: cut every community of a set of atoms into grids.

`partition_atoms` runs the stages that the package docstring numbers; `warm_up` compiles the
kernels ahead of the first run.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.config import Band, Search
from gridgeo.model import Bands, Constraints
from gridgeo.partition.assemble import assemble, facility_names
from gridgeo.partition.atom_graph import AtomGraph, build_atom_graph, positions_by, problem_of
from gridgeo.partition.band import apportion
from gridgeo.partition.certificates import certify_by_bound
from gridgeo.partition.link_constraints import contract_must_links, report_unmet_links, unit_names
from gridgeo.partition.minimal_change.piece import adjust_labels
from gridgeo.partition.minimal_change.subproblem import (
    link_old_grids,
    old_grids_of_pieces,
    old_grids_of_units,
)
from gridgeo.partition.pieces import (
    SolvedPiece,
    cut_off_by,
    join_pieces,
    join_pieces_out_of_band,
)
from gridgeo.partition.problem import Cancellation, Problem
from gridgeo.partition.solver import solve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from gridgeo.config import OpenGround, Weights
    from gridgeo.model import Atoms, Partition
    from gridgeo.partition.pieces import Solver
    from gridgeo.partition.problem import Solution


def partition_atoms(
    atoms: Atoms,
    *,
    band: Band | Bands,
    weights: Weights,
    search: Search,
    open_ground: OpenGround,
    ties: Constraints | None = None,
    previous: NDArray[np.int64] | None = None,
    jobs: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
    cancellation: Cancellation | None = None,
) -> Partition:
    """Give every atom a grid: basic, dedicated or open, each inside one community.

    Parameters
    ----------
    atoms
        Atoms in a metre CRS, with their borders.
    band
        One band, or that of each community.
    weights, search, open_ground
        Settings; `search` counts effort in moves, never in seconds (those are for `cancellation`).
    ties
        Must-links, cannot-links and locked grids: these keep exactly their atoms, and the others
        are solved around them.
    previous
        The grid of each atom so far, negative for none. Where it is given, grids that are in
        the band keep their atoms, and the others change with the fewest households moved.
    jobs
        Threads; the result does not depend on them.
    on_progress
        Called with (communities done, communities) as they are done, from this thread.
    cancellation
        Once cancelled, every search returns its best solution so far.

    Returns
    -------
    Partition
        Every atom has a label; every basic grid is connected by links (streets, or barriers
        that a street crosses, or the links added and reported as ``straddles_barrier``).
        Labels follow the community's position, then basic, dedicated, open, then north to south
        and west to east.
    """
    bands = band if isinstance(band, Bands) else Bands(usual=band)
    ties = ties or Constraints()
    graph, unit = contract_must_links(build_atom_graph(atoms, weights, ties.locked), ties)
    cancellation = cancellation or Cancellation()
    inner = jobs if len(atoms.communities) == 1 else 1
    solver: Solver = partial(
        _solve_from_scratch, search=search, cancellation=cancellation, jobs=inner
    )
    if previous is not None:
        old_grids = old_grids_of_units(previous, unit, atoms.frame["households"].to_numpy(np.int64))
        graph, kept = link_old_grids(graph, old_grids)
    graph, piece, joins = join_pieces(graph, bands)
    if previous is not None:
        joins += kept
        old_grids = old_grids_of_pieces(graph, piece, old_grids)
        solver = partial(
            _solve_change, old_grids=old_grids, search=search, cancellation=cancellation
        )
    problems = _fix_grid_counts(graph, _problems(graph, piece, weights), bands)
    solutions = _solve_all(
        graph,
        problems,
        bands=bands,
        solver=solver,
        jobs=jobs,
        on_progress=on_progress,
        cancellation=cancellation,
    )
    solved_pieces = {
        number: SolvedPiece(members=members, problem=problem, solution=solutions[number])
        for number, (members, problem) in problems.items()
    }
    graph, piece, solved_pieces, more = join_pieces_out_of_band(
        graph, piece, solved_pieces, weights=weights, bands=bands, solver=solver
    )
    names, facilities = unit_names(atoms.frame["name"].to_numpy(), unit), facility_names(atoms)
    contracted = np.bincount(unit) > 1
    solved = [
        replace(
            done,
            names=tuple(names[done.members]),
            cut_off_by=cut_off_by(graph, done.members, facilities),
            contracted=tuple(contracted[done.members].tolist()),
        )
        for _, done in sorted(solved_pieces.items())
    ]
    partition = assemble(
        atoms,
        graph,
        piece,
        solved,
        bands=bands,
        open_ground=open_ground,
        joined=joins + more,
        unit=unit,
        locked_names=ties.names,
    )
    unmet = report_unmet_links(atoms, ties, unit, partition.labels)
    return replace(partition, findings=(*ties.findings, *unmet, *partition.findings))


def _solve_from_scratch(
    members: NDArray[np.int64],
    problem: Problem,
    band: Band,
    *,
    search: Search,
    cancellation: Cancellation,
    jobs: int,
) -> Solution:
    del members
    return solve(problem, band, search, cancellation=cancellation, jobs=jobs)


def _solve_change(
    members: NDArray[np.int64],
    problem: Problem,
    band: Band,
    *,
    old_grids: NDArray[np.int64],
    search: Search,
    cancellation: Cancellation,
) -> Solution:
    return adjust_labels(
        problem, old_grids[members], band=band, search=search, cancellation=cancellation
    ).solution


def _problems(
    graph: AtomGraph, piece: NDArray[np.int64], weights: Weights
) -> dict[int, tuple[NDArray[np.int64], Problem]]:
    """Return the members and the problem of each piece with households."""
    inside = graph.basic & (piece[graph.left] == piece[graph.right])
    pairs = positions_by(np.where(inside, piece[graph.left], -1))
    none = np.empty(0, dtype=np.int64)
    return {
        number: (members, problem_of(graph, members, pairs.get(number, none), weights))
        for number, members in positions_by(piece).items()
        if graph.households[members].any()
    }


def _fix_grid_counts(
    graph: AtomGraph, problems: dict[int, tuple[NDArray[np.int64], Problem]], bands: Bands
) -> dict[int, tuple[NDArray[np.int64], Problem]]:
    """Return the problems, with their share of the grids where the settings fix the number."""
    fixed = dict(problems)
    for community, grids in bands.grids.items():
        numbers_here = [n for n, (of, _) in problems.items() if graph.community[of[0]] == community]
        if not numbers_here:
            continue
        locked = graph.locked[graph.community == community]
        free_grids = grids - np.unique(locked[locked >= 0]).size
        amounts = [(problems[n][1].households, problems[n][1].residents) for n in numbers_here]
        for n, number in zip(
            numbers_here, apportion(bands.of(community), free_grids, amounts), strict=True
        ):
            members, problem = problems[n]
            fixed[n] = members, replace(problem, grids=number)
    return fixed


def _solve_all(
    graph: AtomGraph,
    problems: dict[int, tuple[NDArray[np.int64], Problem]],
    *,
    bands: Bands,
    solver: Solver,
    jobs: int,
    on_progress: Callable[[int, int], None] | None,
    cancellation: Cancellation,
) -> dict[int, Solution]:
    """Solve the pieces, the largest first, and report each community that is done."""
    community = {number: int(graph.community[of[0]]) for number, (of, _) in problems.items()}
    left = Counter(community.values())
    running: dict[Future[Solution], int] = {}
    with ThreadPoolExecutor(max_workers=jobs) as pool, _cancel_on_error(pool, cancellation):
        for number in sorted(problems, key=lambda number: (-problems[number][0].size, number)):
            band = bands.of(community[number])
            done = pool.submit(solver, *problems[number], band)
            running[done] = number
        for future in as_completed(running):
            future.result()
            left[community[running[future]]] -= 1
            if on_progress and not left[community[running[future]]]:
                on_progress(sum(not count for count in left.values()), len(left))
    return {number: future.result() for future, number in running.items()}


@contextmanager
def _cancel_on_error(pool: ThreadPoolExecutor, cancellation: Cancellation) -> Iterator[None]:
    """Cancel the searches that run and drop those that wait, after Ctrl-C or an error."""
    try:
        yield
    except BaseException:
        cancellation.cancel()
        pool.shutdown(wait=False, cancel_futures=True)
        raise


def warm_up() -> None:
    """Compile every kernel and leave it in the cache on disk; half a minute the first time.

    Meant for set-up: without it the first run compiles.
    """
    search = Search(effort="fast")
    solve(_chain_problem(24), Band(lower=295, upper=305, profile="households"), search)
    wide = Band(lower=300, upper=640, profile="households")
    met = solve(_chain_problem(24), wide, Search())
    certify_by_bound(_chain_problem(24), wide, met, 1, Cancellation())
    solve(_chain_problem(4), Band(), search)
    adjust_labels(_chain_problem(24), np.arange(24) // 6, band=wide)


def _chain_problem(atoms: int) -> Problem:
    """Return atoms in a row, light and heavy in turn, that no search can bring into a band."""
    row = np.arange(atoms)
    return Problem(
        households=np.where(row % 2, 290, 20).astype(np.int64),
        residents=np.full(atoms, np.nan),
        edges=np.column_stack([row[:-1], row[1:]]).astype(np.int32),
        cut_m=np.full(atoms - 1, 50.0),
        straddle_m=np.zeros(atoms - 1),
        linked=np.ones(atoms - 1, dtype=bool),
        x=row.astype(np.float64) * 100.0,
        y=np.zeros(atoms),
        area=np.full(atoms, 1e4),
    )
