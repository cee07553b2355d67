"""Changes a partition that is there: repairs it, adjusts it, tells what changed.

The package can be called, as `gridgeo.partition` can: ``gridgeo.adjust(grids, settings)`` is
`gridgeo.adjust.adjust`, which the package would hide otherwise.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from gridgeo.adjust.adjust import adjust
from gridgeo.adjust.apply import apply_edits, dedicate, lock, merge, move, split, unlock
from gridgeo.adjust.approve import approve, changes_in, check_first, record_plan
from gridgeo.adjust.difference import changed, compare_sides, diff
from gridgeo.adjust.edit_file import EditFile, apply_file, edit_of, edits_text, read_edits
from gridgeo.adjust.edits import Edit
from gridgeo.adjust.follow_up import follow_up
from gridgeo.adjust.repair import repair
from gridgeo.adjust.sides import Side, read_side, side_of
from gridgeo.adjust.submit import submit
from gridgeo.adjust.trial import Trial, try_edits

__all__ = [
    "Edit",
    "EditFile",
    "Side",
    "Trial",
    "adjust",
    "apply_edits",
    "apply_file",
    "approve",
    "changed",
    "changes_in",
    "check_first",
    "compare_sides",
    "dedicate",
    "diff",
    "edit_of",
    "edits_text",
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
    "try_edits",
    "unlock",
]


class _CallableAdjust(ModuleType):
    """The package, callable as its function `adjust`."""

    def __call__(self, grids: Any, settings: Any, **options: Any) -> Any:
        """Propose the least change that makes a partition sound; see `gridgeo.adjust.adjust`."""
        return adjust(grids, settings, **options)


sys.modules[__name__].__class__ = _CallableAdjust
