"""Values of a change: decisions and proposals, a comparison, a submission."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from gridgeo.errors import InputError
from gridgeo.wording import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from gridgeo.codes import Changes
    from gridgeo.config import Settings
    from gridgeo.model.values import Note, Plan, Reject
    from gridgeo.review import Approval

#: ``excepted``: left out, because a grid in it was accepted as it is; nobody chooses that.
Decision = Literal["accepted", "rejected", "open", "excepted"]
DECISIONS: tuple[Decision, ...] = ("accepted", "rejected", "open")


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """Which proposals are taken, by their ids.

    1. What is rejected is not taken, and what is left open neither.
    2. Where ids are accepted, these are taken and no others.
    3. Where none is accepted and none left open, everything else is taken.

    Parameters
    ----------
    accepted, rejected, undecided
        Ids of proposals, none in two of them.
    file
        Where they were read, for messages.

    Examples
    --------
    >>> Decisions().of("P1"), Decisions(rejected=frozenset({"P1"})).of("P1")
    ('accepted', 'rejected')
    >>> Decisions(accepted=frozenset({"P1"})).of("P2")
    'open'
    """

    accepted: frozenset[str] = frozenset()
    rejected: frozenset[str] = frozenset()
    undecided: frozenset[str] = frozenset()
    file: str | None = None

    def __post_init__(self) -> None:
        both = sorted(
            self.accepted & self.rejected | self.undecided & (self.accepted | self.rejected)
        )
        if both:
            raise InputError(
                Text(
                    f"proposal {both[0]} is decided in two ways", f"建议 {both[0]} 有两种不同的决定"
                ),
                file=self.file,
            )

    def of(self, proposal: str) -> Decision:
        """Return what was decided about a proposal."""
        if proposal in self.rejected:
            return "rejected"
        if proposal in self.accepted or not (self.accepted or self.undecided):
            return "accepted"
        return "open"

    def check(self, proposals: Iterable[str]) -> None:
        """Raise InputError where a decision is about a proposal that is not among these."""
        known = list(proposals)
        unknown = sorted((self.accepted | self.rejected | self.undecided) - set(known))
        if unknown:
            raise InputError(
                Text(f"there is no proposal {unknown[0]}", f"没有编号为 {unknown[0]} 的建议"),
                file=self.file,
                remedy=Text(
                    "Ids stay as long as grids, counts and settings do: decide about those of this "
                    f"run: {', '.join(known[:5])}",
                    f"数据或参数变动后建议会变，请按本次的编号决定：{'、'.join(known[:5])}",
                )
                if known
                else Text("Nothing is to be adjusted", "目前没有需要调整的网格"),
            )


@dataclass(frozen=True, kw_only=True)
class Adjustment:
    """The proposals for a partition, and the plan with those that were taken.

    ============ =======================================================================
    plan         the new plan; ``summary["adjustment"]`` has the figures of the change
    proposals    id, decision (``accepted``, ``rejected``, ``open``), community (codes joined by
                 ``;``), grids_before, grids_after (codes joined by ``;``), households, moved,
                 out_before, out_after (grids outside the band), reason_en, reason_zh, effect_en,
                 effect_zh, geometry (the ground of its grids)
    sides        the grids of each proposal as they are and as proposed: proposal, side
                 (``before``, ``after``), code, change, kind, community, households, residents,
                 verdict, reason_en, reason_zh, geometry
    changes      what became of every code, by what was taken
    ============ =======================================================================
    """

    plan: Plan
    proposals: gpd.GeoDataFrame
    sides: gpd.GeoDataFrame
    changes: Changes


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two partitions of one area, grid by grid; frames are in one projected metre CRS.

    ============ =======================================================================
    changes      change, old_code (of the grid that it continues, ``""`` for none), new_code
                 (``""`` for a retired grid), name, kind, community, community_name,
                 households_before, households, households_in, households_out, area_before_m2,
                 area_m2, area_in_m2, area_out_m2, predecessors, successors (codes joined by
                 ``;``), reason, geometry: one row for each new grid by code, then one for each
                 retired grid; households_out are those of the old grid that it continues, or is
    crosswalk    old_code, new_code (``""``: in none), households, share_of_old, share_of_new,
                 area_m2, moved (whether they changed grids), geometry (the shared ground)
    before       code, name, change, goes_on_as, households, area_m2, geometry: the old grids
    ============ =======================================================================

    `summary` has the figures (`gridgeo.codes.Difference`), ``grids_before``, ``grids`` and
    ``households``.
    """

    settings: Settings
    changes: gpd.GeoDataFrame
    crosswalk: gpd.GeoDataFrame
    before: gpd.GeoDataFrame
    summary: dict[str, Any]
    notes: tuple[Note, ...] = ()
    rejects: tuple[Reject, ...] = ()
    run: dict[str, Any] = field(default_factory=dict)


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
    comparison
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
    comparison: Comparison
    scorecard: tuple[dict[str, Any], ...]
