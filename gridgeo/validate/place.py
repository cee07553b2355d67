"""Whether the grids lie where their communities lie: a wrong CRS or datum moves all of them."""

from __future__ import annotations

from math import atan2, degrees, hypot
from typing import Any

import numpy as np
import shapely

from gridgeo.geometry import union
from gridgeo.model import Finding
from gridgeo.validate.case import Case
from gridgeo.wording import Text

#: Grids are out of place where moving them would bring them from less than the first share of
#: their ground in the communities to more than the second.
_FEW, _MOST = 0.8, 0.95
#: Nothing of them in any community: wherever they belong, they do not lie here.
_NOTHING = 0.01
_LEAST_M = 20.0
#: One grid alone may be wrong itself.
_LEAST_GRIDS = 3
_WAYS = (
    Text("north", "北"), Text("north-east", "东北"), Text("east", "东"), Text("south-east", "东南"),
    Text("south", "南"), Text("south-west", "西南"), Text("west", "西"), Text("north-west", "西北"),
)  # fmt: skip


def out_of_place(case: Case) -> Finding | None:
    """Return the finding that all grids lie elsewhere than the communities, None where they do not.

    The offset is that of the middles of both. It is one finding in place of gaps, overlaps and
    ground outside for every grid.
    """
    outside = float(shapely.area(case.excess).sum())
    if len(case.ground) < _LEAST_GRIDS or outside <= (1 - _FEW) * float(
        shapely.area(case.ground).sum()
    ):
        return None
    ground, outlines = union(case.ground), union(case.outlines)
    if ground.is_empty or outlines.is_empty:
        return None
    before = _share(ground, outlines)
    if before >= _FEW:
        return None
    middle, goal = shapely.centroid(ground), shapely.centroid(outlines)
    east, north = goal.x - middle.x, goal.y - middle.y
    metres = hypot(east, north)
    after = _share(shapely.transform(ground, lambda xy: np.add(xy, (east, north))), outlines)
    if metres < _LEAST_M or not (before < _NOTHING or after > _MOST):
        return None
    way = _WAYS[round(degrees(atan2(-east, -north)) / 45) % 8]
    return Finding(
        rule="out_of_place",
        severity="error",
        message=Text(
            f"the grids lie {metres:,.0f} m {way.en} of the communities (E {-east:,.0f} m, N "
            f"{-north:,.0f} m); {before:.0%} of their ground is in a community, {after:.0%} would "
            "be if they were moved",
            f"全部网格位于社区（村）{way.zh}方向 {metres:,.0f} 米（东 {-east:,.0f} 米，北 "
            f"{-north:,.0f} 米）；现有 {before:.0%} 的面积在社区内，移回后为 {after:.0%}",
        ),
        where=ground,
        amount=metres,
        unit="m",
        advice=Text(
            "State the CRS or datum of the grids (--crs grids=EPSG, --datum grids=gcj02)",
            "请指明网格的坐标系或偏移（--crs grids=EPSG 编号，--datum grids=gcj02）",
        ),
    )


def _share(ground: Any, outlines: Any) -> float:
    """Return the share of the ground that lies in the communities."""
    return float(shapely.intersection(ground, outlines).area / ground.area)
