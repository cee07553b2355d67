"""What the command line prints: progress, notes, the scorecard, errors."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from gridgeo.errors import GridgeoError
from gridgeo.review import state_text
from gridgeo.wording import (
    CARDS,
    KINDS,
    ROLES,
    SEVERITIES,
    SOUNDNESS,
    TOPICS,
    VERDICTS,
    Lang,
    Text,
    fields_text,
    ground_rows,
    rule_of,
    word,
)

if TYPE_CHECKING:
    from pathlib import Path

    from gridgeo.codes import Register
    from gridgeo.model import Finding, Note, Plan
    from gridgeo.pipeline import Progress as Report
    from gridgeo.province import Province
    from gridgeo.read import LayerInfo

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

STAGES = {
    "divide": Text("dividing into parts", "划分分片"),
    "parts": Text("parts", "分片计算"),
    "merge": Text("putting together", "汇总"),
    "read": Text("reading", "读取"),
    "atoms": Text("cutting atoms", "切分单元"),
    "partition": Text("partitioning", "划分网格"),
    "finer": Text("trying finer atoms", "细分单元再试"),
    "codes": Text("coding and naming", "编码命名"),
    "validate": Text("checking", "校验"),
    "repair": Text("mending", "修复"),
    "compare": Text("comparing", "比较"),
    "write": Text("writing", "写出"),
}
COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}
#: Colour and mark of a card; GBK knows the marks too, for output without colour.
CARD_MARKS = {
    "green": ("green", "√"),
    "amber": ("yellow", "!"),
    "red": ("red", "×"),
    "unknown": ("dim", "—"),
}
MOST_FINDINGS = 12


@contextmanager
def progress(lang: Lang) -> Iterator[Report]:
    """Show the stages as they go, on standard error."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[count]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        tasks: dict[str, object] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                name = STAGES.get(stage, Text(stage, stage)).say(lang)
                tasks[stage] = bar.add_task(name, total=total or None, count="")
            count = f"{done}/{total}" if total else ""
            bar.update(tasks[stage], completed=done, total=total or None, count=count)  # type: ignore[arg-type]

        yield report


def show_error(error: GridgeoError, lang: Lang) -> None:
    """Print an error as one line on standard error."""
    err.print(f"[bold red]{word(SEVERITIES, 'error', lang)}[/] ", end="")
    err.print(error.say(lang), markup=False, soft_wrap=True)


def show_plan(plan: Plan, folder: Path | None) -> None:
    """Print what was understood, the scorecard, and where the results are."""
    lang = plan.settings.lang
    show_notes(tuple(one for one in plan.notes if one.topic != "ledger"), lang)
    _show_cards(plan.summary, lang)
    out.print(_scorecard(plan.summary, lang))
    _show_soundness(plan, lang)
    left = tuple(one for one in plan.findings if one.status == "open")
    _show_ledger(plan.notes, lang)
    show_findings(left, lang, total=len(left))
    _show_rejects(len(plan.rejects), lang)
    _show_listed(plan.summary["households"], lang)
    if folder is not None:
        show_folder(folder, ("map.html", "report.html"), lang)


def show_province(province: Province, lang: Lang) -> None:
    """Print what was understood, the scorecard of all parts, and where the results are."""
    summary = province.summary
    show_notes(province.notes, lang)
    _show_cards(summary, lang)
    out.print(_scorecard(summary, lang))
    show_findings(province.findings, lang, total=sum(summary["findings"].values()))
    _show_rejects(province.rejects, lang)
    show_folder(province.folder, ("grids.gpkg", "report.html"), lang)


def show_approved(plan: Plan, register: Register | None, lang: Lang) -> None:
    """Print the state of a plan and of the register."""
    out.print(state_text(plan.approval).say(lang), markup=False, soft_wrap=True)
    if register is not None:
        active = int((register.table["status"] == "active").sum())
        text = Text(
            f"register: record {register.version}, {len(register.codes)} codes, {active} in use",
            f"编码登记表：第 {register.version} 次登记，共 {len(register.codes)} 个编码，"
            f"在用 {active} 个",
        )
        out.print(text.say(lang), soft_wrap=True)


def show_notes(notes: tuple[Note, ...], lang: Lang) -> None:
    """Print what was understood, each note after its topic."""
    for note in notes:
        colour, mark = ("yellow", "! ") if note.warning else ("dim", "")
        out.print(f"[{colour}]{mark}{word(TOPICS, note.topic, lang)}[/] ", end="")
        out.print(note.message.say(lang), markup=False, soft_wrap=True)


def _show_ledger(notes: tuple[Note, ...], lang: Lang) -> None:
    """Print which exceptions of the ledger do not hold: that is to be put right, not only read."""
    warning, topic = word(SEVERITIES, "warning", lang), word(TOPICS, "ledger", lang)
    for note in notes:
        if note.topic == "ledger":
            out.print(f"[{COLOURS['warning']}]{warning}[/] {topic}: ", end="")
            out.print(note.message.say(lang), markup=False, soft_wrap=True)


def _show_rejects(rejects: int, lang: Lang) -> None:
    if rejects:
        text = Text(
            f"{rejects} rows could not be used: layer rejects",
            f"{rejects} 行数据无法使用，见 rejects 图层",
        )
        out.print(f"[yellow]{text.say(lang)}[/]")


def _show_listed(counts: dict[str, int], lang: Lang) -> None:
    if counts["listed"]:
        share = f"{counts['listed'] / counts['in']:.1%}"
        text = Text(
            f"{counts['listed']:,} households ({share}) are in no grid: grids.xlsx, sheet rejects",
            f"{counts['listed']:,} 户（{share}）未划入任何网格，逐行见 grids.xlsx 的“未采用的行”",
        )
        out.print(f"[yellow]{text.say(lang)}[/]", soft_wrap=True)


def show_folder(folder: Path, files: tuple[str, ...], lang: Lang) -> None:
    """Print where the results are."""
    text = Text("Results in", "结果位于")
    out.print(f"[bold green]{text.say(lang)}[/] {folder}", soft_wrap=True)
    for file in files:
        out.print(f"  {folder / file}", soft_wrap=True)


def _show_cards(summary: dict[str, Any], lang: Lang) -> None:
    """Print the scorecard: sound, the number of findings, or not checked."""
    cards = summary.get("scorecard", ())
    for card in cards:
        colour, mark = CARD_MARKS[card["state"]]
        title = word(CARDS, card["card"], lang)
        count = f" {card['count']:,}" if card["count"] else ""
        unknown = Text(" (not checked)", "（未检查）").say(lang)
        title += unknown if card["state"] == "unknown" else count
        out.print(f"[{colour}]{mark}[/] {title}", end="  ")
    if cards:
        out.print()


def _show_soundness(plan: Plan, lang: Lang) -> None:
    """Print how many grids are sound, to be adjusted, and must be."""
    soundness = plan.grids["soundness"]
    counts = ", ".join(
        f"{name.say(lang)} {count:,}"
        for key, name in SOUNDNESS.items()
        if (count := int((soundness == key).sum()))
    )
    if counts:
        out.print(f"[bold]{Text('grids by their checks', '核查结论').say(lang)}[/]  {counts}")


def _scorecard(summary: dict[str, Any], lang: Lang) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    verdicts = ", ".join(
        f"{word(VERDICTS, name, lang)} {count}"
        for name, count in summary["verdicts"].items()
        if count
    )
    households = summary["households"]
    kinds = ", ".join(
        f"{word(KINDS, name, lang)} {summary[name]:,}" for name in ("basic", "dedicated", "open")
    )
    parts = ((Text("parts", "分片"), f"{summary['parts']:,}"),) if "parts" in summary else ()
    rows = (
        *parts,
        (
            Text("communities", "社区"),
            f"{summary['communities']:,}{verdicts and f'  ({verdicts})'}",
        ),
        *(((Text("atoms", "单元"), f"{summary['atoms']:,}"),) if summary["atoms"] else ()),
        (Text("grids", "网格"), f"{summary['grids']:,}  ({kinds})"),
        (Text("in band", "达标率"), _percent(summary["in_band_share"])),
        (
            Text("in band where possible", "可达标社区达标率"),
            _percent(summary["in_band_share_where_possible"]),
        ),
        (Text("borders on streets", "沿街定界率"), _percent(summary["street_share"])),
        *((label, value.say(lang)) for label, value in ground_rows(summary["ground"])),
        (
            Text("households", "户数"),
            f"{households['in']:,} = {households['in_grids']:,} + {households['listed']:,} "
            + Text("(in grids + listed)", "（入格 + 列出）").say(lang),
        ),
        (Text("area difference", "面积差"), f"{summary['area_difference_m2']:.6f} m2"),
        *_search_row(None if summary.get("edits") else summary.get("search"), lang),
    )
    for name, value in rows:
        table.add_row(f"[bold]{name.say(lang)}[/]", value)
    return table


def _search_row(search: dict[str, Any] | None, lang: Lang) -> tuple[tuple[Text, str], ...]:
    """Return what the effort bought; nothing where nothing was searched."""
    if search is None or not search["moves"]:
        return ()
    first, last = search["first"], search["last"]
    text = Text(
        f"{search['effort']}: cost {first['cost_m'] / 1000:,.1f} -> {last['cost_m'] / 1000:,.1f} "
        f"km, bands missed {first['missed']} -> {last['missed']}, in {search['starts']:,} starts, "
        f"{search['moves']:,} moves",
        f"{search['effort']}：代价 {first['cost_m'] / 1000:,.1f} → {last['cost_m'] / 1000:,.1f} "
        f"千米，未达标 {first['missed']} → {last['missed']}，共 {search['starts']:,} 次起步、"
        f"{search['moves']:,} 次调整",
    )
    return ((Text("search", "寻优"), text.say(lang)),)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def show_findings(findings: tuple[Finding, ...], lang: Lang, *, total: int) -> None:
    """Print the gravest findings, and how many more there are in `total`."""
    for finding in _gravest(findings):
        colour, name = COLOURS[finding.severity], word(SEVERITIES, finding.severity, lang)
        title = rule_of(finding.rule).title.say(lang)
        out.print(f"[{colour}]{name}[/] [dim]{finding.id}[/] {title}: ", end="")
        out.print(finding.message.say(lang), markup=False, soft_wrap=True)
    more = total - MOST_FINDINGS
    if more > 0:
        out.print(Text(f"... and {more} more", f"……另有 {more} 条").say(lang))


def _gravest(findings: tuple[Finding, ...]) -> list[Finding]:
    """Return the gravest, of each rule the largest before any second one, rule by rule."""
    rank, rules = list(COLOURS), list(dict.fromkeys(f.rule for f in findings))
    place: Counter[tuple[str, str]] = Counter()
    ranked = []
    for finding in sorted(findings, key=lambda f: -(f.amount or 0.0)):
        place[finding.severity, finding.rule] += 1
        nth = place[finding.severity, finding.rule]
        ranked.append((rank.index(finding.severity), nth, rules.index(finding.rule), finding))
    shown = sorted(ranked, key=lambda one: one[:3])[:MOST_FINDINGS]
    return [one[3] for one in sorted(shown, key=lambda one: (one[0], one[2], one[1]))]


def show_layers(layers: Iterable[LayerInfo], lang: Lang) -> None:
    """Print what `inspect` understood of a file."""
    for layer in layers:
        title = f"{layer.file}::{layer.layer}" if layer.layer else layer.file
        out.print(f"[bold]{escape(title)}[/]", soft_wrap=True)
        out.print(
            f"  {layer.rows:,} × {layer.geometry or '-'}  {layer.crs or '-'}"
            + (f"  {layer.encoding}" if layer.encoding else "")
        )
        if layer.households is not None:
            total = Text(f"{layer.households:,} households", f"共 {layer.households:,} 户")
            out.print(f"  {total.say(lang)}", markup=False, soft_wrap=True)
        for column in layer.columns:
            shown = " | ".join(layer.examples.get(column, ()))
            out.print(f"    {column}: {shown}", markup=False, soft_wrap=True)
        for role, understood in layer.understood.items():
            as_layer = Text(f"{role}[/]: ", f"{word(ROLES, role, 'zh')}（{role}）[/]：").say(lang)
            out.print(f"  [cyan]{as_layer}", end="")
            out.print(fields_text(understood).say(lang), markup=False, soft_wrap=True)
        for note in layer.notes:
            out.print(f"  {note.say(lang)}", markup=False, soft_wrap=True)
        for problem in layer.problems:
            out.print("  [yellow]![/] ", end="")
            out.print(problem.say(lang), markup=False, soft_wrap=True)


def layers_as_json(layers: Iterable[LayerInfo], lang: Lang) -> str:
    """Return what `inspect` understood as JSON, texts in one language."""
    told = [
        {
            "file": layer.file,
            "layer": layer.layer,
            "readable": not layer.unreadable,
            "rows": layer.rows,
            "geometry": layer.geometry,
            "crs": layer.crs,
            "encoding": layer.encoding,
            "households": layer.households,
            "columns": {name: list(layer.examples.get(name, ())) for name in layer.columns},
            "understood": {role: dict(fields) for role, fields in layer.understood.items()},
            "notes": [note.say(lang) for note in layer.notes],
            "problems": [problem.say(lang) for problem in layer.problems],
        }
        for layer in layers
    ]
    return json.dumps(told, ensure_ascii=False, indent=1)
