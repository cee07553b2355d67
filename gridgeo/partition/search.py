"""The search for one piece: numbers of grids, multistart, repair, and an elite pool.

`search_piece` tries the possible numbers of grids, the most promising first, until one is in band.
For each number: independent starts (region growing, annealing, recombination) until two end alike;
repair while bands are missed; then rounds in which the best labellings, the elite pool, are
reheated and set partitioning recombines all grids in band met so far. Effort is counted in
proposals, never in seconds.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.anneal import anneal, grow_regions
from gridgeo.partition.band import exceeds_band, grid_counts_of, ideal_grid_count
from gridgeo.partition.connected_subgraphs import ALL, ATOMS_IN_MASK, enumerate_subgraphs
from gridgeo.partition.kernel import (
    build_csr_graph,
    default_schedule,
    enclosed_grids,
    objective_of,
)
from gridgeo.partition.problem import (
    EFFORTS,
    Cancellation,
    Problem,
    Solution,
    canonical_order,
    fingerprint,
)
from gridgeo.partition.proofs import is_ruled_out, unplaceable_atoms
from gridgeo.partition.recombination import recombine
from gridgeo.partition.search_context import (
    GridPool,
    SearchContext,
    best_of,
    improve_from_pool,
    mix_seeds,
    solution_of,
)
from gridgeo.partition.set_partitioning import partition_few_atoms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band, Search
    from gridgeo.partition.kernel import Schedule

#: pieces of up to so many atoms are solved by dynamic programming over all subsets
_FEW_ATOMS = 16
#: recombinations per grid, of at most `GRIDS_COUNTED` grids, that end a start
_FINAL_RECOMBINATIONS = 8
_GRIDS_COUNTED = 50
_ANY_GRID = np.empty(0, dtype=np.int64)
#: rounds of recombination around grids that others enclose
_ENCLAVE_ROUNDS = 5
#: a repair's share of the proposals of a start, and of its start temperature
_REPAIR_MOVE_SHARE = 0.25
_REPAIR_TEMPERATURE = 0.5
#: start temperatures of starts, in turn: the higher one moves heavy atoms, the lower one costs less
_START_TEMPERATURES = (1.5, 0.6)
#: so many atoms for each heavy one count in the proposals; in pieces of so many atoms all count
_LIGHT_COUNTED = 3
_ATOMS_COUNTED = 150
#: pieces of more atoms that are ruled out before the search get one start
_ATOMS_RULED_OUT = 150
#: factor of the penalties in the last search of a piece of more than `ATOMS_IN_MASK` atoms
_FIRM_PENALTIES = 4.0
#: start temperatures of reheats, in turn, and their start penalty as a share of the end penalty
_REHEAT_TEMPERATURES = (0.25, 0.4)
_REHEAT_PENALTY = 0.7


def run_start(context: SearchContext, k: int, start: int) -> Solution:
    """Return one labelling with `k` grids: region growing, annealing, then recombination."""
    rng = context.rng(k, start)
    labels = grow_regions(context.graph, k, rng)
    hot_schedule = context.schedule._replace(
        start_temperature=_START_TEMPERATURES[start % len(_START_TEMPERATURES)]
        * context.schedule.start_temperature
    )
    moves = _anneal(context, hot_schedule, labels, _proposals(context, k), rng)
    cold_schedule = context.schedule._replace(end_temperature=0.0)
    _recombine(context, cold_schedule, labels, _FINAL_RECOMBINATIONS, rng)
    return solution_of(context, labels, moves=moves)


def repair_bands(context: SearchContext, solution: Solution, turn: int) -> Solution:
    """Return a labelling after recombination around grids out of band and short annealing."""
    k = solution.grids
    labels = solution.labels.copy()
    rng = context.rng(k, turn, 1)
    _recombine(context, context.schedule, labels, context.effort.recombinations, rng)
    warm_schedule = context.schedule._replace(
        start_temperature=_REPAIR_TEMPERATURE * context.schedule.start_temperature
    )
    moves = _anneal(
        context, warm_schedule, labels, round(_REPAIR_MOVE_SHARE * _proposals(context, k)), rng
    )
    return solution_of(context, labels, moves=moves)


def _remove_enclaves(context: SearchContext, found: list[Solution]) -> list[Solution]:
    """Return what recombination around grids that others enclose makes of the best labelling.

    Nothing where it misses a band or encloses nothing.
    """
    best = best_of(found)
    if best.failed or not context.objective.enclave_m:
        return []
    labels, solutions = best.labels.copy(), list[Solution]()
    cold_schedule = context.schedule._replace(end_temperature=0.0)
    rng, per_grid = context.rng(best.grids, 3), context.effort.recombinations
    for _ in range(_ENCLAVE_ROUNDS):
        enclosed = enclosed_grids(context.graph, labels)
        if not enclosed.size or context.cancellation.cancelled:
            break
        _recombine(context, cold_schedule, labels, per_grid, rng, first=enclosed)
        solutions = [solution_of(context, labels)]
    return solutions


def _reheat(context: SearchContext, solution: Solution, *stream: int) -> list[Solution]:
    """Return the labellings after each of several short annealings from a raised temperature.

    Each starts from the best so far.
    """
    rng = context.rng(solution.grids, 2, *stream)
    best, found = solution, []
    for turn in range(context.effort.reheats):
        if context.cancellation.cancelled:
            break
        labels = best.labels.copy()
        start_temperature = (
            _REHEAT_TEMPERATURES[turn % len(_REHEAT_TEMPERATURES)]
            * context.schedule.start_temperature
        )
        warm_schedule = context.schedule._replace(
            start_temperature=start_temperature,
            start_penalty=_REHEAT_PENALTY * context.schedule.end_penalty,
        )
        moves = round(context.effort.reheat_share * _proposals(context, solution.grids))
        _anneal(context, warm_schedule, labels, moves, rng)
        found.append(solution_of(context, labels, moves=moves))
        if found[-1].rank < best.rank:
            best = found[-1]
    return found


def _proposals(context: SearchContext, grids: int) -> int:
    """Return the proposals of one start, in proportion to the atoms that matter."""
    atoms = min(context.atoms, max(_ATOMS_COUNTED, _LIGHT_COUNTED * context.heavy_atoms))
    return context.effort.moves_per_atom(atoms, grids) * atoms


def _anneal(
    context: SearchContext,
    schedule: Schedule,
    labels: NDArray[np.int32],
    moves: int,
    rng: NDArray[np.uint64],
) -> int:
    """Anneal `labels` in place; return the number of proposals."""
    k = int(labels.max()) + 1
    moves = moves if k > 1 else 0
    anneal(
        context.graph, context.objective, schedule, labels, k, moves, rng, context.cancellation.flag
    )
    return moves


def _recombine(
    context: SearchContext,
    schedule: Schedule,
    labels: NDArray[np.int32],
    per_grid: int,
    rng: NDArray[np.uint64],
    *,
    first: NDArray[np.int64] = _ANY_GRID,
) -> None:
    """Recombine the grids of `labels`, or those at `first`, in place, so many times for each."""
    k = int(labels.max()) + 1
    tries, flag = per_grid * min(first.size or k, _GRIDS_COUNTED), context.cancellation.flag
    if k > 1:
        recombine(context.graph, context.objective, schedule, labels, k, tries, rng, flag, first)


#: with fewer grids multistart or a proof finds the optimum without the elite pool
_ELITE_MIN_GRIDS = 5
#: rounds without progress that end the elite pool
_IDLE_ROUNDS = 3


def improve_elite_pool(context: SearchContext, starts: list[Solution]) -> list[Solution]:
    """Return the labellings of all rounds over the elite pool of starts with one number of grids.

    A round reheats each labelling of the elite pool and then improves the best by set partitioning
    over all grids met so far. Only `starts` in band take part; nothing is done where none is.
    """
    elite = sorted((s for s in starts if not s.failed), key=lambda s: s.rank)[
        : context.effort.elite_size
    ]
    if not elite or elite[0].grids < _ELITE_MIN_GRIDS:
        return []
    grid_pool = GridPool({})
    for start in elite:
        grid_pool.add(context, start.labels)
    found: list[Solution] = []
    idle = 0
    for turn in range(context.effort.elite_rounds):
        if idle == _IDLE_ROUNDS or context.cancellation.cancelled:
            break
        best = elite[0]
        warmed = _reheat_all(context, elite, turn)
        for solution in (solution for chain in warmed for solution in chain):
            grid_pool.add(context, solution.labels)
            found.append(solution)
        elite = [_best_in_band([one, *chain]) for one, chain in zip(elite, warmed, strict=True)]
        elite.sort(key=lambda solution: solution.rank)
        found.append(solution_of(context, improve_from_pool(context, elite[0].labels, grid_pool)))
        if found[-1].rank < elite[0].rank:
            elite = [found[-1], *elite[: context.effort.elite_size - 1]]
        idle = 0 if elite[0].rank < best.rank else idle + 1
    return found


def _reheat_all(context: SearchContext, elite: list[Solution], turn: int) -> list[list[Solution]]:
    with ThreadPoolExecutor(max_workers=context.jobs) as pool:
        chains = [pool.submit(_reheat, context, one, turn, i) for i, one in enumerate(elite)]
        return [chain.result() for chain in chains]


def _best_in_band(found: list[Solution]) -> Solution:
    return best_of([solution for solution in found if not solution.failed])


def search_piece(
    problem: Problem, band: Band, search: Search, cancellation: Cancellation, jobs: int
) -> Solution:
    """Return the best labelling of one piece that the search finds."""
    ordered, order = canonical_order(problem)
    context = _context_of(ordered, band, search, cancellation, jobs)
    return _in_given_order(problem, order, context, _solve_ordered(context, ordered, band))


def _context_of(
    ordered: Problem, band: Band, search: Search, cancellation: Cancellation, jobs: int = 1
) -> SearchContext:
    graph = build_csr_graph(ordered)
    return SearchContext(
        graph=graph,
        objective=objective_of(ordered, band),
        schedule=default_schedule(graph, ordered.penalty),
        seed=mix_seeds(fingerprint(ordered), search.seed),
        effort=EFFORTS[search.effort],
        cancellation=cancellation,
        jobs=jobs,
    )


def _in_given_order(
    problem: Problem, order: NDArray[np.int64], context: SearchContext, best: Solution
) -> Solution:
    labels = np.empty_like(best.labels)
    labels[order] = best.labels
    straddled = float(problem.straddle_m.sum())
    return replace(
        best,
        labels=labels,
        cost=best.cost + straddled,
        first_cost=best.first_cost + straddled,
        interrupted=context.cancellation.cancelled,
    )


def reheat_labels(
    problem: Problem, band: Band, search: Search, labels: NDArray[np.int32]
) -> Solution:
    """Return the best of a labelling and what short annealings make of it."""
    ordered, order = canonical_order(problem)
    context = _context_of(ordered, band, search, Cancellation())
    found = [start := solution_of(context, labels[order]), *_reheat(context, start)]
    return _in_given_order(problem, order, context, best_of(found))


def _solve_ordered(context: SearchContext, problem: Problem, band: Band) -> Solution:
    """Return the best solution of a problem in canonical order."""
    counts = candidate_grid_counts(problem, band)
    if counts[0] == 1 and not (single := _single_grid(context)).failed:
        return single
    free = problem.grids is None
    if free and context.atoms <= _FEW_ATOMS and (proved := _solve_few_atoms(context, counts)):
        return proved
    ruled_out = is_ruled_out(problem, band)
    if ruled_out and context.atoms > _ATOMS_RULED_OUT:
        context, counts = replace(context, effort=replace(context.effort, starts=1)), counts[:1]
    tried = _search_grid_counts(context, counts)
    if (
        best_of(tried).failed
        and context.atoms > ATOMS_IN_MASK  # else all subgraphs are enumerated: `certify`
        and not ruled_out
        and not unplaceable_atoms(band, problem)
    ):
        tried += _search_grid_counts(context.with_penalties(_FIRM_PENALTIES), counts)
    return replace(
        best_of(tried),
        starts=len(tried),
        moves=sum(solution.moves for solution in tried),
        first_missed=tried[0].missed,
        first_cost=tried[0].cost,
    )


def candidate_grid_counts(problem: Problem, band: Band) -> tuple[int, ...]:
    """Return the numbers of grids to be tried, the most promising first.

    Where the totals or an oversized atom rule the band out, these are the numbers about the middle
    of the band for the other atoms, and one more for each oversized atom.
    """
    households, residents = problem.households, problem.residents
    if problem.grids is not None:
        return (problem.grids,)
    big = exceeds_band(band, households, residents)
    counts = grid_counts_of(problem, band)
    if big.any() or not counts:
        known = residents[~big]
        people = math.nan if np.isnan(known).any() else float(known.sum())
        near = ideal_grid_count(band, float(households[~big].sum()), people)
        around = range(math.floor(near) - 1, math.ceil(near) + 2)
        rest = sorted((k for k in around if k >= 0), key=lambda k: (abs(k - near), k))
        counts = tuple(k + int(big.sum()) for k in rest)
    least = 2 if len(problem.cannot_links) else 1
    return tuple(k for k in counts if least <= k <= households.size) or (least,)


def _search_grid_counts(context: SearchContext, counts: tuple[int, ...]) -> list[Solution]:
    """Return all solutions met, number after number, up to the first number that is in band."""
    found: list[Solution] = []
    for k in counts:
        solutions = _multistart(context, k)
        for turn in range(context.effort.repairs):
            if not best_of(solutions).failed or context.cancellation.cancelled:
                break
            solutions.append(repair_bands(context, best_of(solutions), turn))
        solutions += improve_elite_pool(context, solutions)
        solutions += _remove_enclaves(context, solutions)
        found += solutions
        if not best_of(solutions).failed or context.cancellation.cancelled:
            break
    return found


def _multistart(context: SearchContext, k: int) -> list[Solution]:
    """Return the starts of one number of grids, two at a time, until two end alike."""
    solutions: list[Solution] = []
    with ThreadPoolExecutor(max_workers=context.jobs) as pool:
        for first in range(0, context.effort.starts, 2):
            pair = range(first, min(first + 2, context.effort.starts))
            solutions += pool.map(partial(run_start, context, k), pair)
            if context.cancellation.cancelled or _two_best_agree(solutions):
                break
    return solutions


def _two_best_agree(solutions: list[Solution]) -> bool:
    ranks = sorted(solution.rank for solution in solutions)
    return len(ranks) > 1 and ranks[0] == ranks[1]


def _single_grid(context: SearchContext) -> Solution:
    """Return the labelling with one grid."""
    single = solution_of(context, np.zeros(context.atoms, dtype=np.int32), exact=True)
    return replace(single, first_missed=single.missed, first_cost=single.cost)


def _solve_few_atoms(context: SearchContext, counts: tuple[int, ...]) -> Solution | None:
    """Return the best labelling of a few atoms, proved best; None if cancelled."""
    n, flag, every = context.atoms, context.cancellation.flag, 1 << context.atoms
    complete, masks, value = enumerate_subgraphs(
        context.graph, context.objective, ALL, every, every, flag
    )
    if not complete:
        return None
    order = np.lexsort((masks, masks & -masks))
    grids = partition_few_atoms(masks[order], value[order], n, np.array(counts), flag)
    if not grids.size:
        return None
    labels = np.argmax(grids[:, None] >> np.arange(n) & 1, axis=0).astype(np.int32)
    best = solution_of(context, labels, exact=True)
    return replace(best, first_missed=best.missed, first_cost=best.cost)
