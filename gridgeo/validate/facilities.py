"""Check on facilities: those that reach their threshold have a grid of their own (专属网格)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridgeo.model import Finding
from gridgeo.text import Text
from gridgeo.validate.case import Case, not_checked
from gridgeo.validate.ground import polygonal
from gridgeo.validate.overlay import common
from gridgeo.validate.values import texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A grid of unknown kind is the facility's own when they share this much of the larger one.
SAME_GROUND = 0.8


def facilities_dedicated(case: Case) -> Iterator[Finding]:
    """No facility that reaches its threshold stands mostly in grids that are not its own.

    Such a unit "may" have a dedicated grid (可): a miss is a warning, with the grid that holds
    most of it. Dedicated grids that cover half of it are enough.
    """
    facilities = case.subject.facilities
    if facilities is None or len(facilities) == 0:
        yield not_checked("facilities_dedicated", Text("facilities", "设施"))
        return
    chosen = facilities[facilities["dedicated"].to_numpy(dtype=bool)]
    ground = polygonal(chosen.geometry.to_numpy())
    held = _held(case, ground)
    for place, name in enumerate(texts(chosen["name"])):
        own = held[held["facility"] == place]
        other = own[~own["dedicated"]]
        half = shapely.area(ground[place]) / 2
        if other["m2"].sum() <= half or own.loc[own["dedicated"], "m2"].sum() >= half:
            continue
        most = other.iloc[0]
        reason = Text(str(chosen["reason_en"].iloc[place]), str(chosen["reason_zh"].iloc[place]))
        yield Finding(
            rule="facilities_dedicated",
            severity="warning",
            message=_said(name, str(most["grid"]), reason),
            grids=(str(most["grid"]),),
            where=ground[place],
            amount=float(most["m2"]),
            unit="m2",
        )


def _held(case: Case, ground: NDArray[np.object_]) -> pd.DataFrame:
    """Return facility, grid, dedicated, m2 of each facility in each grid, the largest first."""
    facility, grid = case.tree.query(ground, predicate="intersects")
    m2 = shapely.area(common(ground[facility], case.ground[grid]))
    larger = np.maximum(shapely.area(ground[facility]), shapely.area(case.ground[grid]))
    kind = np.array(texts(case.subject.grids["kind"]), dtype=object)[grid]
    held = pd.DataFrame(
        {
            "facility": facility,
            "grid": np.array(case.handles, dtype=object)[grid],
            "dedicated": (kind == "dedicated") | ((kind == "") & (m2 >= SAME_GROUND * larger)),
            "m2": m2,
        }
    )
    order = held.assign(m2=-held["m2"].round(2)).sort_values(["facility", "m2", "grid"]).index
    return held.loc[order]


def _said(name: str, grid: str, reason: Text) -> Text:
    lead = Text(
        f"{name or 'a facility without a name'} stands in grid {grid} and deserves a dedicated "
        "grid (",
        f"{f'“{name}”' if name else '一处未命名设施'}位于网格 {grid} 内，宜单设专属网格（",
    )
    return lead + reason + Text(")", "）")
