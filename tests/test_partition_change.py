"""The least change of one piece: its laws, and brute force on small towns."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from gridgeo.config import Band, Search
from gridgeo.geometry import moved_atoms, overlap_of, successors
from gridgeo.partition import Cancellation, Problem, adjust_labels, solve

BAND = Band(profile="households")


def blocks(households, residents=None, apart=()):
    """Return blocks of 100 m in rows and columns as one piece."""
    held = np.asarray(households, dtype=np.int64)
    rows, columns = held.shape
    number = np.arange(held.size).reshape(held.shape)
    east = np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()])
    south = np.column_stack([number[:-1].ravel(), number[1:].ravel()])
    edges = np.vstack([east, south]).astype(np.int32)
    people = np.full(held.size, np.nan) if residents is None else np.ravel(residents).astype(float)
    return Problem(
        households=held.ravel(),
        residents=people,
        edges=edges,
        cut_m=np.full(len(edges), 80.0),
        straddle_m=np.zeros(len(edges)),
        linked=np.ones(len(edges), dtype=bool),
        x=np.tile(np.arange(columns) * 100.0, rows),
        y=np.repeat(np.arange(rows) * 100.0, columns),
        area=np.full(held.size, 1e4),
        cannot_links=np.array(apart, dtype=np.int32).reshape(-1, 2),
    )


def pieces_of(problem, atoms):
    """Return the number of connected parts of some atoms."""
    left, parts = set(atoms), 0
    links = problem.edges[problem.linked].tolist()
    while left:
        parts += 1
        waiting = [left.pop()]
        while waiting:
            v = waiting.pop()
            for a, b in links:
                t = b if a == v else a if b == v else None
                if t in left:
                    left.discard(t)
                    waiting.append(t)
    return parts


def moved_by(problem, old, new):
    heir = successors(overlap_of(old, new, problem.households, problem.area))
    return int(problem.households[moved_atoms(old, new, heir)].sum())


def moved_at_least(problem, old, new):
    """Return the households moved by the one-to-one rule that moves fewest, whatever it joins."""
    known = old >= 0
    kept = np.zeros((int(old.max()) + 1, int(new.max()) + 1))
    np.add.at(kept, (old[known], new[known]), problem.households[known])
    chosen = linear_sum_assignment(kept, maximize=True)
    return int(problem.households[known].sum() - kept[chosen].sum())


def in_band(band, problem, atoms):
    households, people = problem.households[atoms].sum(), problem.residents[atoms].sum()
    fits = band.profile != "residents" and band.lower <= households <= band.upper
    lives = band.residents_lower <= people <= band.residents_upper
    return fits or (band.profile != "households" and lives)


def all_partitions(problem, band):
    """Yield every labelling into connected grids in the band."""
    n = problem.households.size
    sets = [(mask, [v for v in range(n) if mask >> v & 1]) for mask in range(1, 1 << n)]
    good = [
        (mask, atoms)
        for mask, atoms in sets
        if in_band(band, problem, atoms) and pieces_of(problem, atoms) == 1
    ]

    def fill(left, labels, grid):
        if not left:
            yield labels.copy()
            return
        lowest = left & -left
        for mask, atoms in good:
            if mask & lowest and not mask & ~left:
                labels[atoms] = grid
                yield from fill(left ^ mask, labels, grid + 1)

    yield from fill((1 << n) - 1, np.zeros(n, dtype=np.int64), 0)


@st.composite
def towns(draw):
    """Small towns that were in the band by one measure, and whose counts changed since."""
    rows, columns = draw(st.sampled_from([(1, 7), (2, 4), (3, 3), (2, 3)]))
    cells = rows * columns
    amounts = st.sampled_from([0, 40, 90, 130, 170, 210, 260])
    held = draw(st.lists(amounts, min_size=cells, max_size=cells))
    grown = draw(st.lists(st.sampled_from([0.6, 1, 1, 1, 1.3]), min_size=cells, max_size=cells))
    band = Band(profile=draw(st.sampled_from(["households", "either"])))
    ratio = draw(st.lists(st.sampled_from([2.0, 2.5, 3.0]), min_size=cells, max_size=cells))
    counts = np.round(np.array(held) * grown).astype(int)
    problem = blocks(counts.reshape(rows, columns), np.round(counts * ratio))
    before = replace(problem, households=np.array(held, dtype=np.int64))
    old = solve(before, Band(profile="households"), Search(effort="fast")).labels.astype(np.int64)
    if draw(st.booleans()):
        old[draw(st.integers(0, cells - 1))] = -1
    return problem, old, band


@settings(max_examples=12, deadline=None)
@given(towns())
def test_no_partition_in_band_moves_fewer_than_the_bound(town):
    problem, old, band = town
    change = adjust_labels(problem, old, band=band)
    ways = list(all_partitions(problem, band))
    assert bool(ways) == (change.solution.missed == 0)
    assume(ways)
    least = min(moved_at_least(problem, old, new) for new in ways)
    assert change.flow <= change.bound == least
    assert moved_at_least(problem, old, change.labels) == least
    assert least <= min(moved_by(problem, old, new) for new in ways) <= change.moved


@settings(max_examples=20, deadline=None)
@given(towns())
def test_every_grid_is_connected_and_continues_at_most_one(town):
    problem, old, band = town
    change = adjust_labels(problem, old, band=band)
    grids = np.unique(change.labels)
    assert grids.tolist() == list(range(change.solution.grids))
    assert all(pieces_of(problem, np.flatnonzero(change.labels == g)) == 1 for g in grids)
    named = change.continues[change.continues >= 0].tolist()
    assert len(set(named)) == len(named)
    assert set(named) <= set(old.tolist())
    assert change.moved == moved_by(problem, old, change.labels)


@pytest.mark.parametrize("seed", range(8))
def test_no_exchange_of_two_atoms_shortens_the_border_for_the_households_moved(seed):
    rng = np.random.default_rng(seed)
    problem = blocks(np.full((8, 5), 32))
    problem = replace(problem, cut_m=rng.integers(20, 200, len(problem.edges)).astype(float))
    east = np.repeat([0, 1], (3, 2))
    old = (2 * (np.arange(8) >= 4)[:, None] + east).ravel()
    change = adjust_labels(problem, old, band=BAND)
    names, labels = change.continues, change.labels
    assert change.moved == change.bound > 0
    for v in np.flatnonzero(names[labels] != old):
        home = int(np.flatnonzero(names == old[v])[0])
        for u in np.flatnonzero((labels == home) & (names[labels] == old)):
            tried = labels.copy()
            tried[v], tried[u] = home, labels[v]
            if all(pieces_of(problem, np.flatnonzero(tried == g)) == 1 for g in (home, labels[v])):
                assert border(problem, tried) >= border(problem, labels)


@pytest.mark.parametrize("seed", [0, 5, 9, 11, 13])
def test_the_least_change_of_a_town_of_42_blocks_is_proved(seed):
    households = np.random.default_rng(seed).gamma(9.0, 47 / 9, (6, 7)).astype(int)
    change = adjust_labels(blocks(households), np.repeat(np.arange(6), 7), band=BAND)
    assert change.solution.missed == 0
    assert change.moved == change.bound > change.flow


def border(problem, labels):
    one, other = labels[problem.edges].T
    return problem.cut_m[one != other].sum()


@settings(max_examples=10, deadline=None)
@given(towns())
def test_running_on_its_own_output_changes_nothing(town):
    problem, old, band = town
    first = adjust_labels(problem, old, band=band)
    assume(not first.solution.missed)
    again = adjust_labels(problem, first.labels.astype(np.int64), band=band)
    assert np.array_equal(again.labels, first.labels)
    assert again.moved == again.bound == 0


@settings(max_examples=8, deadline=None)
@given(towns(), st.randoms(use_true_random=False))
def test_neither_row_order_nor_old_numbers_change_the_grids(town, random):
    problem, old, band = town
    order = list(range(old.size))
    random.shuffle(order)
    place = np.argsort(order)
    shuffled = replace(
        problem,
        households=problem.households[order],
        residents=problem.residents[order],
        x=problem.x[order],
        y=problem.y[order],
        edges=place[problem.edges].astype(np.int32),
    )
    one = adjust_labels(problem, old, band=band)
    numbers = np.array([5, 3, 8, 0, 2, 9, 4, 7, 1, 6, -1])
    other = adjust_labels(shuffled, numbers[old][order], band=band)
    same = one.labels[order][:, None] == one.labels[order]
    assert np.array_equal(same, other.labels[:, None] == other.labels)
    assert (one.moved, one.bound, one.flow) == (other.moved, other.bound, other.flow)


def test_frozen_grids_neither_gain_nor_lose():
    problem = blocks([[310, 200, 200, 100, 140, 90]])
    old = np.array([0, 0, 1, 1, 2, 2])
    change = adjust_labels(problem, old, band=BAND, frozen=old == 1)
    assert np.array_equal(change.labels == change.labels[2], old == 1)
    assert change.solution.missed == 2
    free = adjust_labels(problem, old, band=BAND)
    assert (free.solution.missed, free.moved, free.bound) == (0, 300, 300)


def test_a_grid_is_frozen_as_a_whole():
    with pytest.raises(ValueError, match="as a whole"):
        adjust_labels(
            blocks([[300, 300]]), np.zeros(2, int), band=BAND, frozen=np.array([True, False])
        )


def test_a_stopped_search_gives_connected_grids_and_says_so():
    problem = blocks(np.full((4, 8), 55))
    cancellation = Cancellation()
    cancellation.cancel()
    old = np.repeat(np.arange(4), 8)
    change = adjust_labels(problem, old, band=Band(lower=441, upper=460), cancellation=cancellation)
    grids = np.unique(change.labels)
    assert change.solution.interrupted
    assert all(pieces_of(problem, np.flatnonzero(change.labels == g)) == 1 for g in grids)


def test_a_stopped_search_of_a_large_piece_proves_nothing_more(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a bound takes seconds")

    for module in ("piece", "repair_search"):
        monkeypatch.setattr(f"gridgeo.partition.minimal_change.{module}.flow_lower_bound", refuse)
    cancellation = Cancellation()
    cancellation.cancel()
    old = np.repeat(np.arange(8), 30)
    change = adjust_labels(blocks(np.full((8, 30), 50)), old, band=BAND, cancellation=cancellation)
    assert change.solution.interrupted
    assert (change.bound, change.flow) == (0, 0)
    assert np.bincount(change.labels).sum() == 240


def test_pairs_kept_apart_stay_apart():
    problem = blocks([[100, 100, 100, 100], [100, 100, 100, 130]], apart=[(0, 1)])
    old = np.array([0, 0, 1, 1, 0, 0, 1, 1])
    change = adjust_labels(problem, old, band=BAND)
    assert change.labels[0] != change.labels[1]
    assert change.solution.unmet_cannot_links == 0
    free = adjust_labels(
        replace(problem, cannot_links=problem.cannot_links[:0]), change.labels, band=BAND
    )
    assert change.solution.cost == free.solution.cost


def test_a_large_piece_is_mended_around_what_misses_the_band_only():
    households = np.full((8, 30), 50)
    old = (np.arange(8)[:, None] // 2 * 8 + np.minimum(np.arange(30) // 4, 7)).ravel()
    households[0, 0] = 180
    change = adjust_labels(blocks(households), old, band=Band(lower=200, upper=520))
    assert change.solution.missed == 0
    assert change.moved == change.bound == 50
    kept = [g for g in range(32) if np.unique(change.labels[old == g]).size == 1]
    assert len(kept) == 31


def test_a_large_piece_of_oversized_grids_is_divided_grid_by_grid():
    """So a town that misses its target altogether gets a proposal for each grid, and an end."""
    rng = np.random.default_rng(5)
    households = rng.integers(35, 66, (10, 16))
    old = (np.arange(10)[:, None] // 5 * 4 + np.arange(16) // 4).ravel()
    change = adjust_labels(
        blocks(households), old, band=Band(profile="households"), search=Search(effort="fast")
    )
    held = np.bincount(change.labels, households.ravel())
    assert change.solution.missed == 0
    assert ((held >= 300) & (held <= 500)).all()
    assert [np.unique(old[change.labels == grid]).size for grid in range(held.size)] == (
        [1] * held.size
    )
    assert change.flow <= change.bound <= change.moved <= 1.1 * change.flow


def test_a_slightly_oversized_grid_of_a_large_piece_gives_to_its_neighbours():
    households = np.full((8, 30), 50)
    old = (np.arange(8)[:, None] // 2 * 8 + np.minimum(np.arange(30) // 4, 7)).ravel()
    households[0, :4] = 105
    change = adjust_labels(blocks(households), old, band=Band(lower=200, upper=500))
    assert change.solution.missed == 0
    assert change.labels.max() == 31
    assert change.moved == change.bound


def test_what_a_partition_proves_impossible_a_change_proves_too():
    street = blocks([[32] * 9 + [24] + [31] * 9 + [9]])
    found = solve(street, BAND, Search())
    assert (found.missed, found.exact) == (1, True)
    change = adjust_labels(street, found.labels.astype(np.int64), band=BAND)
    assert (change.solution.missed, change.solution.exact) == (1, True)
    assert change.moved == 0
