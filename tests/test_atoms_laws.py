"""Laws of atoms on random towns: they fill, they cover, they keep whole what is whole."""

import hypothesis
import numpy as np
import pytest
import shapely
from builders_city import edges_m, random_city, settings
from hypothesis import Phase, given
from hypothesis import strategies as st

from gridgeo.atoms import cut_blocks
from gridgeo.atoms.carve import _STRAY_SHARE
from gridgeo.atoms.faces import is_thin
from gridgeo.config import AtomRules
from gridgeo.geometry import assign_points
from gridgeo.model import BORDER_CLASSES
from gridgeo.pipeline.stages import make_atoms
from gridgeo.wording import FOLLOWED

LIMIT = settings().band.upper
few = hypothesis.settings(
    max_examples=6, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate]
)
seeds = st.integers(0, 2**16)


def cities(**always):
    """Return a strategy of towns; features are there or not unless `always` says so."""
    free = ("river", "carriageways", "compounds", "buildings", "schools", "residents")
    features = {name: st.booleans() for name in free} | {k: st.just(v) for k, v in always.items()}
    return st.builds(random_city, seed=seeds, **features)


def cut(city):
    layers = city.layers()
    return layers, make_atoms(layers, settings())


@few
@given(cities())
def test_atoms_are_a_coverage_that_fills_the_communities(city):
    _, atoms = cut(city)
    polygons = atoms.frame.geometry.to_numpy()
    assert shapely.is_valid(polygons).all()
    assert (shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON).all()
    assert shapely.coverage_is_valid(polygons)
    community = atoms.frame["community"].to_numpy()
    for position, outline in enumerate(atoms.communities.geometry):
        own = polygons[community == position]
        union = shapely.union_all(own)
        gaps = shapely.difference(outline, union).area + shapely.difference(union, outline).area
        assert gaps + abs(shapely.area(own).sum() - union.area) < 1e-5
    assert atoms.frame.index.equals(atoms.frame.reset_index().index)


@few
@given(cities())
def test_each_household_is_in_one_atom_or_outside_every_community(city):
    layers, atoms = cut(city)
    homes, polygons = layers.households, atoms.frame.geometry.to_numpy()
    inside = atoms.household_atom >= 0
    points = homes.geometry.to_numpy()
    assert shapely.dwithin(points[inside], polygons[atoms.household_atom[inside]], 0.01).all()
    whole = shapely.union_all(atoms.communities.geometry.to_numpy())
    assert (shapely.distance(points[~inside], whole) > 0).all()
    for measure in ("households", "residents"):
        told = homes[measure].to_numpy()
        sums = np.bincount(atoms.household_atom[inside], told[inside], len(polygons))
        unknown = np.isnan(told).all()
        np.testing.assert_allclose(atoms.frame[measure], np.nan if unknown else sums)


@few
@given(cities())
def test_no_sliver_stays_that_has_a_neighbour_in_its_community(city):
    _, atoms = cut(city)
    rules = AtomRules()
    thin = is_thin(atoms.frame.geometry.to_numpy(), rules)
    slivers = set(np.flatnonzero(thin & (atoms.frame["households"] < rules.sliver_households)))
    community = atoms.frame["community"].to_numpy()
    inner = atoms.borders[atoms.borders["right"] >= 0]
    same = inner[community[inner["left"]] == community[inner["right"]]]
    assert slivers.isdisjoint([*same["left"], *same["right"]])


@few
@given(cities())
def test_the_border_table_adds_up_to_the_outline_of_each_atom(city):
    _, atoms = cut(city)
    borders, polygons = atoms.borders, atoms.frame.geometry.to_numpy()
    np.testing.assert_allclose(edges_m(atoms), shapely.length(polygons), rtol=1e-9)
    np.testing.assert_allclose(borders.length, borders["border_m"], rtol=1e-9)
    assert set(borders["street_class"]) <= set(BORDER_CLASSES)
    inner = borders["right"] >= 0
    assert (borders.loc[inner, "left"] < borders.loc[inner, "right"]).all()
    parts = ["left", "right", "street_class", "street_name", "follows"]
    assert not borders.duplicated(parts).any()
    assert (
        borders["follows"].isin(FOLLOWED) == (inner | (borders["street_class"] != "none"))
    ).all()
    assert borders["beside_street_m"].between(0, borders["border_m"] + 1e-6).all()


@few
@given(cities())
def test_left_lies_on_the_left_of_each_border(city):
    _, atoms = cut(city)
    lines, row = shapely.get_parts(atoms.borders.geometry.to_numpy(), return_index=True)
    xy, line = shapely.get_coordinates(lines, return_index=True)
    first = np.flatnonzero(np.r_[True, line[1:] != line[:-1]])
    first = first[np.hypot(*(xy[first + 1] - xy[first]).T) > 0.01]  # else too short to have a side
    start, end = xy[first], xy[first + 1]
    along = (end - start) / np.hypot(*(end - start).T)[:, None]
    beside = (start + end) / 2 + 1e-4 * np.column_stack([-along[:, 1], along[:, 0]])
    left = atoms.frame.geometry.to_numpy()[atoms.borders["left"].to_numpy()[row[line[first]]]]
    assert shapely.dwithin(shapely.points(beside), left, 1e-6).all()


@few
@given(cities(buildings=True, compounds=False, schools=False))
def test_no_cell_border_crosses_a_building(city):
    layers, atoms = cut(city)
    community = np.append(atoms.frame["community"], -1)
    borders = atoms.borders
    same = community[borders["left"]] == community[borders["right"]]
    drawn = borders[same & (borders["street_class"] == "none")]
    rooms = shapely.buffer(layers.buildings.geometry.to_numpy(), -0.05)
    given_lines = [*layers.streets.geometry, *layers.barriers.geometry, *atoms.communities.boundary]
    free = rooms[~shapely.intersects(rooms, shapely.union_all(given_lines))]
    crossed = shapely.STRtree(drawn.geometry.to_numpy()).query(free, predicate="intersects")
    assert len(free) > 50
    assert crossed.size == 0


@few
@given(cities(schools=False), seeds)
def test_groups_that_fit_stay_whole(city, seed):
    homes = city.frames["households"]
    ward = (homes.geometry.x // 70).astype(int).astype(str) + "-"
    ward += (homes.geometry.y // (50 + seed % 60)).astype(int).astype(str)
    city = city.without("compounds").with_layers(households=homes.assign(小组=ward + "组"))
    layers, atoms = cut(city)
    blocks = cut_blocks(
        layers, AtomRules(), limits=np.full(len(layers.communities), LIMIT)
    ).faces.polygons
    told = layers.households.assign(
        atom=atoms.household_atom,
        block=assign_points(layers.households.geometry.to_numpy(), blocks),
    )
    for _, members in told[told["atom"] >= 0].groupby(["group", "block"]):
        assert members["households"].sum() > LIMIT or members["atom"].nunique() == 1


@few
@given(cities(compounds=True, schools=False, carriageways=False))
def test_compounds_that_fit_stay_whole_between_main_streets(city):
    layers, atoms = cut(city)
    streets = layers.streets
    main = streets.geometry[~streets["street_class"].isin(["local", "lane"])].to_numpy()
    rims = atoms.communities.boundary.to_numpy()
    dividing = shapely.STRtree([*main, *rims, *layers.barriers.geometry])
    outlines = layers.compounds.geometry.to_numpy()
    divided = np.unique(dividing.query(outlines, predicate="intersects")[0])
    well_inside = shapely.buffer(outlines, -0.6)
    compound = assign_points(layers.households.geometry.to_numpy(), well_inside)
    for position in np.setdiff1d(np.arange(len(outlines)), divided):
        members = layers.households[compound == position]
        held = set(atoms.household_atom[compound == position])
        assert members["households"].sum() > LIMIT or len(held) <= 1


@few
@given(cities(schools=True))
def test_dedicated_ground_is_the_outline_and_what_lies_between_it_and_the_street(city):
    layers, atoms = cut(city)
    chosen = np.flatnonzero(atoms.considered["dedicated"])
    whole = shapely.union_all(atoms.communities.geometry.to_numpy())
    assert set(atoms.frame["facility"]) == {-1, *chosen}
    for row in chosen:
        outline = atoms.considered.geometry.iloc[row]
        pieces = atoms.frame.geometry[atoms.frame["facility"] == row].to_numpy()
        ground = shapely.union_all(pieces)
        rules = AtomRules()
        beyond = shapely.difference(pieces, shapely.buffer(outline, rules.strip_m))
        assert is_thin(shapely.get_parts(beyond), rules).all()
        left = shapely.get_parts(shapely.difference(shapely.intersection(outline, whole), ground))
        stray = shapely.area(left) < _STRAY_SHARE * outline.area
        crossed = layers.streets.intersects(outline).any()
        assert crossed or (stray | is_thin(left, rules)).all()
    assert layers.facilities["name"].tolist() == atoms.considered["name"].tolist()


@pytest.mark.parametrize("measure", ["households", "residents"])
def test_unknown_residents_stay_unknown(measure):
    _, atoms = cut(random_city(3, residents=measure == "residents"))
    assert atoms.frame["residents"].isna().all() == (measure == "households")
