"""Repair of files: nothing that came in is lost, untouched grids keep every byte."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import Polygon, box
from typer.testing import CliRunner

import gridgeo as gg
from gridgeo.cli import app
from gridgeo.config import ReadRules, Settings, Source
from gridgeo.errors import OutputError
from gridgeo.report import save_repaired

X, Y, CRS = 500_000.0, 4_000_000.0, 4548


def at(*bounds):
    west, south, east, north = bounds
    return box(X + west, Y + south, X + east, Y + north)


def grids(crs=CRS):
    """Return three grids: a crack of 1 m between the first two, a hole of 30 m in the third."""
    hole = at(330, 30, 360, 60)
    frame = gpd.GeoDataFrame(
        {
            "网格编码": ["370102001001001", "370102001001002", "370102001001003"],
            "户数": [310, 320, 330],
            "备注": ["=1+1", None, "甲"],
            "建成": pd.to_datetime(["2020-01-01", "2021-01-01", None]),
        },
        geometry=[at(0, 0, 100, 100), at(101, 0, 300, 100),
                  Polygon(at(300, 0, 400, 100).exterior, [hole.exterior.coords])],
        crs=CRS,
    )  # fmt: skip
    return frame.to_crs(crs)


def community(crs=CRS):
    frame = {"社区编码": ["370102001001"], "社区名称": ["甲社区"]}
    return gpd.GeoDataFrame(frame, geometry=[at(0, 0, 400, 100)], crs=CRS).to_crs(crs)


def homes():
    frame = {"户数": [400, 560]}
    return gpd.GeoDataFrame(frame, geometry=shapely.points([X + 50, X + 200], Y + 50), crs=CRS)


@pytest.fixture(name="folder")
def _folder(tmp_path):
    grids().to_file(tmp_path / "g.gpkg", layer="网格")
    community().to_file(tmp_path / "c.gpkg")
    homes().to_file(tmp_path / "h.gpkg")
    return tmp_path


def settings(folder, **layers):
    inputs = {role: (Source(path=str(folder / path)),) for role, path in layers.items()}
    return Settings(lang="en", read=ReadRules(inputs=inputs))


def repaired(folder, **layers):
    return gg.repair_grids(Source(path=str(folder / "g.gpkg")), settings(folder, **layers))


def test_the_crack_is_mended_and_all_else_is_as_it_came(folder):
    done = repaired(folder, communities="c.gpkg", households="h.gpkg")
    before = gpd.read_file(folder / "g.gpkg")
    assert done.layer == "网格"
    pd.testing.assert_frame_equal(
        pd.DataFrame(done.grids.drop(columns="geometry")),
        pd.DataFrame(before.drop(columns="geometry")),
    )
    same = before.geometry.to_wkb() == done.grids.geometry.to_wkb()
    assert same.sum() == 2
    assert shapely.union_all(done.grids.geometry).area == 400 * 100 - 900
    accounts = done.accounts.set_index("item")
    assert accounts.loc["households"].tolist() == [960, 960]
    assert accounts.loc["gap_m2"].tolist() == pytest.approx([1000, 900])


def test_every_change_and_every_defect_left_is_a_row(folder):
    rows = repaired(folder, communities="c.gpkg").repairs
    assert rows[["what", "done", "amount"]].to_numpy().tolist() == [
        ["gap", True, 100.0],
        ["gap", False, 900.0],
    ]
    gap, hole = rows.itertuples()
    assert gap.grid in {"370102001001001", "370102001001002"}
    assert gap.after_m2 - gap.before_m2 == pytest.approx(100)
    assert hole.grid == "370102001001003"
    assert hole.reason_zh == "超出容差，未改动"
    assert gap.geometry.equals(at(100, 0, 101, 100))


def test_findings_before_and_after(folder):
    done = repaired(folder, communities="c.gpkg")
    assert [f.rule for f in done.before].count("fills_community") == 2
    assert [round(f.amount) for f in done.after if f.rule == "fills_community"] == [900]


def test_without_communities_holes_are_found_and_the_rim_is_as_it_is(folder):
    done = repaired(folder)
    assert done.repairs["what"].tolist() == ["gap"]
    assert not done.repairs["done"].any()
    assert done.grids.geometry.to_wkb().equals(gpd.read_file(folder / "g.gpkg").geometry.to_wkb())


def test_allowed_gaps_are_neither_mended_nor_found(folder):
    pond = gpd.GeoDataFrame({"name": ["pond"]}, geometry=[at(320, 20, 370, 70)], crs=CRS)
    pond.to_file(folder / "w.gpkg")
    done = repaired(folder, communities="c.gpkg", allowed_gaps="w.gpkg")
    assert [f.rule for f in done.after if f.rule == "fills_community"] == []
    assert done.repairs["done"].all()


def test_degrees_keep_their_digits(folder):
    grids(crs=4490).to_file(folder / "g.gpkg", layer="网格")
    before = gpd.read_file(folder / "g.gpkg")
    done = repaired(folder, communities="c.gpkg")
    assert done.grids.crs == before.crs
    known = set(map(tuple, shapely.get_coordinates(before.geometry)))
    now = set(map(tuple, shapely.get_coordinates(done.grids.geometry)))
    assert now <= known
    assert shapely.coverage_is_valid(done.grids.geometry.to_numpy())


def test_a_grid_without_geometry_takes_the_only_place_left(folder):
    frame = grids()
    frame.geometry = [at(0, 0, 100, 100), None, at(300, 0, 400, 100)]
    frame.to_file(folder / "g.gpkg", layer="网格")
    done = repaired(folder, communities="c.gpkg")
    assert done.grids.geometry.iloc[1].equals(at(100, 0, 300, 100))
    assert done.grids["网格编码"].iloc[1] == "370102001001002"


def test_rows_that_are_no_polygons_stay_in_the_file(folder):
    frame = grids()
    frame.loc[3] = [*frame.iloc[0, :4], shapely.Point(X, Y)]
    frame.to_file(folder / "g.gpkg", layer="网格")
    done = repaired(folder, communities="c.gpkg")
    assert len(done.grids) == 4
    assert len(done.rejects) == 1
    assert done.grids.geometry.iloc[3] == shapely.Point(X, Y)


def test_repairing_the_result_changes_nothing(folder):
    save_repaired(repaired(folder, communities="c.gpkg"), folder / "one")
    source = Source(path=str(folder / "one" / "repaired.gpkg"), layer="网格")
    again = gg.repair_grids(source, settings(folder, communities="c.gpkg"))
    assert not again.repairs["done"].any()
    first = gpd.read_file(folder / "one" / "repaired.gpkg", layer="网格")
    assert again.grids.geometry.to_wkb().equals(first.geometry.to_wkb())


def test_the_saved_file_holds_grids_repairs_and_findings(folder):
    out = save_repaired(repaired(folder, communities="c.gpkg"), folder / "out")
    path = out / "repaired.gpkg"
    assert sorted(gpd.list_layers(path)["name"]) == [
        "accounts", "findings_after", "findings_before", "notes", "rejects", "repairs", "网格",
    ]  # fmt: skip
    saved = gpd.read_file(path, layer="网格")
    assert saved.columns.tolist() == [*grids().columns]
    assert saved["备注"].tolist()[0] == "=1+1"
    assert np.array_equal(gpd.read_file(path, layer="repairs")["done"], [True, False])
    with pytest.raises(OutputError, match="already holds"):
        save_repaired(repaired(folder, communities="c.gpkg"), folder / "out")


@pytest.mark.parametrize(("lang", "told"), [("zh", "修复前"), ("en", "before")])
def test_the_command_line_tells_what_was_done_and_exits_1_where_errors_are_left(folder, lang, told):
    args = ["repair", str(folder / "g.gpkg"), "--communities", str(folder / "c.gpkg")]
    out = CliRunner().invoke(app, [*args, "--out", str(folder / "out"), "--lang", lang])
    assert out.exit_code == 1, out.output
    assert told in out.output
    assert "900.00" in out.output
    again = CliRunner().invoke(app, [*args, "--out", str(folder / "out"), "--lang", lang])
    assert again.exit_code == 2


def test_the_command_line_exits_0_where_all_is_mended(folder):
    frame = grids().iloc[:2]
    frame.to_file(folder / "g.gpkg", layer="网格")
    args = ["repair", str(folder / "g.gpkg"), "--out", str(folder / "out")]
    assert CliRunner().invoke(app, args).exit_code == 0


def test_households_alone_are_read_where_the_grids_lie(folder):
    alone = repaired(folder, households="h.gpkg")
    nothing = repaired(folder)
    assert alone.grids.geometry.geom_equals_exact(nothing.grids.geometry, 0.5).all()
    assert {one.about for one in nothing.before if one.rule == "not_checked"} >= {"households_once"}
    assert "households_once" not in {one.about for one in alone.before if one.rule == "not_checked"}
