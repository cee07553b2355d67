"""Compounds stay whole, and the land between them is divided so that grids can be formed."""

import networkx as nx
import numpy as np
import pytest
import shapely
from builders_city import City, areas, communities, facilities, households, settings, streets
from shapely import box

from gridgeo.atoms.carve import outermost
from gridgeo.pipeline import partition_layers
from gridgeo.pipeline.stages import make_atoms

PASSING = ("支路", "外路", [(-50, -50), (-50, 650)])


def superblock(*, side, gap, columns, rows, each, lines=(PASSING,), **layers):
    """Return a community without streets inside, full of square compounds of `each` households.

    `gap` metres lie between two compounds, and between compounds and the rim.
    """
    step = side + gap
    yards = [
        box(x * step + gap, y * step + gap, (x + 1) * step, (y + 1) * step)
        for x in range(columns)
        for y in range(rows)
    ]
    homes = [(yard.centroid.x, yard.centroid.y, each) for yard in yards]
    whole = box(0, 0, columns * step + gap, rows * step + gap)
    return City(
        {
            "communities": communities(whole),
            "streets": streets(*lines),
            "households": households(*homes),
            "compounds": areas(*yards),
        }
        | layers
    )


def parts_of(atoms, outlines):
    """Return for each outline the atoms that hold more than a square metre of it."""
    polygons = atoms.frame.geometry.to_numpy()
    inner = shapely.buffer(outlines, -1.0)
    outline, atom = shapely.STRtree(polygons).query(inner, predicate="intersects")
    held = shapely.area(shapely.intersection(inner[outline], polygons[atom])) > 1
    return [set(atom[held & (outline == n)]) for n in range(len(outlines))]


SMALL = {"side": 16, "gap": 14, "columns": 10, "rows": 8, "each": 20}  # courtyards of one house
LARGE = {"columns": 4, "rows": 4, "each": 200}


@pytest.mark.parametrize(
    "block",
    [
        SMALL,
        *({"side": 80, "gap": gap} | LARGE for gap in (0, 4, 10, 20, 40)),
        {"side": 60, "gap": 30, "columns": 5, "rows": 4, "each": 90},
    ],
)
def test_compounds_stay_whole_and_every_grid_is_in_band(block):
    city = superblock(**block)
    layers = city.layers()
    plan = partition_layers(layers, settings())
    assert plan.communities["verdict"].tolist() == ["in_band"]
    atoms = make_atoms(layers, settings())
    assert [len(parts) for parts in parts_of(atoms, layers.compounds.geometry.to_numpy())] == [
        1
    ] * len(layers.compounds)


@pytest.mark.parametrize("gap", [4, 10, 20, 40])
def test_no_piece_of_land_between_compounds_lies_between_all_of_them(gap):
    atoms = make_atoms(superblock(side=80, gap=gap, **LARGE).layers(), settings())
    inner = atoms.borders[atoms.borders["right"] >= 0]
    graph = nx.Graph(zip(inner["left"], inner["right"], strict=True))
    compounds = set(np.flatnonzero(atoms.frame["households"] > 0))
    for atom in graph:
        left = graph.subgraph(set(graph) - {atom})
        pieces = [compounds & piece for piece in nx.connected_components(left)]
        assert max(map(len, pieces)) >= len(compounds) - 2


def test_small_outlines_make_the_same_atoms_as_buildings():
    city = superblock(**SMALL)
    yards = city.frames["compounds"]
    as_buildings = city.without("compounds").with_layers(buildings=yards)
    one, other = (make_atoms(c.layers(), settings()).frame for c in (city, as_buildings))
    assert one.geometry.geom_equals(other.geometry).all()
    assert one["households"].tolist() == other["households"].tolist()


def test_a_lane_that_ends_at_a_small_compound_does_not_divide_it():
    lane = ("小区路", "巷子", [(22, -10), (22, 300)])  # through the first column of courtyards
    city = superblock(**SMALL, lines=(PASSING, lane))
    layers = city.layers()
    atoms = make_atoms(layers, settings())
    assert all(len(p) == 1 for p in parts_of(atoms, layers.compounds.geometry.to_numpy()))


def test_compounds_change_nothing_about_the_ground_of_a_school():
    school = facilities(("学校", "小学", box(350, 10, 480, 180)))
    city = superblock(side=80, gap=20, **LARGE).with_layers(
        communities=communities(box(0, 0, 480, 420)), facilities=school
    )
    grounds = [
        shapely.union_all(atoms.frame.geometry[atoms.frame["facility"] >= 0].to_numpy())
        for atoms in (make_atoms(c.layers(), settings()) for c in (city, city.without("compounds")))
    ]
    assert grounds[0].area > 20_000
    assert shapely.symmetric_difference(*grounds).area < 1e-6


def test_an_outline_inside_a_larger_one_is_left_to_it():
    large, inside, beside = box(0, 0, 9, 9), box(1, 1, 2, 2), box(9, 0, 12, 3)
    assert set(outermost(np.array([inside, beside, large]))) == {large, beside}
