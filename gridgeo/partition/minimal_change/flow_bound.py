"""A lower bound on the households that must move: a flow relaxation.

**The relaxation.** Keep the counts of each old grid i of a piece and ignore where atoms lie.
Households leave it (``out_i``) for a common node and enter it from there (``in_i``). Then

* a grid that is *continued* has ``H_i - out_i + in_i`` households, which lies in the band;
* a grid that is *retired* (by a merge, or because it vanished) loses all: ``out_i = H_i``,
  ``in_i = 0``;
* q *new* grids (a split needs one) have together between q times the lower and q times the upper
  limit, all from the common node;
* what leaves, and the households of atoms without an old grid, equals what enters.

The bound is the least sum of ``out_i``. Residents are modelled in the same way; under ``either`` a
grid may choose its measure.

**Why it is a lower bound.** Take any partition of the piece into grids in the band, and any
one-to-one correspondence of new grids to the old grids that they continue. For a continued grid let
``out_i`` be the households of its atoms that lie elsewhere now and ``in_i`` those of the atoms that
its successor took over; for a retired one let all leave; let q be the number of the other new
grids. Every line above then holds, and the sum of ``out_i`` is exactly the households moved. So
each real change is one solution of the relaxation, and its optimum is not above it. Borders and
connectivity are left out on purpose: a price for each border that a household crosses would *not*
give a bound, because a grid may reach past its neighbour by a corridor of few households.

Atoms leave whole (``out_i`` is a sum of atoms) in pieces of up to `_MAX_WHOLE_ATOMS`; else any
share of an atom may leave, which is a bound for the same reason, and a weaker one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from scipy.sparse import coo_array

from gridgeo.partition.band import residents_known

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.optimize import LinearConstraint

    from gridgeo.partition.minimal_change.subproblem import Subproblem

#: nodes of the branch and bound; its bound is valid wherever it stops
NODES = 2000
_INFEASIBLE = 2
#: in pieces of up to so many atoms these leave whole
_MAX_WHOLE_ATOMS = 300


def flow_lower_bound(sub: Subproblem, *, new_grids: int = 0, nodes: int = NODES) -> float:
    """Return a lower bound on the households that any partition in the band must move.

    Parameters
    ----------
    sub
        Atoms with their old grids and the new counts.
    new_grids
        At least so many grids continue no old one.
    nodes
        The limit of the branch and bound: with fewer nodes the bound is weaker.

    Returns
    -------
    float
        A whole number; infinite where the relaxation is infeasible, so that no partition is in
        the band.
    """
    from scipy.optimize import Bounds, milp  # noqa: PLC0415  (slow to import)

    model = _LinearModel()
    leaving = model.add_variables(
        int((sub.old >= 0).sum()), most=1.0, whole=sub.old.size <= _MAX_WHOLE_ATOMS
    )
    _add_flow_model(model, sub, leaving, new_grids)
    price = np.zeros(model.size)
    price[leaving] = sub.problem.households[sub.old >= 0]
    result = milp(
        price,
        constraints=model.rows(),
        integrality=np.array(model.whole),
        bounds=Bounds(0, np.array(model.most)),
        options={"node_limit": nodes, "mip_rel_gap": 0.0},
    )
    if result.status == _INFEASIBLE:
        return math.inf
    proved = result.mip_dual_bound
    return max(0, math.ceil(proved - 1e-4)) if proved is not None and math.isfinite(proved) else 0


_Term: TypeAlias = "tuple[NDArray[np.int64], float | NDArray[Any]]"


class _LinearModel:
    """Variables (from 0 to `most`, integer or not) and constraints (sums between two limits)."""

    def __init__(self) -> None:
        self.most: list[float] = []
        self.whole: list[bool] = []
        self._entries: list[tuple[int, int, float]] = []
        self._limits: list[tuple[float, float]] = []

    @property
    def size(self) -> int:
        """Return the number of variables."""
        return len(self.most)

    def add_variables(self, count: int, *, most: float, whole: bool = False) -> NDArray[np.int64]:
        """Return the indices of `count` new variables."""
        self.most += [most] * count
        self.whole += [whole] * count
        return np.arange(self.size - count, self.size)

    def add_constraint(self, least: float, most: float, *terms: _Term) -> None:
        """Constrain the sum of the terms (variables, factors) to lie between `least` and `most`."""
        row = len(self._limits)
        self._limits.append((least, most))
        for columns, factors in terms:
            for column, factor in np.broadcast(columns, factors):
                self._entries.append((row, int(column), float(factor)))

    def rows(self) -> LinearConstraint:
        """Return the constraints as `milp` takes them."""
        from scipy.optimize import LinearConstraint  # noqa: PLC0415  (slow to import)

        row, column, factor = np.array(self._entries).T
        shape = (len(self._limits), self.size)
        least, most = np.array(self._limits).T
        table = coo_array((factor, (row.astype(int), column.astype(int))), shape=shape)
        return LinearConstraint(table.tocsr(), least, most)


def _add_flow_model(
    model: _LinearModel, sub: Subproblem, leaving: NDArray[np.int64], new_grids: int
) -> None:
    """Add the balance of each old grid, of the new ones together, and of the common node."""
    problem, old, band = sub.problem, sub.old, sub.band
    is_known = residents_known(problem.households, problem.residents)
    amounts = np.column_stack(
        [problem.households, np.where(is_known, np.nan_to_num(problem.residents), 0)]
    )
    sums = amounts.sum(axis=0)
    limits = ((band.lower, band.upper), (band.residents_lower, band.residents_upper))
    judged = (
        band.profile != "residents" or not is_known.all(),
        band.profile != "households" and bool(is_known.any()),
    )
    labelled = old[old >= 0]
    into: list[list[int]] = [[], []]
    for grid in range(int(labelled.max(initial=-1)) + 1):
        inside = labelled == grid
        amounts_here, goes = amounts[old == grid], leaving[inside]
        modes = [model.add_variables(1, most=float(may), whole=True) for may in judged]
        used = ((modes[0], 1), (modes[1], 1))
        model.add_constraint(0, 1, *used)
        for measure in (0, 1):
            whole, other = amounts_here[:, measure].sum(), modes[1 - measure]
            entering = model.add_variables(1, most=sums[measure])
            into[measure].append(int(entering[0]))
            stays = ((entering, 1), (goes, -amounts_here[:, measure]))
            least, most = limits[measure]
            model.add_constraint(-whole, np.inf, *stays, (modes[measure], -least))
            model.add_constraint(
                -np.inf, -whole, *stays, (modes[measure], -most), (other, -sums[measure])
            )
            model.add_constraint(
                -np.inf, 0, (entering, 1), *((m, -sums[measure] * f) for m, f in used)
            )
    many = [model.add_variables(1, most=sums[0] * may, whole=True) for may in judged]
    model.add_constraint(new_grids, np.inf, (many[0], 1), (many[1], 1))
    for measure in (0, 1):
        least, most = limits[measure]
        fitting, free = (
            model.add_variables(1, most=sums[measure]),
            model.add_variables(1, most=sums[measure]),
        )
        model.add_constraint(0, np.inf, (fitting, 1), (many[measure], -least))
        model.add_constraint(-np.inf, 0, (fitting, 1), (many[measure], -most))
        model.add_constraint(-np.inf, 0, (free, 1), (many[1 - measure], -sums[measure]))
        without_grid = float(amounts[old < 0, measure].sum())
        entered = (np.array([*into[measure], fitting[0], free[0]]), 1)
        model.add_constraint(
            without_grid, without_grid, entered, (leaving, -amounts[old >= 0, measure])
        )
