"""What is told edge by edge is what the overlays tell."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from shapely import Polygon, box

from gridgeo.config import Band, Codes
from gridgeo.validate import Subject
from gridgeo.validate.assignment import filled, matching
from gridgeo.validate.case import Case

ACROSS, DOWN = 4, 3
CELLS = np.array(
    [box(x, y, x + 1, y + 1) for y in range(DOWN) for x in range(ACROSS)], dtype=object
)
NUMBERS = arrays.arrays(np.int64, len(CELLS), elements=st.integers(0, 4))


def unions(labels):
    found = [shapely.coverage_union_all(CELLS[labels == one]) for one in range(5)]
    return np.array([one for one in found if not one.is_empty], dtype=object)


@st.composite
def partitions(draw):
    """Return grids and communities of squares, some of the grids bent out of shape."""
    grids, towns = unions(draw(NUMBERS)), unions(draw(NUMBERS))
    bend = st.sampled_from(["keep"] * 6 + ["move", "shrink", "drop", "twin", "densify"])
    for row in range(len(grids)):
        how = draw(bend)
        if how == "move":
            grids[row] = shapely.transform(grids[row], lambda xy: np.add(xy, [0.25, 0.0]))
        elif how == "shrink":
            grids[row] = grids[row].buffer(-0.125, join_style="mitre")
        elif how == "drop":
            grids[row] = Polygon()
        elif how == "twin":
            grids[row] = grids[0]
        elif how == "densify":
            grids[row] = shapely.segmentize(grids[row], 0.5)
    stated = draw(st.lists(st.integers(-1, len(towns) - 1), min_size=5, max_size=5))
    names = ["" if place < 0 else f"T{place}" for place in stated[: len(grids)]]
    frame = {"code": [f"G{n}" for n in range(len(grids))], "name": "", "kind": "basic"}
    counts = {"community": names, "households": 400, "residents": np.nan}
    town = {"code": [f"T{n}" for n in range(len(towns))], "name": ""}
    return Subject(
        grids=gpd.GeoDataFrame(frame | counts, geometry=grids),
        communities=gpd.GeoDataFrame(town, geometry=towns),
    )


def case_of(subject, **known):
    case = Case(subject=subject, band=Band(), codes=Codes())
    vars(case).update(known)  # as if it had been computed
    return case


@given(partitions())
def test_the_overlays_find_nothing_more(subject):
    short = case_of(subject)
    none = np.zeros(len(subject.grids), dtype=bool)
    full = case_of(subject, matching=none, filled=np.zeros(len(subject.communities), dtype=bool))
    for name in ("gaps", "excess"):
        same = shapely.equals(getattr(short, name), getattr(full, name))
        assert same.all(), name
    for one, other in zip(short.overlaps, full.overlaps, strict=True):
        assert one.tolist() == other.tolist()


def test_a_town_of_matching_grids_is_filled_without_an_overlay():
    town = np.array([shapely.coverage_union_all(CELLS)])
    parents = np.zeros(len(CELLS), dtype=np.intp)
    assert matching(CELLS).all()
    assert filled(CELLS, town, parents, matching(CELLS)).tolist() == [True]
    assert filled(CELLS[1:], town, parents[1:], matching(CELLS[1:])).tolist() == [False]


@pytest.mark.parametrize(
    "other",
    [
        box(0, 0, 2, 2),
        box(0.5, 0.5, 1.5, 1.5),
        box(0, 0, 2, 1),
        box(-1, -1, 3, 3),
        box(1, 1, 3, 3),
        box(2, 0.5, 3, 1.5),
    ],
    ids=["twin", "inside", "half", "around", "across", "edges that do not match"],
)
def test_what_overlaps_or_is_not_noded_does_not_match(other):
    assert not matching(np.array([box(0, 0, 2, 2), other])).all()


def test_a_border_off_by_a_hair_is_left_to_the_overlay():
    pair = np.array([box(0, 0, 1, 1), box(1 - 1e-9, 0, 2, 1)])
    assert not matching(pair).all()
    town = np.array([box(0, 0, 2, 1 + 1e-9)])
    assert not filled(CELLS[:2], town, np.array([0, 0]), np.array([True, True])).any()


def test_grids_of_no_community_fill_nothing():
    none = np.zeros(0, dtype=object)
    assert filled(CELLS, none, np.full(len(CELLS), -1), matching(CELLS)).tolist() == []
    empty = np.array([Polygon()])
    assert filled(none, empty, np.zeros(0, dtype=np.intp), np.zeros(0, dtype=bool)).all()
