"""The connected sets in band of one piece, and the cheapest division that they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.columns import columns
from gridgeo.partition.cover import best_cover, pool_of
from gridgeo.partition.kernel import total
from gridgeo.partition.problem import in_order
from gridgeo.partition.web import constant_of, rule_of, weave

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.partition.halt import Halt
    from gridgeo.partition.kernel import Rule, Web
    from gridgeo.partition.problem import Problem


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """What proofs may take: connected sets looked at, sets in band kept, covers tried."""

    seen: int
    kept: int
    nodes: int


@dataclass(frozen=True, kw_only=True)
class Sets:
    """The connected sets in band of an ordered problem; `complete` where these are all."""

    bits: NDArray[np.int64]
    cost: NDArray[np.float64]
    complete: bool
    order: NDArray[np.int64]
    web: Web
    rule: Rule
    #: what a solution costs beyond its sets, metres
    constant: float
    budget: Budget
    halt: Halt

    def cheapest(self, k: int, known: float) -> tuple[bool, NDArray[np.int32] | None, float]:
        """Return whether the search was complete, labels of `k` grids below `known`, their cost."""
        n = self.order.size
        most = k * float(np.max(self.cost, initial=0.0)) + 1.0
        complete, cover, _ = best_cover(
            pool_of(self.bits, self.cost, n),
            n,
            k,
            min(known - self.constant, most),
            self.budget.nodes,
            self.halt.flag,
        )
        if not cover.size:
            return complete, None, np.inf
        labels = np.empty(n, dtype=np.int32)
        for number, grid in enumerate(cover.tolist()):
            labels[self.order[grid >> np.arange(n) & 1 == 1]] = number
        return complete, labels, self.cost_of(labels, k)

    def cost_of(self, labels: NDArray[np.int32], k: int) -> float:
        """Return what labels of `k` grids cost, as `Solution` counts it."""
        cost = total(self.web, self.rule, labels[self.order], k)[0]
        return float(cost) + self.constant


def list_sets(problem: Problem, band: Band, budget: Budget, halt: Halt) -> Sets:
    """Return the connected sets in band of a piece, as many as the budget allows."""
    ordered, order = in_order(problem)
    web, rule = weave(ordered), rule_of(ordered, band)
    complete, bits, cost = columns(web, rule, budget.seen, budget.kept, halt.flag)
    return Sets(
        bits=bits,
        cost=cost,
        complete=complete,
        order=order,
        web=web,
        rule=rule,
        constant=constant_of(problem),
        budget=budget,
        halt=halt,
    )
