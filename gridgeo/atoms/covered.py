"""Streets that go on where a piece of them is covered, and streets that cut nothing.

An underpass, a passage under a bridge or a short tunnel carries ``layer``, ``tunnel`` or another
class for some metres. On the ground the street goes on, so such a piece cuts as the street does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridgeo.atoms.lines import explode
from gridgeo.geometry import coverage_edges, cut_into_segments
from gridgeo.model import Finding, Note
from gridgeo.wording import STREETS, Text

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridgeo.config import AtomRules
    from gridgeo.geometry import Polygons

#: Ends of pieces that lie this near are the same place.
_SAME_PLACE_M = 0.5
#: Streets of these classes do not divide blocks that fit.
_MINOR = ("lane", "wall", "none")
#: A street nearer than this to the border of a block is taken for the line that cut it: the
#: other carriageway, or a sliver that was absorbed.
_BESIDE_BORDER_M = 30.0
_SAMPLED_M = 15.0
#: Shorter stretches that cut nothing are not worth a finding.
_LEAST_KEPT_M = 100.0


def join_covered(
    streets: gpd.GeoDataFrame, rules: AtomRules
) -> tuple[gpd.GeoDataFrame, tuple[Note, ...]]:
    """Return the streets with covered pieces cutting where both their ends meet one that cuts.

    Pieces that touch each other are one stretch, which may be ``covered_m`` long. Lanes stay
    as they are: passages through buildings and subways for pedestrians are lanes.
    """
    major = ~streets["street_class"].isin(_MINOR).to_numpy()
    cuts = streets["cuts"].to_numpy(dtype=bool)
    rows = np.flatnonzero(major & ~cuts)
    if not len(rows):
        return streets, ()
    lines = streets.geometry.to_numpy()
    stretch, ends, owner = _stretches(lines[rows])
    length = np.bincount(stretch, shapely.length(lines[rows])).astype(np.float64)
    surface = shapely.STRtree(lines[major & cuts])
    met, _ = surface.query(ends, predicate="dwithin", distance=_SAME_PLACE_M)
    places = np.unique(np.column_stack([owner[met], _xy(ends[met])]), axis=0)
    joined = np.bincount(places[:, 0].astype(np.int64), minlength=len(length)) > 1
    goes_on = joined & (length <= rules.covered_m)
    cuts = cuts.copy()
    cuts[rows[goes_on[stretch]]] = True
    if not goes_on.any():
        return streets, ()
    return streets.assign(cuts=cuts), (_covered_note(length[goes_on]),)


def _stretches(lines: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[np.int64]]:
    """Return the stretch of each line, their end points, and the stretch of each end point."""
    parts, line = shapely.get_parts(lines, return_index=True)
    ends = np.concatenate([shapely.get_point(parts, 0), shapely.get_point(parts, -1)])
    line = np.tile(line, 2)
    a, b = shapely.STRtree(ends).query(ends, predicate="dwithin", distance=_SAME_PLACE_M)
    pairs = coo_array((np.ones(len(a)), (line[a], line[b])), shape=(len(lines), len(lines)))
    _, stretch = connected_components(pairs, directed=False)
    return stretch.astype(np.int64), ends, stretch[line].astype(np.int64)


def _xy(points: NDArray[Any]) -> NDArray[np.float64]:
    return np.round(shapely.get_coordinates(points) / _SAME_PLACE_M)


def _covered_note(length: NDArray[np.float64]) -> Note:
    return Note(
        "streets",
        Text(
            f"{len(length)} covered stretches of streets, {length.sum():,.0f} m together, join "
            "what cuts on both sides and cut, too (atoms.covered_m)",
            f"{len(length)} 处下穿或短隧道路段（共 {length.sum():,.0f} 米）两端均接地面道路，"
            "按连续道路参与切分（atoms.covered_m）",
        ),
    )


#: More streets than this that cut nothing are told by class, each with so many names.
_MOST_KEPT = 12
_MOST_NAMED = 5


def streets_that_cut_nothing(
    streets: gpd.GeoDataFrame, areas: Polygons, blocks: Polygons
) -> tuple[Finding, ...]:
    """Return a finding for each street above a lane that has stretches over 100 m that cut nothing.

    Streets of one class without a name are one finding; where there are many, those of a class
    are one that names the longest.

    Parameters
    ----------
    streets
        street_class, name, cuts, geometry; those in tunnels are included.
    areas, blocks
        The communities, and the blocks that they were cut into.
    """
    known = streets[~streets["street_class"].isin(_MINOR).to_numpy()]
    if not len(known) or not len(blocks):
        return ()
    inside = shapely.intersection(known.geometry.to_numpy(), shapely.union_all(areas))
    far = _away_from(inside, coverage_edges(blocks).lines)
    there = known.assign(far=far)[shapely.length(far) > 0]
    kept: dict[tuple[str, bool], dict[str, list[Any]]] = {}
    for (kind, name, cuts), rows in there.groupby(["street_class", "name", "cuts"], sort=True):
        lengths = [one for one in _connected(rows["far"].to_numpy()) if one.length > _LEAST_KEPT_M]
        if lengths:
            kept.setdefault((str(kind), bool(cuts)), {})[str(name)] = lengths
    many = sum(len(named) for named in kept.values()) > _MOST_KEPT
    return tuple(
        _kept_finding(STREETS[kind], some, cuts=cuts)
        for (kind, cuts), named in kept.items()
        for some in ([named] if many else [{name: named[name]} for name in named])
    )


def _away_from(lines: NDArray[Any], rim: NDArray[Any]) -> NDArray[Any]:
    """Return what of each line lies further from the rim than `_BESIDE_BORDER_M`.

    Most streets lie on it. So only lines with a sample that may lie away are measured, each
    against the rim around it.
    """
    away = np.full(len(lines), shapely.LineString(), dtype=object)
    tree = shapely.STRtree(rim)
    samples, owner = _samples(lines)
    near, _ = tree.query(samples, predicate="dwithin", distance=_BESIDE_BORDER_M - _SAMPLED_M / 2)
    rows = np.unique(np.delete(owner, near))
    line, edge = tree.query(lines[rows], predicate="dwithin", distance=_BESIDE_BORDER_M)
    order = np.argsort(line, kind="stable")
    beside = np.full(len(rows), shapely.MultiLineString(), dtype=object)
    if len(line):
        shapely.multilinestrings(rim[edge[order]], indices=line[order], out=beside)
    strips = shapely.buffer(beside, _BESIDE_BORDER_M, quad_segs=2)
    away[rows] = shapely.difference(lines[rows], strips)
    return away


def _samples(lines: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the middles of pieces of at most `_SAMPLED_M` of the lines, and the line of each."""
    parts, row = shapely.get_parts(shapely.segmentize(lines, _SAMPLED_M), return_index=True)
    segments, part = cut_into_segments(parts)
    return shapely.line_interpolate_point(segments, 0.5, normalized=True), row[part]


def _connected(lines: NDArray[Any]) -> list[Any]:
    """Return the connected stretches of some lines as multi-lines, from west to east."""
    parts = explode(lines)
    stretch, *_ = _stretches(parts)
    order = np.argsort(stretch, kind="stable")
    whole = np.asarray(shapely.multilinestrings(parts[order], indices=stretch[order]), dtype=object)
    return sorted(whole, key=lambda one: one.bounds)


def _kept_finding(kind: Text, named: dict[str, list[Any]], *, cuts: bool) -> Finding:
    """Return the finding about the stretches of streets of one class, by name."""
    metres = {name: sum(one.length for one in lengths) for name, lengths in named.items()}
    longest = sorted((name for name in metres if name), key=lambda name: (-metres[name], name))
    stretches = [one for lengths in named.values() for one in lengths]
    total_m, longest_m = sum(metres.values()), max(one.length for one in stretches)
    told, more = longest[:_MOST_NAMED], " ..." if len(longest) > _MOST_NAMED else ""
    en, zh = (
        f"{between.join(told)}{more} ({k})" if told else k
        for between, k in ((", ", kind.en), ("、", kind.zh))
    )
    why = (
        Text("not joined to other lines on both sides", "两端未都与其他道路或边界相接")
        if cuts
        else Text("in tunnels or below ground", "位于隧道或地下")
    )
    return Finding(
        rule="streets_kept",
        severity="info",
        message=Text(
            f"{total_m:,.0f} m of {en} divide no block, {why.en}: {len(stretches)} stretches, the "
            f"longest {longest_m:,.0f} m",
            f"{zh}有 {total_m:,.0f} 米未切分任何街区（{why.zh}），共 {len(stretches)} 段，"
            f"最长 {longest_m:,.0f} 米",
        ),
        where=shapely.MultiLineString([*shapely.get_parts(stretches)]),
        amount=float(total_m),
        unit="m",
    )
