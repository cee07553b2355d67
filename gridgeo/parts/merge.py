"""The third step: finished parts become one summary, one layer of grids and one report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from gridgeo.config import Settings
from gridgeo.model import COMMUNITY_VERDICTS, GRID_VERDICTS, SEVERITIES, Finding
from gridgeo.parts.borders import Outlines, between_parts
from gridgeo.parts.combined import Package, ParquetRows
from gridgeo.parts.split import FOLDER
from gridgeo.parts.store import read_json, whole_file, write_json
from gridgeo.parts.task import PART, PARTS
from gridgeo.report.documents import SUMMARY
from gridgeo.report.parts_page import parts_page
from gridgeo.report.records import finding_frame, findings_of
from gridgeo.summary import EXCUSED
from gridgeo.text import Text

GRIDS, TABLE, REPORT = "grids.gpkg", "grids.parquet", "report.html"
#: findings that are shown one by one; all of them are in the GeoPackage
MOST_SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What the parts are together: figures, a row for each part, the gravest findings."""

    summary: dict[str, Any]
    parts: list[dict[str, Any]]
    findings: tuple[Finding, ...]
    rejects: int


@dataclass
class _Tally:
    """Figures that add up part by part."""

    count: Counter[str] = field(default_factory=Counter)
    street_m: float = 0.0
    inner_m: float = 0.0
    area_difference_m2: float = 0.0
    residents: int | None = None
    codes: Counter[str] = field(default_factory=Counter)
    gravest: list[Finding] = field(default_factory=list)

    def add_part(self, told: dict[str, Any], grids: gpd.GeoDataFrame, excused: set[str]) -> None:
        summary, metres = told["summary"], told["inner_border_m"]
        for name in ("communities", "atoms", "grids", "basic", "dedicated", "open"):
            self.count[name] += summary[name]
        for group in ("verdicts", "grid_verdicts", "households"):
            self.count.update({f"{group}.{name}": n for name, n in summary[group].items()})
        if summary["street_share"] is not None:
            self.street_m += summary["street_share"] * metres
            self.inner_m += metres
        self.area_difference_m2 += summary["area_difference_m2"]
        if summary["residents"] is not None:
            self.residents = (self.residents or 0) + summary["residents"]
        asked = grids[(grids["kind"] == "basic") & ~grids["community"].isin(excused)]
        self.count["asked"] += len(asked)
        self.count["asked in band"] += int((asked["verdict"] == "in_band").sum())
        self.codes.update(grids["code"])

    def add_findings(self, findings: gpd.GeoDataFrame) -> None:
        self.count.update(f"findings.{severity}" for severity in findings["severity"])
        rank = {severity: at for at, severity in enumerate(SEVERITIES)}
        order = findings["severity"].map(rank).sort_values(kind="stable").index[:MOST_SHOWN]
        both = [*self.gravest, *findings_of(findings.loc[order])]
        self.gravest = sorted(both, key=lambda found: rank[found.severity])[:MOST_SHOWN]


def merge(
    root: Path,
    names: list[str],
    index: dict[str, Any],
    settings: Settings,
    *,
    on_progress: Callable[[int, int], None],
) -> Merged:
    """Write ``grids.gpkg``, ``grids.parquet``, ``report.html`` and ``summary.json``.

    The parts are taken one by one in the order of their names, so memory does not grow with
    them; only the outlines of the communities are held together, to look between the parts.
    """
    tally, outlines, rows = _Tally(), Outlines(), []
    rest = root / FOLDER
    rejects = pd.read_parquet(rest / "rejects.parquet")
    with whole_file(root / GRIDS) as path, whole_file(root / TABLE) as table:
        package, parquet = Package(path, settings.lang), ParquetRows(table)
        for done, name in enumerate(names):
            on_progress(done, len(names))
            rows.append(_add_part(root / PARTS / name, tally, outlines, package, parquet))
        parquet.close()
        found = gpd.read_parquet(rest / "findings.parquet")
        made = (*_repeated(tally), *between_parts(outlines, settings.atoms.repair_gap_m))
        made += _lost(tally, index["households"], int(rejects["households"].sum()))
        for findings in (found, finding_frame(made, settings.lang, found.crs)):
            tally.add_findings(findings)
            package.add("findings", findings)
        package.add_table("rejects", rejects)
        package.close()
    summary = _summary(tally, index, int(rejects["households"].sum()), settings)
    merged = Merged(
        summary=summary, parts=rows, findings=tuple(tally.gravest), rejects=len(rejects)
    )
    with whole_file(root / REPORT) as path:
        path.write_text(parts_page(summary, rows, merged.findings, settings.lang), encoding="utf-8")
    write_json(root / SUMMARY, summary)
    return merged


def _add_part(
    folder: Path, tally: _Tally, outlines: Outlines, package: Package, parquet: ParquetRows
) -> dict[str, Any]:
    told = read_json(folder / PART)
    grids = gpd.read_parquet(folder / "grids.parquet")
    communities = gpd.read_parquet(folder / "communities.parquet")
    findings = gpd.read_parquet(folder / "findings.parquet")
    excused = set(communities.loc[communities["verdict"].isin(EXCUSED), "code"])
    tally.add_part(told, grids, excused)
    tally.add_findings(findings)
    outlines.add(told["name"], communities)
    for layer, frame in (("grids", grids), ("communities", communities), ("findings", findings)):
        package.add(layer, frame)
    parquet.add(folder / "grids.parquet")
    return {**told["summary"], "name": told["name"]}


def _repeated(tally: _Tally) -> tuple[Finding, ...]:
    twins = sorted(code for code, times in tally.codes.items() if times > 1)
    if not twins:
        return ()
    return (
        Finding(
            rule="codes_unique",
            severity="error",
            message=Text(
                f"{len(twins)} codes stand in more than one part: {', '.join(twins[:5])}",
                f"{len(twins)} 个网格编码在多个分片中重复：{'、'.join(twins[:5])}",
            ),
            grids=tuple(twins),
            amount=float(len(twins)),
            unit="grids",
        ),
    )


def _lost(tally: _Tally, given: int, rejected: int) -> tuple[Finding, ...]:
    count = tally.count
    found = count["households.in_grids"] + count["households.listed"] + rejected
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


def _summary(
    tally: _Tally, index: dict[str, Any], rejected: int, settings: Settings
) -> dict[str, Any]:
    """Return the figures of the whole area, as `gridgeo.summary.summarise` gives them for one."""
    count = tally.count
    return {
        "name": settings.title,
        "attribution": settings.attribution,
        "parts": len(index["parts"]),
        **{name: count[name] for name in ("communities", "atoms", "grids", "basic")},
        **{name: count[name] for name in ("dedicated", "open")},
        "verdicts": {name: count[f"verdicts.{name}"] for name in COMMUNITY_VERDICTS},
        "grid_verdicts": {name: count[f"grid_verdicts.{name}"] for name in GRID_VERDICTS},
        "in_band_share": _share(count["grid_verdicts.in_band"], count["basic"]),
        "in_band_share_where_possible": _share(count["asked in band"], count["asked"]),
        "street_share": _share(tally.street_m, tally.inner_m),
        "households": {
            "in": index["households"],
            "in_grids": count["households.in_grids"],
            "listed": count["households.listed"] + rejected,
        },
        "residents": tally.residents,
        "area_difference_m2": round(tally.area_difference_m2, 6),
        "findings": {severity: count[f"findings.{severity}"] for severity in SEVERITIES},
    }


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None
