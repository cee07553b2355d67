"""Judges any partition, whoever drew it, by delivered geometry and the layers beside it."""

from gridgeo.validate.checks import CHECKS, Judgement, judge, validate
from gridgeo.validate.coverage import area_difference
from gridgeo.validate.streets import street_share
from gridgeo.validate.subject import Subject

__all__ = [
    "CHECKS",
    "Judgement",
    "Subject",
    "area_difference",
    "judge",
    "street_share",
    "validate",
]
