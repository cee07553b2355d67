"""Changes a partition that is there: repairs it, adjusts it, tells what changed."""

from gridgeo.adjust.approve import approve, changes_in, record_plan
from gridgeo.adjust.follow_up import follow_up
from gridgeo.adjust.repair import repair

__all__ = ["approve", "changes_in", "follow_up", "record_plan", "repair"]
