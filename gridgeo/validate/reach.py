"""Check that grids of the countryside are no larger, and walks in them no longer, than asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridgeo.model import Finding
from gridgeo.validate.case import Case, about
from gridgeo.wording import Text

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridgeo.config import Band

_M2_OF_HA = 10_000.0


def within_reach(case: Case) -> Iterator[Finding]:
    """No basic grid is larger than the settings allow, nor are two of its homes further apart.

    Both limits are settings of the band, 0 for none. The walk is the straight line between the
    two household points that are farthest apart (without points: of the units, else of the
    outline). Where homes are too scattered for the band and the limit together, the finding
    gives the hectares that the fewest households of a grid take there in the mean.
    """
    area_ha = shapely.area(case.ground) / _M2_OF_HA
    rows = np.flatnonzero(case.basic)
    bands = [case.bands.of(case.parents[row]) for row in rows]
    walked = any(band.most_walk_m > 0 for band in bands)
    places = _places(case) if walked else case.ground
    for row, band in zip(rows, bands, strict=True):
        if 0 < band.most_area_ha < area_ha[row]:
            here = Text(
                f"has {area_ha[row]:,.1f} ha, more than {band.most_area_ha:,.1f}",
                f"面积 {area_ha[row]:,.1f} 公顷，超过 {band.most_area_ha:,.1f} 公顷",
            )
            yield _over(case, row, here, float(area_ha[row]), "ha")
        walk_m = _widest(places[row]) if band.most_walk_m > 0 else 0.0
        if walk_m > band.most_walk_m:
            here = Text(
                f"has two homes {walk_m:,.0f} m apart, more than {band.most_walk_m:,.0f}",
                f"最远两户相距 {walk_m:,.0f} 米，超过 {band.most_walk_m:,.0f} 米",
            )
            yield _over(case, row, here, walk_m, "m")


def _places(case: Case) -> NDArray[Any]:
    """Return the household points of each grid; without them its inhabited units, or its ground."""
    if case.points is not None and case.placing is not None:
        return _gathered(case, case.points, case.placing.inside)
    if case.subject.atoms is None:
        return case.ground
    units = _gathered(case, case.subject.atoms, case.atom_grids)
    return np.where(shapely.is_empty(units), case.ground, units)


def _gathered(case: Case, layer: gpd.GeoDataFrame, grid: NDArray[np.intp]) -> NDArray[Any]:
    """Return as one geometry a grid what of a layer has households, polygons as points inside."""
    homes = layer["households"].to_numpy(dtype=np.float64, na_value=0.0) > 0
    placed = np.flatnonzero(homes & (grid >= 0))
    placed = placed[np.argsort(grid[placed], kind="stable")]
    points = shapely.point_on_surface(layer.geometry.to_numpy()[placed])
    out = np.full(len(case.ground), shapely.GeometryCollection(), dtype=object)
    shapely.geometrycollections(points, indices=grid[placed], out=out)
    return out


def _widest(places: Any) -> float:
    """Return the greatest distance between two vertices of the convex hull."""
    xy = shapely.get_coordinates(shapely.convex_hull(places))
    if not len(xy):
        return 0.0
    apart = xy[:, None] - xy[None]
    return float(np.hypot(apart[..., 0], apart[..., 1]).max())


def _over(case: Case, row: np.intp, text: Text, amount: float, unit: str) -> Finding:
    band = case.bands.of(case.parents[row])
    found = about(case, "within_reach", row, text + _why(case, row, band), "warning")
    return replace(found, amount=amount, unit=unit)


def _why(case: Case, row: np.intp, band: Band) -> Text:
    """Return what ground the fewest households of a grid take in its community, where known."""
    here = (case.parents == case.parents[row]) & case.basic
    households = float(np.nansum(case.count("households")[here]))
    if case.parents[row] < 0 or not households:
        return Text("", "")
    mean_ha = float(shapely.area(case.ground[here]).sum()) / households * band.lower / _M2_OF_HA
    return Text(
        f" ({band.lower:,} households of this community take {mean_ha:,.1f} ha in the mean)",
        f"（本社区（村）平均 {band.lower:,} 户占地 {mean_ha:,.1f} 公顷）",
    )
