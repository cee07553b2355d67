"""Grid codes: the first numbering, their lineage, and the register of all codes."""

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
    as_first_numbering,
    continue_codes,
    crosswalk_of,
    unique_codes,
)
from gridgeo.codes.numbering import (
    community_codes,
    issue_codes,
    reading_order,
)
from gridgeo.codes.register import (
    Register,
    empty_register,
    in_use,
    lineage_of_coded,
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
    "as_first_numbering",
    "assign_codes",
    "code_at",
    "community_codes",
    "compare",
    "continue_codes",
    "crosswalk_of",
    "empty_register",
    "in_use",
    "issue_codes",
    "lineage_of_coded",
    "overlap_of_grids",
    "read_register",
    "reading_order",
    "record",
    "states_at",
    "successors_at",
    "unique_codes",
    "write_register",
]
