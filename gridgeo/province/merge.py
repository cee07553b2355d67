"""Third step of a chunked run: finished chunks become one summary, one layer and one report.

Chunks are added one by one, so memory does not grow with their number.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from gridgeo.config import Settings
from gridgeo.model import SEVERITIES, Finding
from gridgeo.pipeline import EXCUSED
from gridgeo.province.division import Outlines, between_chunks
from gridgeo.province.split import FOLDER
from gridgeo.province.task import CHUNK, CHUNKS
from gridgeo.report import (
    SUMMARY,
    append_layer,
    append_styles,
    append_table,
    chunks_page,
    finding_frame,
    findings_of,
    style_frame,
)
from gridgeo.review import identify, joined_cards, scorecard
from gridgeo.storage import atomic_file, read_json, reproducible_geopackages, write_json
from gridgeo.wording import Text

if TYPE_CHECKING:
    from gridgeo.wording import Lang

#: rows that are added at once: opening a file for every chunk takes longer
_ROWS = 20_000
#: Layers are made in this order, so that equal rows give equal bytes.
_SHAPES = {"grids": "MultiPolygon", "communities": "MultiPolygon", "findings": "Unknown"}


@dataclass
class _Package:
    """A GeoPackage that layers are added to; rows wait in memory until there are enough."""

    path: Path
    lang: Lang
    waiting: dict[str, list[gpd.GeoDataFrame]] = field(
        default_factory=lambda: {name: [] for name in _SHAPES}
    )
    tables: list[tuple[str, pd.DataFrame]] = field(default_factory=list)
    first: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)

    def add(self, layer: str, frame: gpd.GeoDataFrame) -> None:
        """Add the rows of one chunk."""
        self.first.setdefault(layer, frame.iloc[:1])
        self.waiting[layer].append(frame)
        if sum(len(chunk) for chunks in self.waiting.values() for chunk in chunks) > _ROWS:
            self._write()

    def add_table(self, name: str, frame: pd.DataFrame) -> None:
        """Add a table without geometry when the file is closed."""
        self.tables.append((name, frame))

    def close(self) -> None:
        """Write what still waits, the tables and the styles."""
        self._write()
        with reproducible_geopackages():
            for name, frame in self.tables:
                append_table(frame, self.path, name)
            append_styles(style_frame(self.first, self.lang), self.path)

    def _write(self) -> None:
        with reproducible_geopackages():
            for layer, shape in _SHAPES.items():
                if self.waiting[layer]:
                    frame = pd.concat(self.waiting[layer], ignore_index=True)
                    append_layer(frame, self.path, layer, shape)
                    self.waiting[layer] = []


@dataclass
class _ParquetRows:
    """A GeoParquet file with a row group for each chunk."""

    path: Path
    writer: pq.ParquetWriter | None = None
    geo: dict[str, Any] = field(default_factory=dict)

    def add(self, chunk: Path) -> None:
        """Add the rows of a GeoParquet file of the same columns."""
        table = pq.read_table(chunk)
        geo = json.loads(table.schema.metadata[b"geo"])
        if self.writer is None:
            self.geo = geo
            schema = table.schema.remove_metadata()
            self.writer = pq.ParquetWriter(self.path, schema)
        self._widen(geo)
        self.writer.write_table(table.replace_schema_metadata().cast(self.writer.schema))

    def close(self) -> None:
        """Finish the file: what is known of the geometry of all rows comes last."""
        if self.writer is not None:
            self.writer.add_key_value_metadata({"geo": json.dumps(self.geo)})
            self.writer.close()

    def _widen(self, geo: dict[str, Any]) -> None:
        ours, theirs = (
            metadata["columns"][metadata["primary_column"]] for metadata in (self.geo, geo)
        )
        both = np.array([ours.get("bbox", theirs["bbox"]), theirs["bbox"]])
        ours["bbox"] = [*both[:, :2].min(axis=0).tolist(), *both[:, 2:].max(axis=0).tolist()]
        ours["geometry_types"] = sorted({*ours["geometry_types"], *theirs["geometry_types"]})


GRIDS, TABLE, REPORT = "grids.gpkg", "grids.parquet", "report.html"
#: findings that are shown one by one; all of them are in the GeoPackage
_MOST_SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class _Merged:
    """The merged chunks: figures, a row for each chunk, the gravest findings."""

    summary: dict[str, Any]
    chunks: list[dict[str, Any]]
    findings: tuple[Finding, ...]
    rejects: int


@dataclass
class _Tally:
    """Figures that add up chunk by chunk."""

    total: dict[str, Any] = field(default_factory=dict)
    count: Counter[str] = field(default_factory=Counter)
    street_m: float = 0.0
    inner_m: float = 0.0
    deviation: float = 0.0
    compactness: float = 0.0
    codes: Counter[str] = field(default_factory=Counter)
    cards: list[list[dict[str, Any]]] = field(default_factory=list)
    gravest: list[Finding] = field(default_factory=list)

    def add_part(self, record: dict[str, Any], grids: gpd.GeoDataFrame, excused: set[str]) -> None:
        summary, metres = dict(record["summary"]), record["inner_border_m"]
        self.cards.append(summary.pop("scorecard"))
        self.total = _added(self.total, summary) if self.total else summary
        if summary["street_share"] is not None:
            self.street_m += summary["street_share"] * metres
            self.inner_m += metres
        self.compactness += (summary["ground"]["compactness"] or 0.0) * summary["basic"]
        self.deviation += (summary["mean_deviation"] or 0.0) * summary["basic"]
        asked = grids[(grids["kind"] == "basic") & ~grids["community"].isin(excused)]
        self.count["asked"] += len(asked)
        self.count["asked in band"] += int((asked["verdict"] == "in_band").sum())
        self.codes.update(grids["code"])

    def add_findings(self, findings: gpd.GeoDataFrame) -> None:
        self.count.update(f"findings.{severity}" for severity in findings["severity"])
        rank = {severity: at for at, severity in enumerate(SEVERITIES)}
        order = findings["severity"].map(rank).sort_values(kind="stable").index[:_MOST_SHOWN]
        both = [*self.gravest, *findings_of(findings.loc[order])]
        self.gravest = sorted(both, key=lambda found: rank[found.severity])[:_MOST_SHOWN]


def merge(
    root: Path,
    names: list[str],
    index: dict[str, Any],
    settings: Settings,
    *,
    on_progress: Callable[[int, int], None],
) -> _Merged:
    """Write ``grids.gpkg``, ``grids.parquet``, ``report.html`` and ``summary.json``.

    The chunks are taken one by one in the order of their names, so memory does not grow with
    them; only the outlines of all communities stay, for the check between chunks.
    """
    tally, outlines, rows = _Tally(), Outlines(), []
    rest = root / FOLDER
    rejects = pd.read_parquet(rest / "rejects.parquet")
    with atomic_file(root / GRIDS) as path, atomic_file(root / TABLE) as table:
        package, parquet = _Package(path, settings.lang), _ParquetRows(table)
        for done, name in enumerate(names):
            on_progress(done, len(names))
            rows.append(_add_chunk(root / CHUNKS / name, tally, outlines, package, parquet))
        parquet.close()
        found = gpd.read_parquet(rest / "findings.parquet")
        made = (*_repeated(tally), *between_chunks(outlines, settings.atoms.repair_gap_m))
        made += _lost(tally, index["households"], int(rejects["households"].sum()))
        for findings in (found, finding_frame(identify(made), settings.lang, found.crs)):
            tally.add_findings(findings)
            tally.cards.append(scorecard(findings_of(findings)))
            package.add("findings", findings)
        package.add_table("rejects", rejects)
        package.close()
    summary = _summary(tally, index, int(rejects["households"].sum()))
    merged = _Merged(
        summary=summary, chunks=rows, findings=tuple(tally.gravest), rejects=len(rejects)
    )
    with atomic_file(root / REPORT) as path:
        path.write_text(
            chunks_page(summary, rows, merged.findings, settings.lang), encoding="utf-8"
        )
    write_json(root / SUMMARY, summary)
    return merged


def _add_chunk(
    folder: Path, tally: _Tally, outlines: Outlines, package: _Package, parquet: _ParquetRows
) -> dict[str, Any]:
    record = read_json(folder / CHUNK)
    grids = gpd.read_parquet(folder / "grids.parquet")
    communities = gpd.read_parquet(folder / "communities.parquet")
    findings = gpd.read_parquet(folder / "findings.parquet")
    excused = set(communities.loc[communities["verdict"].isin(EXCUSED), "code"])
    tally.add_part(record, grids, excused)
    tally.add_findings(findings)
    outlines.add(record["name"], communities)
    for layer, frame in (("grids", grids), ("communities", communities), ("findings", findings)):
        package.add(layer, frame)
    parquet.add(folder / "grids.parquet")
    return {**record["summary"], "name": record["name"]}


def _repeated(tally: _Tally) -> tuple[Finding, ...]:
    duplicates = sorted(code for code, times in tally.codes.items() if times > 1)
    if not duplicates:
        return ()
    return (
        Finding(
            rule="codes_unique",
            severity="error",
            message=Text(
                f"{len(duplicates)} codes stand in more than one part: {', '.join(duplicates[:5])}",
                f"{len(duplicates)} 个网格编码在多个分片中重复：{'、'.join(duplicates[:5])}",
            ),
            grids=tuple(duplicates),
            amount=float(len(duplicates)),
            unit="grids",
        ),
    )


def _lost(tally: _Tally, given: int, rejected: int) -> tuple[Finding, ...]:
    households = tally.total["households"]
    found = households["in_grids"] + households["listed"] + rejected
    if found == given:
        return ()
    return (
        Finding(
            rule="totals_conserved",
            severity="error",
            message=Text(
                f"{given:,} households came in, {found:,} are in grids or listed",
                f"输入 {given:,} 户，入格与列出合计 {found:,} 户",
            ),
            amount=float(abs(given - found)),
            unit="households",
        ),
    )


def _added(one: Any, other: Any) -> Any:
    """Return two figures, or two tables of figures, as one; words are those of the first.

    Examples
    --------
    >>> _added({"grids": 3, "residents": None, "search": {"effort": "fast", "stopped": False}},
    ...       {"grids": 4, "residents": 50, "search": {"effort": "fast", "stopped": True}})
    {'grids': 7, 'residents': 50, 'search': {'effort': 'fast', 'stopped': True}}
    """
    if isinstance(one, dict):
        return {name: _added(value, other[name]) for name, value in one.items()}
    if one is None or other is None:
        return other if one is None else one
    if isinstance(one, str):
        return one
    return one or other if isinstance(one, bool) else round(one + other, 6)


def _summary(tally: _Tally, index: dict[str, Any], rejected: int) -> dict[str, Any]:
    """Return the figures of the whole area, as `summarise` of the pipeline does."""
    total, count = tally.total, tally.count
    households = total["households"]
    return {
        **total,
        "scorecard": joined_cards(tally.cards),
        "parts": len(index["parts"]),
        "in_band_share": _share(total["grid_verdicts"]["in_band"], total["basic"]),
        "in_band_share_where_possible": _share(count["asked in band"], count["asked"]),
        "mean_deviation": _share(tally.deviation, total["basic"]),
        "street_share": _share(tally.street_m, tally.inner_m),
        "ground": {
            **total["ground"],
            "corners_per_km": _share(
                1000 * total["ground"]["corners"], sum(total["ground"]["follows_m"].values())
            ),
            "compactness": _share(tally.compactness, total["basic"]),
        },
        "households": {
            "in": index["households"],
            "in_grids": households["in_grids"],
            "listed": households["listed"] + rejected,
        },
        "findings": {severity: count[f"findings.{severity}"] for severity in SEVERITIES},
    }


def _share(amount: float, total: float) -> float | None:
    return round(amount / total, 4) if total else None
