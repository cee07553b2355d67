"""The division into chunks: which chunk each community, household and street belongs to.

Communities of two chunks that overlap, or leave a gap between them, are reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.errors import InputError
from gridgeo.geometry import assign_points
from gridgeo.model import Finding
from gridgeo.wording import Text

if TYPE_CHECKING:
    from gridgeo.config import ChunkRules

#: Streets, barriers, buildings and the like come with a chunk up to this distance from it: more
#: than any rule of the later stages looks beyond a community.
_MARGIN_M = 100.0
_TWELVE = re.compile(r"\d{12}")
_UNFIT = re.compile(r'[\x00-\x1f<>:"/\\|?*\s.]+')
_NAMED = 5

_Index = NDArray[np.int64]
#: Rows of a layer and the chunks that they belong to, pair by pair.
Members = tuple[_Index, _Index]


def chunk_names(communities: gpd.GeoDataFrame, rules: ChunkRules, *, named: bool) -> list[str]:
    """Return the name of the chunk of each community.

    Parameters
    ----------
    communities
        code, township (``""`` where unknown) and geometry in a metre CRS.
    rules
        What the chunks go by.
    named
        Whether the settings name the column of townships: then it goes before the codes.

    Raises
    ------
    InputError
        A community has neither a 12-digit code nor a township.

    Examples
    --------
    >>> from gridgeo.config import ChunkRules
    >>> town = gpd.GeoDataFrame({"code": ["420102001001", "7"], "township": ["", "大智街道"]},
    ...                         geometry=[shapely.box(0, 0, 9, 9), shapely.box(9, 0, 99, 9)])
    >>> chunk_names(town, ChunkRules(by="township"), named=False)
    ['420102001', '大智街道']
    >>> chunk_names(town, ChunkRules(by="tile", tile_m=5000), named=False)
    ['x0y0', 'x0y0']
    """
    if rules.by == "tile":
        inner = shapely.get_coordinates(shapely.point_on_surface(communities.geometry.to_numpy()))
        tiles = np.floor(inner / rules.tile_m).astype(np.int64).tolist()
        return [f"x{x}y{y}" for x, y in tiles]
    names = [
        _township(code, township, named=named)
        for code, township in zip(communities["code"], communities["township"], strict=True)
    ]
    lacking = [row for row, name in enumerate(names) if not name]
    if lacking:
        raise _no_township(communities, lacking)
    return names


def _township(code: str, township: str, *, named: bool) -> str:
    by_code = code[:9] if _TWELVE.fullmatch(code) else ""
    return _UNFIT.sub("_", (township or by_code) if named else (by_code or township))


def _no_township(communities: gpd.GeoDataFrame, lacking: list[int]) -> InputError:
    shown = ", ".join(
        str(communities[field].iloc[row])
        for row in lacking[:_NAMED]
        for field in ("name", "code")
        if communities[field].iloc[row]
    )
    return InputError(
        Text(
            f"{len(lacking)} communities have neither a 12-digit code nor a township: {shown}",
            f"{len(lacking)} 个社区既没有 12 位编码，也没有所属乡镇街道：{shown}",
        ),
        layer="communities",
        remedy=Text(
            "Name the column with --column communities.township=NAME, or use --by tile",
            "请用 --column communities.township=列名 指定乡镇街道列，或改用 --by tile",
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Division:
    """The chunks, and the ground by which rows are assigned to them.

    ``names`` are sorted; ``chunk`` is the position there of each community. Households belong to
    the chunk of the polygon of ``ground`` that they lie in: a community, or a ready-made atom.
    ``communities`` have the given code and name, by which atoms name them.
    """

    names: tuple[str, ...]
    communities: gpd.GeoDataFrame
    chunk: _Index
    ground: NDArray[Any]
    ground_chunk: _Index
    outlines: NDArray[Any]

    @classmethod
    def by_community(cls, communities: gpd.GeoDataFrame, names: list[str]) -> Division:
        """Return the division of communities by the names of their chunks."""
        known = tuple(sorted(set(names)))
        position = {name: at for at, name in enumerate(known)}
        chunk = np.array([position[name] for name in names], dtype=np.int64)
        polygons = communities.geometry.to_numpy()
        outlines = [shapely.union_all(polygons[chunk == at]) for at in range(len(known))]
        return cls(
            names=known,
            communities=communities,
            chunk=chunk,
            ground=polygons,
            ground_chunk=chunk,
            outlines=np.array(outlines, dtype=object),
        )

    def on_atoms(self, polygons: NDArray[Any], chunk: _Index) -> Division:
        """Return the division with ready-made atoms as its ground."""
        return replace(self, ground=polygons, ground_chunk=chunk)

    def members(self, role: str, frame: gpd.GeoDataFrame) -> Members:
        """Return the chunks that the rows of a layer belong to.

        Households and atoms belong to exactly one chunk, those outside every community to the
        nearest; facilities to each chunk that they touch, or to the nearest; constraints
        (together, apart, locked) to each chunk that they touch; links to the chunks of their ends;
        other rows to each chunk within `_MARGIN_M`.
        """
        shapes = frame.geometry.to_numpy()
        if role == "atoms":
            found = self.community_of_atoms(frame)
            outlines = self.communities.geometry.to_numpy()
            return np.arange(len(frame)), self.chunk[_or_nearest(found, shapes, outlines)]
        if role == "households":
            assigned = assign_points(shapes, self.ground)
            return np.arange(len(frame)), self.ground_chunk[
                _or_nearest(assigned, shapes, self.ground)
            ]
        if role in {"together", "apart", "locked"}:
            return _touched(shapes, self.outlines)
        if role == "links":
            ends = np.concatenate([_end_of(shapes, 0), _end_of(shapes, -1)])
            near = _or_nearest(assign_points(ends, self.ground), ends, self.ground)
            rows = np.tile(np.arange(len(frame)), 2)
            row, chunk = np.unique([rows, self.ground_chunk[near]], axis=1)
            return row, chunk
        if role == "facilities":
            return _touched(shapes, self.outlines, lost=self)
        return _touched(shapes, shapely.buffer(self.outlines, _MARGIN_M, quad_segs=2))

    def community_of_atoms(self, atoms: gpd.GeoDataFrame) -> _Index:
        """Return the community of each atom: the one it names, else that of the largest overlap.

        -1 where it lies in none.
        """
        names, codes = self.communities["name"], self.communities["code"]
        known = {name: at for at, name in reversed(list(enumerate(names))) if name}
        known |= {code: at for at, code in enumerate(codes) if code}
        found = np.array([known.get(name, -1) for name in atoms["community"]], dtype=np.int64)
        shapes, outlines = atoms.geometry.to_numpy(), self.communities.geometry.to_numpy()
        nameless = np.flatnonzero(found < 0)
        atom, other = shapely.STRtree(outlines).query(shapes[nameless], predicate="intersects")
        shared = shapely.area(shapely.intersection(shapes[nameless[atom]], outlines[other]))
        order = np.lexsort((other, -np.round(shared, 6), atom))
        atom, first = np.unique(atom[order], return_index=True)
        inside = shared[order][first] > 0
        found[nameless[atom[inside]]] = other[order][first][inside]
        return found


def _or_nearest(found: _Index, shapes: NDArray[Any], polygons: NDArray[Any]) -> _Index:
    """Return the positions found, with those of the nearest polygons instead of -1."""
    out = found.copy()
    lost = np.flatnonzero(found < 0)
    if lost.size:
        at, polygon = shapely.STRtree(polygons).query_nearest(shapes[lost])
        order = np.lexsort((polygon, at))
        at, first = np.unique(at[order], return_index=True)
        out[lost[at]] = polygon[order][first]
    return out


def _end_of(shapes: NDArray[Any], place: int) -> NDArray[Any]:
    """Return the first point (0) or the last one (-1) of lines, and points as they are."""
    ends = shapely.get_point(shapes, place)
    return np.where(shapely.is_missing(ends), shapes, ends)


def _touched(
    shapes: NDArray[Any], outlines: NDArray[Any], *, lost: Division | None = None
) -> Members:
    """Return each row with each outline that it touches; rows that are `lost` go to the nearest."""
    chunk, row = shapely.STRtree(shapes).query(outlines, predicate="intersects")
    if lost is not None:
        alone = np.setdiff1d(np.arange(len(shapes)), row)
        nearest = _or_nearest(np.full(alone.size, -1), shapes[alone], lost.outlines)
        row, chunk = np.append(row, alone), np.append(chunk, nearest)
    return row, chunk


#: Less than this between two chunks is rounding.
_LEAST_M2 = 0.1


@dataclass
class Outlines:
    """The outlines of all communities, with the name of their chunk."""

    chunks: list[str] = field(default_factory=list)
    shapes: list[Any] = field(default_factory=list)

    def add(self, chunk: str, communities: gpd.GeoDataFrame) -> None:
        """Add the communities of one chunk."""
        self.shapes += communities.geometry.tolist()
        self.chunks += [chunk] * len(communities)


def between_chunks(outlines: Outlines, gap_m: float) -> tuple[Finding, ...]:
    """Return a finding for every two chunks whose communities overlap or leave narrow gaps.

    Communities that are cut by streets are repaired over the whole area before it is divided;
    ready-made atoms are aligned chunk by chunk, so theirs may not meet.

    Parameters
    ----------
    gap_m
        How wide a gap may be to be one; wider ones are land between the communities.
    """
    shapes = np.array(outlines.shapes, dtype=object)
    names, chunk = np.unique(outlines.chunks, return_inverse=True)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=gap_m)
    across = chunk[one] < chunk[other]
    pairs: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for a, b in zip(one[across].tolist(), other[across].tolist(), strict=True):
        pairs.setdefault((int(chunk[a]), int(chunk[b])), []).append((a, b))
    return tuple(
        finding
        for (left, right), near in sorted(pairs.items())
        for finding in _between(shapes, str(names[left]), str(names[right]), near, gap_m)
    )


def _between(
    shapes: NDArray[Any], left: str, right: str, near: list[tuple[int, int]], gap_m: float
) -> Iterator[Finding]:
    ours, theirs = (
        shapely.union_all(shapes[sorted(set(side))]) for side in zip(*near, strict=True)
    )
    overlap = shapely.intersection(ours, theirs)
    gap = _gap(ours, theirs, gap_m)
    for rule, text, place in (
        ("parts_overlap", Text("overlap", "相互重叠"), overlap),
        ("parts_gap", Text("leave gaps", "之间留有缝隙"), gap),
    ):
        amount = float(shapely.area(place))
        if amount > _LEAST_M2:
            yield Finding(
                rule=rule,
                severity="warning",
                message=Text(
                    f"the communities of parts {left} and {right} {text.en}: {amount:,.2f} m2",
                    f"分片 {left} 与 {right} 的社区{text.zh} {amount:,.2f} 平方米",
                ),
                where=place,
                amount=amount,
                unit="m2",
            )


def _gap(ours: Any, theirs: Any, gap_m: float) -> Any:
    """Return the narrow ground between two shapes: what closing them together fills."""
    both = shapely.union(ours, theirs)
    half = gap_m / 2
    closed = shapely.buffer(
        shapely.buffer(both, half, join_style="mitre"), -half, join_style="mitre"
    )
    filled = shapely.difference(closed, both)
    pieces = shapely.get_parts(filled)
    beside = shapely.dwithin(pieces, ours, _LEAST_M2) & shapely.dwithin(pieces, theirs, _LEAST_M2)
    return shapely.union_all(pieces[beside])
