"""The quality of the ground: what borders follow, what they cut, and the shapes of grids."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.geometry import compactness
from gridgeo.validate.case import Case
from gridgeo.validate.shape import count_enclaves
from gridgeo.wording import FOLLOWED

#: Bends of a border by less than this are how it was drawn, and turns by less are no corners.
_BEND_M = 3.0
_CORNER_DEGREES = 30.0


@dataclass(frozen=True, kw_only=True)
class GroundQuality:
    """What the ground of a partition is like, measured from the layers that were given.

    Parameters
    ----------
    follows_m
        Metres of border between two basic grids of one community by what they follow
        (`gridgeo.wording.FOLLOWED`).
    beside_streets_m
        Metres of them through open ground although a street lies beside them.
    corners
        Corners in these borders: turns of more than 30 degrees.
    corners_per_km
        None where there is no such border.
    buildings_cut
        Buildings that stand in several grids of one community; None where no buildings are given.
    dedicated_households
        Households in dedicated grids.
    enclaves
        Basic grids in a hole of another grid of their community.
    compactness
        The mean of 4 pi area / perimeter squared over basic grids, 1 for a circle.
    """

    follows_m: dict[str, float]
    beside_streets_m: float
    corners: int
    corners_per_km: float | None
    buildings_cut: int | None
    dedicated_households: int
    enclaves: int
    compactness: float | None

    def figures(self) -> dict[str, Any]:
        """Return the figures as a table for ``summary.json``."""
        return asdict(self)


def ground_quality(case: Case) -> GroundQuality:
    """Return the quality of the ground of a case."""
    borders = case.inner_borders
    metres = case.follows.metres.sum(axis=0)
    total_m = float(metres.sum())
    corners = _corners(borders.line)
    return GroundQuality(
        follows_m={name: round(float(m), 1) for name, m in zip(FOLLOWED, metres, strict=True)},
        beside_streets_m=round(float(case.open_beside_streets.length_m.sum()), 1),
        corners=corners,
        corners_per_km=round(1000 * corners / total_m, 4) if total_m else None,
        buildings_cut=_buildings_cut(case),
        dedicated_households=int(np.nansum(case.count("households")[case.dedicated])),
        enclaves=count_enclaves(case),
        compactness=_mean_compactness(case.ground[case.basic]),
    )


def _buildings_cut(case: Case) -> int | None:
    buildings = case.subject.buildings
    if buildings is None or not len(buildings):
        return None
    return int(case.cut_buildings["building"].nunique())


def _corners(lines: NDArray[Any]) -> int:
    """Return how many vertices of lines turn by more than a corner does."""
    parts = shapely.simplify(shapely.get_parts(lines), _BEND_M)
    points, line = shapely.get_coordinates(parts, return_index=True)
    step, same = np.diff(points, axis=0), line[1:] == line[:-1]
    before, after = step[:-1], step[1:]
    turn = np.abs(
        np.arctan2(
            before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0], (before * after).sum(axis=1)
        )
    )
    return int(((turn > np.radians(_CORNER_DEGREES)) & same[:-1] & same[1:]).sum())


def _mean_compactness(ground: NDArray[Any]) -> float | None:
    ground = ground[~shapely.is_empty(ground)]
    if not len(ground):
        return None
    return round(float(compactness(ground).mean()), 4)
