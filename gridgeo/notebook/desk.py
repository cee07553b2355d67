"""The widget: a map on which adjustments are tried, judged in Python after every click."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from gridgeo.adjust import Edit, edit_of, edits_text, try_edits
from gridgeo.distribution import how_to_install
from gridgeo.errors import InputError, OutputError, SettingsError
from gridgeo.fingerprint import fingerprint
from gridgeo.maps.base import bounds_of
from gridgeo.maps.labels import label_data
from gridgeo.maps.working import atom_data, plan_data
from gridgeo.model import Plan
from gridgeo.notebook.figures import figures, state_of, table
from gridgeo.notebook.module import script, style
from gridgeo.notebook.words import desk_words
from gridgeo.text import Text

try:
    import anywidget
    import traitlets
except ModuleNotFoundError as _missing:
    raise SettingsError(
        Text("the map for adjustments needs anywidget", "笔记本中的调整地图需要 anywidget"),
        remedy=how_to_install("notebook"),
    ) from _missing


class Desk(anywidget.AnyWidget):
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
    >>> desk = Desk(gg.load("out"))
    >>> desk.do(Edit(do="move", atoms=(1,), to="420102001001001"))
    >>> desk.apply().grids["households"].tolist()
    [500, 400, 400, 300, 400, 400]
    """

    _esm = script()
    _css = style()
    data = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)

    def __init__(self, plan: Plan) -> None:
        self._start = self._trial = try_edits(plan)
        self._fingerprint = fingerprint(plan)
        super().__init__(data={"plan": self._fingerprint, **_data(plan)}, state=self._told())
        self.on_msg(self._heard)

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits so far."""
        return self._trial.edits

    @property
    def figures(self) -> pd.DataFrame:
        """The grids in the band and the cost by its terms, before and after the edits."""
        return figures(self._start, self._trial)

    @property
    def changed(self) -> pd.DataFrame:
        """The grids that edits touched, before and after."""
        return table(self._start, self._trial)

    def do(self, edit: Edit) -> None:
        """Do one more edit.

        Raises
        ------
        InputError
            The edit names what is not there, breaks a lock, or leaves a community.
        """
        self._trial = self._trial.do(edit)
        self.state = self._told()

    def undo(self) -> None:
        """Undo the last edit, if there is one."""
        self._trial = self._trial.undo()
        self.state = self._told()

    def redo(self) -> None:
        """Do the edit again that was undone last, if there is one."""
        self._trial = self._trial.redo()
        self.state = self._told()

    def apply(self) -> Plan:
        """Return the plan after the edits, drawn anew and checked by every rule.

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

    def _told(self, message: str = "") -> dict[str, Any]:
        return {
            **state_of(self._start, self._trial),
            "message": message,
            "file": edits_text(self._fingerprint, self.edits),
        }

    def _heard(self, _widget: object, content: Any, _buffers: object) -> None:
        """Do what the map asks for; what cannot be done is said on it."""
        act = content.get("act") if isinstance(content, dict) else None
        try:
            if act == "edit":
                self.do(edit_of(content.get("edit"), len(self.edits) + 1))
            elif act == "undo":
                self.undo()
            elif act == "redo":
                self.redo()
        except InputError as error:
            self.state = self._told(error.say(self._start.plan.settings.lang))


def _data(plan: Plan) -> dict[str, Any]:
    """Return what the map is drawn from, once."""
    return {
        **plan_data(replace(plan, findings=())),
        "words": desk_words(plan.settings.lang),
        "atoms": atom_data(plan),
        "labels": label_data(plan),
        "view": bounds_of(plan.grids.geometry),
    }
