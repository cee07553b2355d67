"""The fewest households that must move, exactly: an assignment model with connectivity cuts.

A binary variable for each atom v and grid j says whether v is assigned to j. The solver (CP-SAT)
keeps the band and minimises the households moved, without connectivity. Where a grid of its answer
has a part C apart from the rest D, a cut is added that every connected grid obeys: if an atom of C
and one of D are in the grid, so is an atom of a separator between them. The solver runs again
until all grids are connected. What it proves on the way holds for connected grids, as they obey
every cut.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.band import residents_known
from gridgeo.partition.minimal_change.subproblem import connected_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from ortools.sat.python.cp_model import CpModel, CpSolver, IntVar, LinearExpr

    from gridgeo.partition.minimal_change.subproblem import Subproblem
    from gridgeo.partition.problem import Cancellation

#: levels of preference between changes that move as many households
_PREFERENCE_STEPS = 7
#: atoms of a disconnected part that get a cut each, the heaviest first
_CUTS_PER_PART = 5
#: residents are counted in thousandths where they are not whole
_RESIDENT_FRACTIONS = 1000
#: seconds between two checks of the cancellation; they do not change the result
_WATCH_S = 0.1


@dataclass(frozen=True, kw_only=True)
class _Assignment:
    """The best labels, the households that they move, and a lower bound on those of any labels.

    ``least`` holds for the given number of new grids; it is infinite where that number is proved
    impossible, and no more than ``moved`` where labels are given.
    """

    labels: NDArray[np.int64] | None
    moved: float
    least: float


def solve_assignment(
    sub: Subproblem,
    labels: NDArray[np.int64] | None,
    *,
    new_grids: int,
    least: float,
    effort: float,
    cancellation: Cancellation,
) -> _Assignment:
    """Return labels in the band that move fewer households than `labels`, and a lower bound.

    Parameters
    ----------
    labels
        In the band and connected; None where none are known.
    new_grids
        How many new grids there are, besides those that continue an old one.
    least
        A known lower bound on the households moved.
    effort
        Deterministic seconds of the solver, over all its runs.
    """
    from ortools.sat.python import cp_model  # noqa: PLC0415  (heavy, and not always needed)

    model = _AssignmentModel(sub, new_grids)
    best, moved = labels, math.inf if labels is None else sub.moved(labels)
    while least < moved and effort > 0 and not cancellation.cancelled:
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.linearization_level = 2
        solver.parameters.max_deterministic_time = effort
        with _cancelled_by(cancellation, solver):
            status = solver.solve(model.constrained(least, moved, best))
        effort -= solver.response_proto.deterministic_time + 0.001
        if status == cp_model.INFEASIBLE:
            least = moved
            break
        least = max(least, model.proved_least(solver))
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            break
        found = model.labels(solver)
        if not model.add_connectivity_cuts(found):
            best, moved = found, sub.moved(found)
    return _Assignment(labels=best, moved=moved, least=min(least, moved))


@contextmanager
def _cancelled_by(cancellation: Cancellation, solver: CpSolver) -> Iterator[None]:
    """Stop the solver soon after the cancellation."""
    done = Event()

    def watch() -> None:
        while not done.wait(_WATCH_S):
            if cancellation.cancelled:
                solver.stop_search()

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


class _AssignmentModel:
    """The model of one subproblem; connectivity cuts are added to it and never removed."""

    def __init__(self, sub: Subproblem, new_grids: int) -> None:
        from ortools.sat.python import cp_model  # noqa: PLC0415

        self.sub = sub
        self.slots = sub.grids + new_grids
        self.model = cp_model.CpModel()
        atoms = sub.old.size
        self.assigned = np.array(
            [[self.model.new_bool_var("") for _ in range(self.slots)] for _ in range(atoms)]
        )
        for v in range(atoms):
            self.model.add_exactly_one(self.assigned[v])
        for a, b in sub.problem.cannot_links.tolist():
            for j in range(self.slots):
                self.model.add_at_most_one(self.assigned[a, j], self.assigned[b, j])
        modes = [self._keep_band(j, must=j >= sub.grids) for j in range(self.slots)]
        if sub.problem.grids is not None:
            self.model.add(sum(sum(pair) for pair in modes) == sub.problem.grids)
        self._order_new_grids()
        self._forbid_lone_atoms()
        self._set_objective()

    def _keep_band(self, j: int, *, must: bool) -> list[IntVar]:
        """Let grid j be empty (unless it must not) or in the band; return its two measures."""
        problem, band, assigned = self.sub.problem, self.sub.band, self.assigned[:, j]
        is_known = residents_known(problem.households, problem.residents)
        modes = [self.model.new_bool_var("") for _ in range(2)]
        if must:
            self.model.add_exactly_one(modes)
        else:
            self.model.add_at_most_one(modes)
            for v in range(assigned.size):
                self.model.add_bool_or([assigned[v].negated(), *modes])
        people, fine = _in_whole_numbers(np.where(is_known, np.nan_to_num(problem.residents), 0.0))
        slack = 0 if fine == 1 else problem.households.size
        for mode, amounts, lower, upper in (
            (modes[0], problem.households, band.lower, band.upper),
            (
                modes[1],
                people,
                band.residents_lower * fine - slack,
                band.residents_upper * fine + slack,
            ),
        ):
            amount = _sum_of(assigned, amounts)
            self.model.add(amount >= lower).only_enforce_if(mode)
            self.model.add(amount <= upper).only_enforce_if(mode)
        if band.profile == "households":
            self.model.add(modes[1] == 0)
        unknown = np.flatnonzero(~is_known)
        for v in unknown.tolist():
            self.model.add_implication(assigned[v], modes[1].negated())
        if band.profile == "residents":
            self.model.add_bool_or([modes[0].negated(), *assigned[unknown]])
        return modes

    def _order_new_grids(self) -> None:
        households = self.sub.problem.households
        for j in range(self.sub.grids, self.slots - 1):
            self.model.add(
                _sum_of(self.assigned[:, j], households)
                >= _sum_of(self.assigned[:, j + 1], households)
            )

    def _forbid_lone_atoms(self) -> None:
        """Forbid grids of one atom where that atom alone is below the band."""
        problem, band = self.sub.problem, self.sub.band
        alone = problem.households >= band.lower
        alone |= np.nan_to_num(problem.residents) >= band.residents_lower
        for v in np.flatnonzero(~alone).tolist():
            for j in range(self.slots):
                near = [self.assigned[u, j] for u in self.sub.neighbours[v]]
                self.model.add_bool_or([self.assigned[v, j].negated(), *near])

    def _set_objective(self) -> None:
        """Minimise households moved, then the borders of single atoms that move."""
        sub, old = self.sub, self.sub.old
        preference = _preferences(sub, self.slots)
        labelled = np.flatnonzero(old >= 0)
        stay = self.assigned[labelled, old[labelled]]
        households = sub.problem.households[labelled]
        self.moved = int(households.sum()) - _sum_of(stay, households)
        self.most = int(preference.max(axis=1).sum())
        preferred = _sum_of(self.assigned.ravel(), preference.ravel())
        self.model.minimize((self.most + 1) * self.moved + preferred)

    def constrained(self, least: float, moved: float, hint: NDArray[np.int64] | None) -> CpModel:
        """Return the model with at least `least` and fewer than `moved` households moved."""
        self.model.add(self.moved >= int(least))
        if moved < math.inf:
            self.model.add(self.moved < int(moved))
        self.model.clear_hints()  # type: ignore[no-untyped-call]  # OR-Tools lacks the annotation
        start = self.sub.old if hint is None else hint
        for v in np.flatnonzero((start >= 0) & (start < self.slots)).tolist():
            self.model.add_hint(self.assigned[v, start[v]], 1)
        return self.model

    def proved_least(self, solver: CpSolver) -> float:
        """Return the solver's lower bound on the households moved."""
        return math.ceil((solver.best_objective_bound - self.most) / (self.most + 1) - 1e-9)

    def labels(self, solver: CpSolver) -> NDArray[np.int64]:
        """Return the labels of the solver's answer."""
        chosen = [
            [solver.boolean_value(assigned) for assigned in row] for row in self.assigned.tolist()
        ]
        labels: NDArray[np.int64] = np.argmax(chosen, axis=1)
        return labels

    def add_connectivity_cuts(self, labels: NDArray[np.int64]) -> bool:
        """Add cuts for every disconnected grid; tell whether there was one."""
        households, disconnected = self.sub.problem.households, False
        for j in np.unique(labels).tolist():
            parts = connected_parts(self.sub.neighbours, np.flatnonzero(labels == j).tolist())
            main = max(parts, key=lambda part: (households[part].sum(), -part[0]))
            anchor = max(main, key=lambda v: (self.sub.old[v] == j, households[v], -v))
            for part in parts:
                if part is main:
                    continue
                disconnected = True
                separator = self.assigned[_separator(self.sub.neighbours, part, main), j].tolist()
                for v in sorted(part, key=lambda v: (-households[v], v))[:_CUTS_PER_PART]:
                    ends = (self.assigned[v, j].negated(), self.assigned[anchor, j].negated())
                    self.model.add_bool_or([*ends, *separator])
        return disconnected


def _separator(neighbours: list[list[int]], part: list[int], main: list[int]) -> list[int]:
    """Return the atoms around a part that a search from `main` meets first."""
    inside = set(part)
    boundary = {u for v in part for u in neighbours[v]} - inside
    visited, queue, separator = set(main), list(main), set()
    while queue:
        for t in neighbours[queue.pop()]:
            if t in boundary:
                separator.add(t)
            elif t not in visited:
                visited.add(t)
                queue.append(t)
    return sorted(separator)


def _preferences(sub: Subproblem, slots: int) -> NDArray[np.int64]:
    """Return int64[n, slots], 0..`_PREFERENCE_STEPS`: the border cost if one atom alone moved."""
    problem = sub.problem
    preference = np.zeros((sub.old.size, slots))
    weight = problem.cut_m - problem.straddle_m
    for one, other in (problem.edges.T, problem.edges.T[::-1]):
        has = sub.old[other] >= 0
        np.add.at(preference, (one[has], sub.old[other[has]]), -weight[has])
    preference -= preference.min(axis=1, keepdims=True)
    return np.round(
        preference * (_PREFERENCE_STEPS / max(float(preference.max(initial=0.0)), 1e-9))
    ).astype(np.int64)


def _sum_of(variables: NDArray[np.object_], factors: NDArray[np.int64]) -> LinearExpr:
    from ortools.sat.python import cp_model  # noqa: PLC0415

    return cp_model.LinearExpr.weighted_sum(variables.tolist(), factors.tolist())


def _in_whole_numbers(people: NDArray[np.float64]) -> tuple[NDArray[np.int64], int]:
    """Return residents as whole multiples of 1 or 1/`_RESIDENT_FRACTIONS`, and the multiple."""
    fine = 1 if (people == np.round(people)).all() else _RESIDENT_FRACTIONS
    return np.round(people * fine).astype(np.int64), fine
