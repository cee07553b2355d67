"""Changes a partition that is there: repairs it, adjusts it, tells what changed."""

from gridgeo.adjust.adjust import adjust
from gridgeo.adjust.apply import apply_edits, dedicate, lock, merge, move, split, unlock
from gridgeo.adjust.approve import approve, changes_in, record_plan
from gridgeo.adjust.difference import changed, compare_sides, diff
from gridgeo.adjust.edit_file import EditFile, apply_file, read_edits
from gridgeo.adjust.edits import Edit
from gridgeo.adjust.follow_up import follow_up
from gridgeo.adjust.repair import repair
from gridgeo.adjust.sides import Side, read_side, side_of
from gridgeo.adjust.submit import submit

__all__ = [
    "Edit",
    "EditFile",
    "Side",
    "adjust",
    "apply_edits",
    "apply_file",
    "approve",
    "changed",
    "changes_in",
    "compare_sides",
    "dedicate",
    "diff",
    "follow_up",
    "lock",
    "merge",
    "move",
    "read_edits",
    "read_side",
    "record_plan",
    "repair",
    "side_of",
    "split",
    "submit",
    "unlock",
]
