"""Ready-made atoms (statistical areas, compounds, parcels) are taken as they are, never cut."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.atoms.borders import tabulate_borders
from gridgeo.atoms.crossings import find_crossings
from gridgeo.atoms.faces import merge_faces
from gridgeo.atoms.named import NamedLines
from gridgeo.atoms.segments import Polygons
from gridgeo.config import AtomRules
from gridgeo.errors import InputError
from gridgeo.model import Atoms, Finding, Layers
from gridgeo.place import count_in, place_points
from gridgeo.text import Text

#: Atoms whose borders do not match are snapped to each other within a millimetre.
SNAP_M = 0.001
#: Large unions are compared on a grid this fine.
GRAIN_M = 1e-6
#: An atom sticks out of its community when more than this share of it, or this area, lies outside.
STICKS_OUT_SHARE = 0.05
STICKS_OUT_M2 = 1.0

Index = NDArray[np.int64]


def take_atoms(layers: Layers, considered: gpd.GeoDataFrame, rules: AtomRules) -> Atoms:
    """Return ready-made atoms as `gridgeo.model.Atoms`.

    An atom belongs to the community that its column names (by code or name), else to that of
    the largest overlap. The communities returned are effective ones: the unions of their
    atoms. Atoms outside every community are left out and listed in a finding; the households
    in them stay unplaced. An atom is dedicated when at least half of it lies in a dedicated
    facility. Counts come from the household points where these are given, else from the atoms.

    Raises
    ------
    InputError
        An atom names a community that is not there, or no atom lies in any community.
    """
    if layers.atoms is None:
        raise InputError(Text("there are no ready-made atoms", "没有现成的单元"), layer="atoms")
    given, repaired = _repair(layers.atoms)
    community, outside_m2 = _communities_of(given, layers.communities)
    kept = _in_reading_order(given, community)
    communities, position, missing = _effective(given.iloc[kept], community[kept], layers)
    polygons = given.geometry.to_numpy()[kept]
    placed = _place(layers, polygons, kept, len(given))
    counted = layers.households if len(layers.households) else given
    frame = gpd.GeoDataFrame(
        {
            "community": position,
            "households": _total(counted, placed, "households", len(kept)).astype(np.int64),
            "residents": _total(counted, placed, "residents", len(kept)),
            "kind": "given",
            "facility": _dedicated(polygons, considered),
            "name": given["name"].to_numpy()[kept],
        },
        geometry=polygons,
        crs=layers.crs,
    )
    streets = layers.streets[layers.streets["cuts"]]
    return Atoms(
        frame=frame,
        borders=tabulate_borders(
            polygons,
            NamedLines.gather(streets, layers.barriers),
            find_crossings(layers.streets, layers.barriers),
            crs=layers.crs,
            within_m=rules.match_street_m,
        ),
        communities=communities,
        placed=placed,
        considered=considered,
        findings=(
            *repaired,
            *missing,
            *_left_out(given, community),
            *_sticking_out(given, community, outside_m2),
            *_multipart(given),
            *_outlines(layers.communities, communities),
        ),
    )


def _repair(atoms: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Match the borders of neighbouring atoms vertex by vertex; report what that changed."""
    before = atoms.geometry.to_numpy()
    after = _matched(before)
    if after is before:
        return atoms, ()
    moved = np.flatnonzero(~shapely.equals_identical(*map(shapely.normalize, (before, after))))
    difference = shapely.symmetric_difference(before[moved], after[moved])
    changed = np.flatnonzero(shapely.area(difference) > 0)
    vanished = np.flatnonzero(shapely.is_empty(after))
    if len(vanished):
        raise InputError(
            Text("an atom lies wholly inside others", "有单元完全落在其他单元之内"),
            layer="atoms",
            rows=", ".join(str(i + 1) for i in vanished[:10]),
            rule="atoms do not overlap",
            remedy=Text("Remove the duplicate", "请删除重复的单元"),
        )
    amount = float(shapely.area(difference[changed]).sum())
    message = Text(
        f"the borders of {len(changed)} atoms did not match their neighbours': "
        f"{amount:,.2f} m2 changed hands",
        f"{len(changed)} 个单元与相邻单元边界不吻合，已对齐，涉及 {amount:,.2f} 平方米",
    )
    finding = Finding(
        rule="atoms_repaired",
        severity="warning",
        message=message,
        where=shapely.union_all(difference[changed]),
        amount=amount,
        unit="m2",
    )
    return atoms.set_geometry(gpd.GeoSeries(after, crs=atoms.crs)), (finding,)


def _matched(polygons: Polygons) -> Polygons:
    """Return `polygons` as a valid coverage; those far from any mismatch stay as they are."""
    edges = shapely.coverage_invalid_edges(polygons, gap_width=SNAP_M)
    wrong = np.flatnonzero(~shapely.is_empty(edges))
    if not len(wrong):
        return polygons
    tree = shapely.STRtree(polygons)
    local = _near(tree, wrong)
    matched = polygons.copy()
    matched[local] = _clean(polygons[local])
    # what is not beside a changed polygon was sound, and has not changed
    return matched if shapely.coverage_is_valid(matched[_near(tree, local)]) else _clean(polygons)


def _near(tree: shapely.STRtree, rows: Index) -> Index:
    """Return the positions of polygons at `rows`, and of those that touch them."""
    near = tree.query(tree.geometries[rows], predicate="dwithin", distance=SNAP_M)
    return np.unique(near[1])


def _clean(polygons: Polygons) -> Polygons:
    cleaned: Polygons = shapely.coverage_clean(  # type: ignore[attr-defined]  # stubs are of 2.1
        polygons, snapping_distance=SNAP_M
    )
    return cleaned


def _communities_of(
    atoms: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> tuple[Index, NDArray[np.float64]]:
    """Return the community of each atom (-1 for none), and how much of it lies outside that."""
    names = atoms["community"].to_numpy(dtype=object)
    known = {name: i for i, name in reversed(list(enumerate(communities["name"]))) if name}
    known |= {code: i for i, code in enumerate(communities["code"]) if code}
    unknown = [i for i, name in enumerate(names) if name and name not in known]
    if unknown:
        raise InputError(
            Text(
                f"{len(unknown)} atoms name a community that is not there",
                f"{len(unknown)} 个单元所属的社区不在社区图层中",
            ),
            layer="atoms",
            field="community",
            value=names[unknown[0]],
            remedy=Text(
                "Correct the column, or leave it empty to go by the largest overlap",
                "请更正该列，或留空以按最大重叠面积归属",
            ),
        )
    polygons, outlines = atoms.geometry.to_numpy(), communities.geometry.to_numpy()
    atom, other = shapely.STRtree(outlines).query(polygons, predicate="intersects")
    shared = np.round(shapely.area(shapely.intersection(polygons[atom], outlines[other])), 6)
    named = np.array([known.get(name, -1) for name in names])
    order = np.lexsort((other, -shared, other != named[atom], atom))
    atom, other, shared = atom[order], other[order], shared[order]
    first = np.flatnonzero(np.diff(atom, prepend=-1))
    community, inside_m2 = named.copy(), np.zeros(len(atoms))
    first = first[(shared[first] > 0)]
    nameless = named[atom[first]] < 0
    community[atom[first[nameless]]] = other[first[nameless]]
    own = first[community[atom[first]] == other[first]]
    inside_m2[atom[own]] = shared[own]
    if (community < 0).all():
        raise InputError(
            Text("no atom lies in any community", "没有单元落在任何社区之内"),
            layer="atoms",
            remedy=Text("Check the CRS of both layers", "请检查两个图层的坐标系"),
        )
    return community, shapely.area(polygons) - inside_m2


def _in_reading_order(atoms: gpd.GeoDataFrame, community: Index) -> Index:
    x, y = np.round(shapely.get_coordinates(shapely.centroid(atoms.geometry.to_numpy())), 2).T
    order = np.lexsort((y, x, community))
    return order[community[order] >= 0]


def _effective(
    atoms: gpd.GeoDataFrame, community: Index, layers: Layers
) -> tuple[gpd.GeoDataFrame, Index, tuple[Finding, ...]]:
    """Return the communities as unions of their atoms, and the new position of each atom's."""
    used, position = np.unique(community, return_inverse=True)
    unions = merge_faces(atoms.geometry.to_numpy(), position)
    communities = layers.communities.iloc[used].reset_index(drop=True)
    communities = communities.set_geometry(gpd.GeoSeries(unions, crs=layers.crs))
    empty = layers.communities[~layers.communities.index.isin(used)]
    findings = tuple(
        Finding(
            rule="community_without_atoms",
            severity="warning",
            message=Text(
                f"no atom lies in {name or code}: it gets no grid",
                f"{name or code}内没有任何单元，未划分网格",
            ),
            where=outline,
            amount=float(outline.area),
            unit="m2",
        )
        for code, name, outline in zip(empty["code"], empty["name"], empty.geometry, strict=True)
    )
    return communities, np.asarray(position), findings


def _place(layers: Layers, polygons: Polygons, kept: Index, size: int) -> Index:
    """Return the atom of each household row; where atoms carry the counts, they are the rows."""
    if len(layers.households):
        return place_points(layers.households.geometry.to_numpy(), polygons)
    position = np.full(size, -1)
    position[kept] = np.arange(len(kept))
    return position


def _total(counted: gpd.GeoDataFrame, placed: Index, column: str, size: int) -> NDArray[np.float64]:
    values = counted[column].to_numpy(dtype=float)
    if np.isnan(values).all():
        return np.full(size, np.nan)
    return count_in(placed, np.nan_to_num(values), size)


def _dedicated(polygons: Polygons, considered: gpd.GeoDataFrame) -> Index:
    """Return the dedicated facility that covers at least half of each atom, -1 for none."""
    facility = np.full(len(polygons), -1)
    chosen = np.flatnonzero(considered["dedicated"])
    outlines = considered.geometry.to_numpy()[chosen]
    atom, hit = shapely.STRtree(outlines).query(polygons, predicate="intersects")
    shared = shapely.area(shapely.intersection(polygons[atom], outlines[hit]))
    half = shared >= 0.5 * shapely.area(polygons[atom])
    by_share = np.lexsort((-hit[half], np.round(shared[half], 3)))
    facility[atom[half][by_share]] = chosen[hit[half][by_share]]
    return facility


def _left_out(atoms: gpd.GeoDataFrame, community: Index) -> tuple[Finding, ...]:
    outside = atoms[community < 0]
    if outside.empty:
        return ()
    return (
        Finding(
            rule="atoms_outside_communities",
            severity="warning",
            message=Text(
                f"{len(outside)} atoms lie outside every community and belong to no grid",
                f"{len(outside)} 个单元位于所有社区之外，未划入任何网格",
            ),
            where=shapely.union_all(outside.geometry.to_numpy()),
            amount=float(len(outside)),
            unit="atoms",
        ),
    )


def _sticking_out(
    atoms: gpd.GeoDataFrame, community: Index, outside_m2: NDArray[np.float64]
) -> tuple[Finding, ...]:
    out = (outside_m2 > STICKS_OUT_M2) & (community >= 0)
    if not out.any():
        return ()
    area = shapely.area(atoms.geometry.to_numpy())
    far = out & (outside_m2 > STICKS_OUT_SHARE * area)
    total = float(outside_m2[out].sum())
    return (
        Finding(
            rule="atoms_stick_out",
            severity="warning",
            message=Text(
                f"{out.sum()} atoms stick out of the given outline of their community, "
                f"{far.sum()} of them by more than 5 % of their area: {total:,.0f} m2 together",
                f"{out.sum()} 个单元超出所属社区的给定边界，其中 {far.sum()} 个超出自身面积的 5%，"
                f"合计 {total:,.0f} 平方米",
            ),
            where=shapely.union_all(atoms.geometry.to_numpy()[far]) if far.any() else None,
            amount=total,
            unit="m2",
        ),
    )


def _multipart(atoms: gpd.GeoDataFrame) -> tuple[Finding, ...]:
    parts = shapely.get_num_geometries(atoms.geometry.to_numpy())
    return tuple(
        Finding(
            rule="multipart_atom",
            severity="info",
            message=Text(
                f"atom {atoms['name'].iloc[i] or i + 1} consists of {parts[i]} separate parts; "
                "it is never cut, so its grid has them too",
                f"单元 {atoms['name'].iloc[i] or i + 1} 由 {parts[i]} 个互不相连的部分组成；"
                "单元不再切分，所在网格也随之分开",
            ),
            where=atoms.geometry.iloc[i],
            amount=float(parts[i]),
            unit="parts",
        )
        for i in np.flatnonzero(parts > 1)
    )


def _outlines(given: gpd.GeoDataFrame, effective: gpd.GeoDataFrame) -> tuple[Finding, ...]:
    outline: Any = shapely.union_all(given.geometry.to_numpy())
    union: Any = shapely.coverage_union_all(effective.geometry.to_numpy())
    # On a fine grid: in plain floating point GEOS now and then returns all or nothing here.
    lacking = shapely.difference(outline, union, grid_size=GRAIN_M)
    extra = shapely.difference(union, outline, grid_size=GRAIN_M)
    amount = float(lacking.area + extra.area)
    if amount <= STICKS_OUT_M2:
        return ()
    return (
        Finding(
            rule="effective_communities",
            severity="info",
            message=Text(
                "communities are the unions of their atoms: together they leave out "
                f"{lacking.area:,.0f} m2 of the given outlines and reach {extra.area:,.0f} m2 "
                "beyond them",
                f"社区以其单元的并集为准：与给定边界相比，合计缺少 {lacking.area:,.0f} 平方米，"
                f"超出 {extra.area:,.0f} 平方米",
            ),
            amount=amount,
            unit="m2",
        ),
    )
