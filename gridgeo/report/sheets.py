"""The sheets of ``grids.xlsx``: which columns of a plan each of them holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridgeo.model import Plan
from gridgeo.report.records import finding_frame, reject_frame
from gridgeo.report.schema import CROSSWALK_COLUMNS, SCHEMA, layer_frame
from gridgeo.report.unused import unused
from gridgeo.rulebook import rule_of
from gridgeo.text import Text

_GRIDS, _COMMUNITIES = SCHEMA["grids"], SCHEMA["communities"]
_FINDINGS = {
    **dict.fromkeys(("id", "check", "severity", "status", "grid_codes", "message"), "text"),
    "amount": "measure",
    **dict.fromkeys(("unit", "suggestion", "source", "note", "rule"), "text"),
}
_DEDICATED = {
    name: _GRIDS[name]
    for name in (
        *("code", "name", "facility", "community", "community_name", "area_m2"),
        *("households", "bounded_by", "reason"),
    )
}
_REJECTS = {
    **dict.fromkeys(("layer", "file"), "text"),
    "row": "count",
    **dict.fromkeys(("field", "value", "reason"), "text"),
    "households": "count",
}
_CROSSWALK = {**CROSSWALK_COLUMNS, "share_of_old": "measure", "share_of_new": "measure"}


@dataclass(frozen=True)
class Sheet:
    """A sheet: its title, the kind of each column (as `gridgeo.report.schema`), and its rows."""

    title: Text
    columns: Mapping[str, str]
    rows: Callable[[Plan], pd.DataFrame]

    def table(self, plan: Plan) -> pd.DataFrame:
        """Return the rows of `plan` with the columns of the sheet."""
        return self.rows(plan)[list(self.columns)]


def _findings(plan: Plan) -> pd.DataFrame:
    frame = finding_frame(plan.findings, plan.settings.lang, None)
    titles = [rule_of(rule).title.say(plan.settings.lang) for rule in frame["rule"]]
    return frame.rename(columns={"grids": "grid_codes"}).assign(check=titles)


def _dedicated(plan: Plan) -> pd.DataFrame:
    grids = layer_frame("grids", plan.grids)
    return grids[grids["kind"] == "dedicated"]


def _crosswalk(plan: Plan) -> pd.DataFrame:
    if plan.crosswalk is None:
        return pd.DataFrame(columns=list(_CROSSWALK))
    walk = plan.crosswalk.reset_index(drop=True)
    held = walk["households"].to_numpy(dtype=float)
    old, new = (held / _whole(walk, column) for column in ("old_code", "new_code"))
    return walk.assign(share_of_old=old, share_of_new=new)


def _whole(walk: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return the households of the grid of each row, NaN where it is none or nobody lives there."""
    sums = walk.groupby(column)["households"].transform("sum").to_numpy(dtype=float)
    whole: NDArray[np.float64] = np.where((sums > 0) & (walk[column] != ""), sums, np.nan)
    return whole


#: A new sheet is one line here.
SHEETS = (
    Sheet(Text("grids", "网格"), _GRIDS, lambda plan: layer_frame("grids", plan.grids)),
    Sheet(
        Text("communities", "社区"),
        _COMMUNITIES,
        lambda plan: layer_frame("communities", plan.communities),
    ),
    Sheet(Text("findings", "问题"), _FINDINGS, _findings),
    Sheet(Text("dedicated", "专属网格"), _DEDICATED, _dedicated),
    Sheet(
        Text("considered", "专属网格评估"),
        SCHEMA["considered"],
        lambda plan: layer_frame("considered", plan.considered),
    ),
    Sheet(
        Text("rejects", "未采用的行"),
        _REJECTS,
        lambda plan: reject_frame(unused(plan), plan.settings.lang),
    ),
    Sheet(Text("crosswalk", "新旧编码对照"), _CROSSWALK, _crosswalk),
)
