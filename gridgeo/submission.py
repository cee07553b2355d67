"""The package that goes upward: what it holds, before it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import geopandas as gpd

    from gridgeo.approval import Approval
    from gridgeo.comparison import Comparison
    from gridgeo.config import Settings


@dataclass(frozen=True, kw_only=True)
class Submission:
    """Grids that are reported upward, with what became of them and why.

    Parameters
    ----------
    settings
        Of the plan; `lang` is that of the package.
    title
        What the plan is called.
    approval, before
        The approval of the plan and of the one that it is compared with, None for drafts.
    full
        Whether all grids are reported, or those that changed.
    first
        Whether there is nothing to compare with.
    grids
        The reported grids: the columns of a plan's grids, change, old_code, predecessors,
        change_reason; sorted by code.
    told
        The comparison with what was reported before; `changes` and `crosswalk` are whole.
    scorecard
        card, state_before, count_before, state_after, count_after; states are ``""`` where
        nobody checked.
    """

    settings: Settings
    title: str
    approval: Approval | None
    before: Approval | None
    full: bool
    first: bool
    grids: gpd.GeoDataFrame
    told: Comparison
    scorecard: tuple[dict[str, Any], ...]
