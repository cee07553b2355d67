"""What the widget shows beside the map: figures before and after, the grids that changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gridgeo.adjust import Trial
from gridgeo.maps.escape import visible
from gridgeo.model import MISSED_VERDICTS
from gridgeo.partition import TERMS
from gridgeo.text import Lang, Text
from gridgeo.words import VERDICTS, word

_SAID = {
    "in_band": Text("basic grids in band", "达标基础网格"),
    "out": Text("basic grids out of band", "未达标基础网格"),
    "cost_m": Text("cost, m", "代价（米）"),
    "borders_m": Text("… borders by street class", "其中：界线（按道路等级）"),
    "straddled_m": Text("… barriers straddled", "其中：跨越水域、铁路"),
    "balance_m": Text("… balance of households", "其中：户数均衡"),
    "compactness_m": Text("… compactness", "其中：紧凑程度"),
}
_SHOWN = ("households", "verdict", "parts", "cost_m")


def figures(before: Trial, after: Trial) -> pd.DataFrame:
    """Return in_band, out (of band), cost_m and its terms as rows; before and after as columns."""
    return pd.DataFrame({"before": _figures(before), "after": _figures(after)})


def table(before: Trial, after: Trial) -> pd.DataFrame:
    """Return the grids that edits touched: households, verdict, parts and cost_m on both sides.

    Grids that are new or gone have one side only.
    """
    keys = after.grids.index[after.grids["touched"]].union(
        before.grids.index.difference(after.grids.index)
    )
    sides = {"before": _costed(before), "after": _costed(after)}
    return pd.concat(
        {name: side.reindex(keys)[list(_SHOWN)] for name, side in sides.items()}, axis=1
    )


def state_of(before: Trial, after: Trial) -> dict[str, Any]:
    """Return what the map shows: only what differs from the plan, so that it stays small.

    ``moved``: atom and grid. ``grids``: by key what a touched or locked grid is now. ``figures``
    and ``rows``: text, as shown. ``edits``, ``undone``: how many.
    """
    lang = after.plan.settings.lang
    was, now = before.draft.grid, after.draft.grid
    moved = np.flatnonzero(was != now)
    return {
        "moved": [[int(atom), str(now[atom])] for atom in moved],
        "grids": _grids(after),
        "locked": sorted(after.draft.locked),
        "figures": _said(figures(before, after), lang),
        "rows": _rows(table(before, after), lang),
        "edits": len(after.edits),
        "undone": len(after.undone),
    }


def _figures(trial: Trial) -> dict[str, float]:
    grids = trial.grids
    verdicts = grids.loc[grids["kind"] == "basic", "verdict"]
    terms = grids[list(TERMS)].sum()
    told = {"in_band": float((verdicts == "in_band").sum())}
    told["out"] = float(verdicts.isin(MISSED_VERDICTS).sum())
    return {**told, "cost_m": float(terms.sum()), **{name: float(terms[name]) for name in TERMS}}


def _costed(trial: Trial) -> pd.DataFrame:
    return trial.grids.assign(cost_m=trial.grids[list(TERMS)].sum(axis=1))


def _grids(trial: Trial) -> dict[str, dict[str, Any]]:
    own = trial.grids.loc[trial.grids["touched"], ["kind", "households", "verdict", "parts"]]
    rows: list[dict[str, Any]] = own.to_dict("records")  # type: ignore[assignment]
    return dict(zip(own.index, rows, strict=True))


def _said(told: pd.DataFrame, lang: Lang) -> list[list[str]]:
    return [
        [_SAID[name].say(lang), f"{was:,.0f}", f"{now:,.0f}", _more(now - was)]
        for name, (was, now) in zip(told.index, told.to_numpy(), strict=True)
    ]


def _more(amount: float) -> str:
    """Return a difference with its sign.

    Examples
    --------
    >>> _more(-1234.6), _more(-0.2), _more(3)
    ('-1,235', '0', '+3')
    """
    whole = round(amount)
    return f"{whole:+,d}" if whole else "0"


def _rows(told: pd.DataFrame, lang: Lang) -> list[dict[str, Any]]:
    """Return the rows of the changed grids as text, with whether something is wrong there."""
    rows = []
    for key in told.index:
        was, now = told.loc[key, "before"], told.loc[key, "after"]
        rows.append(
            {
                "grid": key,
                "label": visible(key),
                "cells": [_pair(was[name], now[name], lang) for name in _SHOWN],
                "verdict": "" if pd.isna(now["verdict"]) else now["verdict"],
                "broken": bool(now["parts"] > 1),
            }
        )
    return rows


def _pair(was: Any, now: Any, lang: Lang) -> str:
    """Return a value before and after, once where it is the same."""
    told = [_value(one, lang) for one in (was, now)]
    return told[0] if told[0] == told[1] else " → ".join(told)


def _value(value: Any, lang: Lang) -> str:
    if pd.isna(value):
        return "–"
    return word(VERDICTS, value, lang) if isinstance(value, str) else f"{value:,.0f}"
