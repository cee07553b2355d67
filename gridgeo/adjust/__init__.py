"""Changes a partition that is there: repairs it, adjusts it, tells what changed."""

from gridgeo.adjust.follow_up import follow_up
from gridgeo.adjust.repair import repair

__all__ = ["follow_up", "repair"]
