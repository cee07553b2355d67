"""``report.html`` and ``map.html`` of a plan, and the report of a chunked run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
from jinja2 import Environment, PackageLoader, StrictUndefined

from gridgeo.maps import map_page, visible
from gridgeo.model import Finding, Plan
from gridgeo.report.blocks import (
    Block,
    Card,
    Cards,
    Cell,
    Column,
    Paragraph,
    Report,
    ReportTexts,
    Section,
    Table,
)
from gridgeo.report.content import report_of
from gridgeo.wording import SEVERITIES, Lang, ground_rows, word

#: Communities are drawn one by one up to this number; map.html and report.pdf show all.
_MOST_MAPS = 60
PAGES = Environment(
    loader=PackageLoader("gridgeo.report"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def write_map(plan: Plan, path: Path, *, old: gpd.GeoDataFrame | None = None) -> None:
    """Write the map of `plan` to the new file `path`, with what changed since `old` grids."""
    path.write_text(map_page(plan, old=old), encoding="utf-8")


def write_report(plan: Plan, path: Path) -> None:
    """Write the report of `plan` to the new file `path`."""
    path.write_text(_report_page(plan), encoding="utf-8")


def _report_page(plan: Plan) -> str:
    """Return the report of `plan` as one printable HTML page without script or network.

    It contains the scorecard, a map, the distributions, every community with verdict, reason and
    map, what could not be met, dedicated grids, findings with their places, rejects, notes, and
    the settings, inputs (with SHA-256) and versions it was made with; in the language of the
    plan. The same plan gives the same page.
    """
    return _as_page(report_of(plan, most_maps=_MOST_MAPS))


def _as_page(report: Report) -> str:
    """Return `report` as one printable HTML page; every text is escaped, every drawing is ours."""
    return PAGES.get_template("report.html.j2").render(report=report)


def chunks_page(
    summary: Mapping[str, Any],
    parts: Sequence[Mapping[str, Any]],
    findings: Sequence[Finding],
    lang: Lang,
) -> str:
    """Return the report as one printable HTML page without script or network.

    Parameters
    ----------
    summary
        Figures of the whole area, as ``summary.json`` has them.
    parts
        The figures of each part, with its ``name``.
    findings
        The gravest ones.
    """
    say = ReportTexts(lang)
    title = say("Governance grids", "网格划分方案")
    name = visible(summary["name"] or "")
    return _as_page(
        Report(
            lang=lang,
            title=f"{name} · {title}" if name else title,
            subtitle=say("Report of the partition, done in parts", "网格划分报告（分片计算）"),
            state="",
            maker="gridgeo",
            sections=[
                Section("", [_figures(summary, say)]),
                Section(say("Parts", "分片"), [_chunks(parts, say)]),
                Section(say("Findings", "问题"), _findings(summary, findings, say)),
            ],
        )
    )


def _figures(summary: Mapping[str, Any], say: ReportTexts) -> Cards:
    households = summary["households"]
    figures = (
        ("Parts", "分片", _number(summary["parts"])),
        ("Communities", "社区（村）", _number(summary["communities"])),
        ("Basic grids", "基础网格", _number(summary["basic"])),
        ("Dedicated grids", "专属网格", _number(summary["dedicated"])),
        ("Basic grids in band", "基础网格达标率", _share(summary["in_band_share"])),
        (
            "… where it can be met",
            "其中：可达标社区",
            _share(summary["in_band_share_where_possible"]),
        ),
        ("Borders on streets", "沿街定界率", _share(summary["street_share"])),
        ("Households given", "输入户数", _number(households["in"])),
        ("… in grids", "其中：入格", _number(households["in_grids"])),
        ("… listed", "其中：另列", _number(households["listed"])),
    )
    cards = [Card(value, say(en, zh)) for en, zh, value in figures]
    ground = (
        Card(value.say(say.lang), name.say(say.lang))
        for name, value in ground_rows(summary["ground"])
    )
    return Cards([*cards, *ground])


def _chunks(parts: Sequence[Mapping[str, Any]], say: ReportTexts) -> Table:
    titles = (
        *(("communities", "社区"), ("not met", "未达标"), ("households", "户数")),
        *(("listed", "另列"), ("basic grids", "基础网格"), ("dedicated", "专属网格")),
        *(("in band", "达标率"), ("on streets", "沿街定界率"), ("errors", "错误")),
    )
    columns = [Column(say("part", "分片"), "code")]
    columns += [Column(say(en, zh), "number") for en, zh in titles]
    return Table(columns, [[Cell(text) for text in _chunk(part)] for part in parts])


def _chunk(part: Mapping[str, Any]) -> list[str]:
    missed = part["verdicts"]["impossible"] + part["verdicts"]["not_found"]
    counts = (part["communities"], missed, part["households"]["in"], part["households"]["listed"])
    return [
        visible(part["name"]),
        *map(_number, (*counts, part["basic"], part["dedicated"])),
        *map(_share, (part["in_band_share"], part["street_share"])),
        _number(part["findings"]["error"]),
    ]


def _findings(
    summary: Mapping[str, Any], findings: Sequence[Finding], say: ReportTexts
) -> list[Block]:
    counts = " ".join(
        f"{word(SEVERITIES, key, say.lang)} {_number(count)}"
        for key, count in summary["findings"].items()
    )
    lead = say(
        "All of them are in layer findings of grids.gpkg; the gravest:",
        "全部见 grids.gpkg 的 findings 图层，其中最重要的：",
    )
    rows = [
        [
            Cell(chip=say.chip(one.severity, word(SEVERITIES, one.severity, say.lang))),
            Cell(one.rule),
            Cell(visible(one.message.say(say.lang))),
        ]
        for one in findings
    ]
    blocks: list[Block] = [Paragraph(f"{counts}. {lead}")]
    blocks.append(Table([Column(""), Column("", "code"), Column("", "told")], rows))
    if summary["attribution"]:
        blocks.append(Paragraph(visible(summary["attribution"]), quiet=True))
    return blocks


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"
