"""Grid codes: schemes as values, the order of numbers, and the first numbering."""

from gridgeo.codes.assign import assign_codes
from gridgeo.codes.order import reading_order
from gridgeo.codes.parents import community_codes

__all__ = ["assign_codes", "community_codes", "reading_order"]
