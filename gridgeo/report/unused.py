"""What of the input is in no grid: rows that could not be used, households outside."""

from __future__ import annotations

import numpy as np
import shapely

from gridgeo.model import Plan, Reject
from gridgeo.report.geopackage import GEOPACKAGE
from gridgeo.report.schema import layer_frame
from gridgeo.text import Text

_PLACE = Text("place (E, N)", "位置（东, 北）")


def unused(plan: Plan) -> tuple[Reject, ...]:
    """Return the rows that could not be used, then the household points that are in no grid.

    A point is told by its name and place; its file, layer and row are those of ``plan.gpkg``.
    """
    homes = layer_frame("households", plan.households)
    outside = np.flatnonzero(homes["reason"] != "")
    places = shapely.get_coordinates(shapely.centroid(homes.geometry.to_numpy()[outside]))
    told = homes.iloc[outside]
    return plan.rejects + tuple(
        Reject(
            layer="households",
            file=GEOPACKAGE,
            row=int(row) + 1,
            field=_PLACE.say(plan.settings.lang),
            value=f"{name} {x:.0f}, {y:.0f}".strip(),
            reason=Text(reason, reason),
            households=int(held),
        )
        for row, name, (x, y), reason, held in zip(
            outside, told["name"], places, told["reason"], told["households"], strict=True
        )
    )
