"""Ready-made atoms that leave ground between them: street blocks without streets, missing blocks.

Street blocks and census blocks often end at the kerb. Where the atoms of a community do not touch,
they grow over the gaps to the middle line between them; elsewhere ground without atoms is reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridgeo.geometry import assign_points
from gridgeo.model import Finding
from gridgeo.wording import Text

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridgeo.config import AtomRules
    from gridgeo.geometry import Polygons

#: Atoms that share a border this long are neighbours.
_TOUCHING_M = 1.0
#: Borders are sampled at this distance to find the middle line between two of them.
_SAMPLED_M = 1.0
#: Ground without atoms is missing where a disc of this radius fits in, and it is no sliver.
_MISSING_RADIUS_M = 5.0
_MISSING_M2 = 1000.0
#: Missing ground that atoms surround along this share of its border is a missing block.
_SURROUNDED = 0.8


def grow_atoms(
    polygons: Polygons, community: NDArray[np.int64], outlines: Polygons, rules: AtomRules
) -> tuple[Polygons, tuple[Finding, ...]]:
    """Return atoms grown over the gaps between them, and a finding on the ground that they got.

    Communities in which most atoms touch no other are grown, up to the given outline and up to
    ``grow_m`` wide; the others stay as they are.

    Parameters
    ----------
    polygons, community
        Atoms, and the community (position in `outlines`) of each, -1 for none.
    """
    grown = polygons.copy()
    for place in np.unique(community[community >= 0]).tolist():
        members = np.flatnonzero(community == place)
        if rules.grow_m and _lie_apart(polygons[members]):
            ground = shapely.difference(outlines[place], shapely.union_all(polygons))
            narrow = shapely.difference(ground, _opened(ground, rules.grow_m / 2))
            grown[members] = _grow(polygons[members], narrow)
    gained = shapely.area(grown) - shapely.area(polygons)
    atoms = np.flatnonzero(gained > 0)
    if not len(atoms):
        return polygons, ()
    amount = float(gained[atoms].sum())
    message = Text(
        f"{len(atoms)} atoms do not touch each other: they grew to the middle of the gaps between "
        f"them (streets up to {rules.grow_m:g} m wide) by {amount:,.0f} m2, "
        f"{gained[atoms].min():,.0f} to {gained[atoms].max():,.0f} m2 each (atoms.grow_m)",
        f"{len(atoms)} 个单元互不相接：已各自扩展到间隙（{rules.grow_m:g} 米以内的街道）的中线，"
        f"共 {amount:,.0f} 平方米，每个 {gained[atoms].min():,.0f} 至 "
        f"{gained[atoms].max():,.0f} 平方米（atoms.grow_m）",
    )
    where = shapely.difference(shapely.union_all(grown[atoms]), shapely.union_all(polygons[atoms]))
    finding = Finding(
        rule="atoms_grown",
        severity="warning",
        message=message,
        where=where,
        amount=amount,
        unit="m2",
    )
    return grown, (finding,)


def _lie_apart(polygons: Polygons) -> bool:
    """Tell whether most of some atoms are joined to no other."""
    if len(polygons) < 2:
        return False
    a, b = shapely.STRtree(polygons).query(polygons, predicate="dwithin", distance=0.05)
    a, b = a[a < b], b[a < b]
    swollen = shapely.buffer(polygons[a], 0.05)
    shared = shapely.length(shapely.intersection(shapely.boundary(polygons[b]), swollen))
    a, b = a[shared > _TOUCHING_M], b[shared > _TOUCHING_M]
    pairs = coo_array((np.ones(len(a)), (a, b)), shape=(len(polygons), len(polygons)))
    pieces, _ = connected_components(pairs, directed=False)
    return bool(pieces > len(polygons) / 2)


def _opened(ground: Any, radius: float) -> Any:
    """Return what a disc (here a mitred one) of `radius` covers inside some ground."""
    core = shapely.buffer(ground, -radius, join_style="mitre")
    return shapely.buffer(core, radius + _SAMPLED_M / 10, join_style="mitre")


def _grow(polygons: Polygons, ground: Any) -> Polygons:
    """Return atoms with the parts of the ground that lie nearest to each."""
    if ground.is_empty:
        return polygons
    borders = shapely.segmentize(shapely.boundary(polygons), _SAMPLED_M)
    xy, atom = shapely.get_coordinates(borders, return_index=True)
    _, first = np.unique(xy, axis=0, return_index=True)
    xy, atom = xy[first], atom[first]
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(xy), extend_to=ground))
    owner = assign_points(np.asarray(shapely.points(xy), dtype=object), cells)
    cell_atom = np.full(len(cells), -1)
    cell_atom[owner[owner >= 0]] = atom[owner >= 0]
    grown = polygons.copy()
    for number in np.unique(cell_atom[cell_atom >= 0]).tolist():
        near = shapely.intersection(shapely.union_all(cells[cell_atom == number]), ground)
        parts = shapely.get_parts(near)
        beside = shapely.dwithin(parts, polygons[number], 1e-6) & (shapely.area(parts) > 0)
        grown[number] = shapely.union_all(np.append(parts[beside], polygons[number]))
    return grown


def missing_ground(
    given: gpd.GeoDataFrame, effective: gpd.GeoDataFrame, allowed: gpd.GeoDataFrame | None
) -> tuple[Finding, ...]:
    """Return a finding for each place of the communities that no atom covers.

    Where atoms surround it, a block is missing: an error. At the rim (a coast, another
    producer's border) it is a warning. Strips narrower than 10 m are no places.

    Parameters
    ----------
    given, effective
        Communities with code, name and geometry: as drawn, and as the unions of their atoms.
    allowed
        Ground that may belong to no grid.
    """
    free = shapely.union_all([] if allowed is None else allowed.geometry.to_numpy())
    tree = shapely.STRtree(effective.geometry.to_numpy())
    found = []
    for code, name, outline in zip(given["code"], given["name"], given.geometry, strict=True):
        near = tree.geometries[np.sort(tree.query(outline, predicate="intersects"))]
        if not len(near):
            continue
        atoms = shapely.union_all(near)
        lacking = shapely.difference(outline, atoms, grid_size=1e-6)
        lacking = shapely.difference(lacking, free) if allowed is not None else lacking
        core = shapely.get_parts(shapely.buffer(lacking, -_MISSING_RADIUS_M))
        for part in core[shapely.area(core) > 0]:
            place = shapely.intersection(shapely.buffer(part, 1.5 * _MISSING_RADIUS_M), lacking)
            if place.area >= _MISSING_M2:
                found.append(_missing(str(name or code), place, atoms))
    return tuple(found)


def _missing(community: str, place: Any, atoms: Any) -> Finding:
    rim = shapely.boundary(place)
    beside = shapely.intersection(rim, shapely.buffer(shapely.boundary(atoms), 0.01))
    surrounded = beside.length > _SURROUNDED * rim.length
    why = (
        Text("a block is missing from the atoms", "单元图层缺少一块")
        if surrounded
        else Text("the atoms end before the outline", "单元未到达社区边界")
    )
    return Finding(
        rule="fills_community",
        severity="error" if surrounded else "warning",
        message=Text(
            f"{place.area:,.0f} m2 of {community} lie in no atom and so in no grid: {why.en}",
            f"{community}有 {place.area:,.0f} 平方米不属于任何单元，因而不在任何网格内：{why.zh}",
        ),
        where=place,
        amount=float(place.area),
        unit="m2",
    )
