"""Laws of the repair, on seamless towns that are broken on purpose."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gridgeo.config import RepairRules
from gridgeo.repair import DrawnPartition, Repair, repair_geometry

RULES = RepairRules()
SIDE, ROWS, COLUMNS = 100.0, 3, 4
INNER = (5, 6)  # the grids that touch no rim


def tessellation(seed: int, *, east: float = 0.0) -> np.ndarray:
    """Return a seamless town of quadrilaterals with crooked corners, row by row."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : ROWS + 1, 0 : COLUMNS + 1] * SIDE
    x, y = x + rng.uniform(-15, 15, x.shape) + east, y + rng.uniform(-15, 15, y.shape)
    corner = np.stack([x, y], axis=2)
    return np.array(
        [
            shapely.Polygon(
                [corner[r, c], corner[r, c + 1], corner[r + 1, c + 1], corner[r + 1, c]]
            )
            for r in range(ROWS)
            for c in range(COLUMNS)
        ],
        dtype=object,
    )


def shrunk(grids, grid, by):
    out = grids.copy()
    out[grid] = shapely.buffer(grids[grid], -by, join_style="mitre")
    return out


def grown(grids, grid, by):
    out = grids.copy()
    out[grid] = shapely.buffer(grids[grid], by, join_style="mitre")
    return out


def shifted(grids, grid, by):
    out = grids.copy()
    ring = shapely.get_coordinates(grids[grid])
    ring[[0, -1]] += by
    out[grid] = shapely.Polygon(ring)
    return out


def pierced(grids, grid, by):
    out = grids.copy()
    hole = shapely.point_on_surface(grids[grid]).buffer(by)
    out[grid] = shapely.difference(grids[grid], hole)
    return out


DEFECTS = (shrunk, grown, shifted, pierced)


def town(grids, **known) -> DrawnPartition:
    return DrawnPartition(grids=grids, community=np.full(len(grids), -1), **known)


def mended(grids, **known) -> Repair:
    return repair_geometry(town(grids, **known), RULES)


def changed(before, after) -> list[int]:
    return [n for n, (old, new) in enumerate(zip(before, after, strict=True)) if old is not new]


def same(left, right) -> bool:
    return bool(shapely.equals_identical(shapely.normalize(left), shapely.normalize(right)))


cases = given(
    seed=st.integers(0, 10_000),
    grid=st.sampled_from(INNER),
    by=st.floats(0.01, 2.0),
    defect=st.sampled_from(DEFECTS),
    east=st.sampled_from([0.0, 39_500_000.0]),
)


@settings(max_examples=60)
@cases
def test_a_small_defect_is_mended_in_the_grid_that_has_it_and_nowhere_else(
    seed, grid, by, defect, east
):
    whole = tessellation(seed, east=east)
    broken = defect(whole, grid, by)
    after = mended(broken).grids
    assert shapely.coverage_is_valid(after)
    area = shapely.union_all(after).area
    assert area == pytest.approx(shapely.union_all(whole).area, abs=1e-3)
    if defect is not shifted:
        assert changed(broken, after) == [grid]
        assert same(after[grid], whole[grid])


@settings(max_examples=60)
@cases
def test_repairing_again_changes_nothing(seed, grid, by, defect, east):
    once = mended(defect(tessellation(seed, east=east), grid, by))
    assert changed(once.grids, mended(once.grids).grids) == []


@settings(max_examples=40)
@example(seed=0, by=2e-05)
@given(seed=st.integers(0, 10_000), by=st.floats(0.0, 12.0))
def test_no_grid_vanishes_and_no_ground_is_lost_whatever_is_wrong(seed, by):
    rng = np.random.default_rng(seed)
    broken = np.array(
        [shapely.transform(g, lambda xy: xy + rng.uniform(-by, by, xy.shape[1])) for g in
         tessellation(seed)],
        dtype=object,
    )  # fmt: skip
    done = mended(broken)
    assert not shapely.is_empty(done.grids).any()
    assert shapely.is_valid(done.grids).all()
    held, was = (shapely.union_all(g, grid_size=1e-6) for g in (done.grids, broken))
    assert shapely.difference(was, held, grid_size=1e-6).area < 1e-3
    assert (shapely.get_num_geometries(done.grids) <= shapely.get_num_geometries(broken)).all()
    assert changed(done.grids, mended(done.grids).grids) == []


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), grid=st.sampled_from(INNER), defect=st.sampled_from(DEFECTS))
def test_the_order_of_rows_changes_nothing(seed, grid, defect):
    broken = defect(tessellation(seed), grid, 1.0)
    order = np.random.default_rng(seed).permutation(len(broken))
    for one, other in zip(mended(broken).grids[order], mended(broken[order]).grids, strict=True):
        assert same(one, other)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_a_sound_town_comes_back_as_the_same_objects(seed):
    whole = tessellation(seed)
    done = mended(whole)
    assert changed(whole, done.grids) == []
    assert done.records == ()


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), grid=st.sampled_from(INNER), by=st.floats(0.1, 2.0))
def test_the_ledger_adds_up(seed, grid, by):
    broken = grown(shrunk(tessellation(seed), 5, by), 6, by)
    done = mended(broken)
    gained = dict.fromkeys(range(len(broken)), 0.0)
    for mend in done.records:
        if mend.done and mend.what == "gap":
            gained[mend.grids[0]] += mend.amount
        elif mend.done and mend.what == "overlap":
            gained[mend.grids[0]] -= mend.amount
        elif mend.done and mend.what == "part":
            gained[mend.grids[0]] -= mend.amount
            gained[mend.grids[1]] += mend.amount
    off = shapely.area(done.grids) - shapely.area(broken) - np.array(list(gained.values()))
    assert np.abs(off).max() < 1e-3
