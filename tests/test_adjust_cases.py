"""What makes grids change: a school, a village, bare ground, a border, a crossing ring."""

import numpy as np
import pytest
import shapely
from builders_adjust import LARGE, NORTH, SMALL, code, drawn, outlines, saved, told, town
from builders_city import (
    areas,
    block_city,
    communities,
    facilities,
    frame,
    households,
    lattice,
    settings,
)
from shapely import box

import gridgeo
from gridgeo.adjust import Edit, adjust_grids, apply_edits
from gridgeo.adjust.choose import _divide_ground
from gridgeo.cli.starter import sample_settings
from gridgeo.config import ReadRules, Source
from gridgeo.errors import InputError
from gridgeo.model import Decisions
from gridgeo.report import load_plan


def test_a_school_gets_a_grid_of_its_own_and_keeps_it(tmp_path):
    homes = [
        h for h in lattice(0, 0, 1200, 400, step=100, count=30) if not (h[0] < 200 and h[1] < 200)
    ]
    school = facilities(("学校", "育才小学", box(0, 0, 200, 200)))
    city = block_city(6, 2).with_layers(households=households(*homes), facilities=school)
    west, east = box(0, 0, 600, 400), box(600, 0, 1200, 400)
    grids, rules_ = town(
        tmp_path, box(0, 0, 600, 200), box(600, 0, 1200, 200), *NORTH, city=city, 类型=["basic"] * 4
    )
    assert west.union(east).area == 1200 * 400
    new = adjust_grids(grids, rules_)
    kinds = new.plan.grids.set_index("code")["kind"].to_dict()
    assert kinds[code(801)] == "dedicated"
    reason = " ".join(told(new, "reason_zh"))
    assert "“育才小学”宜单设专属网格（学校：占地面积 40,000 平方米，达到阈值" in reason
    without = {r: s for r, s in rules_.read.inputs.items() if r != "facilities"}
    again = adjust_grids(saved(new, tmp_path / "out"), settings(read=ReadRules(inputs=without)))
    assert again.proposals.empty
    assert again.plan.grids["kind"].tolist() == new.plan.grids["kind"].tolist()


def test_a_small_village_becomes_one_grid(tmp_path):
    grids, rules_ = town(
        tmp_path, box(0, 0, 200, 200), box(200, 0, 400, 200), city=block_city(2, 1)
    )
    new = adjust_grids(grids, rules_)
    assert new.plan.grids["verdict"].tolist() == ["small"]
    assert "one grid is allowed" in told(new, "reason_en")[0]
    assert new.changes.old["change"].tolist().count("retired") == 1
    assert len(new.plan.grids) == 1


def test_only_the_community_that_is_small_is_called_so(tmp_path):
    city = block_city(6, 2, per_block=120)
    city = city.with_layers(communities=communities(box(0, 0, 200, 400), box(200, 0, 1200, 400)))
    halves = (
        box(0, 0, 200, 200),
        box(0, 200, 600, 400),
        box(200, 0, 600, 200),
        box(600, 0, 1200, 400),
    )
    new = adjust_grids(*town(tmp_path, *halves, city=city))
    (said,) = [one for one in told(new, "reason_en") if "is allowed" in one]
    assert said.startswith(
        "the whole community 甲社区 (240 households) is below the lower limit and divided among 2"
    )


def test_ground_in_no_grid_is_added_or_told(tmp_path):
    grids, rules_ = town(tmp_path, box(0, 0, 600, 200), box(600, 0, 1100, 200), *NORTH)
    new = adjust_grids(grids, rules_)
    assert "belong to no grid" in told(new, "reason_en")[0]
    assert shapely.area(new.plan.grids.geometry).sum() == pytest.approx(1200 * 400)
    assert not [one for one in new.plan.findings if one.severity == "error"]
    refused = adjust_grids(grids, rules_, decisions=Decisions(rejected=frozenset(told(new, "id"))))
    assert outlines(refused.plan.grids) == drawn(grids)
    gaps = [one.amount for one in refused.plan.findings if one.rule == "fills_community"]
    assert gaps == [20_000.0]


def test_a_grid_across_communities_is_cut_at_their_border(tmp_path):
    city = block_city(6, 2, per_block=120).with_layers(
        communities=communities(box(0, 0, 600, 400), box(600, 0, 1200, 400))
    )
    across = [box(0, 0, 800, 200), box(800, 0, 1200, 200), *NORTH]
    grids, rules_ = town(tmp_path, *across, city=city)
    new = adjust_grids(grids, rules_)
    assert "lies in 2 communities" in " ".join(told(new, "reason_en"))
    assert new.plan.grids.groupby("community").size().tolist() == [2, 2]
    assert not [one for one in new.plan.findings if one.severity == "error"]


def test_a_ring_that_crosses_itself_is_drawn_anew(tmp_path):
    bow = shapely.Polygon(
        [(0, 200), (600, 200), (600, 400), (300, 400), (301, 401), (299, 401), (300, 400), (0, 400)]
    )
    grids, rules_ = town(tmp_path, box(0, 0, 600, 200), box(600, 0, 1200, 200), bow, NORTH[1])
    assert not bow.is_valid
    new = adjust_grids(grids, rules_)
    assert "crosses itself" in told(new, "reason_en")[0]
    assert new.plan.grids.geometry.is_valid.all()
    assert told(new, "moved") == [0]


@pytest.mark.parametrize(
    ("shapes", "columns", "message"),
    [
        ([SMALL, LARGE], {"编码": [code(1), ""]}, "no code"),
        ([SMALL, LARGE], {"编码": [code(1), code(1)]}, "one code"),
        ([box(0, 0, 1200, 400), box(0, 0, 1200, 400)], {}, "holds no unit"),
        ([box(0, 0, 1200, 400), shapely.Polygon()], {}, "no geometry"),
    ],
)
def test_grids_that_cannot_be_adjusted_are_told(tmp_path, shapes, columns, message):
    grids, rules_ = town(tmp_path, *shapes, **columns)
    with pytest.raises(InputError, match=message):
        adjust_grids(grids, rules_)


def given_atoms():
    """Return a town of 12 units with counts whose borders run 20 m beside those of the grids."""
    squares = [box(x, y, x + 200, y + 200) for y in (0, 200) for x in range(0, 1200, 200)]
    atoms = areas(*squares).assign(户数=120)
    shifted = box(0, 0, 1200, 400)
    return (
        block_city(6, 2)
        .without("streets", "households")
        .with_layers(atoms=atoms, communities=communities(shifted))
    )


def test_grids_beside_the_units_are_placed_on_them_and_keep_their_ground(tmp_path):
    old = [
        box(0, 0, 420, 200),
        box(420, 0, 1200, 200),
        box(0, 200, 620, 400),
        box(620, 200, 1200, 400),
    ]
    grids, rules_ = town(tmp_path, *old, city=given_atoms())
    new = adjust_grids(grids, rules_)
    said = [one for one in new.plan.findings if one.rule == "follows_units"]
    assert [one.amount for one in said] == pytest.approx([4000.0] * 4)
    before, after = drawn(grids), outlines(new.plan.grids)
    assert {n for n in after if after[n] == before[n]} == {code(3), code(4)}
    shapes = new.plan.grids.set_index("code").geometry
    assert shapes[code(1)].union(shapes[code(2)]).equals(frame([box(0, 0, 1200, 200)]).geometry[0])
    assert shapes[code(1)].area == pytest.approx(600 * 200)
    assert not [one for one in new.plan.findings if one.severity == "error"]
    assert adjust_grids(saved(new, tmp_path / "out"), rules_).proposals.empty


def test_what_holds_no_anchor_goes_to_the_neighbour_it_borders_most():
    grids = np.array([box(0, 0, 4, 9), box(4, 0, 8, 9)])
    grids[0] = shapely.union(grids[0], box(8, 0, 9, 3))
    parts = _divide_ground(grids, box(0, 0, 10, 9), shapely.points([[2, 1], [6, 1]]))
    assert shapely.area(parts).tolist() == [36.0, 54.0]
    assert shapely.get_num_geometries(parts).tolist() == [1, 1]


def test_a_school_that_shares_its_block_does_not_get_the_piece_that_a_border_cut_off(tmp_path):
    rules_ = gridgeo.read_settings(sample_settings("monaco"))
    own = gridgeo.run(rules_).grids[["code", "name", "kind", "community", "geometry"]]
    own.to_file(tmp_path / "own.gpkg", layer="grids", engine="pyogrio")
    new = adjust_grids(Source(path=str(tmp_path / "own.gpkg")), rules_)
    assert told(new, "reason_en") == []
    assert new.plan.grids["code"].tolist() == own["code"].tolist()


def test_what_lies_beside_the_dedicated_grid_of_a_facility_stays_where_it_is(tmp_path):
    school, yard = box(0, 0, 400, 200), box(400, 0, 600, 200)
    rest = box(0, 0, 1200, 400).difference(shapely.union(school, yard))
    west, east = rest.intersection(box(0, 0, 600, 400)), rest.intersection(box(600, 0, 1200, 400))
    rows = facilities(("学校", "第一中学", shapely.union(school, yard)))
    city = block_city(6, 2, per_block=80).with_layers(facilities=rows)
    half = (school, west.union(yard), east)
    grids, rules_ = town(tmp_path, *half, city=city, 类型=["dedicated", "basic", "basic"])
    assert told(adjust_grids(grids, rules_), "reason_en") == []


def test_the_crosswalk_of_an_edited_plan_leads_from_the_grids_before_it_was_adjusted(tmp_path):
    """Counties file old official codes against new ones, not against those of a draft."""
    grids, rules_ = town(tmp_path, SMALL, LARGE, *NORTH)
    plan = load_plan(adjust_grids(grids, rules_).plan.save(tmp_path / "plan"))
    moved = int(np.flatnonzero(plan.atoms["grid"] == code(3))[0])
    edits = [
        Edit(do="merge", grids=(code(3),), to=code(4)),
        Edit(do="split", atoms=(moved,), grid="+1"),
    ]
    step = load_plan(apply_edits(plan, edits[:1]).save(tmp_path / "step"))
    for edited in (apply_edits(plan, edits), apply_edits(step, edits[1:])):
        walk = edited.crosswalk
        assert sorted(set(walk["old_code"])) == [code(number) for number in (1, 2, 3, 4)]
        assert set(walk["new_code"]) == set(edited.grids["code"])
        by_new = walk.groupby("new_code")["households"].sum()
        assert by_new.to_dict() == edited.grids.set_index("code")["households"].to_dict()
        old = walk.groupby("old_code")["households"].sum()
        before = plan.crosswalk.groupby("old_code")["households"].sum()
        assert old.to_dict() == before.to_dict()
        assert walk.loc[walk["old_code"] == code(1), "new_code"].tolist() == (
            plan.crosswalk.loc[plan.crosswalk["old_code"] == code(1), "new_code"].tolist()
        )
