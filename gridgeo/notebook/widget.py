"""The editor widget: a map on which edits are tried and judged in Python after every click.

Script and style of the widget are one module, so that two widgets, or a folium map beside one, do
not interfere.
"""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gridgeo.adjust import Edit, Trial, edits_text, parse_edit, try_edits
from gridgeo.config import how_to_install
from gridgeo.errors import InputError, OutputError, SettingsError
from gridgeo.maps import (
    atom_data,
    bounds_of,
    label_data,
    linked,
    plan_data,
    script_of,
    style_of,
    visible,
)
from gridgeo.model import MISSED_VERDICTS, Plan
from gridgeo.partition import COST_TERMS
from gridgeo.storage import fingerprint
from gridgeo.wording import VERDICTS, Lang, Text, editor_words, word

_TEXTS = {
    "in_band": Text("basic grids in band", "达标基础网格"),
    "out": Text("basic grids out of band", "未达标基础网格"),
    "cost_m": Text("cost, m", "代价（米）"),
    "borders_m": Text("… borders by street class", "其中：界线（按道路等级）"),
    "straddled_m": Text("… barriers straddled", "其中：跨越水域、铁路"),
    "balance_m": Text("… balance of households", "其中：户数均衡"),
    "compactness_m": Text("… compactness", "其中：紧凑程度"),
}
_SHOWN = ("households", "verdict", "parts", "cost_m")


def _compare_figures(before: Trial, after: Trial) -> pd.DataFrame:
    """Return in_band, out (of band), cost_m and its terms as rows; before and after as columns."""
    return pd.DataFrame({"before": _figures(before), "after": _figures(after)})


def _table(before: Trial, after: Trial) -> pd.DataFrame:
    """Return the grids that edits touched: households, verdict, parts and cost_m on both sides.

    Grids that are new or removed have one side only.
    """
    keys = after.grids.index[after.grids["touched"]].union(
        before.grids.index.difference(after.grids.index)
    )
    sides = {"before": _costed(before), "after": _costed(after)}
    return pd.concat(
        {name: side.reindex(keys)[list(_SHOWN)] for name, side in sides.items()}, axis=1
    )


def _state_of(before: Trial, after: Trial) -> dict[str, Any]:
    """Return what the map shows: only what differs from the plan, so that it stays small.

    The fields are those of ``EditorState`` in ``maps/assets/src/data_types.js``, but for
    ``message`` and ``file``.
    """
    lang = after.plan.settings.lang
    was, now = before.draft.grid, after.draft.grid
    moved = np.flatnonzero(was != now)
    return {
        "moved": {"atom": moved.tolist(), "grid": [str(now[atom]) for atom in moved]},
        "grids": _grids(after),
        "locked": sorted(after.draft.locked),
        "figures": _figure_rows(_compare_figures(before, after), lang),
        "rows": _rows(_table(before, after), lang),
        "edits": len(after.edits),
        "undone": len(after.undone),
    }


def _figures(trial: Trial) -> dict[str, float]:
    grids = trial.grids
    verdicts = grids.loc[grids["kind"] == "basic", "verdict"]
    terms = grids[list(COST_TERMS)].sum()
    counts = {"in_band": float((verdicts == "in_band").sum())}
    counts["out"] = float(verdicts.isin(MISSED_VERDICTS).sum())
    return {
        **counts,
        "cost_m": float(terms.sum()),
        **{name: float(terms[name]) for name in COST_TERMS},
    }


def _costed(trial: Trial) -> pd.DataFrame:
    return trial.grids.assign(cost_m=trial.grids[list(COST_TERMS)].sum(axis=1))


def _grids(trial: Trial) -> dict[str, dict[str, Any]]:
    touched = trial.grids.loc[trial.grids["touched"], ["kind", "households", "verdict", "parts"]]
    rows: list[dict[str, Any]] = touched.to_dict("records")  # type: ignore[assignment]
    return dict(zip(touched.index, rows, strict=True))


def _figure_rows(figures: pd.DataFrame, lang: Lang) -> list[dict[str, str]]:
    return [
        {
            "label": _TEXTS[name].say(lang),
            "before": f"{was:,.0f}",
            "after": f"{now:,.0f}",
            "difference": _more(now - was),
        }
        for name, (was, now) in zip(figures.index, figures.to_numpy(), strict=True)
    ]


def _more(amount: float) -> str:
    """Return a difference with its sign.

    Examples
    --------
    >>> _more(-1234.6), _more(-0.2), _more(3)
    ('-1,235', '0', '+3')
    """
    rounded = round(amount)
    return f"{rounded:+,d}" if rounded else "0"


def _rows(table: pd.DataFrame, lang: Lang) -> list[dict[str, Any]]:
    """Return the rows of the changed grids as text, with whether something is wrong there."""
    rows = []
    for key in table.index:
        was, now = table.loc[key, "before"], table.loc[key, "after"]
        rows.append(
            {
                "grid": key,
                "label": visible(key),
                "cells": {name: _pair(was[name], now[name], lang) for name in _SHOWN},
                "verdict": "" if pd.isna(now["verdict"]) else now["verdict"],
                "broken": bool(now["parts"] > 1),
            }
        )
    return rows


def _pair(was: Any, now: Any, lang: Lang) -> str:
    """Return a value before and after, once where it is the same."""
    values = [_value(one, lang) for one in (was, now)]
    return values[0] if values[0] == values[1] else " → ".join(values)


def _value(value: Any, lang: Lang) -> str:
    if pd.isna(value):
        return "–"
    return word(VERDICTS, value, lang) if isinstance(value, str) else f"{value:,.0f}"


_ASSETS = files("gridgeo.notebook") / "assets"
#: The module of the widget; it imports modules of the map page.
_MODULE = "notebook/assets/desk.js"


def _script() -> str:
    """Return an ES module whose default export draws the widget; it fetches nothing."""
    return f"""const L = (function () {{
const exports = {{}}, module = {{ exports: exports }}, define = undefined;
{script_of("leaflet.js")}
return module.exports.noConflict();
}})();
{linked("gridgeo", (_MODULE,))}
export default {{ render: function (given) {{ return gridgeo.editor(given.model, given.el); }} }};
"""


def _style() -> str:
    """Return the style of the widget."""
    return f"{style_of('leaflet.css')}\n{_text('desk.css')}"


def _text(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


try:
    import anywidget
    import traitlets
except ModuleNotFoundError as _missing:
    raise SettingsError(
        Text("the map for adjustments needs anywidget", "笔记本中的调整地图需要 anywidget"),
        remedy=how_to_install("notebook"),
    ) from _missing


class Editor(anywidget.AnyWidget):
    """A map of `plan` on which adjustments are tried: households, band, pieces and cost follow.

    A click on a grid takes it as the target; a click on an atom of another grid moves it there.
    What follows is computed by gridgeo in Python (`gridgeo.adjust.Trial`), nothing in the page.
    The plan itself stays as it is.

    Parameters
    ----------
    plan
        A plan with atoms; the language is that of its settings.

    Raises
    ------
    InputError
        The plan has no atoms that know their grids.

    Examples
    --------
    >>> import gridgeo as gg
    >>> editor = Editor(gg.load("out"))
    >>> editor.do(Edit(do="move", atoms=(1,), to="420102001001001"))
    >>> editor.apply().grids["households"].tolist()
    [500, 400, 400, 300, 400, 400]
    """

    _esm = _script()
    _css = _style()
    data = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)

    def __init__(self, plan: Plan) -> None:
        self._start = self._trial = try_edits(plan)
        self._fingerprint = fingerprint(plan)
        super().__init__(
            data={"plan": self._fingerprint, **_data(plan)}, state=self._current_state()
        )
        self.on_msg(self._on_message)

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits so far."""
        return self._trial.edits

    @property
    def figures(self) -> pd.DataFrame:
        """The grids in the band and the cost by its terms, before and after the edits."""
        return _compare_figures(self._start, self._trial)

    @property
    def changed(self) -> pd.DataFrame:
        """The grids that edits touched, before and after."""
        return _table(self._start, self._trial)

    def do(self, edit: Edit) -> None:
        """Do one more edit.

        Raises
        ------
        InputError
            The edit names what is not there, breaks a lock, or leaves a community.
        """
        self._trial = self._trial.do(edit)
        self.state = self._current_state()

    def undo(self) -> None:
        """Undo the last edit, if there is one."""
        self._trial = self._trial.undo()
        self.state = self._current_state()

    def redo(self) -> None:
        """Do the edit again that was undone last, if there is one."""
        self._trial = self._trial.redo()
        self.state = self._current_state()

    def apply(self) -> Plan:
        """Return the plan after the edits, redrawn and checked by every rule.

        Raises
        ------
        InputError
            A hard rule is broken that was kept before; see `gridgeo.adjust.apply_edits`.
        """
        return self._trial.apply()

    def save_edits(self, path: str | Path) -> Path:
        """Write the edits into the file that ``gridgeo apply PLAN EDITS`` replays.

        Raises
        ------
        OutputError
            The file is there already, or cannot be written.
        """
        file = Path(path)
        try:
            with file.open("x", encoding="utf-8", newline="\n") as out:
                out.write(edits_text(self._fingerprint, self.edits))
        except OSError as error:
            raise OutputError(
                Text(f"cannot write the edits: {error.strerror}", f"无法写入：{error.strerror}"),
                file=str(file),
            ) from error
        return file

    def _current_state(self, message: str = "") -> dict[str, Any]:
        return {
            **_state_of(self._start, self._trial),
            "message": message,
            "file": edits_text(self._fingerprint, self.edits),
        }

    def _on_message(self, _widget: object, content: Any, _buffers: object) -> None:
        """Do what the map asks for; an edit that cannot be done is reported on it."""
        act = content.get("act") if isinstance(content, dict) else None
        try:
            if act == "edit":
                self.do(parse_edit(content.get("edit"), len(self.edits) + 1))
            elif act == "undo":
                self.undo()
            elif act == "redo":
                self.redo()
        except InputError as error:
            self.state = self._current_state(error.say(self._start.plan.settings.lang))


def _data(plan: Plan) -> dict[str, Any]:
    """Return what the map is drawn from, once."""
    return {
        **plan_data(replace(plan, findings=())),
        "words": editor_words(plan.settings.lang),
        "atoms": atom_data(plan),
        "labels": label_data(plan),
        "view": bounds_of(plan.grids.geometry),
    }
