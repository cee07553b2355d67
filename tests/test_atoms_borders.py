"""What the borders of atoms follow off the streets, and what the solver pays for it."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridgeo.atoms.borders import tabulate_borders
from gridgeo.atoms.lines import NamedLines
from gridgeo.config import Weights
from gridgeo.geometry import coverage_edges
from gridgeo.ground import Lines
from gridgeo.partition.atom_graph import _cut_classes

CRS = 32650


def layer(shapes, **columns):
    return gpd.GeoDataFrame(
        {name: [value] * len(shapes) for name, value in columns.items()}, geometry=shapes, crs=CRS
    )


def table(**layers):
    """Two squares of 200 m side by side, their common border at x = 200."""
    squares = np.array([shapely.box(0, 0, 200, 200), shapely.box(200, 0, 400, 200)])
    given = {name: layers.get(name) for name in ("streets", "compounds", "parcels", "buildings")}
    streets = (
        given["streets"] if given["streets"] is not None else layer([], street_class="", name="")
    )
    on = streets[streets["street_class"] == "local"] if len(streets) else streets
    borders = tabulate_borders(
        squares,
        NamedLines.gather(on),
        np.empty(0, dtype=object),
        Lines(**given, barriers=None),
        crs=CRS,
        within_m=0.1,
    )
    return borders[borders["right"] >= 0]


@pytest.mark.parametrize(
    ("layers", "follows"),
    [
        ({}, "open"),
        ({"compounds": layer([shapely.box(205, -10, 300, 300)], name="A")}, "compound"),
        ({"parcels": layer([shapely.box(100, -10, 190, 300)], name="")}, "parcel"),
        (
            {"buildings": layer([shapely.box(185, 0, 192, 200), shapely.box(208, 0, 220, 200)])},
            "building_gap",
        ),
        (
            {"buildings": layer([shapely.box(185, 0, 192, 200), shapely.box(228, 0, 240, 200)])},
            "open",
        ),
    ],
)
def test_a_border_off_the_streets_says_what_it_follows(layers, follows):
    borders = table(**layers)
    assert borders["follows"].tolist() == [follows]
    assert borders["street_class"].tolist() == ["none"]


def test_a_border_on_a_street_follows_it_whatever_stands_beside():
    street = layer([shapely.LineString([(200, -10), (200, 210)])], street_class="local", name="")
    borders = table(streets=street, compounds=layer([shapely.box(200, -10, 300, 300)], name="A"))
    assert borders["follows"].tolist() == ["street"]
    assert borders["beside_street_m"].tolist() == [0.0]


def test_an_open_border_beside_a_street_counts_its_metres_there():
    street = layer([shapely.LineString([(230, 50), (230, 150)])], street_class="lane", name="")
    borders = table(streets=street.assign(cuts=True))
    assert borders["follows"].tolist() == ["open"]
    assert borders["beside_street_m"].item() == pytest.approx(100, abs=2)


def test_the_rim_off_the_streets_follows_nothing_that_could_be_told():
    squares = np.array([shapely.box(0, 0, 200, 200)])
    assert len(coverage_edges(squares).left) == 4
    nothing = Lines(streets=None, barriers=None, compounds=None, parcels=None, buildings=None)
    borders = tabulate_borders(
        squares,
        NamedLines.gather(layer([], street_class="", name="")),
        np.empty(0, dtype=object),
        nothing,
        crs=CRS,
        within_m=0.1,
    )
    assert borders["follows"].tolist() == [""]


def test_each_kind_is_charged_by_its_own_weight():
    rows = pd.DataFrame(
        {
            "street_class": ["none", "none", "none", "lane", "none"],
            "follows": ["compound", "building_gap", "open", "path", "street"],
        }
    )
    charged = _cut_classes(rows)
    assert charged.tolist() == ["compound", "building_gap", "none", "lane", "lane"]
    assert set(charged) <= set(Weights().cut)
