"""What the cleaning functions share: a raw layer, the log of notes and rejects, the study area."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from gridgeo.config import ReadRules
from gridgeo.errors import InputError
from gridgeo.model import Note, Reject
from gridgeo.wording import ROLES, Text, word


@dataclass(frozen=True, kw_only=True, slots=True)
class RawLayer:
    """One layer as it stands in its file; row n of the file has index n - 1.

    The rows of a table are counted as a spreadsheet counts them, header and titles included.

    `frame` is a GeoDataFrame where the layer has geometry. `crs_assumed` is True where the
    format, not the file, defines the CRS. `counts` are the households of each row, where
    they are known, so that rejected rows can be counted. `parsed` keeps columns as they were
    parsed, for the rows of `frame` and those left out of it later.
    """

    role: str
    frame: pd.DataFrame
    file: str = ""
    layer: str = ""
    kind: str = ""
    encoding: str = ""
    crs_assumed: bool = False
    counts: pd.Series[int] | None = None
    parsed: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False)

    @property
    def place(self) -> dict[str, str]:
        """File and layer, as errors name them."""
        named = {"file": self.file, "layer": self.layer or self.role}
        return {name: value for name, value in named.items() if value}

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the attribute columns, in file order."""
        return tuple(str(name) for name in self.frame.columns if name != "geometry")

    @property
    def source(self) -> str:
        """File and layer as the command line names them."""
        return f"{self.file}::{self.layer}" if self.layer else self.file

    @property
    def zh(self) -> str:
        """Role and source in Chinese."""
        role = word(ROLES, self.role, "zh")
        return f"{role}（{self._short}）" if self.source else role

    def __str__(self) -> str:
        return f"{self.role} ({self._short})" if self.source else self.role

    @property
    def _short(self) -> str:
        """File and layer without the folder: notes are read, and stay when folders move."""
        return self.source.replace(self.file, PurePath(self.file).name, 1)


def spatial_frame(raw: RawLayer) -> gpd.GeoDataFrame:
    """Return the frame of `raw`, or raise InputError where it has no geometry."""
    if not isinstance(raw.frame, gpd.GeoDataFrame):
        raise InputError(
            Text("the layer has no geometry", "图层没有几何图形"),
            remedy=Text(
                "Give it as GeoPackage or Shapefile, or add a column of shapes (WKT) to the table",
                "请提供 GeoPackage 或 Shapefile 格式的图层，或在表中补上图形列（WKT）",
            ),
            **raw.place,
        )
    return raw.frame


def rows_of(frame: gpd.GeoDataFrame, mask: NDArray[np.bool_]) -> gpd.GeoDataFrame:
    """Return the rows of `frame` where `mask` holds."""
    out: gpd.GeoDataFrame = frame[mask]
    return out


@dataclass(frozen=True, slots=True)
class ReadLog:
    """Collects notes, rejected rows, and columns that were guessed to keep houses together."""

    notes: list[Note] = field(default_factory=list)
    guessed: list[Text] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    def note(self, topic: str, message: Text, *, warning: bool = False) -> None:
        """Add a note; a `warning` is to be looked at."""
        self.notes.append(Note(topic, message, warning=warning))

    def caution(self, topic: str, message: Text) -> None:
        """Add a note that says first that it is a warning."""
        text = Text(f"warning: {message.en}", f"警告：{message.zh}")
        self.note(topic, text, warning=True)

    def reject(
        self,
        raw: RawLayer,
        index: Iterable[int],
        *,
        field: str,
        values: Iterable[object],
        reason: Text,
    ) -> None:
        """Reject the rows at `index` of `raw`."""
        for at, value in zip(index, values, strict=True):
            self.rejects.append(
                Reject(
                    layer=raw.layer or raw.role,
                    file=raw.file,
                    row=int(at) + 1,
                    field=field,
                    value=_shortened(str(value)),
                    reason=reason,
                    households=0 if raw.counts is None else int(raw.counts.loc[at]),
                )
            )


def _shortened(text: str, most: int = 200) -> str:
    return text if len(text) <= most else f"{text[:most]}... ({len(text):,})"


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyArea:
    """The target of all layers: rules, one metre CRS, and the bounds of the communities."""

    rules: ReadRules
    log: ReadLog
    crs: CRS
    bounds: tuple[float, float, float, float] | None = None


def tally(values: Iterable[object], *, most: int = 12) -> str:
    """Count equal values, the commonest first: ``residential 7, path 2``.

    Examples
    --------
    >>> tally(["b", "a", "b"])
    'b 2, a 1'
    """
    counts: dict[str, int] = {}
    for value in values:
        counts[str(value)] = counts.get(str(value), 0) + 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    text = ", ".join(f"{name or '(empty)'} {count}" for name, count in ranked[:most])
    return text + (", ..." if len(ranked) > most else "")


def rows_text(index: Sequence[int], *, most: int = 12) -> str:
    """Return the rows at `index` as text: ``2-4, 9``.

    Examples
    --------
    >>> rows_text([1, 2, 3, 8])
    '2-4, 9'
    """
    runs: list[list[int]] = []
    for at in index:
        if runs and at == runs[-1][1]:
            runs[-1][1] = at + 1
        else:
            runs.append([at + 1, at + 1])
    listed = [f"{a}-{b}" if b > a else f"{a}" for a, b in runs[:most]]
    return ", ".join(listed) + (", ..." if len(runs) > most else "")


def first(mask: pd.Series[bool]) -> int:
    """Return the index of the first row where `mask` holds."""
    return int(mask.index[int(mask.to_numpy(dtype=bool).argmax())])
