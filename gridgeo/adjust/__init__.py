"""Changes an existing partition: repairs it, adjusts it, edits it, compares it."""

from __future__ import annotations

from gridgeo.adjust.apply import (
    EditFile,
    apply_edits,
    apply_file,
    dedicate,
    edits_text,
    lock,
    merge,
    move,
    parse_edit,
    read_edits,
    split,
    unlock,
)
from gridgeo.adjust.compare import (
    Side,
    changed_grids,
    compare_sides,
    diff,
    read_side,
    side_of,
)
from gridgeo.adjust.edits import (
    Edit,
)
from gridgeo.adjust.propose import (
    adjust_grids,
)
from gridgeo.adjust.release import (
    approve,
    changes_in,
    check_first,
    record_plan,
    submit,
)
from gridgeo.adjust.repair_file import (
    repair_grids,
)
from gridgeo.adjust.trial import (
    Trial,
    try_edits,
)

__all__ = [
    "Edit",
    "EditFile",
    "Side",
    "Trial",
    "adjust_grids",
    "apply_edits",
    "apply_file",
    "approve",
    "changed_grids",
    "changes_in",
    "check_first",
    "compare_sides",
    "dedicate",
    "diff",
    "edits_text",
    "lock",
    "merge",
    "move",
    "parse_edit",
    "read_edits",
    "read_side",
    "record_plan",
    "repair_grids",
    "side_of",
    "split",
    "submit",
    "try_edits",
    "unlock",
]
