"""Changes a partition that is there: repairs it, adjusts it, tells what changed."""

from gridgeo.adjust.approve import approve, changes_in, record_plan
from gridgeo.adjust.difference import changed, compare_sides, diff
from gridgeo.adjust.follow_up import follow_up
from gridgeo.adjust.repair import repair
from gridgeo.adjust.sides import Side, read_side, side_of
from gridgeo.adjust.submit import submit

__all__ = [
    "Side",
    "approve",
    "changed",
    "changes_in",
    "compare_sides",
    "diff",
    "follow_up",
    "read_side",
    "record_plan",
    "repair",
    "side_of",
    "submit",
]
