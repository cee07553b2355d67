"""Facilities that deserve a grid of their own, each with the ground that its grid would take."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from gridgeo.config import Codes
from gridgeo.job import Job

if TYPE_CHECKING:
    from gridgeo.config import Settings
    from gridgeo.model import Atoms, Layers, Plan


def judge_facilities(
    layers: Layers, grids: gpd.GeoDataFrame, settings: Settings
) -> gpd.GeoDataFrame | None:
    """Return every facility with the decision that `gridgeo adjust` takes on it, None without any.

    Facilities are chosen on the street blocks, and the ground is cut along streets and the
    outlines of the `grids`, as for a change of these grids. Where households or streets are not
    known, a point takes no block or compound: nothing says that nobody lives there.

    Returns
    -------
    GeoDataFrame
        Aligned with ``layers.facilities``: kind, name, area_m2, dedicated (bool), reason_en,
        reason_zh, geometry (of a dedicated one the ground that its grid would take).
    """
    if not len(layers.facilities):
        return None
    known = len(layers.households) > 0 or layers.atoms is not None
    rules = settings.dedicated
    if not known or not (len(layers.streets) or layers.atoms is not None):
        rules = replace(rules, point_block_area_m2=0.0)
    job = Job(
        layers=layers if known else replace(layers, compounds=layers.compounds.iloc[:0]),
        settings=replace(settings, dedicated=rules, codes=Codes(scheme="plain")),
        mapping={},
        along=_sound(grids),
    )
    return _on_own_ground(job.atoms())


def dedicated_of(plan: Plan) -> gpd.GeoDataFrame:
    """Return the facilities of a plan of ours as `judge_facilities` does, on their grids."""
    ground = dict(zip(plan.grids["code"], plan.grids.geometry, strict=True))
    told = plan.considered
    taken = [
        shapely.union_all([ground[code] for code in codes.split(";") if code in ground])
        for codes in told["grid"]
    ]
    own = [
        shape if grid.is_empty else grid for shape, grid in zip(told.geometry, taken, strict=True)
    ]
    return told.set_geometry(gpd.GeoSeries(own, index=told.index, crs=told.crs)).assign(
        reason_en=told["reason"], reason_zh=told["reason"]
    )


def _on_own_ground(atoms: Atoms) -> gpd.GeoDataFrame:
    """Return the facilities considered, the dedicated ones on the union of their atoms."""
    considered = atoms.considered
    ground = list(considered.geometry)
    facility, shapes = atoms.frame["facility"].to_numpy(), atoms.frame.geometry.to_numpy()
    for row in np.unique(facility[facility >= 0]).tolist():
        ground[row] = shapely.union_all(shapes[facility == row])
    return considered.set_geometry(
        gpd.GeoSeries(ground, index=considered.index, crs=considered.crs)
    )


def _sound(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the grids that have ground, with valid rings."""
    shapes = grids.geometry.to_numpy()
    flat = np.array([shape is None or not np.isfinite(shape.bounds).all() for shape in shapes])
    kept = grids[~flat]
    valid = shapely.make_valid(kept.geometry.to_numpy(), method="structure")
    return kept.set_geometry(gpd.GeoSeries(valid, index=kept.index, crs=grids.crs))
