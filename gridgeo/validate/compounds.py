"""Check on compounds (小区): one that a grid can hold is not divided between grids."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridgeo.config import Band
from gridgeo.model import Finding
from gridgeo.text import Text
from gridgeo.validate.case import Case
from gridgeo.validate.ground import polygonal
from gridgeo.validate.overlay import common
from gridgeo.validate.values import texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A border this near to the outline of a compound runs along it.
ALONG_M = 12.0
#: Less ground than this is no part of a compound.
_LEAST_M2 = 1.0


def compounds_whole(case: Case) -> Iterator[Finding]:
    """No compound that one grid could hold is divided between basic grids of one community.

    Blocks are divided into compounds (小区), and only where they are too big, compounds into groups
    of buildings. Borders within 12 m of the outline run along it; borders of communities and of
    dedicated grids divide nothing. A compound above the upper limit of the band is too big; one
    of unknown size is taken to fit. Without compounds there is nothing to divide.
    """
    compounds = case.subject.compounds
    if compounds is None or len(compounds) == 0:
        return
    ground = polygonal(compounds.geometry.to_numpy())
    homes = _homes(case, ground)
    parts = _parts(case, ground)
    names = texts(compounds["name"])
    for _, own in parts.groupby(["compound", "community"], sort=True):
        at, community = (int(own[name].iloc[0]) for name in ("compound", "community"))
        if len(own) < 2 or not _fits(homes.iloc[at], case.bands.of(community)):
            continue
        rows = own["grid"].to_numpy()
        yield Finding(
            rule="compounds_whole",
            severity="warning",
            message=_said(names[at], len(own), float(homes["households"].loc[at])),
            grids=case.named(rows),
            where=shapely.union_all(common(np.full(len(rows), ground[at]), case.ground[rows])),
            amount=float(own["m2"].sum() - own["m2"].max()),
            unit="m2",
        )


def _parts(case: Case, ground: NDArray[Any]) -> pd.DataFrame:
    """Return compound, community, grid and m2 of basic grids well inside compounds."""
    inner = shapely.buffer(ground, -ALONG_M, join_style="mitre")
    compound, grid = case.tree.query(inner, predicate="intersects")
    basic = case.basic[grid] & (case.parents[grid] >= 0)
    compound, grid = compound[basic], grid[basic]
    deep = shapely.area(common(inner[compound], case.ground[grid])) >= _LEAST_M2
    compound, grid = compound[deep], grid[deep]
    m2 = shapely.area(common(ground[compound], case.ground[grid]))
    columns = {"compound": compound, "community": case.parents[grid], "grid": grid, "m2": m2}
    return pd.DataFrame(columns)


def _homes(case: Case, ground: NDArray[Any]) -> pd.DataFrame:
    """Return households and residents of each compound, NaN where none are known."""
    unknown = pd.DataFrame(np.nan, index=range(len(ground)), columns=["households", "residents"])
    if case.points is None:
        return unknown
    tree = shapely.STRtree(case.points.geometry.to_numpy())
    compound, point = tree.query(ground, predicate="covers")
    counts = case.points[["households", "residents"]].iloc[point].astype(np.float64)
    return pd.DataFrame(counts.groupby(compound).sum(min_count=1).reindex(unknown.index))


def _fits(homes: pd.Series[float], band: Band) -> bool:
    """Return whether one grid of the band can hold a compound; what is unknown fits."""
    too_big = {
        "households": homes["households"] > band.upper,
        "residents": homes["residents"] > band.residents_upper,
    }
    if band.profile != "either":
        return bool(not too_big[band.profile])
    return bool(not too_big["households"] or homes["residents"] <= band.residents_upper)


def _said(name: str, grids: int, households: float) -> Text:
    known = not np.isnan(households)
    return Text(
        f"compound {name or 'without a name'}"
        + (f" of {households:,.0f} households" if known else "")
        + f" is divided between {grids} grids",
        f"{f'小区“{name}”' if name else '一处未命名小区'}"
        + (f"（{households:,.0f} 户）" if known else "")
        + f"被划入 {grids} 个网格",
    )
