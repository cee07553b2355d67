"""With ready-made atoms verify judges by the ground that partition filled: both say the same."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pytest
from builders_city import CODES, City, communities, frame, settings
from shapely import MultiPolygon, box

from gridgeo.adjust import changed_grids, diff
from gridgeo.config import Band, Codes, ReadRules, Source
from gridgeo.pipeline import run, verify
from gridgeo.report import save_plan

#: Columns of 100 m; the third reaches 40 m across the border at 260 m, the last is in two parts.
COLUMNS = [
    box(100 * n, 100 * row, 100 * n + 100, 100 * row + 100) for n in range(5) for row in (0, 1)
]
PARTED = MultiPolygon([COLUMNS[-1], box(520, 150, 540, 170)])
OUTLINES = (box(0, 0, 260, 200), box(260, 0, 500, 200), box(600, 0, 700, 100))


def town(folder, *, outlines=OUTLINES, atoms=(*COLUMNS[:-1], PARTED)):
    """Write a town of ready-made atoms of 200 households; return its settings."""
    city = City(
        {
            "communities": communities(*outlines),
            "atoms": frame(atoms, 户数=200, 名称=[f"A{n}" for n in range(len(atoms))]),
        }
    )
    inputs = {
        role: (Source(path=str(folder / source.path)),)
        for role, (source,) in city.write(folder).items()
    }
    return settings(
        read=ReadRules(inputs=inputs), band=Band(profile="households"), codes=Codes(), lang="en"
    )


def drawn_by_us(folder, rules):
    """Return the plan of a town and its grids as a file."""
    plan = run(rules)
    save_plan(plan, folder / "plan")
    return plan, Source(path=str(folder / "plan" / "plan.gpkg"), layer="grids")


def told(plan, *, left_out=("not_checked",)):
    return sorted(
        (one.rule, one.severity, one.grids, str(one.message), one.id)
        for one in plan.findings
        if one.rule not in left_out
    )


def test_verify_says_of_a_plan_what_partition_said(tmp_path):
    rules = town(tmp_path)
    plan, grids = drawn_by_us(tmp_path, rules)
    seen = verify(grids, rules)
    assert told(seen) == told(plan)
    rules_told = {one.rule for one in seen.findings}
    assert {"atoms_stick_out", "community_without_atoms", "multipart_atom"} <= rules_told
    assert seen.summary["area_difference_m2"] == 0
    assert seen.grids["soundness"].tolist() == plan.grids["soundness"].tolist()
    assert {one.severity for one in seen.findings if one.rule == "one_part"} == {"info"}


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4547", "EPSG:32650"])
def test_our_geojson_and_other_crs_are_the_same_partition(tmp_path, crs):
    rules = town(tmp_path, outlines=(box(0, 0, 200, 200), box(200, 0, 500, 200)), atoms=COLUMNS)
    _, grids = drawn_by_us(tmp_path, rules)
    other = Source(path=str(tmp_path / "plan" / "grids.geojson"))
    if crs != "EPSG:4326":
        other = Source(path=str(tmp_path / "other.gpkg"))
        gpd.read_file(grids.path, layer="grids").iloc[::-1].to_crs(crs).to_file(other.path)
    seen = verify(other, rules)
    assert [one.rule for one in seen.findings if one.severity == "error"] == []
    for pair in ((grids, other), (other, grids)):
        told = diff(*pair, replace(rules, read=ReadRules()))
        assert set(told.changes["change"]) == {"unchanged"}
        assert told.summary["households_moved"] == 0
        assert len(changed_grids(told.changes)) == 0


def test_without_the_atoms_the_outlines_as_given_count(tmp_path):
    rules = town(tmp_path)
    _, grids = drawn_by_us(tmp_path, rules)
    inputs = {"communities": rules.read.inputs["communities"]}
    seen = verify(grids, replace(rules, read=replace(rules.read, inputs=inputs)))
    outside = [one.amount for one in seen.findings if one.rule == "inside_community"]
    assert sum(outside) == pytest.approx(40 * 200 + 20 * 20)
    gaps = [one.amount for one in seen.findings if one.rule == "fills_community"]
    assert gaps == pytest.approx([100 * 100])


def test_a_grid_that_is_gone_leaves_a_gap_of_its_atoms(tmp_path):
    rules = town(tmp_path)
    plan, grids = drawn_by_us(tmp_path, rules)
    left = gpd.read_file(grids.path, layer="grids").iloc[1:]
    left.to_file(tmp_path / "left.gpkg", layer="grids")
    seen = verify(Source(path=str(tmp_path / "left.gpkg")), rules)
    gaps = [one for one in seen.findings if one.rule == "fills_community"]
    assert sum(one.amount for one in gaps) == pytest.approx(plan.grids.geometry.iloc[0].area)


def test_a_community_without_atoms_is_judged_as_given_where_a_grid_lies_in_it(tmp_path):
    rules = town(tmp_path)
    _, grids = drawn_by_us(tmp_path, rules)
    ours = gpd.read_file(grids.path, layer="grids")
    half = frame([box(600, 0, 650, 100)]).geometry.iloc[0]
    more = ours.iloc[[0]].assign(code=f"{CODES[2]}001", community=CODES[2])
    more = more.set_geometry(gpd.GeoSeries([half], index=more.index, crs=ours.crs))
    gpd.pd.concat([ours, more]).to_file(tmp_path / "more.gpkg", layer="grids")
    seen = verify(Source(path=str(tmp_path / "more.gpkg")), rules)
    gaps = [one for one in seen.findings if one.rule == "fills_community"]
    assert [one.amount for one in gaps] == pytest.approx([5000])
    assert "community_without_atoms" not in {one.rule for one in seen.findings}
    assert CODES[2] in seen.communities["code"].tolist()
