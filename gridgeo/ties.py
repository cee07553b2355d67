"""From what planners drew to single atoms: which stay together, apart, or in a locked grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridgeo.model import Finding, Ties
from gridgeo.place import place_points
from gridgeo.text import Text

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridgeo.model import Atoms, Layers


def ties_of(layers: Layers, atoms: Atoms) -> Ties:
    """Return what the layers ``together``, ``apart`` and ``locked`` ask of the atoms.

    Atoms with a point inside a polygon, or at the two ends of a line, stay together; atoms at the
    two ends of a line stay apart. A locked polygon keeps the atoms with a point inside it, in the
    community that holds most of them; of several polygons over an atom the first in reading order
    counts. A line that does not have two atoms at its ends, and a polygon without any, is a
    finding ``tie_unplaced``.
    """
    polygons = atoms.frame.geometry.to_numpy()
    inner = shapely.point_on_surface(polygons)
    findings: list[Finding] = []
    together = []
    for shape, name in _rows(layers.together):
        if shapely.get_dimensions(shape) == 2:
            group = np.flatnonzero(shapely.intersects(shape, inner))
        else:
            group = _ends(shape, polygons)
        if group.size > 1:
            together.append(group)
        elif not group.size or shapely.get_dimensions(shape) == 1:
            findings.append(_unplaced(TOGETHER, shape, name))
    apart = []
    for shape, name in _rows(layers.apart):
        pair = _ends(shape, polygons)
        if pair.size == 2:
            apart.append(pair)
        else:
            findings.append(_unplaced(APART, shape, name))
    locked, names = _locked(layers, atoms, inner, findings)
    return Ties(
        together=tuple(together),
        apart=np.array(apart, dtype=np.int64).reshape(-1, 2) if apart else None,
        locked=locked,
        names=names,
        findings=tuple(findings),
    )


def _locked(
    layers: Layers, atoms: Atoms, inner: NDArray[Any], findings: list[Finding]
) -> tuple[NDArray[np.int64] | None, tuple[str, ...]]:
    if layers.locked is None or not len(layers.locked):
        return None, ()
    shapes = layers.locked.geometry.to_numpy()
    locked = place_points(inner, shapes)
    community = atoms.frame["community"].to_numpy()
    area = shapely.area(atoms.frame.geometry.to_numpy())
    for number, (shape, name) in enumerate(_rows(layers.locked)):
        own = locked == number
        if not own.any():
            findings.append(_unplaced(LOCKED, shape, name))
            continue
        home = int(np.argmax(np.bincount(community[own], weights=np.round(area[own], 2))))
        locked[own & (community != home)] = -1
    return locked, tuple(layers.locked["name"])


def _ends(line: Any, polygons: NDArray[Any]) -> NDArray[np.int64]:
    """Return the different atoms at the ends of a line."""
    ends = shapely.get_point(line, [0, -1])
    placed = place_points(ends, polygons)
    return np.unique(placed[placed >= 0])


def _rows(frame: gpd.GeoDataFrame | None) -> list[tuple[Any, str]]:
    if frame is None:
        return []
    return list(zip(frame.geometry, frame["name"], strict=True))


TOGETHER = Text("what should stay together", "要求同属一格的标注")
APART = Text("what should stay apart", "要求分属两格的标注")
LOCKED = Text("a locked grid", "锁定网格")


def _unplaced(what: Text, shape: Any, name: str) -> Finding:
    called = Text(f" ({name})", f"（{name}）") if name else Text("", "")
    return Finding(
        rule="tie_unplaced",
        severity="warning",
        message=what
        + called
        + Text(": it does not meet the atoms it needs", "：未落在所需的单元上，未起作用"),
        where=shape,
        amount=1.0,
        unit="rows",
    )
