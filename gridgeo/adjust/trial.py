"""Edits on trial: each step shows its effect on bands, parts and cost; the plan stays unchanged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridgeo.adjust.apply import apply_edits
from gridgeo.adjust.edits import Draft, Edit, draft_of, edited
from gridgeo.adjust.redraw import plan_bands, verdict_of
from gridgeo.model import Atoms, Bands, Plan
from gridgeo.partition import AtomGraph, build_atom_graph, count_by, count_parts, grid_costs


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A plan and the edits that are tried on it; `try_edits` begins one.

    Every step returns a new trial. Locks and borders of communities are kept at every step; the
    other rules are checked when the edits are applied.

    Examples
    --------
    >>> import gridgeo as gg
    >>> trial = try_edits(gg.load("out"))
    >>> tried = trial.do(Edit(do="move", atoms=(1,), to="420102001001001"))
    >>> tried.grids["households"].tolist()
    [500, 400, 400, 300, 400, 400]
    >>> tried.undo().edits
    ()
    """

    plan: Plan
    ground: AtomGraph
    bands: Bands
    edits: tuple[Edit, ...] = ()
    #: edits that can be done again, the last undone last
    undone: tuple[Edit, ...] = ()

    @cached_property
    def draft(self) -> Draft:
        """Grids as labels of atoms after the edits."""
        return edited(draft_of(self.plan), self.edits)

    def do(self, edit: Edit) -> Trial:
        """Return the trial after one more edit.

        Raises
        ------
        InputError
            The edit names what is not there, breaks a lock, or leaves a community.
        """
        after = replace(self, edits=(*self.edits, edit), undone=())
        after.draft  # noqa: B018  (an edit that cannot be done is refused at once)
        return after

    def undo(self) -> Trial:
        """Return the trial without its last edit; the same one where there is none."""
        if not self.edits:
            return self
        return replace(self, edits=self.edits[:-1], undone=(*self.undone, self.edits[-1]))

    def redo(self) -> Trial:
        """Return the trial with the edit that was undone last; the same one where none was."""
        if not self.undone:
            return self
        return replace(self, edits=(*self.edits, self.undone[-1]), undone=self.undone[:-1])

    def apply(self) -> Plan:
        """Return the plan after the edits, checked by every rule; see `apply_edits`."""
        return apply_edits(self.plan, self.edits)

    @cached_property
    def grids(self) -> pd.DataFrame:
        """What the grids are after the edits, by the key of each.

        community (code), kind, households, residents (NaN unknown), verdict, reason, parts,
        locked, unit (that an edit dedicated it to), touched, and the terms of the cost in metres
        (`gridgeo.partition.COST_TERMS`).
        """
        draft, atoms = self.draft, self.plan.atoms
        keys = pd.Index(sorted(set(draft.grid) - {""}, key=lambda key: (key[0] == "+", key)))
        of = keys.get_indexer(pd.Index(draft.grid))
        inside = atoms[of >= 0]
        households, residents = count_by(
            of[of >= 0], len(keys), inside["households"].to_numpy(), inside["residents"].to_numpy()
        )
        frame = pd.DataFrame(
            {
                "community": inside.groupby(of[of >= 0])["community"].first().to_numpy(),
                "kind": self._kinds(keys),
                "households": households,
                "residents": residents,
                "parts": count_parts(self.ground, of),
                "locked": [key in draft.locked for key in keys],
                "unit": [draft.units.get(key, "") for key in keys],
                "touched": [key in draft.touched for key in keys],
            },
            index=keys,
        )
        return frame.assign(**self._verdicts(frame)).join(self._prices(frame, of))

    def _kinds(self, keys: pd.Index[str]) -> list[str]:
        known = dict(zip(self.plan.grids["code"], self.plan.grids["kind"], strict=True))
        units = self.draft.units
        return ["dedicated" if key in units else known.get(key, "basic") for key in keys]

    def _verdicts(self, frame: pd.DataFrame) -> dict[str, list[str]]:
        """Return verdict and reason: those of the plan where no edit touched the grid."""
        grids = self.plan.grids
        verdicts = dict(
            zip(grids["code"], zip(grids["verdict"], grids["reason"], strict=True), strict=True)
        )
        edited_grids = frame.loc[frame["touched"], ["community", "kind", "households", "residents"]]
        for key, community, kind, *counts in edited_grids.itertuples():
            verdicts[key] = verdict_of(self.plan, self.bands, community, kind, tuple(counts))
        return {
            "verdict": [verdicts[key][0] for key in frame.index],
            "reason": [verdicts[key][1] for key in frame.index],
        }

    def _prices(self, frame: pd.DataFrame, of: NDArray[np.intp]) -> pd.DataFrame:
        basic = (frame["kind"] == "basic").to_numpy()
        labels = np.where((of >= 0) & basic[of], of, -1)
        terms = grid_costs(
            self.ground, labels, bands=self.bands, weights=self.plan.settings.weights
        )
        return terms.reindex(range(len(frame)), fill_value=0.0).set_axis(frame.index)


def try_edits(plan: Plan) -> Trial:
    """Return a trial of `plan` without any edit.

    Raises
    ------
    InputError
        The plan has no atoms that know their grids.
    """
    draft_of(plan)
    ground = build_atom_graph(_atoms_of(plan), plan.settings.weights)
    return Trial(plan=plan, ground=ground, bands=plan_bands(plan))


def _atoms_of(plan: Plan) -> Atoms:
    """Return the atoms of a plan as the stages know them."""
    place = pd.Index(plan.communities["code"]).get_indexer(pd.Index(plan.atoms["community"]))
    return Atoms(
        frame=plan.atoms.assign(community=place, facility=-1),
        borders=plan.borders,
        communities=plan.communities,
        household_atom=np.full(len(plan.households), -1),
        considered=plan.considered,
    )
