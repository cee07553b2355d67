"""A roster for every grid of a plan, its signs, and the press that prints them."""

from typing import Any

import pandas as pd

from gridgeo.model import Plan
from gridgeo.read import ROSTER
from gridgeo.signs import LABELS, SignRenderer, assign_staff, build_signs

DATE = "2026-11-23"


def roster_of(plan: Plan, **changes: object) -> pd.DataFrame:
    rows = [
        dict.fromkeys(ROSTER, "") | {"code": code, "worker": f"员{row}", "row": row}
        for row, code in enumerate(plan.grids["code"], start=1)
    ]
    return pd.DataFrame([row | changes for row in rows])


def signs_of(plan: Plan, **changes: object) -> Any:
    return build_signs(plan, assign_staff(roster_of(plan, **changes), plan.grids))


def press_of(fonts: Any, **changes: Any) -> SignRenderer:
    labels = {name: label.zh for name, label in LABELS.items()}
    return SignRenderer(**{"fonts": fonts, "families": fonts.families, "labels": labels} | changes)
