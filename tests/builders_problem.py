"""Small problems for the tests of exact answers, and the plain way to solve them."""

from collections.abc import Collection, Iterable, Iterator
from itertools import combinations

import networkx as nx
import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from gridgeo.config import Band
from gridgeo.partition import Problem

BANDS = (Band(profile="households"), Band(profile="residents"), Band())


@st.composite
def problems(draw: st.DrawFn, least: int = 2, most: int = 8) -> Problem:
    """Connected problems of a few atoms: heavy or empty, residents unknown, at the rim or not."""
    n = draw(st.integers(least, most))
    tree = [(draw(st.integers(0, v - 1)), v) for v in range(1, n)]
    more = draw(st.lists(st.sampled_from(list(combinations(range(n), 2))), max_size=n))
    pairs = sorted({*tree, *more})
    amounts = st.sampled_from([0, 40, 90, 120, 150, 210, 290, 330, 480])
    households = draw(st.lists(amounts, min_size=n, max_size=n))
    ratios = st.sampled_from([2.0, 2.6, 3.4, float("nan")])
    ratio = draw(st.lists(ratios, min_size=n, max_size=n))
    metres = st.lists(st.integers(1, 300), min_size=len(pairs), max_size=len(pairs))
    linked = [pair in tree or draw(st.booleans()) for pair in pairs]
    return Problem(
        households=np.array(households, dtype=np.int64),
        residents=np.round(np.array(households) * np.array(ratio)),
        edges=np.array(pairs, dtype=np.int32).reshape(-1, 2),
        cut_m=np.array(draw(metres), dtype=float),
        straddle_m=np.where(linked, 0.0, 80.0),
        linked=np.array(linked, dtype=bool),
        x=100.0 * np.arange(n, dtype=np.float64),
        y=np.array(draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))) * 100.0,
        area=np.full(n, 1e4),
        balance_m=draw(st.sampled_from([0.0, 100.0])),
        compactness=draw(st.sampled_from([0.0, 0.5])),
        outer=np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n))),
        enclave_m=draw(st.sampled_from([0.0, 500.0])),
    )


def in_band(band: Band, problem: Problem, members: list[int]) -> bool:
    """Tell whether a set of atoms is in band, by the words of the rule."""
    households, residents = problem.households[members], problem.residents[members]
    known = not (np.isnan(residents) & (households > 0)).any()
    by_households = band.lower <= households.sum() <= band.upper
    people = np.nansum(residents)
    by_residents = known and band.residents_lower <= people <= band.residents_upper
    if band.profile == "households":
        return bool(by_households)
    if band.profile == "residents" and known:
        return bool(by_residents)
    return bool(by_households or (band.profile == "either" and by_residents))


def partitions(band: Band, problem: Problem) -> Iterator[list[frozenset[int]]]:
    """Yield every partition into connected sets in band, as lists of sets."""
    graph: nx.Graph[int] = nx.Graph(problem.edges[problem.linked].tolist())
    graph.add_nodes_from(range(problem.households.size))
    good = [
        frozenset(members)
        for size in range(1, len(graph) + 1)
        for members in combinations(range(len(graph)), size)
        if in_band(band, problem, list(members)) and nx.is_connected(graph.subgraph(members))
    ]
    yield from _covers(good, frozenset(graph))


def _covers(good: list[frozenset[int]], left: frozenset[int]) -> Iterator[list[frozenset[int]]]:
    if not left:
        yield []
        return
    first = min(left)
    for members in good:
        if first in members and members <= left:
            for rest in _covers(good, left - members):
                yield [members, *rest]


def labels_of(grids: Iterable[Collection[int]], atoms: int) -> NDArray[np.int32]:
    """Return the labels of a partition given as sets."""
    labels = np.empty(atoms, dtype=np.int32)
    for number, members in enumerate(grids):
        labels[list(members)] = number
    return labels
