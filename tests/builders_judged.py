"""A sound town of two communities to be broken on purpose, and what the checks find in it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely import LineString, Point, box
from shapely.geometry.base import BaseGeometry

from gridgeo.config import Band, Codes
from gridgeo.model import Finding
from gridgeo.validate import Subject, validate

A, B = "420102001001", "420102001002"
CRS = 32650


def frame(columns: Mapping[str, object], geometry: Iterable[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(geometry), crs=CRS)


def town(**layers: Any) -> Subject:
    """Two communities side by side, each of two grids of 100 x 100 m with 400 households."""
    cells = [box(x, 0, x + 100, 100) for x in (0, 100, 200, 300)]
    codes = [A + "001", A + "002", B + "001", B + "002"]
    columns = {
        "code": codes,
        "name": ["甲1", "甲2", "乙1", "乙2"],
        "kind": "basic",
        "community": [A, A, B, B],
        "households": [400] * 4,
        "residents": [1000.0] * 4,
    }
    doors = [Point(x + dx, y) for x in (0, 100, 200, 300) for dx, y in ((20, 30), (70, 80))]
    points = {"households": 200, "residents": 500.0, "grid": np.repeat(codes, 2)}
    atoms = {"grid": np.repeat(codes, 2), "households": 200, "residents": 500.0}
    halves = [box(x, y, x + 100, y + 50) for x in (0, 100, 200, 300) for y in (0, 50)]
    sound: dict[str, Any] = {
        "grids": frame(columns, cells),
        "communities": frame(
            {"code": [A, B], "name": ["甲", "乙"]}, [box(0, 0, 200, 100), box(200, 0, 400, 100)]
        ),
        "households": frame(points, doors),
        "atoms": frame(atoms, halves),
        "streets": frame({}, [LineString([(x, -50), (x, 150)]) for x in (100, 300)]),
        "facilities": frame(
            {"name": ["小卖部"], "dedicated": False, "reason_en": "", "reason_zh": ""},
            [box(10, 10, 20, 20)],
        ),
        "households_in": 1600,
    }
    return Subject(**{**sound, **layers})


def reshaped(row: int, geometry: BaseGeometry | None, **columns: Any) -> gpd.GeoDataFrame:
    """The town with another geometry, or other columns, for one grid."""
    grids = town().grids.copy()
    shapes = grids.geometry.to_numpy().copy()
    shapes[row] = geometry
    grids = grids.set_geometry(gpd.GeoSeries(shapes, crs=CRS))
    for name, value in columns.items():
        grids.loc[row, name] = value
    return grids


def found(
    subject: Subject, *rules: str, codes: Codes | None = None, band: Band | None = None
) -> list[Finding]:
    told = validate(subject, band=band or Band(), codes=codes or Codes())
    return [finding for finding in told if not rules or finding.rule in rules]


def only(findings: Sequence[Finding]) -> Finding:
    assert len(findings) == 1, [str(finding.message) for finding in findings]
    return findings[0]


def drawn(
    shapes: Sequence[BaseGeometry],
    dx: float = 0.0,
    dy: float = 0.0,
    outline: BaseGeometry | None = None,
) -> Subject:
    """A subject of one community and the given grids, moved by dx and dy."""

    def move(geometry: Any) -> Any:
        return shapely.transform(geometry, lambda xy: xy + np.array([dx, dy]))

    columns = {
        "code": [f"A-{n:02d}" for n in range(1, len(shapes) + 1)],
        "name": "x",
        "kind": "basic",
        "community": "A",
        "households": 400,
        "residents": np.nan,
    }
    outline = shapely.union_all(shapes) if outline is None else outline
    return Subject(
        grids=frame(columns, move(np.array(shapes, dtype=object))),
        communities=frame({"code": ["A"], "name": ["A"]}, [move(outline)]),
    )


def shown(findings: Iterable[Finding]) -> list[tuple[object, ...]]:
    return [(f.rule, f.severity, f.message, f.grids, f.amount) for f in findings]
