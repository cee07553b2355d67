"""The partition that is to be judged, and the layers that there are to judge it by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridgeo.config import TOLERANCE_M, AtomRules, DedicatedRules, ReadRules
from gridgeo.errors import InputError
from gridgeo.wording import Text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

_NEEDED = {
    "grids": ("code", "name", "kind", "community", "households", "residents", "geometry"),
    "communities": ("code", "name", "geometry"),
    "households": ("households", "residents", "geometry"),
    "atoms": ("grid", "households", "residents", "geometry"),
    "streets": ("geometry",),
    "barriers": ("geometry",),
    "compounds": ("name", "geometry"),
    "buildings": ("name", "geometry"),
    "parcels": ("geometry",),
    "allowed_gaps": ("geometry",),
    "closed_gaps": ("geometry",),
    "links": ("name", "geometry"),
    "facilities": ("name", "dedicated", "reason_en", "reason_zh", "geometry"),
}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A partition, whoever drew it, and what there is to judge it by.

    All layers are in one projected metre CRS. Layers that are None are not there: what cannot
    be checked without them gets a finding ``not_checked``.

    Parameters
    ----------
    grids
        code, name, kind (``basic``, ``dedicated``, ``open``; ``""`` counts as basic), community
        (code or name, ``""`` unknown), households and residents (NaN unknown), geometry: as
        delivered, null and invalid ones included.
    communities
        code (``""`` where there is none), name, geometry: the outlines that the grids must fill.
    households
        households, residents, geometry (Point); optionally grid, the stated code (``""`` where
        the point is listed as lying outside every community).
    atoms
        grid (stated code), households, residents, geometry.
    streets, barriers
        Lines, or polygons that count by their outline. Optionally street_class (a street without
        one is no lane, a barrier without one is a wall), and of streets cuts (False: a tunnel).
    compounds
        name, geometry (polygonal): residential compounds (小区).
    buildings
        name, geometry (polygonal): footprints.
    parcels
        Outlines of parcels (polygonal).
    allowed_gaps
        Ground that may belong to no grid (rivers, lakes).
    closed_gaps
        Ground between communities that a grid of either side may hold.
    links
        name, geometry (LineString): bridges, underpasses, roads that join the parts of a grid; an
        end in no grid reaches the nearest as far away as `link_m`.
    facilities
        name, dedicated (whether it reaches its threshold), reason_en, reason_zh, geometry (of a
        dedicated one the ground that its grid takes).
    register
        The register of codes (`gridgeo.codes.Register.table`), its ground in the CRS of the grids.
    most_homes
        Households that a dedicated grid may hold without a finding.
    thin_part_m, thin_part_m2
        Parts of grids narrower than this, and no smaller than that, are thin; 0 m: none is.
    households_in, households_listed
        Households in the input, and those of them listed as being in no grid.
    tolerance_m
        Gaps, overlaps, parts and ground outside nowhere wider than this are listed, not found;
        a point as near as this to a border lies on it.

    Raises
    ------
    InputError
        A layer lacks a column, or is in another CRS than the grids.
    """

    grids: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    households: gpd.GeoDataFrame | None = None
    atoms: gpd.GeoDataFrame | None = None
    streets: gpd.GeoDataFrame | None = None
    barriers: gpd.GeoDataFrame | None = None
    compounds: gpd.GeoDataFrame | None = None
    buildings: gpd.GeoDataFrame | None = None
    parcels: gpd.GeoDataFrame | None = None
    allowed_gaps: gpd.GeoDataFrame | None = None
    closed_gaps: gpd.GeoDataFrame | None = None
    links: gpd.GeoDataFrame | None = None
    facilities: gpd.GeoDataFrame | None = None
    register: pd.DataFrame | None = None
    most_homes: int = DedicatedRules().homes
    thin_part_m: float = AtomRules().thin_part_m
    thin_part_m2: float = AtomRules().thin_part_m2
    link_m: float = ReadRules().link_m
    households_in: int | None = None
    households_listed: int | None = None
    tolerance_m: float = TOLERANCE_M

    def __post_init__(self) -> None:
        for layer, needed in _NEEDED.items():
            frame = getattr(self, layer)
            if frame is not None:
                _check_columns(frame, needed, layer)
                _check_crs(frame, self.grids, layer)


def _check_columns(frame: gpd.GeoDataFrame, needed: tuple[str, ...], layer: str) -> None:
    lacking = [name for name in needed if name not in frame.columns]
    if lacking:
        there = ", ".join(str(name) for name in frame.columns)
        raise InputError(
            Text(
                f"column {', '.join(lacking)} is missing; there are {there}",
                f"缺少列 {'、'.join(lacking)}；现有列：{there}",
            ),
            layer=layer,
        )


def _check_crs(frame: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, layer: str) -> None:
    if frame.crs != grids.crs:
        raise InputError(
            Text(
                f"the coordinate system is {frame.crs}, that of the grids {grids.crs}",
                f"坐标系为 {frame.crs}，而网格的坐标系为 {grids.crs}",
            ),
            layer=layer,
            remedy=Text("Bring all layers into one", "请统一各图层的坐标系"),
        )
