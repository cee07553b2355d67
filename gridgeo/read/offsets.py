"""Layers that lie beside the streets by the shift of GCJ-02: suspected, said, never shifted back.

Houses stand beside streets, not on them and not far from them. A layer is suspected where it fits
the streets clearly better once the shift is taken out, and better than moved as far in any other
direction.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.enums import TransformDirection

from gridgeo.read.context import StudyArea
from gridgeo.read.crs import WGS84
from gridgeo.read.datums import gcj02_shift
from gridgeo.wording import ROLES, Text, word

_Points = NDArray[np.float64]
#: a layer with fewer rows tells nothing; of more, so many are looked at
_FEWEST, _SAMPLE = 12, 1000
#: degrees by which the shift is turned to compare
_TURNS = (45, 90, 135, 225, 270, 315)


def warn_of_gcj02(role: str, frame: gpd.GeoDataFrame, streets: gpd.GeoDataFrame,
                  study_area: StudyArea) -> None:  # fmt: skip
    """Warn where a cleaned layer lies beside the streets as GCJ-02 lies beside WGS 84."""
    if len(frame) < _FEWEST or streets.empty or study_area.rules.datum.get(role):
        return
    some = np.unique(np.linspace(0, len(frame) - 1, _SAMPLE).astype(int))
    places = shapely.get_coordinates(shapely.point_on_surface(frame.geometry.to_numpy()[some]))
    tree = shapely.STRtree(streets.geometry.to_numpy())
    here = _misfit(tree, places)
    if max(one.mean() for one in here) < 0.05:
        return
    shift = _shift(places, study_area)
    for sign, ratio, sure, shifted in ((-1, 0.65, 4.0, role), (1, 0.5, 8.0, "streets")):
        moved = _misfit(tree, places + sign * shift)
        better = [
            after.mean() < ratio * before.mean() and _sigmas(before, after) > sure
            for before, after in zip(here[: 2 if sign < 0 else 1], moved, strict=False)
        ]
        if not any(better):
            continue
        others = [_misfit(tree, places + sign * _turned(shift, turn)) for turn in _TURNS]
        for at, is_better in enumerate(better):
            if is_better and moved[at].mean() < 0.85 * min(one[at].mean() for one in others):
                _say(role, shifted, shift, study_area)
                return


def _misfit(tree: shapely.STRtree, places: _Points) -> tuple[_Points, _Points]:
    """Return how badly places fit the streets, from 0 to 1: on or far from one, and far only."""
    away = tree.query_nearest(shapely.points(places), return_distance=True, all_matches=False)[1]
    far = np.where(away < 5, 1.0, np.clip((away - 40) / 80, 0, 1))
    return far, np.clip((away - 10) / 100, 0, 1)


def _sigmas(before: _Points, after: _Points) -> float:
    gain = before - after
    return float(gain.mean() / max(gain.std() / np.sqrt(len(gain)), 1e-9))


def _shift(places: _Points, study_area: StudyArea) -> _Points:
    """Return the usual shift of GCJ-02 at places, in metres east and north."""
    to_degrees = _to_degrees(study_area.crs)
    degrees = np.column_stack(to_degrees.transform(*places.T))
    east, north = (degrees + gcj02_shift(degrees)).T
    back: Any = to_degrees.transform(east, north, direction=TransformDirection.INVERSE)
    return np.asarray(np.median(np.column_stack(back) - places, axis=0))


@lru_cache(maxsize=8)
def _to_degrees(crs: CRS) -> Transformer:
    return Transformer.from_crs(crs, WGS84, always_xy=True)


def _turned(shift: _Points, degrees: float) -> _Points:
    turn = np.radians(degrees)
    return np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ shift


def _say(role: str, shifted: str, shift: _Points, study_area: StudyArea) -> None:
    metres = float(np.hypot(*shift))
    study_area.log.caution(
        "datum",
        Text(
            f"{role} lie {metres:,.0f} m beside where they fit the streets, as GCJ-02 (Amap, "
            f"Tencent) lies beside WGS 84; nothing was moved. If {shifted} are in GCJ-02, give "
            f"--datum {shifted}=gcj02",
            f"{word(ROLES, role, 'zh')}与道路相差约 {metres:,.0f} 米，方向和距离与 GCJ-02（高德、"
            f"腾讯）偏移一致；未作任何移动。若{word(ROLES, shifted, 'zh')}确为 GCJ-02 坐标，请加上 "
            f"--datum {shifted}=gcj02",
        ),
    )
