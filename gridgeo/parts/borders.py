"""Between the parts: communities of two parts that overlap, or leave a gap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridgeo.model import Finding
from gridgeo.text import Text

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

#: Less than this between two parts is rounding.
LEAST_M2 = 0.1


@dataclass
class Outlines:
    """The outlines of all communities, with the name of their part."""

    parts: list[str] = field(default_factory=list)
    shapes: list[Any] = field(default_factory=list)

    def add(self, part: str, communities: gpd.GeoDataFrame) -> None:
        """Add the communities of one part."""
        self.shapes += communities.geometry.tolist()
        self.parts += [part] * len(communities)


def between_parts(outlines: Outlines, gap_m: float) -> tuple[Finding, ...]:
    """Return a finding for every two parts whose communities overlap or leave narrow gaps.

    Communities that are cut by streets are repaired over the whole area before it is divided;
    ready-made atoms are aligned part by part, so theirs may not meet.

    Parameters
    ----------
    gap_m
        How wide a gap may be to be one; wider ones are land between the communities.
    """
    shapes = np.array(outlines.shapes, dtype=object)
    names, part = np.unique(outlines.parts, return_inverse=True)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=gap_m)
    across = part[one] < part[other]
    pairs: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for a, b in zip(one[across].tolist(), other[across].tolist(), strict=True):
        pairs.setdefault((int(part[a]), int(part[b])), []).append((a, b))
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
    for rule, told, place in (
        ("parts_overlap", Text("overlap", "相互重叠"), overlap),
        ("parts_gap", Text("leave gaps", "之间留有缝隙"), gap),
    ):
        amount = float(shapely.area(place))
        if amount > LEAST_M2:
            yield Finding(
                rule=rule,
                severity="warning",
                message=Text(
                    f"the communities of parts {left} and {right} {told.en}: {amount:,.2f} m2",
                    f"分片 {left} 与 {right} 的社区{told.zh} {amount:,.2f} 平方米",
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
    beside = shapely.dwithin(pieces, ours, LEAST_M2) & shapely.dwithin(pieces, theirs, LEAST_M2)
    return shapely.union_all(pieces[beside])
