"""Changes a partition that is there: repairs it, adjusts it, tells what changed."""

from gridgeo.adjust.repair import repair

__all__ = ["repair"]
