"""The least change of a partition: what stays, what is proposed, taken, refused, and told."""

from dataclasses import replace
from itertools import pairwise

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from builders_city import (
    CODES,
    areas,
    block_city,
    communities,
    facilities,
    frame,
    households,
    lattice,
    settings,
)
from hypothesis import Phase, given
from hypothesis import settings as rules
from hypothesis import strategies as st
from shapely import box
from typer.testing import CliRunner

import gridgeo
from gridgeo.adjust import adjust, approve
from gridgeo.adjust.recut import divided
from gridgeo.cli.app import app
from gridgeo.cli.starter import sample_settings
from gridgeo.codes import empty_register, numbered, record
from gridgeo.config import Band, ReadRules, Source
from gridgeo.decisions_file import read_decisions
from gridgeo.errors import InputError, OutputError
from gridgeo.proposals import Decisions
from gridgeo.report import save_adjusted, save_approved

SMALL, LARGE = box(0, 0, 400, 200), box(400, 0, 1200, 200)
NORTH = [box(0, 200, 600, 400), box(600, 200, 1200, 400)]


def code(number, community=0):
    return f"{CODES[community]}{number:03d}"


def town(folder, *shapes, city=None, **columns):
    """Write a town of 6 x 2 blocks of 120 households and its grids; return both to be read."""
    city = city or block_city(6, 2, per_block=120)
    written = city.write(folder)
    inputs = {
        role: (Source(path=str(folder / source.path)),) for role, (source,) in written.items()
    }
    columns = {"编码": [code(n) for n in range(1, len(shapes) + 1)]} | columns
    frame(shapes, **columns).to_file(folder / "old.gpkg", layer="old", engine="pyogrio")
    told = settings(read=ReadRules(inputs=inputs), band=Band(profile="households"), lang="en")
    return Source(path=str(folder / "old.gpkg")), told


def saved(adjusted, folder):
    return Source(path=str(save_adjusted(adjusted, folder) / "plan.gpkg"), layer="grids")


def drawn(source):
    return outlines(gpd.read_file(source.path).rename(columns={"编码": "code"}))


def outlines(grids):
    shapes = shapely.get_geometry(grids.geometry.to_numpy(), 0)
    return dict(zip(grids["code"], shapely.to_wkb(shapes), strict=True))


def told(adjusted, column):
    return adjusted.proposals[column].tolist()


def test_what_is_in_band_keeps_every_byte_and_its_code(tmp_path):
    grids, rules_ = town(tmp_path, SMALL, LARGE, *NORTH)
    new = adjust(grids, rules_)
    figures = new.plan.summary["adjustment"]
    assert told(new, "grids_before") == [f"{code(1)};{code(2)}"]
    assert told(new, "moved") == [120]
    assert "240 households: 60 below the lower limit 300" in told(new, "reason_en")[0]
    assert "比下限 300 少 60 户" in told(new, "reason_zh")[0]
    assert "120 of 720 households move" in told(new, "effect_en")[0]
    assert figures["grids_same"] == 2
    assert figures["households_moved"] == figures["must_move"] == 120
    assert figures["out_before"] == 1
    assert figures["out_after"] == 0
    before, after = drawn(grids), outlines(new.plan.grids)
    assert {n for n in after if after[n] == before[n]} == {code(3), code(4)}
    assert new.plan.grids["verdict"].tolist() == ["in_band"] * 4
    assert not [one for one in new.plan.findings if one.severity == "error"]


@rules(max_examples=3, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    cuts=st.lists(st.integers(1, 11), min_size=1, max_size=3, unique=True), seed=st.integers(0, 3)
)
def test_the_result_adjusted_again_proposes_nothing(tmp_path_factory, cuts, seed):
    folder = tmp_path_factory.mktemp("town")
    counts = np.random.default_rng(seed).integers(10, 50, 48).tolist()
    homes = [
        (x, y, n)
        for (x, y, _), n in zip(lattice(0, 0, 1200, 400, step=100, count=1), counts, strict=True)
    ]
    city = block_city(6, 2).with_layers(households=households(*homes))
    edges = [0, *(100 * cut for cut in sorted(cuts)), 1200]
    strips = [box(a, 0, b, 400) for a, b in pairwise(edges)]
    grids, rules_ = town(folder, *strips, city=city)
    new = adjust(grids, rules_)
    again = adjust(saved(new, folder / "out"), rules_)
    assert again.proposals.empty
    assert outlines(again.plan.grids) == outlines(new.plan.grids)
    assert again.plan.grids["name"].tolist() == new.plan.grids["name"].tolist()
    assert new.plan.grids["households"].sum() == sum(counts)
    assert shapely.area(new.plan.grids.geometry).sum() == pytest.approx(1200 * 400, abs=1e-5)
    crosswalk = new.changes.crosswalk
    assert crosswalk["households"].sum() == sum(counts)
    moved = crosswalk[crosswalk["old_code"] != crosswalk["new_code"]]["households"].sum()
    assert moved == new.plan.summary["adjustment"]["households_moved"]


def two_proposals(folder):
    south, north = [SMALL, LARGE], [box(0, 200, 400, 400), box(400, 200, 1200, 400)]
    return town(folder, *south, *north)


def test_each_proposal_stands_alone(tmp_path):
    grids, rules_ = two_proposals(tmp_path)
    both = adjust(grids, rules_)
    first, second = told(both, "id")
    for decisions in (
        Decisions(accepted=frozenset({first})),
        Decisions(rejected=frozenset({second})),
    ):
        one = adjust(grids, rules_, decisions=decisions)
        assert told(one, "id") == [first, second]
        assert told(one, "decision")[0] == "accepted"
        taken = set(told(both, "grids_after")[0].split(";"))
        whole, old = outlines(both.plan.grids), drawn(grids)
        expected = {n: whole[n] if n in taken else old[n] for n in old}
        assert outlines(one.plan.grids) == expected
        assert one.changes.old["change"].value_counts().to_dict() == {"reshaped": 2, "unchanged": 2}


def test_refused_grids_say_so_and_their_community_misses_the_band(tmp_path):
    grids, rules_ = town(tmp_path, SMALL, LARGE, *NORTH)
    (name,) = told(adjust(grids, rules_), "id")
    none = adjust(grids, rules_, decisions=Decisions(rejected=frozenset({name})))
    assert outlines(none.plan.grids) == drawn(grids)
    reason = none.plan.grids["reason"].tolist()[0]
    assert reason == f"240 households: 60 below the lower limit 300; proposal {name} was rejected"
    assert none.plan.communities["verdict"].tolist() == ["not_found"]
    assert none.plan.summary["adjustment"]["households_moved"] == 0
    assert none.changes.crosswalk["old_code"].equals(none.changes.crosswalk["new_code"])


def test_a_decision_about_no_proposal_is_told(tmp_path):
    grids, rules_ = town(tmp_path, SMALL, LARGE, *NORTH)
    with pytest.raises(InputError, match="no proposal PXXXXXX"):
        adjust(grids, rules_, decisions=Decisions(accepted=frozenset({"PXXXXXX"})))
    with pytest.raises(InputError, match="two ways"):
        Decisions(accepted=frozenset({"P1"}), rejected=frozenset({"P1"}))


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
    new = adjust(grids, rules_)
    kinds = new.plan.grids.set_index("code")["kind"].to_dict()
    assert kinds[code(801)] == "dedicated"
    reason = " ".join(told(new, "reason_zh"))
    assert "“育才小学”宜单设专属网格（学校：占地面积 40,000 平方米，达到阈值" in reason
    without = {r: s for r, s in rules_.read.inputs.items() if r != "facilities"}
    again = adjust(saved(new, tmp_path / "out"), settings(read=ReadRules(inputs=without)))
    assert again.proposals.empty
    assert again.plan.grids["kind"].tolist() == new.plan.grids["kind"].tolist()


def test_a_small_village_becomes_one_grid(tmp_path):
    grids, rules_ = town(
        tmp_path, box(0, 0, 200, 200), box(200, 0, 400, 200), city=block_city(2, 1)
    )
    new = adjust(grids, rules_)
    assert new.plan.grids["verdict"].tolist() == ["small"]
    assert "one grid is allowed" in told(new, "reason_en")[0]
    assert new.changes.old["change"].tolist().count("retired") == 1
    assert len(new.plan.grids) == 1


def test_ground_in_no_grid_is_added_or_told(tmp_path):
    grids, rules_ = town(tmp_path, box(0, 0, 600, 200), box(600, 0, 1100, 200), *NORTH)
    new = adjust(grids, rules_)
    assert "belong to no grid" in told(new, "reason_en")[0]
    assert shapely.area(new.plan.grids.geometry).sum() == pytest.approx(1200 * 400)
    assert not [one for one in new.plan.findings if one.severity == "error"]
    refused = adjust(grids, rules_, decisions=Decisions(rejected=frozenset(told(new, "id"))))
    assert outlines(refused.plan.grids) == drawn(grids)
    gaps = [one.amount for one in refused.plan.findings if one.rule == "fills_community"]
    assert gaps == [20_000.0]


def test_a_grid_across_communities_is_cut_at_their_border(tmp_path):
    city = block_city(6, 2, per_block=120).with_layers(
        communities=communities(box(0, 0, 600, 400), box(600, 0, 1200, 400))
    )
    across = [box(0, 0, 800, 200), box(800, 0, 1200, 200), *NORTH]
    grids, rules_ = town(tmp_path, *across, city=city)
    new = adjust(grids, rules_)
    assert "lies in 2 communities" in " ".join(told(new, "reason_en"))
    assert new.plan.grids.groupby("community").size().tolist() == [2, 2]
    assert not [one for one in new.plan.findings if one.severity == "error"]


def test_a_ring_that_crosses_itself_is_drawn_anew(tmp_path):
    bow = shapely.Polygon(
        [(0, 200), (600, 200), (600, 400), (300, 400), (301, 401), (299, 401), (300, 400), (0, 400)]
    )
    grids, rules_ = town(tmp_path, box(0, 0, 600, 200), box(600, 0, 1200, 200), bow, NORTH[1])
    assert not bow.is_valid
    new = adjust(grids, rules_)
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
        adjust(grids, rules_)


def test_new_codes_are_never_those_of_the_register(tmp_path):
    grids, rules_ = town(tmp_path, box(0, 0, 1200, 400), 名称=["全社区"])
    old = gpd.read_file(grids.path).rename(columns={"编码": "code"}).assign(scheme="cn15")
    both = pd.concat([old, old.assign(code=code(9))])
    first = record(empty_register(crs=old.crs), numbered(both), date="2026-01-01", reason="首次")
    new = adjust(grids, rules_, register=first)
    names = new.plan.grids.set_index("code")["name"]
    assert names.index.tolist()[:3] == [code(1), code(10), code(11)]
    assert names[code(1)] == "全社区"
    assert names.is_unique
    recorded = record(first, new.changes, date="2026-02-01", reason="户数超限").table
    assert recorded.query("status == 'active'")["code"].nunique() == 1 + len(names)


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
    new = adjust(grids, rules_)
    said = [one for one in new.plan.findings if one.rule == "follows_units"]
    assert [one.amount for one in said] == pytest.approx([4000.0] * 4)
    before, after = drawn(grids), outlines(new.plan.grids)
    assert {n for n in after if after[n] == before[n]} == {code(3), code(4)}
    shapes = new.plan.grids.set_index("code").geometry
    assert shapes[code(1)].union(shapes[code(2)]).equals(frame([box(0, 0, 1200, 200)]).geometry[0])
    assert shapes[code(1)].area == pytest.approx(600 * 200)
    assert not [one for one in new.plan.findings if one.severity == "error"]
    assert adjust(saved(new, tmp_path / "out"), rules_).proposals.empty


def test_what_holds_no_anchor_goes_to_the_neighbour_it_borders_most():
    grids = np.array([box(0, 0, 4, 9), box(4, 0, 8, 9)])
    grids[0] = shapely.union(grids[0], box(8, 0, 9, 3))
    parts = divided(grids, box(0, 0, 10, 9), shapely.points([[2, 1], [6, 1]]))
    assert shapely.area(parts).tolist() == [36.0, 54.0]
    assert shapely.get_num_geometries(parts).tolist() == [1, 1]


def test_the_workbook_is_filled_in_and_read_again(tmp_path):
    grids, rules_ = two_proposals(tmp_path)
    both = adjust(grids, replace(rules_, lang="zh"))
    book_file = save_adjusted(both, tmp_path / "out") / "proposals.xlsx"
    book = openpyxl.load_workbook(book_file)
    assert book.sheetnames == ["调整建议", "前后对照", "编码对照", "字段说明"]
    sheet = book.worksheets[0]
    titles = [cell.value for cell in sheet[1]]
    assert titles[:4] == ["建议编号", "决定", "社区编码", "原因"]
    assert [row[1].value for row in sheet.iter_rows(min_row=2)] == ["采纳", "采纳"]
    assert sheet.data_validations.dataValidation[0].formula1 == '"采纳,不采纳,待定"'
    assert sheet["F2"].number_format == "@"
    sheet["B2"], sheet["B3"] = "不采纳", ""
    book.save(tmp_path / "filled.xlsx")
    decisions = read_decisions(tmp_path / "filled.xlsx")
    first, second = told(both, "id")
    assert decisions.rejected == {first}
    assert decisions.undecided == {second}
    assert told(adjust(grids, rules_, decisions=decisions), "decision") == ["rejected", "open"]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([["proposal", "decision"], ["P1", "maybe"]], r"'maybe' is no decision.*row 1"),
        ([["proposal", "reason"], ["P1", "x"]], "no columns proposal and decision"),
        (None, "cannot be read"),
    ],
)
def test_a_workbook_that_is_none_of_ours_is_told(tmp_path, cells, message):
    file = tmp_path / "filled.xlsx"
    if cells is None:
        file.write_text("no workbook", encoding="utf-8")
    else:
        book = openpyxl.Workbook()
        for row in cells:
            book.active.append(row)
        book.save(file)
    with pytest.raises(InputError, match=message):
        read_decisions(file)


def test_the_command_proposes_applies_and_writes(tmp_path):
    grids, rules_ = two_proposals(tmp_path)
    layers = [
        word for role, (one,) in rules_.read.inputs.items() for word in (f"--{role}", one.path)
    ]
    run = CliRunner().invoke
    options = [*layers, "--effort", "fast", "--lang", "en"]
    first = run(app, ["adjust", grids.path, *options, "--out", str(tmp_path / "a")])
    assert first.exit_code == 0, first.output
    assert "240 / 1,440 (16.7%)" in first.output
    plan = gridgeo.load(tmp_path / "a")
    assert plan.summary["adjustment"]["proposals"] == 2
    layers_there = gpd.list_layers(tmp_path / "a" / "proposals.gpkg")["name"].tolist()
    assert layers_there == ["proposals", "before", "after", "crosswalk"]
    again = run(
        app,
        [
            "adjust",
            f"{tmp_path / 'a' / 'plan.gpkg'}::grids",
            *options,
            "--out",
            str(tmp_path / "b"),
        ],
    )
    assert "Nothing is to be adjusted" in again.output
    names = ",".join(gpd.read_file(tmp_path / "a" / "proposals.gpkg", layer="proposals")["id"])
    left = run(
        app, ["adjust", grids.path, *options, "--reject", names, "--out", str(tmp_path / "c")]
    )
    assert "accept 0, reject 2" in left.output
    wrong = ["--reject", names, "--decisions", str(tmp_path / "a" / "proposals.xlsx")]
    twice = run(app, ["adjust", grids.path, *options, *wrong, "--out", str(tmp_path / "d")])
    assert twice.exit_code == 2
    assert not (tmp_path / "d").exists()


def test_the_proposals_stay_beside_the_plan_when_it_is_approved(tmp_path):
    grids, rules_ = two_proposals(tmp_path)
    new = adjust(grids, rules_)
    folder = save_adjusted(new, tmp_path / "out")
    save_approved(approve(gridgeo.load(folder), by="王主任", date="2026-11-23"), folder)
    assert (folder / "proposals.xlsx").exists()
    with pytest.raises(OutputError, match="locked"):
        save_adjusted(new, folder, overwrite=True)


def test_the_same_run_gives_the_same_bytes(tmp_path):
    grids, rules_ = two_proposals(tmp_path)
    first, second = (
        save_adjusted(adjust(grids, rules_, jobs=jobs), tmp_path / name)
        for jobs, name in ((1, "a"), (3, "b"))
    )
    for name in ("proposals.xlsx", "proposals.gpkg", "plan.gpkg", "summary.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_a_school_that_shares_its_block_does_not_get_the_piece_that_a_border_cut_off(tmp_path):
    rules_ = gridgeo.read_settings(sample_settings("monaco"))
    own = gridgeo.run(rules_).grids[["code", "name", "kind", "community", "geometry"]]
    own.to_file(tmp_path / "own.gpkg", layer="grids", engine="pyogrio")
    new = adjust(Source(path=str(tmp_path / "own.gpkg")), rules_)
    assert told(new, "reason_en") == []
    assert new.plan.grids["code"].tolist() == own["code"].tolist()
