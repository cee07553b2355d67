"""Grid codes for life: the first numbering, what codes become, and the register of them all."""

from gridgeo.codes.assign import assign_codes
from gridgeo.codes.compare import Difference, compare
from gridgeo.codes.crosswalk import crosswalk_of
from gridgeo.codes.files import read_register, write_register
from gridgeo.codes.follow import Changes, follow, numbered
from gridgeo.codes.ground import overlap_of_grids
from gridgeo.codes.history import code_at, states_at, successors_at
from gridgeo.codes.integrity import as_day
from gridgeo.codes.issue import issue
from gridgeo.codes.order import reading_order
from gridgeo.codes.parents import community_codes
from gridgeo.codes.present import carried_on, in_use
from gridgeo.codes.register import Register, empty_register, record

__all__ = [
    "Changes",
    "Difference",
    "Register",
    "as_day",
    "assign_codes",
    "carried_on",
    "code_at",
    "community_codes",
    "compare",
    "crosswalk_of",
    "empty_register",
    "follow",
    "in_use",
    "issue",
    "numbered",
    "overlap_of_grids",
    "read_register",
    "reading_order",
    "record",
    "states_at",
    "successors_at",
    "write_register",
]
