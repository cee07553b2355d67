"""The ground of the grids of an adjusted plan: what stays is as drawn, what changes is re-cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridgeo.adjust.choose import Chosen
    from gridgeo.adjust.groups import Groups
    from gridgeo.adjust.inherited import Old

#: Crumbs of an overlay that are no larger than this are not ground (as in the checks).
CRUMB_M2 = 0.01
#: Overlays are done on a grid of 1 µm, which is robust.
GRID_M = 1e-6


def recut(
    dissolved: gpd.GeoDataFrame,
    drawn: NDArray[Any],
    *,
    outlines: NDArray[Any],
    chosen: Chosen,
    old: Old,
    groups: Groups,
) -> NDArray[Any]:
    """Return the geometry of each grid.

    1. A grid that stays has the very geometry that it was drawn with.
    2. Grids of a proposal whose old outlines follow atoms are the union of their atoms.
    3. Where they do not, the new grids divide the ground that the old ones had, and what their
       atoms hold of the community that no grid had, along atoms: so nothing is taken from grids
       that stay, and no gap opens beside them.

    Parameters
    ----------
    dissolved
        The union of the atoms of each grid.
    drawn
        The old grids exactly as they were drawn.
    outlines
        Of the community of each grid, as given.
    """
    was = old.grids.geometry.to_numpy()
    geometry = dissolved.geometry.to_numpy().copy()
    stays = chosen.old >= 0
    geometry[stays] = drawn[chosen.old[stays]]
    group = np.where(chosen.new >= 0, np.append(groups.new, -1)[chosen.new], -1)
    crossing = np.unique(groups.old[old.grids["crosses"].to_numpy(dtype=bool)])
    tree = shapely.STRtree(was)
    for number in np.intersect1d(crossing, group[group >= 0]).tolist():
        rows = np.flatnonzero(group == number)
        inside = _within(geometry[rows], outlines[rows])
        own = _union([*was[groups.old == number], *inside])
        near = tree.query(own)
        others = _union(was[near[groups.old[near] != number]])
        anchors = [shapely.multipoints(old.anchor[chosen.part.labels == row]) for row in rows]
        ground = shapely.difference(own, others, grid_size=GRID_M)
        geometry[rows] = divided(geometry[rows], ground, np.array(anchors))
    return geometry


def divided(grids: NDArray[Any], ground: Any, anchors: NDArray[Any]) -> NDArray[Any]:
    """Return grids that fill `ground`: the parts of it that hold their anchors, and what is left.

    Each part without an anchor goes to the grid that it borders most.

    Examples
    --------
    >>> two = np.array([shapely.box(0, 0, 4, 9), shapely.box(4, 0, 8, 9)])
    >>> homes = shapely.points([[2, 1], [6, 1]])
    >>> shapely.area(divided(two, shapely.box(1, 0, 10, 9), homes)).tolist()
    [27.0, 54.0]
    """
    held = _within(grids, ground)
    parts, owner = shapely.get_parts(held, return_index=True)
    fixed = shapely.intersects(parts, anchors[owner])
    fixed |= ~np.isin(owner, owner[fixed])
    rest = shapely.difference(ground, _union(held), grid_size=GRID_M)
    loose = np.concatenate([parts[~fixed], shapely.get_parts(rest)])
    cores = [list(parts[fixed & (owner == number)]) for number in range(len(grids))]
    while len(loose):
        whole = np.array([_union(own) for own in cores])
        shared = shapely.length(shapely.intersection(loose[:, None], whole, grid_size=GRID_M))
        touches = shared.max(axis=1) > 0
        if not touches.any():
            loose = loose[shapely.area(loose) > CRUMB_M2]
            shared = -shapely.distance(loose[:, None], whole).reshape(len(loose), len(whole))
            touches = np.ones(len(loose), dtype=bool)
        nearest = np.round(shared[touches], 3).argmax(axis=1)
        for crumb, to in zip(loose[touches], nearest.tolist(), strict=True):
            cores[to].append(crumb)
        loose = loose[~touches]
    return np.array([_polygonal(_union(own), CRUMB_M2) for own in cores], dtype=object)


def _union(shapes: Any) -> Any:
    return shapely.union_all(shapes, grid_size=GRID_M)


def _within(shapes: NDArray[Any], ground: Any) -> NDArray[Any]:
    """Return what of each shape lies within the ground, without lines where they only touch."""
    shared = shapely.intersection(shapes, ground, grid_size=GRID_M)
    return np.array([_polygonal(shape) for shape in shared], dtype=object)


def _polygonal(shape: Any, least_m2: float = 0.0) -> Any:
    parts = shapely.get_parts(shape)
    kept = parts[(shapely.get_dimensions(parts) == 2) & (shapely.area(parts) > least_m2)]
    return kept[0] if len(kept) == 1 else shapely.multipolygons(kept)
