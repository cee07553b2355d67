"""The stage: every community of a set of atoms, cut into grids.

Compiling ahead of the first run.
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
from gridgeo.partition.band import allot
from gridgeo.partition.certificate import bounded, solve_certified
from gridgeo.partition.constraints import report_unmet, tie, unit_names
from gridgeo.partition.graph import Ground, lay_out, problem_of, split_by
from gridgeo.partition.minimal_change.labels import adjust_labels
from gridgeo.partition.minimal_change.subproblem import grids_of_units, keep_links, seated
from gridgeo.partition.open_ground import cut_off_by
from gridgeo.partition.pairs import Work, join_stuck
from gridgeo.partition.pieces import Solved, join_pieces
from gridgeo.partition.problem import Halt, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from gridgeo.config import OpenGround, Weights
    from gridgeo.model import Atoms, Partition
    from gridgeo.partition.pairs import Solver
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
    halt: Halt | None = None,
) -> Partition:
    """Give every atom a grid: basic, dedicated or open, each inside one community.

    Parameters
    ----------
    atoms
        Atoms in a metre CRS, with their borders.
    band
        One band, or that of each community.
    weights, search, open_ground
        Settings; `search` counts effort in moves, never in seconds (those are for `halt`).
    ties
        Atoms that stay together or apart, and locked grids: these keep exactly their atoms, and
        the others are solved around them.
    previous
        The grid of each atom so far, negative for none. Where it is given, grids that are in
        the band keep their atoms, and the others change with the fewest households moved.
    jobs
        Threads; the result does not depend on them.
    on_progress
        Called with (communities done, communities) as they are done, from this thread.
    halt
        Makes every search return the best it has once it is stopped.

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
    ground, unit = tie(lay_out(atoms, weights, ties.locked), ties)
    halt = halt or Halt()
    inner = jobs if len(atoms.communities) == 1 else 1
    solver: Solver = partial(_solve_anew, search=search, halt=halt, jobs=inner)
    if previous is not None:
        old = grids_of_units(previous, unit, atoms.frame["households"].to_numpy(np.int64))
        ground, kept = keep_links(ground, old)
    ground, piece, joins = join_pieces(ground, bands)
    if previous is not None:
        joins += kept
        old = seated(ground, piece, old)
        solver = partial(_solve_change, old=old, search=search, halt=halt)
    jobs_of = _fix_numbers(ground, _problems(ground, piece, weights), bands)
    solutions = _solve_all(
        ground, jobs_of, bands=bands, solver=solver, jobs=jobs, told=on_progress, halt=halt
    )
    work = {number: Work(*jobs_of[number], solutions[number]) for number in jobs_of}
    ground, piece, work, more = join_stuck(
        ground, piece, work, weights=weights, bands=bands, solver=solver
    )
    names, facilities = unit_names(atoms.frame["name"].to_numpy(), unit), facility_names(atoms)
    tied = np.bincount(unit) > 1
    solved = [
        Solved(
            members=done.members,
            problem=done.problem,
            solution=done.solution,
            names=tuple(names[done.members]),
            cut_off_by=cut_off_by(ground, done.members, facilities),
            tied=tuple(tied[done.members].tolist()),
        )
        for _, done in sorted(work.items())
    ]
    part = assemble(
        atoms,
        ground,
        piece,
        solved,
        bands=bands,
        open_ground=open_ground,
        joined=joins + more,
        unit=unit,
        locked_names=ties.names,
    )
    unmet = report_unmet(atoms, ties, unit, part.labels)
    return replace(part, findings=(*ties.findings, *unmet, *part.findings))


def _solve_anew(
    members: NDArray[np.int64],
    problem: Problem,
    band: Band,
    *,
    search: Search,
    halt: Halt,
    jobs: int,
) -> Solution:
    del members
    return solve_certified(problem, band, search, halt=halt, jobs=jobs)


def _solve_change(
    members: NDArray[np.int64],
    problem: Problem,
    band: Band,
    *,
    old: NDArray[np.int64],
    search: Search,
    halt: Halt,
) -> Solution:
    return adjust_labels(problem, old[members], band=band, search=search, halt=halt).solution


def _problems(
    ground: Ground, piece: NDArray[np.int64], weights: Weights
) -> dict[int, tuple[NDArray[np.int64], Problem]]:
    """Return the members and the problem of each piece that holds households."""
    inside = ground.basic & (piece[ground.left] == piece[ground.right])
    pairs = split_by(np.where(inside, piece[ground.left], -1))
    none = np.empty(0, dtype=np.int64)
    return {
        number: (members, problem_of(ground, members, pairs.get(number, none), weights))
        for number, members in split_by(piece).items()
        if ground.households[members].any()
    }


def _fix_numbers(
    ground: Ground, problems: dict[int, tuple[NDArray[np.int64], Problem]], bands: Bands
) -> dict[int, tuple[NDArray[np.int64], Problem]]:
    """Return the problems, with their share of the grids where the settings fix the number."""
    fixed = dict(problems)
    for community, grids in bands.grids.items():
        own = [n for n, (of, _) in problems.items() if ground.community[of[0]] == community]
        if not own:
            continue
        locked = ground.locked[ground.community == community]
        wanted = grids - np.unique(locked[locked >= 0]).size
        held = [(problems[n][1].households, problems[n][1].residents) for n in own]
        for n, number in zip(own, allot(bands.of(community), wanted, held), strict=True):
            members, problem = problems[n]
            fixed[n] = members, replace(problem, grids=number)
    return fixed


def _solve_all(
    ground: Ground,
    problems: dict[int, tuple[NDArray[np.int64], Problem]],
    *,
    bands: Bands,
    solver: Solver,
    jobs: int,
    told: Callable[[int, int], None] | None,
    halt: Halt,
) -> dict[int, Solution]:
    """Solve the pieces, the largest first, and tell of each community that is done."""
    community = {number: int(ground.community[of[0]]) for number, (of, _) in problems.items()}
    left = Counter(community.values())
    running: dict[Future[Solution], int] = {}
    with ThreadPoolExecutor(max_workers=jobs) as pool, _all_or_none(pool, halt):
        for number in sorted(problems, key=lambda number: (-problems[number][0].size, number)):
            band = bands.of(community[number])
            done = pool.submit(solver, *problems[number], band)
            running[done] = number
        for future in as_completed(running):
            future.result()
            left[community[running[future]]] -= 1
            if told and not left[community[running[future]]]:
                told(sum(not count for count in left.values()), len(left))
    return {number: future.result() for future, number in running.items()}


@contextmanager
def _all_or_none(pool: ThreadPoolExecutor, halt: Halt) -> Iterator[None]:
    """Stop the searches that run and drop those that wait, after Ctrl-C or an error."""
    try:
        yield
    except BaseException:
        halt.stop()
        pool.shutdown(wait=False, cancel_futures=True)
        raise


def warm_up() -> None:
    """Compile every kernel and leave it in the cache on disk; half a minute the first time.

    Meant for set-up: without it the first run compiles.
    """
    search = Search(effort="fast")
    solve_certified(_street(24), Band(lower=295, upper=305, profile="households"), search)
    wide = Band(lower=300, upper=640, profile="households")
    met = solve_certified(_street(24), wide, Search())
    bounded(_street(24), wide, met, 1, Halt())
    solve_certified(_street(4), Band(), search)


def _street(atoms: int) -> Problem:
    """Return atoms in a row, light and heavy in turn, which no search can bring into a band."""
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
