"""Ready-made atoms are never cut; they make up the effective communities."""

import hypothesis
import numpy as np
import pytest
import shapely
from builders_city import CODES, City, communities, facilities, frame, households, settings, streets
from hypothesis import Phase, given
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from gridgeo.errors import InputError
from gridgeo.model import Layers
from gridgeo.pipeline.stages import make_atoms

SIDE = 100.0


def squares(columns, rows):
    return [
        box(SIDE * c, SIDE * r, SIDE * (c + 1), SIDE * (r + 1))
        for r in range(rows)
        for c in range(columns)
    ]


def given_atoms(shapes, counts, *, community=None, residents=None):
    named = {} if community is None else {"社区编码": community}
    people = {} if residents is None else {"人口": residents}
    codes = [f"A{n}" for n in range(len(shapes))]
    return frame(shapes, 户数=counts, 名称=codes, **named, **people)


def town(atoms, *outlines, **layers):
    outlines = outlines or (box(0, 0, 200, 200), box(200, 0, 400, 200))
    return City({"communities": communities(*outlines), "atoms": atoms} | layers)


def take(city):
    return make_atoms(city.layers(), settings())


def rules(atoms):
    return {finding.rule: finding for finding in atoms.findings}


LATTICE = squares(4, 2)


@hypothesis.settings(
    max_examples=15, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate]
)
@given(st.lists(st.integers(0, 600), min_size=8, max_size=8), st.permutations(range(8)))
def test_atoms_are_taken_as_they_are_in_any_order(counts, order):
    shapes = [LATTICE[n] for n in order]
    hypothesis.assume(sum(counts) > 0)
    atoms = take(town(given_atoms(shapes, [counts[n] for n in order])))
    assert atoms.findings == ()
    assert atoms.frame["households"].sum() == sum(counts)
    assert set(atoms.frame["kind"]) == {"given"}
    told = dict(zip(atoms.frame.geometry.to_wkt(), atoms.frame["households"], strict=True))
    expected = given_atoms(LATTICE, counts)
    assert told == dict(zip(expected.geometry.to_wkt(), counts, strict=True))
    metres = atoms.borders.groupby(np.minimum(atoms.borders["right"], 0))["border_m"].sum()
    np.testing.assert_allclose(metres, [12 * SIDE, 10 * SIDE])


def test_each_atom_is_a_record_where_atoms_carry_the_counts():
    city = town(given_atoms(LATTICE, [10] * 8))
    atoms = take(city)
    assert sorted(atoms.household_atom) == list(range(8))
    given_shapes = city.layers().atoms.geometry.to_numpy()
    taken = atoms.frame.geometry.to_numpy()[atoms.household_atom]
    assert shapely.equals(taken, given_shapes).all()


def test_household_points_outrank_the_counts_of_atoms():
    homes = households((50, 50, 7), (350, 150, 8), (-90, 0, 2))
    atoms = take(town(given_atoms(LATTICE, [10] * 8), households=homes))
    assert atoms.frame["households"].sum() == 15
    assert (atoms.household_atom == -1).sum() == 1


def test_residents_are_summed_where_known():
    atoms = take(town(given_atoms(LATTICE, [10] * 8, residents=[25, 26, 27, 28, 29, 30, 31, 32])))
    assert atoms.frame["residents"].sum() == 228
    assert take(town(given_atoms(LATTICE, [10] * 8))).frame["residents"].isna().all()


# --- whose they are ---------------------------------------------------------------------------

ACROSS = [box(0, 0, 170, 200), box(170, 0, 260, 200), box(260, 0, 400, 200)]


def test_an_atom_belongs_to_the_community_of_its_largest_overlap():
    atoms = take(town(given_atoms(ACROSS, [10, 20, 30])))
    by = atoms.frame.groupby("community")["households"].sum()
    assert by.tolist() == [10, 50]


def test_the_community_that_a_column_names_comes_first():
    atoms = take(town(given_atoms(ACROSS, [10, 20, 30], community=[CODES[0], CODES[0], CODES[1]])))
    assert atoms.frame.groupby("community")["households"].sum().tolist() == [30, 30]
    np.testing.assert_allclose(atoms.communities.area, [52_000, 28_000])
    assert rules(atoms)["atoms_stick_out"].amount == pytest.approx(60 * 200)


def test_a_community_may_be_named_by_its_name():
    atoms = take(town(given_atoms(ACROSS, [10, 20, 30], community=["甲社区", "甲社区", "乙社区"])))
    assert atoms.frame.groupby("community")["households"].sum().tolist() == [30, 30]


def test_an_atom_without_a_named_community_goes_by_overlap():
    atoms = take(town(given_atoms(ACROSS, [10, 20, 30], community=[CODES[0], "", CODES[1]])))
    assert atoms.frame.groupby("community")["households"].sum().tolist() == [10, 50]


def test_an_atom_far_from_the_community_that_it_names_still_belongs_to_it():
    shapes = [*LATTICE, box(900, 0, 1000, 100)]
    named = [CODES[0] if n % 4 < 2 else CODES[1] for n in range(8)] + [CODES[0]]
    atoms = take(town(given_atoms(shapes, [10] * 9, community=named)))
    assert atoms.frame.groupby("community")["households"].sum().tolist() == [50, 40]
    assert rules(atoms)["atoms_stick_out"].amount == pytest.approx(10_000)


def test_atoms_outside_every_community_are_listed():
    shapes = [*LATTICE, box(900, 0, 1000, 100)]
    atoms = take(town(given_atoms(shapes, [10] * 9)))
    assert len(atoms.frame) == 8
    finding = rules(atoms)["atoms_outside_communities"]
    assert (finding.amount, finding.severity) == (1, "warning")
    assert finding.where.area == pytest.approx(10_000)
    assert "1 个单元位于所有社区之外" in finding.message.zh
    assert (atoms.household_atom == -1).sum() == 1


# --- effective communities ----------------------------------------------------------------------


def test_communities_become_the_unions_of_their_atoms():
    atoms = take(town(given_atoms(ACROSS, [10, 20, 30])))
    np.testing.assert_allclose(atoms.communities.area, [34_000, 46_000])
    assert rules(atoms)["atoms_stick_out"].amount == pytest.approx(30 * 200)
    assert "effective_communities" not in rules(atoms)


def test_what_atoms_leave_out_and_add_is_told():
    shapes = [box(0, 0, 200, 190), box(200, 0, 405, 200)]
    finding = rules(take(town(given_atoms(shapes, [10, 20]))))["effective_communities"]
    assert finding.severity == "info"
    assert "leave out 2,000 m2" in finding.message.en
    assert "超出 1,000 平方米" in finding.message.zh


def test_a_community_without_atoms_is_told_and_gets_no_grid():
    outlines = [box(0, 0, 200, 200), box(200, 0, 400, 200), box(400, 0, 500, 200)]
    atoms = take(town(given_atoms(LATTICE, [10] * 8), *outlines))
    assert len(atoms.communities) == 2
    assert "丙社区" in rules(atoms)["community_without_atoms"].message.zh


# --- geometry that is not clean -----------------------------------------------------------------


def test_a_multipart_atom_stays_one_and_is_named():
    island = MultiPolygon([LATTICE[7], box(450, 150, 480, 180)])
    atoms = take(town(given_atoms([*LATTICE[:7], island], [10] * 8)))
    finding = rules(atoms)["multipart_atom"]
    assert (finding.amount, finding.severity) == (2, "info")
    assert "atom A7 consists of 2 separate parts" in finding.message.en
    assert len(atoms.frame) == 8


def test_mismatched_borders_are_matched_with_a_finding():
    bulging = Polygon([(100, 0), (100, 200), (200, 200), (200, 0), (100, 0)])
    left = Polygon([(0, 0), (100, 0), (100.0004, 100), (100, 200), (0, 200)])
    atoms = take(town(given_atoms([left, bulging], [10, 20]), box(0, 0, 200, 200)))
    assert shapely.coverage_is_valid(atoms.frame.geometry.to_numpy())
    assert (atoms.borders["right"] >= 0).sum() == 1
    assert rules(atoms)["atoms_repaired"].severity == "warning"


def test_an_overlap_changes_hands_once():
    shapes = [box(0, 0, 101, 200), box(100, 0, 200, 200)]
    atoms = take(town(given_atoms(shapes, [10, 20]), box(0, 0, 200, 200)))
    assert atoms.frame.area.sum() == pytest.approx(40_000)
    assert rules(atoms)["atoms_repaired"].amount == pytest.approx(200)


def test_an_atom_inside_another_is_an_error_that_names_it():
    shapes = [*LATTICE, box(20, 20, 40, 40)]
    with pytest.raises(InputError, match=r"wholly inside others.*layer atoms, rows \d") as caught:
        take(town(given_atoms(shapes, [10] * 9)))
    assert "请删除重复的单元" in caught.value.say("zh")


def test_atoms_far_from_every_community_are_an_error():
    far = [box(700, 700, 800, 800), box(800, 700, 900, 800)]
    with pytest.raises(InputError, match=r"no atom lies in any community.*Check the CRS"):
        take(town(given_atoms(far, [10, 20])))


# --- streets and facilities ---------------------------------------------------------------------


def test_borders_take_the_class_of_a_street_near_them():
    near, far = [(205, -10), (205, 210)], [(0, 120), (400, 120)]
    city = town(given_atoms(LATTICE, [10] * 8), box(0, 0, 400, 200))
    lines = streets(("主干路", "大道", near), ("支路", "小街", far))
    borders = take(city.with_layers(streets=lines)).borders
    inner = borders[borders["right"] >= 0]
    metres = inner.groupby("street_class")["border_m"].sum()
    assert metres.to_dict() == {"arterial": 200.0, "none": 800.0}


@pytest.mark.parametrize(("east", "dedicated"), [(390, 2), (340, 0)])
def test_an_atom_is_dedicated_when_a_facility_covers_half_of_it(east, dedicated):
    school = facilities(("学校", "第一中学", box(300, 0, east, 200)))
    homes = [10, 10, 10, 0, 10, 10, 10, 0]
    atoms = take(town(given_atoms(LATTICE, homes), box(0, 0, 400, 200), facilities=school))
    assert (atoms.frame["facility"] == 0).sum() == dedicated
    assert atoms.considered["dedicated"].tolist() == [dedicated > 0]


def test_ready_made_atoms_need_no_streets():
    layers = town(given_atoms(LATTICE, [10] * 8)).layers()
    assert isinstance(layers, Layers)
    assert len(layers.streets) == 0


def test_atoms_far_from_what_is_mended_stay_as_they_are():
    shapes = squares(8, 1)
    shapes[1] = box(100, 0, 200.0004, 100)  # laps over the next by less than a millimetre
    city = town(given_atoms(shapes, [60] * 8), box(0, 0, 800, 100))
    made = take(city)
    ground = made.frame.geometry.to_numpy()
    assert [finding.rule for finding in made.findings][:1] == ["atoms_repaired"]
    assert shapely.coverage_is_valid(ground)
    assert shapely.equals(ground[4:], city.layers().atoms.geometry.to_numpy()[4:]).all()
