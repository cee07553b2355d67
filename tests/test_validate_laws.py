"""Laws of the checks: partitions are sound, what is lost or doubled is found with its area."""

import numpy as np
import pytest
import shapely
from builders_judged import drawn, found, only, reshaped, shown, town
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from gridgeo.config import Codes
from gridgeo.validate import area_difference

laws = settings(max_examples=25, deadline=None)


@st.composite
def cuts(draw):
    """A rectangle cut again and again: its sides and its pieces, in quarter metres."""
    pieces = [(0, 0, draw(st.integers(8, 400)), draw(st.integers(8, 400)))]
    for _ in range(draw(st.integers(0, 12))):
        x, y, w, h = pieces.pop(draw(st.integers(0, len(pieces) - 1)))
        if draw(st.booleans()) and w >= 8:
            at = draw(st.integers(4, w - 4))
            pieces += [(x, y, at, h), (x + at, y, w - at, h)]
        elif h >= 8:
            at = draw(st.integers(4, h - 4))
            pieces += [(x, y, w, at), (x, y + at, w, h - at)]
        else:
            pieces.append((x, y, w, h))
    shapes = [shapely.box(x / 4, y / 4, (x + w) / 4, (y + h) / 4) for x, y, w, h in pieces]
    return shapes, draw(st.floats(-1e6, 1e6)), draw(st.floats(0, 5e6)), draw(st.randoms())


@laws
@given(cuts())
def test_any_partition_of_a_rectangle_is_sound(case):
    shapes, dx, dy, _ = case
    subject = drawn(shapes, dx, dy)
    told = found(subject, codes=Codes(scheme="plain"))
    assert [str(f.message) for f in told if f.severity == "error"] == []
    assert area_difference(subject.grids, subject.communities) < 1e-5


@laws
@given(cuts())
def test_a_dropped_grid_is_a_gap_of_its_area(case):
    shapes, dx, dy, random = case
    lost = random.choice(shapes)
    outline = shapely.union_all(shapes)
    rest = [shape for shape in shapes if shape is not lost]
    told = found(drawn(rest, dx, dy, outline), "fills_community", codes=Codes(scheme="plain"))
    assert only(told).amount == pytest.approx(lost.area, rel=1e-6)


@laws
@given(cuts())
def test_a_doubled_grid_is_an_overlap_of_its_area(case):
    shapes, dx, dy, random = case
    twice = random.choice(shapes)
    subject = drawn([*shapes, twice], dx, dy)
    told = found(subject, "no_overlap", codes=Codes(scheme="plain"))
    assert only(told).amount == pytest.approx(twice.area, rel=1e-6)
    assert "the same ground" in told[0].message.en
    assert area_difference(subject.grids, subject.communities) == pytest.approx(
        twice.area, rel=1e-6
    )


@laws
@given(cuts(), st.floats(0.5, 50), st.floats(0.5, 50))
def test_what_a_moved_grid_leaves_and_takes_is_all_found(case, dx, dy):
    shapes, _, _, random = case
    row = random.randrange(len(shapes))
    outline = shapely.union_all(shapes)
    moved = [*shapes]
    moved[row] = shapely.transform(shapes[row], lambda xy: xy + np.array([dx, dy]))
    subject = drawn(moved, outline=outline)
    told = found(subject, codes=Codes(scheme="plain"))
    areas = dict.fromkeys(("fills_community", "no_overlap", "inside_community"), 0.0)
    for finding in told:
        if finding.rule in areas:
            areas[finding.rule] += finding.amount
    left = shapes[row].difference(moved[row]).area
    outside = moved[row].difference(outline).area
    assert areas["fills_community"] == pytest.approx(left, abs=1e-4)
    assert areas["inside_community"] == pytest.approx(outside, abs=1e-4)
    assert areas["no_overlap"] == pytest.approx(left - outside, abs=1e-3)


@laws
@given(st.randoms())
def test_the_order_of_rows_changes_nothing(random):
    broken = reshaped(1, box(95, -3, 200, 100), households=700)
    rows = list(range(4))
    random.shuffle(rows)
    shuffled = broken.iloc[rows].reset_index(drop=True)
    assert shown(found(town(grids=shuffled))) == shown(found(town(grids=broken)))
