"""Rows of some communities, by which layers too large for memory are compared with each other."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from gridgeo.read.context import StudyArea
from gridgeo.read.geometry import gather
from gridgeo.read.offsets import warn_of_gcj02

#: how many communities, and how far around them streets are kept
_COMMUNITIES, _AROUND_M = 20, 1500.0
_COMPARED = ("households", "compounds", "buildings", "parcels", "facilities")


class Sample:
    """Keeps the rows of layers that lie in some of the communities, as they pass by."""

    def __init__(self, communities: gpd.GeoDataFrame) -> None:
        some = np.unique(np.linspace(0, len(communities) - 1, _COMMUNITIES).astype(int))
        bounds = shapely.bounds(communities.geometry.to_numpy()[some])
        around = bounds + np.array([-1, -1, 1, 1]) * _AROUND_M
        self._places = shapely.STRtree([shapely.box(*one) for one in bounds])
        self._ground = shapely.STRtree([shapely.box(*one) for one in around])
        self._kept: dict[str, list[gpd.GeoDataFrame]] = {}

    def add(self, role: str, frame: gpd.GeoDataFrame) -> None:
        """Keep rows of a layer."""
        if role == "streets" or role in _COMPARED:
            tree = self._ground if role == "streets" else self._places
            rows = np.unique(tree.query(frame.geometry.to_numpy(), predicate="intersects")[0])
            self._kept.setdefault(role, []).append(frame[["geometry"]].iloc[rows])

    def warn(self, study_area: StudyArea) -> None:
        """Warn of layers that lie beside the streets by the shift of GCJ-02."""
        kept = {role: gather(frames, (), study_area.crs) for role, frames in self._kept.items()}
        for role in _COMPARED:
            if role in kept and "streets" in kept:
                warn_of_gcj02(role, kept[role], kept["streets"], study_area)
