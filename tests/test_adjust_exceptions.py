"""Accepted exceptions and allowed gaps: what adjust leaves alone, and what it still proposes."""

from dataclasses import replace

import geopandas as gpd
import pytest
import shapely
from builders_adjust import code, drawn, layer_options, outlines, saved, two_proposals
from builders_adjust import town as plain_town
from builders_city import CODES, block_city, communities, facilities, frame
from shapely import box
from typer.testing import CliRunner

from gridgeo.adjust import adjust_grids
from gridgeo.adjust.accepted import exceptions_of
from gridgeo.cli import app
from gridgeo.config import Source
from gridgeo.model import Finding
from gridgeo.pipeline import verify
from gridgeo.review import follow_up, write_ledger
from gridgeo.wording import Text

DAY = "2026-11-23"


def town(folder, *shapes, **more):
    count = len(shapes)
    more = {"名称": [f"第{n}网格" for n in range(1, count + 1)], "所属社区": CODES[0]} | more
    return plain_town(folder, *shapes, **more)


def excepted(grids, rules, *about, growth=1.0):
    """Return the ledger after `verify`, with the findings of rule and grid `about` accepted."""
    _, entries = follow_up(verify(grids, rules), (), date=DAY)
    signed = [
        replace(one, status="accepted", reason="已报批", by="张三", when=DAY,
                amount=None if one.amount is None else one.amount / growth)
        if any(one.rule == rule and (not grid or grid in one.grids) for rule, grid in about)
        else one
        for one in entries
    ]  # fmt: skip
    assert {one.rule for one in signed if one.status == "accepted"} == {rule for rule, _ in about}
    return tuple(signed)


def reasons(adjusted):
    return adjusted.proposals["reason_en"].tolist()


def test_a_grid_that_was_accepted_as_it_is_stays_and_is_not_proposed_again(tmp_path):
    grids, rules = two_proposals(tmp_path)
    first = adjust_grids(grids, rules)
    assert len(first.proposals) == 2
    ledger = excepted(grids, rules, ("in_band", code(1)))
    new = adjust_grids(grids, rules, ledger=ledger)
    assert len(new.proposals) == 1
    assert code(1) not in "".join(new.proposals["grids_before"])
    kept = outlines(new.plan.grids)
    assert kept[code(1)] == drawn(grids)[code(1)]
    assert kept[code(2)] == drawn(grids)[code(2)]
    band = {one.grids: one.status for one in new.plan.findings if one.rule == "in_band"}
    assert band == {(code(1),): "accepted"}
    sound = new.plan.grids.set_index("code")["soundness"]
    assert sound[code(1)] == "sound"
    assert code(1) in next(n.message.en for n in new.plan.notes if n.topic == "ledger")
    assert new.plan.grids["households"].sum() == first.plan.grids["households"].sum()
    assert new.plan.summary["adjustment"]["grids_same"] == 2


def test_an_exception_that_has_grown_or_lacks_its_reason_holds_nothing(tmp_path):
    grids, rules = two_proposals(tmp_path)
    small = ("in_band", code(1))
    grown = excepted(grids, rules, small, growth=2.0)
    unsigned = tuple(replace(one, by="") for one in excepted(grids, rules, small))
    assert len(adjust_grids(grids, rules, ledger=grown).proposals) == 2
    assert len(adjust_grids(grids, rules, ledger=unsigned).proposals) == 2


def test_the_neighbour_of_an_exception_is_mended_without_it(tmp_path):
    whole, small = box(0, 0, 1200, 200), [box(0, 200, 200, 400), box(200, 200, 1200, 400)]
    grids, rules = town(tmp_path, whole, *small)
    new = adjust_grids(grids, rules, ledger=excepted(grids, rules, ("in_band", code(2))))
    assert outlines(new.plan.grids)[code(2)] == drawn(grids)[code(2)]
    assert {one for row in new.proposals["grids_before"] for one in row.split(";")} == {
        code(1), code(3)
    }  # fmt: skip


def test_a_grid_in_two_communities_stays_where_that_was_accepted(tmp_path):
    halves = communities(box(0, 0, 600, 800), box(600, 0, 1200, 800))
    city = block_city(6, 4, per_block=60).with_layers(communities=halves)
    west, both, east = box(0, 0, 500, 800), box(500, 0, 700, 800), box(700, 0, 1200, 800)
    grids, rules = town(tmp_path, west, both, east, city=city)
    first = adjust_grids(grids, rules)
    assert any(code(2) in row for row in first.proposals["grids_before"])
    accepted = excepted(grids, rules, ("inside_community", ""))
    new = adjust_grids(grids, rules, ledger=accepted)
    assert not any(code(2) in row for row in new.proposals["grids_before"])
    note = next(n.message.en for n in new.plan.notes if n.topic == "ledger")
    assert "left out" in note
    assert outlines(new.plan.grids)[code(2)] == drawn(grids)[code(2)]


def test_a_facility_that_was_excepted_gets_no_grid_of_its_own(tmp_path):
    school = facilities(("学校", "第一中学", box(0, 0, 200, 200)))
    city = block_city(6, 2, per_block=64).with_layers(facilities=school)
    grids, rules = town(tmp_path, box(0, 0, 600, 400), box(600, 0, 1200, 400), city=city)
    assert "第一中学" in reasons(adjust_grids(grids, rules))[0]
    new = adjust_grids(grids, rules, ledger=excepted(grids, rules, ("facilities_dedicated", "")))
    assert reasons(new) == []
    assert outlines(new.plan.grids) == drawn(grids)
    assert new.plan.considered["reason"].tolist() == [
        "passes, but stays without a grid of its own: accepted as an exception"
    ]


GAP = box(550, 150, 650, 250)


def holed(folder, **more):
    """Write a town of two grids around a lake that neither holds."""
    west = box(0, 0, 600, 400).difference(GAP)
    east = box(600, 0, 1200, 400).difference(GAP)
    return town(folder, west, east, city=block_city(6, 2, per_block=64, **more))


def test_a_gap_is_filled_unless_it_was_accepted(tmp_path):
    grids, rules = holed(tmp_path)
    assert "belong to no grid" in reasons(adjust_grids(grids, rules))[0]
    new = adjust_grids(grids, rules, ledger=excepted(grids, rules, ("fills_community", "")))
    assert reasons(new) == []
    assert outlines(new.plan.grids) == drawn(grids)
    assert not [one for one in new.plan.findings if one.rule == "fills_community"]


def with_lake(rules, folder, lake):
    frame([lake], 名称=["湖"]).to_file(folder / "lake.gpkg", engine="pyogrio")
    inputs = dict(rules.read.inputs) | {"allowed_gaps": (Source(path=str(folder / "lake.gpkg")),)}
    return replace(rules, read=replace(rules.read, inputs=inputs))


@pytest.mark.parametrize("lake", [GAP, box(500, 100, 700, 300)])
def test_an_allowed_gap_stays_in_no_grid_and_takes_nothing_from_grids(tmp_path, lake):
    grids, rules = holed(tmp_path)
    new = adjust_grids(grids, with_lake(rules, tmp_path, lake))
    assert reasons(new) == []
    assert outlines(new.plan.grids) == drawn(grids)
    assert [one for one in new.plan.findings if one.severity == "error"] == []
    again = adjust_grids(saved(new, tmp_path / "new"), with_lake(rules, tmp_path, lake))
    assert reasons(again) == []


def test_what_of_a_gap_is_not_allowed_is_still_filled(tmp_path):
    grids, rules = holed(tmp_path)
    new = adjust_grids(grids, with_lake(rules, tmp_path, box(550, 150, 600, 250)))
    assert "5,000 m²" in reasons(new)[0]
    left = shapely.union_all(new.plan.grids.geometry.to_numpy())
    assert left.area == pytest.approx(1200 * 400 - 5000)


def test_a_ready_made_atom_in_an_allowed_gap_goes_only_where_nobody_lives(tmp_path):
    cells = [box(x, y, x + 200, y + 200) for y in (0, 200) for x in range(0, 1200, 200)]
    for held in (0, 30):
        counts = [held if n == 5 else 60 for n in range(len(cells))]
        folder = tmp_path / str(held)
        folder.mkdir()
        rest = [cell for n, cell in enumerate(cells) if n != 5]
        halves = (
            [cell for cell in rest if cell.bounds[0] < 600],
            [cell for cell in rest if cell.bounds[0] >= 600],
        )
        shapes = [shapely.union_all(half) for half in halves]
        city = block_city(6, 2, per_block=60)
        grids, rules = town(folder, *shapes, city=city)
        frame(cells, 户数=counts, 社区=CODES[0]).to_file(folder / "a.gpkg", engine="pyogrio")
        inputs = {
            "communities": rules.read.inputs["communities"],
            "atoms": (Source(path=str(folder / "a.gpkg")),),
        }
        rules = replace(rules, read=replace(rules.read, inputs=inputs))
        new = adjust_grids(grids, with_lake(rules, folder, cells[5]))
        assert len(new.proposals) == (held > 0)
        assert new.plan.grids["households"].sum() == sum(counts)


def test_only_accepted_findings_count():
    gap = Finding(rule="fills_community", severity="error", message=Text("", ""), where=GAP)
    one = replace(gap, rule="in_band", grids=("A",), status="accepted")
    assert exceptions_of([gap]).gaps == ()
    assert exceptions_of([gap, replace(gap, status="accepted"), one]).gaps == (GAP,)
    assert exceptions_of([one]).grids == {"A"}


def test_the_command_reads_the_ledger_beside_the_grids_and_the_allowed_gaps(tmp_path):
    grids, rules = holed(tmp_path)
    write_ledger(
        excepted(grids, rules, ("fills_community", "")), tmp_path / "old.findings.csv", "zh"
    )
    asked = ["adjust", grids.path, *layer_options(rules)]
    asked += ["--profile", "households", "--lang", "en"]
    done = CliRunner().invoke(app, [*asked, "--out", str(tmp_path / "one")])
    assert done.exit_code == 0, done.output
    assert "Nothing is to be adjusted" in done.output
    (tmp_path / "old.findings.csv").unlink()
    with_lake(rules, tmp_path, GAP)
    lake = ["--allowed-gaps", str(tmp_path / "lake.gpkg"), "--out", str(tmp_path / "two")]
    done = CliRunner().invoke(app, [*asked, *lake])
    assert done.exit_code == 0, done.output
    assert "Nothing is to be adjusted" in done.output
    plan = gpd.read_file(tmp_path / "two" / "plan.gpkg", layer="grids")
    assert outlines(plan) == drawn(grids)
