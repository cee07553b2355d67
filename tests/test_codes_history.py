"""Codes for life: whatever happens, no code comes back, and every household's code is known."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridgeo.codes import (
    as_first_numbering,
    code_at,
    compare,
    continue_codes,
    empty_register,
    overlap_of_grids,
    record,
    states_at,
    successors_at,
)
from gridgeo.config import Codes
from gridgeo.config.schemes import _CN15
from gridgeo.errors import InputError
from gridgeo.geometry import overlap_of

WIDTH, HEIGHT, STEP = 6, 3, 100.0
CRS = 32650
LEFT, RIGHT = "420102001001", "420102001002"
RULES = Codes()
corners = [(column * STEP, row * STEP) for row in range(HEIGHT) for column in range(WIDTH)]
CELLS = np.array([shapely.box(x, y, x + STEP, y + STEP) for x, y in corners], dtype=object)
HOMES = shapely.centroid(CELLS)
AREA = shapely.area(CELLS)


class Town:
    """Cells with households, each in a grid of a community; its history so far."""

    def __init__(self, labels, communities, households):
        self.communities, self.households = np.array(communities), np.array(households)
        self.days, self.said = [], []
        labels, grids = self.drawn(labels, np.full(len(CELLS), "basic"))
        nothing = overlap_of(np.full(len(CELLS), -1), labels, self.households, AREA)
        first = continue_codes(pd.DataFrame({"code": []}), grids, nothing, used=(), rules=RULES)
        self.register = empty_register(crs=CRS)
        self.labels, self.grids = labels, first.grids
        self.changes = first
        self.note(first, "2020-01-01")

    def drawn(self, labels, kinds):
        """Return labels 0..k-1 and the grids; a grid is cut at the community border."""
        sides = [f"{c} {label}" for c, label in zip(self.communities, labels, strict=True)]
        _, places, numbers = np.unique(sides, return_index=True, return_inverse=True)
        ground = [shapely.union_all(CELLS[numbers == n]) for n in range(len(places))]
        columns = {"kind": kinds[places], "community_code": self.communities[places]}
        return numbers, gpd.GeoDataFrame(columns, geometry=ground, crs=CRS)

    def change(self, labels, day, *, communities=None, households=None, dedicated=()):
        self.communities = self.communities if communities is None else np.array(communities)
        self.households = self.households if households is None else np.array(households)
        kinds = np.where(np.isin(np.arange(len(CELLS)), dedicated), "dedicated", "basic")
        new, grids = self.drawn(labels, kinds)
        shared = overlap_of(self.labels, new, self.households, AREA)
        used = self.register.codes
        self.changes = continue_codes(self.grids, grids, shared, used=used, rules=RULES)
        self.before, self.labels, self.grids = self.labels, new, self.changes.grids
        self.note(self.changes, day)
        check_crosswalk(self)
        return self

    def note(self, changes, day):
        self.register = record(self.register, changes, date=day, reason="调整")
        self.days.append(day)
        self.said.append(self.grids["code"].to_numpy()[self.labels])

    @property
    def codes(self):
        return [code[-3:] for code in self.grids["code"]]

    def became(self):
        return dict(zip(self.codes, self.grids["change"], strict=True))


def check(town):
    """Check that no code came back, and that every day of the past is answered for."""
    table = town.register.table
    firsts = table[table["change"].eq("new") | ~table["code"].duplicated()]
    assert firsts["code"].is_unique
    for day, said in zip(town.days, town.said, strict=True):
        assert code_at(town.register, HOMES, day).tolist() == said.tolist()
    assert set(states_at(town.register, town.days[-1])["code"]) == set(town.grids["code"])
    gone, before = set(), set()
    for said in map(set, town.said):
        assert not said & gone  # no code is ever issued twice
        gone |= before - said
        before = said
    parsed = [_CN15.parse(code).community for code in town.grids["code"]]
    assert parsed == town.grids["community_code"].tolist()


def check_crosswalk(town):
    walk = town.changes.crosswalk
    old, new = town.said[-2], town.said[-1]
    cells = pd.DataFrame({"old_code": old, "new_code": new, "households": town.households})
    told = cells.assign(area_m2=AREA).groupby(["old_code", "new_code"], as_index=False).sum()
    pd.testing.assert_frame_equal(walk, told, check_dtype=False)


def check_trace(town):
    """Whoever follows a code through its successors comes to the code of each household."""
    for start, old in zip(town.days, town.said, strict=True):
        for code in np.unique(old):
            ends = successors_at(town.register, code, since=start, date=town.days[-1])
            assert set(town.said[-1][old == code]) <= set(ends)


days = [f"20{21 + n}-01-01" for n in range(10)]
cells = st.integers(0, len(CELLS) - 1)
steps = st.lists(
    st.tuples(
        st.lists(st.tuples(cells, st.integers(0, 5)), max_size=6),
        st.one_of(st.none(), cells),
        st.lists(st.integers(0, 200), min_size=len(CELLS), max_size=len(CELLS)),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=len(CELLS), max_size=len(CELLS)), steps)
def test_no_code_comes_back_and_every_household_is_answered_for(labels, steps):
    communities = np.array([LEFT if x < 300 else RIGHT for x, _ in corners])
    town = Town(labels, communities, np.full(len(CELLS), 50))
    labels = np.array(labels)
    for day, (moves, border, households) in zip(days, steps, strict=False):
        for cell, label in moves:
            labels[cell] = label
        if border is not None:
            communities[border] = RIGHT if communities[border] == LEFT else LEFT
        town.change(labels, day, communities=communities.copy(), households=households)
    check(town)
    check_trace(town)


def columns(*names):
    """Return the label of each cell by its column."""
    return np.array([names[int(x / STEP)] for x, _ in corners])


def test_ten_steps_of_a_town():
    sides = np.array([LEFT] * 3 + [RIGHT] * 3)
    communities = np.array([sides[int(x / STEP)] for x, _ in corners])
    town = Town(columns(0, 0, 1, 2, 2, 3), communities, np.full(len(CELLS), 50))
    assert sorted(town.grids["code"]) == [LEFT + "001", LEFT + "002", RIGHT + "001", RIGHT + "002"]

    # 1. counts change, nothing else: nothing to record
    rows = len(town.register.table)
    town.change(columns(0, 0, 1, 2, 2, 3), days[0], households=[70] * len(CELLS))
    assert set(town.grids["change"]) == {"unchanged"}
    assert len(town.register.table) == rows

    # 2. the first grid is too large: split; the larger half keeps the code
    more = [90 if x < 100 else 60 for x, _ in corners]
    town.change(columns(0, 4, 1, 2, 2, 3), days[1], households=more)
    assert town.grids["code"].tolist()[:3] == [LEFT + "001", LEFT + "002", LEFT + "003"]
    assert town.grids["change"].tolist()[:3] == ["split", "unchanged", "split"]

    # 3. the two eastern grids merge: the larger goes on, the other's number is retired
    town.change(columns(0, 4, 1, 2, 2, 2), days[2])
    assert town.grids["code"].tolist()[-1] == RIGHT + "001"
    assert town.became()["001"] == "merged"

    # 4. a school opens: a dedicated grid, in its own range of numbers
    school = columns(0, 4, 1, 2, 2, 2)
    school[17] = 9
    town.change(school, days[3], dedicated=(17,))
    assert RIGHT + "801" in town.grids["code"].tolist()

    # 5. the merged grid is cut in two again: the retired number stays retired
    labels = np.where(school == 9, 9, columns(0, 4, 1, 2, 2, 3))
    town.change(labels, days[4], dedicated=(17,))
    assert RIGHT + "002" not in town.grids["code"].tolist()
    assert RIGHT + "003" in town.grids["code"].tolist()

    # 6. a cell changes hands: two grids reshaped, no code changes
    before = set(town.grids["code"])
    labels[1] = 0
    town.change(labels, days[5], dedicated=(17,))
    assert set(town.grids["code"]) == before
    assert sorted(set(town.grids["change"])) == ["reshaped", "unchanged"]

    # 7. the border between the communities moves: the ground gets a number over there
    third = columns(0, 4, 1, 2, 2, 3) == 1
    town.change(labels, days[6], dedicated=(17,), communities=np.where(third, RIGHT, communities))
    assert LEFT + "002" not in town.grids["code"].tolist()
    assert RIGHT + "004" in town.grids["code"].tolist()

    # 8. the border moves back: the number of before is not given out again
    town.change(labels, days[7], dedicated=(17,), communities=communities)
    assert LEFT + "004" in town.grids["code"].tolist()

    # 9. one community becomes one grid
    town.change(np.where(communities == LEFT, 0, labels), days[8], dedicated=(17,))
    assert town.grids["code"].tolist()[0] == LEFT + "001"

    # 10. the school closes
    town.change(np.where(communities == LEFT, 0, np.where(labels == 9, 3, labels)), days[9])
    assert RIGHT + "801" not in town.grids["code"].tolist()
    check(town)
    check_trace(town)
    ended = town.register.table.query("status == 'retired'")["code"].tolist()
    assert ended == sorted(ended, key=ended.index)
    assert {RIGHT + "002", RIGHT + "004", RIGHT + "801", LEFT + "002"} <= set(ended)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 4), min_size=len(CELLS), max_size=len(CELLS)),
    st.lists(st.integers(0, 4), min_size=len(CELLS), max_size=len(CELLS)),
    st.lists(st.integers(0, 90), min_size=len(CELLS), max_size=len(CELLS)),
)
def test_polygons_with_points_say_what_atoms_say(before, after, households):
    sides = []
    for given_labels in (before, after):
        _, labels = np.unique(given_labels, return_inverse=True)
        ground = [shapely.union_all(CELLS[labels == n]) for n in range(labels.max() + 1)]
        sides.append((labels, np.array(ground, dtype=object)))
    (old, old_ground), (new, new_ground) = sides
    homes = gpd.GeoDataFrame({"households": households}, geometry=HOMES, crs=CRS)
    atoms = overlap_of(old, new, np.array(households), AREA)
    ground = overlap_of_grids(old_ground, new_ground, household_points=homes)
    for name in ("old", "new", "households", "old_households", "new_households", "same"):
        assert getattr(atoms, name).tolist() == getattr(ground, name).tolist()
    np.testing.assert_allclose(atoms.area, ground.area)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 4), min_size=len(CELLS), max_size=len(CELLS)),
    st.lists(st.integers(0, 3000), min_size=5, max_size=5),
)
def test_households_spread_by_area_are_whole_and_none_is_lost(labels, households):
    _, labels = np.unique(labels, return_inverse=True)
    old = np.array([shapely.union_all(CELLS[labels == n]) for n in range(labels.max() + 1)])
    held = np.array(households[: len(old)])
    shared = overlap_of_grids(old, CELLS, households=held)
    back = np.bincount(shared.old, shared.households, len(old))
    assert back.tolist() == held.tolist()


def grids_of(codes, boxes, **columns):
    ground = [shapely.box(*bounds) for bounds in boxes]
    return gpd.GeoDataFrame({"code": codes, **columns}, geometry=ground, crs=CRS)


def test_a_comparison_tells_what_moved_and_which_codes_changed():
    old = grids_of(["1", "2"], [(0, 0, 4, 1), (4, 0, 8, 1)], households=[400, 400])
    new = grids_of(["1", "3"], [(0, 0, 5, 1), (5, 0, 8, 1)])
    told = compare(old, new)
    assert told.summary["households_moved"] == 100
    assert told.summary["households_share"] == 0.125
    assert told.summary["area_moved_m2"] == pytest.approx(1.0)
    assert told.summary["codes_changed"] == 1
    assert told.old["goes_on_as"].tolist() == ["1", "3"]
    assert told.new["households_in"].tolist() == [100, 0]
    assert told.old["successors"].tolist() == [("1",), ("3", "1")]
    assert told.new["predecessors"].tolist() == [("1", "2"), ("2",)]


def test_a_comparison_with_itself_tells_nothing():
    old = grids_of(["1", "2"], [(0, 0, 4, 1), (4, 0, 8, 1)], households=[400, 400])
    told = compare(old, old)
    assert told.summary["households_moved"] == 0
    assert told.summary["codes_changed"] == 0
    assert told.summary["new"]["unchanged"] == 2
    assert told.crosswalk["old_code"].tolist() == told.crosswalk["new_code"].tolist() == ["1", "2"]


@pytest.mark.parametrize(
    ("metres", "change"), [(0.04, "unchanged"), (1.4, "redrawn"), (1.6, "reshaped")]
)
def test_crumbs_of_ground_make_no_kin(metres, change):
    old = grids_of(["1", "2"], [(0, 0, 400, 100), (400, 0, 800, 100)], households=[400, 400])
    new = grids_of(["1", "2"], [(0, 0, 400 + metres, 100), (400 + metres, 0, 800, 100)])
    for pair in ((old, new), (new.assign(households=400), old)):
        told = compare(*pair)
        assert told.new["change"].tolist() == [change, change]
        if change != "reshaped":
            assert told.new["predecessors"].tolist() == [("1",), ("2",)]
            assert told.summary["households_moved"] == 0


def test_a_border_that_takes_a_household_with_it_is_not_redrawn():
    old = grids_of(["1", "2"], [(0, 0, 400, 100), (400, 0, 800, 100)])
    new = grids_of(["1", "2"], [(0, 0, 401, 100), (401, 0, 800, 100)])
    homes = [shapely.Point(x, 50) for x in (200, 400.5, 600, 610)]
    home = gpd.GeoDataFrame({"households": [1] * 4}, geometry=homes, crs=CRS)
    assert compare(old, new, household_points=home).new["change"].tolist() == ["reshaped"] * 2


def test_a_numbering_that_is_there_is_recorded_as_it_is():
    grids = grids_of(["A-07", "A-02"], [(0, 0, 4, 1), (4, 0, 8, 1)], scheme="plain")
    register = record(
        empty_register(), as_first_numbering(grids), date="2026-01-01", reason="首次编码"
    )
    assert register.table["code"].tolist() == ["A-02", "A-07"]
    assert register.version == 1


def test_missing_and_double_codes_are_told_in_a_comparison():
    old = grids_of(["1", "2"], [(0, 0, 4, 1), (4, 0, 8, 1)])
    with pytest.raises(InputError, match=r"a grid has no code .*row 2"):
        compare(old, old.assign(code=["1", None]))
    with pytest.raises(InputError, match=r"two grids have one code .*row 2"):
        compare(old.assign(code="1"), old)
    with pytest.raises(InputError, match=r"EPSG:32650.*EPSG:4547"):
        compare(old, old.set_crs(4547, allow_override=True))


def test_overlapping_and_broken_grids_are_compared_as_they_are():
    bow_tie = shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    old = gpd.GeoDataFrame(
        {"code": ["1", "2"], "households": [8, 6]},
        geometry=[bow_tie, shapely.box(0, 0, 4, 4)],
        crs=CRS,
    )
    told = compare(old, old)
    assert told.old["area_m2"].tolist() == [8.0, 16.0]
    assert told.old["goes_on_as"].tolist() == ["1", "2"]
    assert told.summary["households_moved"] == 0
