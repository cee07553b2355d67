"""Facilities that reach a threshold and still make no dedicated grid: lived in, or of odd shape."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridgeo.dedicated.choose import refuse
from gridgeo.geometry import compactness, households_in
from gridgeo.wording import Text

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridgeo.config import DedicatedRules
    from gridgeo.model import Atoms, Layers


def refuse_unfit(
    considered: gpd.GeoDataFrame, layers: Layers, rules: DedicatedRules
) -> gpd.GeoDataFrame:
    """Give up facilities in which too many people live, or whose outline is a comb or a string.

    The limits are those of the category. What somebody decided by hand stays.
    """
    outlines = considered.geometry.to_numpy()
    households = _households_in(outlines, layers)
    decided = (layers.facilities["wanted"] != "").to_numpy()
    for row in np.flatnonzero(considered["dedicated"].to_numpy(dtype=bool) & ~decided).tolist():
        limit = rules.thresholds[str(considered["kind"].iat[row])]
        if limit.homes is not None and households[row] > limit.homes:
            considered = refuse(considered, row, _lived_in(int(households[row]), limit.homes))
        elif limit.compactness is not None:
            shape = _compactness(outlines[row])
            if shape < limit.compactness:
                considered = refuse(considered, row, _odd(shape, limit.compactness))
    return considered


def _households_in(outlines: NDArray[Any], layers: Layers) -> NDArray[np.int64]:
    """Return the households in each outline: of points, else of the atoms with a point in it."""
    found = households_in(layers.households, outlines)
    if layers.atoms is None or len(layers.households):
        return found
    inner = layers.atoms.set_geometry(layers.atoms.geometry.representative_point())
    return found + households_in(inner, outlines)


def _compactness(outline: Any) -> float:
    """Return that of the largest part without its holes: a park around a lake is no comb."""
    parts = shapely.get_parts(outline)
    largest = parts[np.argmax(np.round(shapely.area(parts), 2))]
    return float(compactness(np.array([shapely.Polygon(largest.exterior)]))[0])


def _lived_in(households: int, most: int) -> Text:
    return Text(
        f"passes, but {households} households live there (more than {most})",
        f"达到阈值，但其中有 {households} 户居住（超过 {most} 户），故不单设",
    )


def _odd(shape: float, least: float) -> Text:
    return Text(
        f"passes, but its outline is a comb or a string (compactness {shape:.2f}, below {least:g})",
        f"达到阈值，但范围呈梳状或带状（紧凑度 {shape:.2f}，低于 {least:g}），故不单设",
    )


def refuse_remnants(atoms: Atoms, facilities: gpd.GeoDataFrame, rules: DedicatedRules) -> Atoms:
    """Give up facilities of whose outline in a community too little became dedicated atoms there.

    Less than ``least_share`` of it: homes, streets and neighbours took the rest. What somebody
    decided by hand stays.
    """
    facility = atoms.frame["facility"].to_numpy(np.int64).copy()
    community = atoms.frame["community"].to_numpy(np.int64)
    polygons = atoms.frame.geometry.to_numpy()
    grounds, considered = atoms.communities.geometry.to_numpy(), atoms.considered
    outlines = _outlines(facilities, considered)
    decided = (facilities["wanted"] != "").to_numpy()
    for row in np.unique(facility[facility >= 0]).tolist():
        if decided[row]:
            continue
        shares = []
        for place in np.unique(community[facility == row]).tolist():
            here = (facility == row) & (community == place)
            inside = shapely.area(shapely.intersection(outlines[row], grounds[place]))
            taken = shapely.area(shapely.intersection(polygons[here], outlines[row])).sum()
            shares.append(float(taken) / max(float(inside), 1e-9))
            if shares[-1] < rules.least_share:
                facility[here] = -1
        if not (facility == row).any():
            considered = refuse(considered, row, _remnant(max(shares), rules.least_share))
    return replace(atoms, frame=atoms.frame.assign(facility=facility), considered=considered)


def _outlines(facilities: gpd.GeoDataFrame, considered: gpd.GeoDataFrame) -> NDArray[Any]:
    """Return the outline that each facility was given with; of points the ground they stand on."""
    given = facilities.geometry.to_numpy()
    flat = shapely.get_dimensions(given) == 2
    return np.where(flat, given, considered.geometry.to_numpy())


def _remnant(share: float, least: float) -> Text:
    return Text(
        f"passes, but only {share:.0%} of its outline could become its grid "
        f"(less than {least:.0%})",
        f"达到阈值，但其范围只有 {share:.0%} 可划为专属网格（不足 {least:.0%}），故不单设",
    )
