"""Ready-made atoms (statistical areas, compounds, parcels) are taken as they are, never cut.

Each belongs to the community that it names, else to that of the largest overlap; the effective
community is the union of its atoms.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.atoms.borders import tabulate_borders
from gridgeo.atoms.faces import merge_faces
from gridgeo.atoms.gapped import grow_atoms, missing_ground
from gridgeo.atoms.given_notes import left_out, multipart, outlines, overhanging, without_atoms
from gridgeo.atoms.lines import NamedLines, find_crossings
from gridgeo.config import AtomRules
from gridgeo.errors import InputError
from gridgeo.geometry import Polygons, assign_points, count_in
from gridgeo.ground import Lines
from gridgeo.model import Atoms, Finding, Layers
from gridgeo.wording import Text

#: Atoms whose borders do not match are snapped to each other within a millimetre.
_SNAP_M = 0.001
#: Atoms that changed by less are not counted as repaired.
_TOLD_M2 = 0.005

_Index = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class _Pieces:
    """Ready-made atoms in reading order, and the communities that they make up.

    Parameters
    ----------
    frame
        community (position in `communities`), households, residents, kind (``given``), name,
        geometry: borders match vertex by vertex.
    communities
        code, name, geometry: the effective communities, the unions of their atoms.
    bare
        The communities without atoms, as they were given.
    household_atom
        The atom of each household row, -1 for none; of each atom given where atoms carry counts.
    findings
        What was repaired or left out, sticks out, or consists of several parts.
    """

    frame: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    bare: gpd.GeoDataFrame
    household_atom: _Index
    findings: tuple[Finding, ...]


def prepare_pieces(layers: Layers, rules: AtomRules) -> _Pieces:
    """Return the ready-made atoms of the layers with their communities; see `take_atoms`.

    Raises
    ------
    InputError
        There are no atoms, an atom names a community that is not there, or none lies in any.
    """
    if layers.atoms is None:
        raise InputError(Text("there are no ready-made atoms", "没有现成的单元"), layer="atoms")
    given, repaired = _repair(layers.atoms)
    community, outside_m2 = _communities_of(given, layers.communities)
    polygons, grown = grow_atoms(
        given.geometry.to_numpy(), community, layers.communities.geometry.to_numpy(), rules
    )
    if grown:
        given = given.set_geometry(gpd.GeoSeries(_matched(polygons), crs=layers.crs))
    kept = _in_reading_order(given, community)
    communities, position, bare = _effective(given.iloc[kept], community[kept], layers)
    polygons = given.geometry.to_numpy()[kept]
    assigned = _assign_households(layers, polygons, kept, len(given))
    counted = layers.households if len(layers.households) else given
    frame = gpd.GeoDataFrame(
        {
            "community": position,
            "households": _total(counted, assigned, "households", len(kept)).astype(np.int64),
            "residents": _total(counted, assigned, "residents", len(kept)),
            "kind": "given",
            "name": given["name"].to_numpy()[kept],
        },
        geometry=polygons,
        crs=layers.crs,
    )
    return _Pieces(
        frame=frame,
        communities=communities,
        bare=bare,
        household_atom=assigned,
        findings=(
            *repaired,
            *grown,
            *left_out(given, community),
            *overhanging(given, community, outside_m2),
            *multipart(given),
            *outlines(layers.communities, communities),
            *missing_ground(layers.communities, communities, layers.allowed_gaps),
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
    changed = np.flatnonzero(shapely.area(difference) > _TOLD_M2)
    vanished = np.flatnonzero(shapely.is_empty(after))
    if len(vanished):
        raise InputError(
            Text("an atom lies wholly inside others", "有单元完全落在其他单元之内"),
            layer="atoms",
            rows=", ".join(str(i + 1) for i in vanished[:10]),
            rule="atoms do not overlap",
            remedy=Text("Remove the duplicate", "请删除重复的单元"),
        )
    repaired = atoms.set_geometry(gpd.GeoSeries(after, crs=atoms.crs))
    if not len(changed):
        return repaired, ()
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
    return repaired, (finding,)


def _matched(polygons: Polygons) -> Polygons:
    """Return `polygons` as a valid coverage; those far from any mismatch stay as they are."""
    edges = shapely.coverage_invalid_edges(polygons, gap_width=_SNAP_M)
    wrong = np.flatnonzero(~shapely.is_empty(edges))
    if not len(wrong):
        return polygons
    tree = shapely.STRtree(polygons)
    local = _near(tree, wrong)
    matched = polygons.copy()
    matched[local] = _clean(polygons[local])
    # what is not beside a changed polygon was sound, and has not changed
    return matched if shapely.coverage_is_valid(matched[_near(tree, local)]) else _clean(polygons)


def _near(tree: shapely.STRtree, rows: _Index) -> _Index:
    """Return the positions of polygons at `rows`, and of those that touch them."""
    near = tree.query(tree.geometries[rows], predicate="dwithin", distance=_SNAP_M)
    return np.unique(near[1])


def _clean(polygons: Polygons) -> Polygons:
    cleaned: Polygons = shapely.coverage_clean(  # type: ignore[attr-defined]  # stubs are of 2.1
        polygons, snapping_distance=_SNAP_M
    )
    return cleaned


def _communities_of(
    atoms: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> tuple[_Index, NDArray[np.float64]]:
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
    single = first[community[atom[first]] == other[first]]
    inside_m2[atom[single]] = shared[single]
    if (community < 0).all():
        raise InputError(
            Text("no atom lies in any community", "没有单元落在任何社区之内"),
            layer="atoms",
            remedy=Text("Check the CRS of both layers", "请检查两个图层的坐标系"),
        )
    return community, shapely.area(polygons) - inside_m2


def _in_reading_order(atoms: gpd.GeoDataFrame, community: _Index) -> _Index:
    x, y = np.round(shapely.get_coordinates(shapely.centroid(atoms.geometry.to_numpy())), 2).T
    order = np.lexsort((y, x, community))
    return order[community[order] >= 0]


def _effective(
    atoms: gpd.GeoDataFrame, community: _Index, layers: Layers
) -> tuple[gpd.GeoDataFrame, _Index, gpd.GeoDataFrame]:
    """Return the unions of atoms by community, the position of each atom's, and the others."""
    used, position = np.unique(community, return_inverse=True)
    unions = merge_faces(atoms.geometry.to_numpy(), position)
    communities = layers.communities.iloc[used].reset_index(drop=True)
    communities = communities.set_geometry(gpd.GeoSeries(unions, crs=layers.crs))
    bare = layers.communities[~layers.communities.index.isin(used)]
    return communities, np.asarray(position), bare


def _assign_households(layers: Layers, polygons: Polygons, kept: _Index, size: int) -> _Index:
    """Return the atom of each household row; where atoms carry the counts, they are the rows."""
    if len(layers.households):
        return assign_points(layers.households.geometry.to_numpy(), polygons)
    position = np.full(size, -1)
    position[kept] = np.arange(len(kept))
    return position


def _total(
    counted: gpd.GeoDataFrame, assigned: _Index, column: str, size: int
) -> NDArray[np.float64]:
    values = counted[column].to_numpy(dtype=float)
    if np.isnan(values).all():
        return np.full(size, np.nan)
    return count_in(assigned, np.nan_to_num(values), size)


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
    pieces = prepare_pieces(layers, rules)
    polygons = pieces.frame.geometry.to_numpy()
    frame = pieces.frame.copy()
    frame.insert(4, "facility", _dedicated(polygons, considered))
    streets = layers.streets[layers.streets["cuts"]]
    return Atoms(
        frame=frame,
        borders=tabulate_borders(
            polygons,
            NamedLines.gather(streets, layers.barriers),
            find_crossings(layers.streets, layers.barriers),
            Lines.of(layers),
            crs=layers.crs,
            within_m=rules.match_street_m,
        ),
        communities=pieces.communities,
        household_atom=pieces.household_atom,
        considered=considered,
        findings=(*without_atoms(pieces.bare), *pieces.findings),
    )


def _dedicated(polygons: Polygons, considered: gpd.GeoDataFrame) -> _Index:
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
