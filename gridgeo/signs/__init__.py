"""Notice signs (公示牌): one PDF page a grid, with people, bounds, a map and a QR code."""

from __future__ import annotations

from gridgeo.signs.content import (
    LABELS,
    Sign,
    Staff,
    assign_staff,
    build_signs,
    payload,
    qr_svg,
    token_of,
)
from gridgeo.signs.drawing import (
    sign_maps,
)
from gridgeo.signs.issue import (
    Issue,
    Issues,
    plan_issues,
    read_issues,
    refuse_same,
    save_signs,
    write_roster,
)
from gridgeo.signs.labels import (
    MapLayers,
)
from gridgeo.signs.pdf import (
    SIZES,
    TEMPLATE,
    SignRenderer,
)

__all__ = [
    "LABELS",
    "SIZES",
    "TEMPLATE",
    "Issue",
    "Issues",
    "MapLayers",
    "Sign",
    "SignRenderer",
    "Staff",
    "assign_staff",
    "build_signs",
    "payload",
    "plan_issues",
    "qr_svg",
    "read_issues",
    "refuse_same",
    "save_signs",
    "sign_maps",
    "token_of",
    "write_roster",
]
