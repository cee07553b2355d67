"""``summary.json``, ``run.json``, and the rows of the input that are in no grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import shapely

from gridgeo.model import Plan, Reject, layer_frame
from gridgeo.report.geopackage import GEOPACKAGE
from gridgeo.review import state_of
from gridgeo.storage import as_json
from gridgeo.wording import Text

SUMMARY = "summary.json"
RUN = "run.json"


def write_summary(plan: Plan, path: Path) -> None:
    """Write the figures of `plan` and its approval; numbers that are not known are null."""
    document = {**plan.summary, "approval": state_of(plan.approval)}
    path.write_text(as_json(document), encoding="utf-8")


def write_run(plan: Plan, path: Path) -> None:
    """Write how this run went: the only file that may differ between two equal runs."""
    path.write_text(as_json(plan.run), encoding="utf-8")


_PLACE = Text("place (E, N)", "位置（东, 北）")


def unused(plan: Plan) -> tuple[Reject, ...]:
    """Return the rows that could not be used, then the household points that are in no grid.

    A point is identified by its name and place; its file, layer and row are those of ``plan.gpkg``.
    """
    households = layer_frame("households", plan.households)
    outside = np.flatnonzero(households["reason"] != "")
    places = shapely.get_coordinates(shapely.centroid(households.geometry.to_numpy()[outside]))
    listed = households.iloc[outside]
    return plan.rejects + tuple(
        Reject(
            layer="households",
            file=GEOPACKAGE,
            row=int(row) + 1,
            field=_PLACE.say(plan.settings.lang),
            value=f"{name} {x:.0f}, {y:.0f}".strip(),
            reason=Text(reason, reason),
            households=int(count),
        )
        for row, name, (x, y), reason, count in zip(
            outside, listed["name"], places, listed["reason"], listed["households"], strict=True
        )
    )
