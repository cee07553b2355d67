"""Grids that exist only as a table of compounds, buildings, groups or addresses per grid code."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, box
from typer.testing import CliRunner

from gridgeo.cli import app
from gridgeo.config import ReadRules, Source
from gridgeo.geometry import divide_ground
from gridgeo.read import read_grids, read_layers

A = "420102001001"
X, Y = 600_000.0, 3_400_000.0
CODES = [f"{A}00{n}" for n in range(1, 5)]


def put(file, shapes, **columns):
    gpd.GeoDataFrame(columns, geometry=list(shapes), crs=32650).to_file(file)


def at(west, south, width, height):
    return box(X + west, Y + south, X + west + width, Y + south + height)


@pytest.fixture
def town(tmp_path, monkeypatch):
    """One community of 400 x 200 m; a street along its middle; 4 compounds of 4 buildings."""
    monkeypatch.chdir(tmp_path)
    put("c.gpkg", [at(0, 0, 400, 200)], 编码=[A], 名称=["甲社区"])
    put("s.gpkg", [LineString([(X + 200, Y - 9), (X + 200, Y + 209)])], 等级=["支路"])
    corners = [(0, 0), (0, 100), (200, 0), (200, 100)]
    put("x.gpkg", [at(w + 10, s + 10, 170, 80) for w, s in corners],
        小区名称=["春园", "夏园", "秋园", "冬园"])  # fmt: skip
    houses = [(w + 15 + 40 * n, s + 30) for w, s in corners for n in range(4)]
    put("b.gpkg", [at(w, s, 30, 40) for w, s in houses],
        楼栋名称=[f"{n}号楼" for _ in corners for n in range(1, 5)])  # fmt: skip
    put("d.gpkg", [Point(X + w + 15, Y + s + 20) for w, s in houses],
        地址=[f"园路{n}号" for n in range(1, 17)])  # fmt: skip
    put("h.gpkg", [Point(X + w + 15, Y + s + 20) for w, s in houses], 户数=[100] * 16)
    return tmp_path


def table(**columns):
    pd.DataFrame(columns).to_excel("t.xlsx", index=False)


def run(*args, code=0):
    done = CliRunner().invoke(app, [str(arg) for arg in args])
    assert done.exit_code == code, done.output
    return done.output


LAYERS = ["--communities", "c.gpkg", "--streets", "s.gpkg", "--households", "h.gpkg"]


def read(*roles):
    inputs = {"communities": "c.gpkg", "streets": "s.gpkg", **dict(roles)}
    rules = ReadRules(inputs={role: (Source(path=path),) for role, path in inputs.items()})
    layers = read_layers(rules, partial=True)
    return read_grids("t.xlsx", crs=layers.crs, rules=rules, ground=layers)


def places_of(grids):
    """Return the code of the grid at the middle of each of the 16 buildings."""
    inner = gpd.read_file("b.gpkg").representative_point().to_crs(grids.crs)
    return [next(iter(grids.loc[grids.contains(one), "code"]), "") for one in inner]


def test_a_table_of_compounds_is_drawn_along_the_street_and_verified(town):
    table(网格编码=CODES, 小区=["春园", "夏园", "秋园", "冬园"])
    grids = read(("compounds", "x.gpkg")).grids
    assert grids["code"].tolist() == CODES
    assert shapely.area(grids.geometry.to_numpy()) == pytest.approx([20_000] * 4, rel=1e-3)
    street = LineString([(X + 200, Y), (X + 200, Y + 200)])
    west = shapely.union_all(grids.geometry.to_numpy()[:2])
    assert west.boundary.intersection(street.buffer(1e-6)).length == pytest.approx(200, abs=0.1)
    told = run("verify", "t.xlsx", *LAYERS, "--compounds", "x.gpkg", "--out", "out")
    found = gpd.read_file("out/plan.gpkg", layer="findings")
    assert set(found.loc[found["severity"] == "error", "rule"]) == set()
    plan = gpd.read_file("out/plan.gpkg", layer="grids")
    assert plan["households"].tolist() == [400] * 4
    assert "4 处图形" in told


@pytest.mark.parametrize(
    ("column", "layer", "file"),
    [("楼栋", "buildings", "b.gpkg"), ("地址", "addresses", "d.gpkg")],
)
def test_a_table_of_buildings_or_addresses_is_drawn(town, column, layer, file):
    codes = list(np.repeat(CODES, 4))
    names = [f"园路{n}号" for n in range(1, 17)]
    extra = [] if column == "地址" else [("compounds", "x.gpkg")]
    if column == "楼栋":
        names = [f"{n}号楼" for _ in range(4) for n in range(1, 5)]
        table(网格编码=codes, 小区=list(np.repeat(["春园", "夏园", "秋园", "冬园"], 4)), 楼栋=names)
    else:
        table(网格编码=codes, 地址=names)
    file_of_grids = read((layer, file), *extra)
    assert file_of_grids.rejects == ()
    grids = file_of_grids.grids
    assert places_of(grids) == codes
    ground = grids.geometry.to_numpy()
    assert shapely.area(ground).sum() == pytest.approx(80_000)
    assert shapely.union_all(ground).area == pytest.approx(80_000)


def test_villager_groups_are_atoms_and_stay_as_they_are(town):
    put("a.gpkg", [at(100 * n, 0, 100, 200) for n in range(4)],
        名称=["一组", "二组", "三组", "四组"], 户数=[200] * 4)  # fmt: skip
    table(网格编码=[CODES[0], CODES[0], CODES[1]], 村民小组=["一组", "二组", "三组、四组"])
    grids = read(("atoms", "a.gpkg")).grids
    assert shapely.area(grids.geometry.to_numpy()).tolist() == [40_000, 40_000]
    assert [len(shapely.get_parts(one)) for one in grids.geometry] == [1, 1]


def test_names_that_match_nothing_and_places_under_two_grids_are_findings(town):
    table(网格编码=[*CODES, CODES[1], CODES[0]],
          小区=["春园", "夏园", "秋园", "冬园", "春园", "仙园"])  # fmt: skip
    run("verify", "t.xlsx", *LAYERS, "--compounds", "x.gpkg", "--out", "out", code=1)
    found = gpd.read_file("out/plan.gpkg", layer="findings").set_index("rule")
    assert found.loc["place_in_two_grids", "grids"] == f"{CODES[0]};{CODES[1]}"
    assert "春园" in found.loc["place_in_two_grids", "message_zh"]
    assert found.loc["names_unknown", "grids"] == CODES[0]
    assert "仙园" in found.loc["names_unknown", "message_zh"]
    rejects = gpd.read_file("out/plan.gpkg", layer="rejects")
    assert rejects[["row", "value"]].to_numpy().tolist() == [[7, "仙园"]]


def test_a_table_is_repaired_and_adjusted_as_a_drawn_layer_is(town):
    table(网格编码=CODES[:3], 小区=["春园", "夏园", "秋园，冬园"], 类型="basic")
    layers = [*LAYERS, "--compounds", "x.gpkg"]
    run("repair", "t.xlsx", *layers, "--out", "mended")
    mended = gpd.read_file("mended/repaired.gpkg", layer="grids")
    assert mended["code"].tolist() == CODES[:3]
    assert mended.area.sum() == pytest.approx(80_000)
    told = run("adjust", "t.xlsx", *layers, "--buildings", "b.gpkg", "--effort", "fast",
               "--jobs", 1, "--out", "adjusted")  # fmt: skip
    assert "4 处图形" in told
    plan = gpd.read_file("adjusted/plan.gpkg", layer="grids")
    assert plan["households"].tolist() == [400] * 4
    assert plan["code"].tolist()[:3] == CODES[:3]


@pytest.mark.parametrize(
    ("columns", "layers", "told"),
    [
        (
            {"网格编码": CODES, "备注": ["a"] * 4},
            ["--compounds", "x.gpkg"],
            "也没有楼栋、地址、小区",
        ),
        ({"网格编码": CODES, "小区": ["春园"] * 4}, [], "没有提供可对应的图层"),
        ({"网格编码": CODES, "小区": ["仙园"] * 4}, ["--compounds", "x.gpkg"], "均对应不上"),
        ({"小区": ["春园"], "名称": ["一"]}, ["--compounds", "x.gpkg"], "找不到“编码”列"),
    ],
)
def test_a_table_that_cannot_be_drawn_says_what_is_lacking(town, columns, layers, told):
    table(**columns)
    said = run("verify", "t.xlsx", "--communities", "c.gpkg", *layers, code=2)
    assert told in said


@pytest.mark.parametrize(
    ("stated", "households"), [([300, 300, 150], [300, 150]), ([100, 200, 150], [300, 150])]
)
def test_counts_are_added_up_and_a_total_on_every_row_counts_once(town, stated, households):
    table(网格编码=[CODES[0], CODES[0], CODES[1]], 小区=["春园", "夏园", "秋园"], 户数=stated)
    assert read(("compounds", "x.gpkg")).grids["households"].tolist() == households


@given(
    st.lists(
        st.tuples(st.integers(1, 18), st.integers(1, 8), st.integers(0, 3), st.booleans()),
        min_size=1, max_size=12, unique_by=lambda one: one[:2],
    ),
    st.lists(st.integers(1, 19), max_size=3, unique=True),
)  # fmt: skip
def test_the_ground_is_divided_without_gap_or_overlap_and_places_stay_whole(kinds, streets):
    outline = box(0, 0, 200, 100)
    shapes = [box(10 * x - 3, 10 * y - 3, 10 * x + 3, 10 * y + 3) if flat else Point(10 * x, 10 * y)
              for x, y, _, flat in kinds]  # fmt: skip
    owner = np.array([one for *_, one, _ in kinds])
    lines = [LineString([(10 * x + 5, -5), (10 * x + 5, 105)]) for x in streets]
    ground = divide_ground(outline, np.array(shapes, dtype=object), owner, lines)
    pieces = list(ground.values())
    assert set(ground) == set(owner.tolist())
    assert shapely.area(pieces).sum() == pytest.approx(20_000)
    assert shapely.union_all(pieces).area == pytest.approx(20_000)
    for shape, one in zip(shapes, owner.tolist(), strict=True):
        assert shapely.difference(shape, ground[one].buffer(1e-6)).area < 1e-3
        assert ground[one].distance(shape) < 1e-6
