"""Judges any partition, whoever drew it, by delivered geometry and the layers beside it."""

from __future__ import annotations

from gridgeo.validate.checks import (
    CHECKS,
    Judgement,
    community_of,
    judge,
    judge_shape,
    validate,
)
from gridgeo.validate.quality import (
    GroundQuality,
)
from gridgeo.validate.shape import (
    area_difference,
)
from gridgeo.validate.streets import (
    street_share,
)
from gridgeo.validate.subject import (
    Subject,
)

__all__ = [
    "CHECKS",
    "GroundQuality",
    "Judgement",
    "Subject",
    "area_difference",
    "community_of",
    "judge",
    "judge_shape",
    "street_share",
    "validate",
]
