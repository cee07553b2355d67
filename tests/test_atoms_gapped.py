"""Ready-made atoms that leave ground between them."""

import numpy as np
import pytest
import shapely
from builders_city import City, areas, communities, frame, settings
from shapely import box

from gridgeo.config import AtomRules
from gridgeo.pipeline.stages import make_atoms


def blocks(columns, rows, *, side=100.0, street=12.0, without=()):
    """Return street blocks with streets of `street` metres between them, and the outline."""
    step = side + street
    shapes = [
        box(x * step, y * step, x * step + side, y * step + side)
        for y in range(rows)
        for x in range(columns)
        if (x, y) not in without
    ]
    half = street / 2
    return shapes, box(-half, -half, columns * step - half, rows * step - half)


def take(shapes, outline, rules=None, **layers):
    atoms = frame(shapes, 户数=[60] * len(shapes))
    city = City({"communities": communities(outline), "atoms": atoms} | layers)
    return make_atoms(city.layers(), settings(atoms=rules or AtomRules()))


def found(atoms, rule):
    return [one for one in atoms.findings if one.rule == rule]


@pytest.mark.parametrize("street", [3.0, 12.0, 25.0])
def test_blocks_grow_to_the_middle_of_the_streets_between_them(street):
    shapes, outline = blocks(4, 3, street=street)
    atoms = take(shapes, outline)
    polygons = atoms.frame.geometry.to_numpy()
    assert shapely.coverage_is_valid(polygons)
    assert (shapely.get_num_geometries(polygons) == 1).all()
    np.testing.assert_allclose(shapely.area(polygons), (100 + street) ** 2, rtol=0.01)
    (grown,) = found(atoms, "atoms_grown")
    assert grown.amount == pytest.approx(outline.area - 120_000, rel=1e-6)
    assert (atoms.borders["right"] >= 0).sum() >= 17


def test_a_missing_block_is_an_error_with_its_place():
    shapes, outline = blocks(4, 4, without={(1, 2)})
    atoms = take(shapes, outline)
    (missing,) = found(atoms, "fills_community")
    assert missing.severity == "error"
    assert missing.where.contains(shapely.Point(600162, 3386274))
    assert missing.amount == pytest.approx(124**2, rel=0.05)


def test_touching_atoms_with_a_hole_stay_and_name_it():
    shapes = [box(x, y, x + 100, y + 100) for x in (0, 100, 200) for y in (0, 100, 200)]
    hole = shapes.pop(4)
    atoms = take(shapes, box(0, 0, 300, 300))
    (missing,) = found(atoms, "fills_community")
    assert (missing.severity, round(missing.amount)) == ("error", 10_000)
    assert not found(atoms, "atoms_grown")
    assert (
        found(take(shapes, box(0, 0, 300, 300), allowed_gaps=areas(hole)), "fills_community") == []
    )


def test_ground_at_the_rim_is_a_warning_and_slivers_are_none():
    shapes = [box(x, 0, x + 100, 100) for x in (0, 100, 200)]
    (missing,) = found(take(shapes, box(0, 0, 380, 104)), "fills_community")
    assert missing.severity == "warning"
    assert found(take(shapes, box(-4, -4, 304, 104)), "fills_community") == []


def test_wider_gaps_are_not_grown_over():
    shapes, outline = blocks(3, 2, street=100.0)
    atoms = take(shapes, outline)
    assert not found(atoms, "atoms_grown")
    assert {one.severity for one in found(atoms, "fills_community")} <= {"error", "warning"}
    assert found(atoms, "fills_community")
    assert found(take(shapes, outline, AtomRules(grow_m=120)), "atoms_grown")
    assert not found(take(*blocks(3, 2), AtomRules(grow_m=0)), "atoms_grown")
