"""Continuity: codes follow the households, each code to one grid, whatever the numbers are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridgeo.geometry import CHANGE_CODES, change_codes, moved_atoms, overlap_of, successors

atoms = st.lists(
    st.tuples(st.integers(-1, 6), st.integers(-1, 6), st.integers(0, 90)), min_size=1, max_size=40
)


def shared_of(rows, olds=7, news=7):
    old, new, households = np.array(rows).T
    return overlap_of(old, new, households, np.ones(len(rows)), olds=olds, news=news)


def told(*rows):
    """Return the names of old and new grids, and the heirs, of (old, new, households)."""
    old, new, households = np.array(rows).T
    shared = overlap_of(old, new, households, np.ones(len(rows)))
    heir = successors(shared)
    return *change_codes(shared, heir), heir.tolist()


@given(atoms)
def test_shares_add_up_to_what_both_hold(rows):
    shared = shared_of(rows)
    old, new, households = np.array(rows).T
    both = (old >= 0) & (new >= 0)
    assert shared.households.sum() == households[both].sum()
    assert shared.old_households.sum() == households[old >= 0].sum()
    assert shared.new_households.sum() == households[new >= 0].sum()
    assert (np.diff(shared.old * 7 + shared.new) > 0).all()


@given(atoms)
def test_no_grid_continues_two_and_each_shares_ground_with_its_heir(rows):
    shared = shared_of(rows)
    heir = successors(shared)
    used = heir[heir >= 0]
    assert len(set(used.tolist())) == len(used)
    pairs = set(zip(shared.old.tolist(), shared.new.tolist(), strict=True))
    assert all((old, new) in pairs for old, new in enumerate(heir.tolist()) if new >= 0)


@given(atoms)
def test_a_grid_that_keeps_most_of_one_alone_keeps_its_code(rows):
    shared = shared_of(rows)
    best = {}
    for old in np.unique(shared.old):
        own = np.flatnonzero(shared.old == old)
        top = own[shared.households[own] == shared.households[own].max()]
        best[int(old)] = shared.new[top].tolist()
    firsts = [news[0] for news in best.values()]
    if all(len(news) == 1 for news in best.values()) and len(set(firsts)) == len(firsts):
        heir = successors(shared)
        assert {old: [heir[old]] for old in best} == best


@given(atoms)
def test_nothing_is_lost_in_the_names(rows):
    shared = shared_of(rows)
    heir = successors(shared)
    old, new = change_codes(shared, heir)
    assert {*old, *new} <= set(CHANGE_CODES)
    assert [name == "retired" for name in old] == [to < 0 for to in heir.tolist()]
    assert "retired" not in new
    assert all(new[to] in ("unchanged", "reshaped", "split", "merged") for to in heir[heir >= 0])


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 90)), min_size=1, max_size=40))
def test_a_partition_that_stays_is_unchanged(rows):
    shared = shared_of([(grid, grid, households) for grid, households in rows])
    heir = successors(shared)
    held = np.unique(shared.old)
    assert heir[held].tolist() == held.tolist()
    assert {change_codes(shared, heir)[1][grid] for grid in held} == {"unchanged"}


@given(
    st.lists(st.tuples(st.integers(-1, 6), st.integers(-1, 6)), min_size=1, max_size=16),
    st.permutations(range(16)),
    st.permutations(range(7)),
)
def test_other_numbers_change_nothing_where_nothing_is_tied(pairs, powers, order):
    rows = [(*pair, 2**power) for pair, power in zip(pairs, powers, strict=False)]
    renamed = [(order[old] if old >= 0 else old, new, number) for old, new, number in rows]
    heir = successors(shared_of(rows)).tolist()
    again = successors(shared_of(renamed)).tolist()
    assert [again[order[old]] for old in range(7)] == heir


@pytest.mark.parametrize(
    ("rows", "olds", "news", "heir"),
    [
        ([(0, 0, 400), (1, 1, 300)], ["unchanged"] * 2, ["unchanged"] * 2, [0, 1]),
        (
            [(0, 0, 400), (0, 1, 50), (1, 1, 300)],
            ["reshaped"] * 2,
            ["reshaped"] * 2,
            [0, 1],
        ),
        ([(0, 0, 250), (0, 1, 350)], ["split"], ["split"] * 2, [1]),
        ([(0, 0, 150), (1, 0, 200)], ["retired", "merged"], ["merged"], [-1, 0]),
        ([(0, 0, 400), (-1, 1, 300)], ["unchanged"], ["unchanged", "new"], [0]),
        ([(0, 0, 400), (1, -1, 0)], ["unchanged", "retired"], ["unchanged"], [0, -1]),
        # a third part of three grids each: from no one grid
        (
            [(0, 0, 200), (1, 1, 200), (2, 2, 200), (0, 3, 90), (1, 3, 90), (2, 3, 90)],
            ["reshaped"] * 3,
            ["reshaped"] * 3 + ["new"],
            [0, 1, 2],
        ),
        # grid 0 gives its larger half to grid 1: both codes stay, fewer households change theirs
        ([(0, 0, 260), (0, 1, 240), (1, 0, 200)], ["reshaped"] * 2, ["reshaped"] * 2, [1, 0]),
        # grid 0 goes up in grid 1; a crumb of it in a grid from elsewhere continues nothing
        (
            [(0, 0, 200), (1, 0, 300), (0, 1, 2), (2, 1, 180), (2, 2, 220)],
            ["retired", "merged", "split"],
            ["merged", "split", "split"],
            [-1, 0, 2],
        ),
        # without households the ground decides
        ([(0, 0, 0), (0, 0, 0), (0, 1, 0)], ["split"], ["split"] * 2, [0]),
    ],
    ids=[
        "nothing",
        "some households",
        "split",
        "merge",
        "new",
        "gone",
        "three parts",
        "larger half",
        "crumb",
        "empty",
    ],
)
def test_names(rows, olds, news, heir):
    assert told(*rows) == (olds, news, heir)


def test_a_school_taken_out_of_a_grid_is_split_off_by_its_ground():
    assert told((0, 0, 400), (0, 1, 0)) == (["split"], ["split", "split"], [0])


def test_no_atoms_no_grids():
    nothing = np.zeros(0, dtype=np.int64)
    shared = overlap_of(nothing, nothing, nothing, nothing, olds=1)
    assert successors(shared).tolist() == [-1]
    assert change_codes(shared, successors(shared)) == (["retired"], [])


def test_moved_atoms_are_those_that_left_the_grid_that_continues_theirs():
    old, new = np.array([0, 0, 1, -1]), np.array([0, 1, 1, 0])
    heir = successors(overlap_of(old, new, np.array([9, 1, 9, 5]), np.ones(4)))
    assert moved_atoms(old, new, heir).tolist() == [False, True, False, False]
