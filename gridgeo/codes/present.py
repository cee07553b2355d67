"""What a register knows of one area: its codes in use there, and how a plan carries them on."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgeo.codes.follow import Changes, changes_by, could_keep
from gridgeo.codes.kin import unique_codes
from gridgeo.codes.register import Register
from gridgeo.continuity import Overlap, may_continue
from gridgeo.errors import InputError
from gridgeo.text import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.schemes import CodeScheme


def in_use(register: Register, communities: gpd.GeoDataFrame, scheme: CodeScheme) -> pd.DataFrame:
    """Return the active states of the codes of an area, by code.

    A state belongs to the area where its code has one of its communities, or where more than half
    of its ground lies in them.

    Parameters
    ----------
    communities
        code and geometry, in one projected metre CRS.

    Returns
    -------
    pandas.DataFrame
        The rows of the register; a GeoDataFrame in the CRS of `communities` where it has ground.
    """
    active = register.table[register.table["status"] == "active"].sort_values("code")
    active = active.reset_index(drop=True)
    parents = set(communities["code"])
    said = [scheme.parse(code) for code in active["code"]]
    inside = np.array([code is not None and code.community in parents for code in said], dtype=bool)
    if isinstance(active, gpd.GeoDataFrame):
        if communities.crs is not None and active.crs != communities.crs:
            active = active.to_crs(communities.crs)
        rows = np.flatnonzero(~inside)
        inside[rows] = _mostly_in(active.geometry.to_numpy()[rows], communities)
    return active[inside].reset_index(drop=True)


def _mostly_in(ground: NDArray[np.object_], area: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    outlines = shapely.make_valid(area.geometry.to_numpy())
    state, place = shapely.STRtree(outlines).query(ground, predicate="intersects")
    shared = shapely.area(shapely.intersection(ground[state], outlines[place]))
    held = np.bincount(state, shared, len(ground))
    mostly: NDArray[np.bool_] = held * 2 > shapely.area(ground)
    return mostly


def carried_on(
    old: pd.DataFrame, new: gpd.GeoDataFrame, shared: Overlap, *, scheme: CodeScheme
) -> Changes:
    """Return what became of old grids where the new ones already have their codes.

    Parameters
    ----------
    old
        code, and kind where it is known; one row for each old grid of `shared`.
    new
        code, kind, community_code and geometry; one row for each new grid of `shared`.

    Raises
    ------
    InputError
        A code is missing or there twice, or stands on ground that does not continue its old grid
        (`gridgeo.continuity`): then codes did not follow the households.

    Examples
    --------
    >>> from shapely import box
    >>> from gridgeo.codes.ground import overlap_of_grids
    >>> from gridgeo.schemes import CN15
    >>> was = gpd.GeoDataFrame({"code": ["420102001001001"]}, geometry=[box(0, 0, 9, 1)])
    >>> parts = gpd.GeoDataFrame(
    ...     {"code": ["420102001001001", "420102001001002"], "kind": "basic",
    ...      "community_code": "420102001001"}, geometry=[box(0, 0, 5, 1), box(5, 0, 9, 1)])
    >>> shared = overlap_of_grids(
    ...     was.geometry.to_numpy(), parts.geometry.to_numpy(), households=np.array([900]))
    >>> carried_on(was, parts, shared, scheme=CN15).old["successors"].tolist()
    [('420102001001001', '420102001001002')]
    """
    before, after = unique_codes(old["code"].tolist()), unique_codes(new["code"].tolist())
    place = {code: position for position, code in enumerate(after)}
    heir = np.array([place.get(code, -1) for code in before], dtype=np.int64)
    allowed = could_keep(before, old, new, shared, scheme)
    rows = may_continue(shared, allowed=allowed)
    rows = rows[heir[shared.old[rows]] == shared.new[rows]]
    kept = set(shared.old[rows].tolist())
    _check_kept([code for n, code in enumerate(before) if heir[n] >= 0 and n not in kept])
    return changes_by(before, new.assign(scheme=scheme.id), shared, heir, after)


def _check_kept(lost: Collection[str]) -> None:
    for code in sorted(lost)[:1]:
        raise InputError(
            Text(
                f"code {code} stands on other ground than in the register ({len(lost)} codes do): "
                "codes did not follow the households",
                f"编码 {code} 所在位置与登记表不符（共 {len(lost)} 个）：编码没有随住户延续",
            ),
            field="code",
            value=code,
            remedy=Text(
                "Make the plan with --codes REGISTER: then the codes carry on",
                "请在划分时加 --codes 登记表，使编码按规则延续",
            ),
        )
