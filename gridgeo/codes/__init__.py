"""Grid codes for life: the first numbering, what codes become, and the register of them all."""

from __future__ import annotations

from gridgeo.codes.assign import (
    assign_codes,
)
from gridgeo.codes.comparison import (
    Difference,
    compare,
    overlap_of_grids,
)
from gridgeo.codes.lineage import (
    Changes,
    crosswalk_of,
    follow,
    numbered,
)
from gridgeo.codes.numbering import (
    community_codes,
    issue,
    reading_order,
)
from gridgeo.codes.register import (
    Register,
    carried_on,
    empty_register,
    in_use,
    record,
)
from gridgeo.codes.register_files import (
    code_at,
    read_register,
    states_at,
    successors_at,
    write_register,
)
from gridgeo.codes.register_rules import (
    as_day,
)

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
