"""Findings on ready-made atoms: outside communities, overhanging, in several parts."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.model import Finding
from gridgeo.wording import Text

#: Large unions are compared on a grid this fine.
_PRECISION_M = 1e-6
#: An atom sticks out of its community when more than this share of it, or this area, lies outside.
_OVERHANG_SHARE = 0.05
_OVERHANG_M2 = 1.0


def without_atoms(bare: gpd.GeoDataFrame) -> tuple[Finding, ...]:
    """Return a finding for each community that no atom lies in, and that gets no grid."""
    return tuple(
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
        for code, name, outline in zip(bare["code"], bare["name"], bare.geometry, strict=True)
    )


def left_out(atoms: gpd.GeoDataFrame, community: NDArray[np.int64]) -> tuple[Finding, ...]:
    """Return a finding on atoms that lie in no community."""
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


def overhanging(
    atoms: gpd.GeoDataFrame, community: NDArray[np.int64], outside_m2: NDArray[np.float64]
) -> tuple[Finding, ...]:
    """Return a finding on atoms that reach beyond the given outline of their community."""
    out = (outside_m2 > _OVERHANG_M2) & (community >= 0)
    if not out.any():
        return ()
    area = shapely.area(atoms.geometry.to_numpy())
    far = out & (outside_m2 > _OVERHANG_SHARE * area)
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


def multipart(atoms: gpd.GeoDataFrame) -> tuple[Finding, ...]:
    """Return a finding for each atom that consists of several parts."""
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


def outlines(given: gpd.GeoDataFrame, effective: gpd.GeoDataFrame) -> tuple[Finding, ...]:
    """Return a finding on how far the unions of atoms differ from the given outlines."""
    outline: Any = shapely.union_all(given.geometry.to_numpy())
    union: Any = shapely.coverage_union_all(effective.geometry.to_numpy())
    # On a fine grid: in plain floating point GEOS now and then returns all or nothing here.
    lacking = shapely.difference(outline, union, grid_size=_PRECISION_M)
    extra = shapely.difference(union, outline, grid_size=_PRECISION_M)
    amount = float(lacking.area + extra.area)
    if amount <= _OVERHANG_M2:
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
