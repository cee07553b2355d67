"""`gridgeo review`: rounds of a re-verification, what comes back filled in, and the report."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridgeo.cli import options as o
from gridgeo.cli.console import STOPPED, interruptible
from gridgeo.cli.options import CliInput, errors, exit_where_broken, lang_of
from gridgeo.config import Settings, Source
from gridgeo.wording import CONCLUSIONS, Lang, Text

if TYPE_CHECKING:
    from gridgeo.rounds import Round, RoundFacts

review_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Re-verify grids in rounds, to be signed 逐轮核查、整改、抽样、出具核查报告",
)
_Folder = Annotated[Path, typer.Argument(metavar="REVIEW", help="Folder of the review 核查文件夹")]
_Font = Annotated[
    list[Path] | None, typer.Option("--font", help="Font file or folder 字体文件或文件夹")
]


@review_app.command("open")
def open_command(
    folder: _Folder,
    grids: Annotated[str, typer.Argument(metavar="GRIDS[::LAYER]", help="Grids 待核查的网格")],
    date: Annotated[
        str, typer.Option("--date", metavar="YYYY-MM-DD", help="Day of the round 核查日期")
    ],
    inspector: Annotated[str, typer.Option("--by", help="Inspector 核查人")],
    unit: Annotated[str, typer.Option("--unit", help="Authority that signs 核查单位")] = "",
    basis: Annotated[
        list[str] | None, typer.Option("--basis", help="A document it is based on 核查依据文件")
    ] = None,
    sample: Annotated[
        int, typer.Option("--sample", min=0, help="Grids to see on the street 抽样网格数")
    ] = 10,
    sample_seed: Annotated[
        int, typer.Option("--sample-seed", min=0, help="Seed of the draw 抽样随机种子")
    ] = 1,
    communities: o.Communities = None,
    streets: o.Streets = None,
    barriers: o.Barriers = None,
    links: o.Links = None,
    households: o.Households = None,
    compounds: o.Compounds = None,
    buildings: o.Buildings = None,
    parcels: o.Parcels = None,
    addresses: o.Addresses = None,
    atoms: o.AtomLayers = None,
    facilities: o.Facilities = None,
    allowed_gaps: o.AllowedGaps = None,
    settings_file: o.SettingsOption = None,
    column: o.Columns = None,
    crs: o.Crs = None,
    datum: o.Datum = None,
    encoding: o.Encoding = None,
    profile: o.Profile = None,
    scheme: o.Scheme = None,
    codes: o.Register = None,
    ledger: o.Ledger = None,
    font: _Font = None,
    lang: o.LangOption = None,
) -> None:
    """Begin the next round: verify, list findings, draw a sample 开始一轮核查."""
    with errors(lang):
        settings = CliInput.of(locals()).settings()
    o.hint_at_language(lang, settings_file)
    source = Source.parse(grids)
    with interruptible(STOPPED, settings.lang), errors(settings.lang):
        from gridgeo.rounds import RoundFacts  # noqa: PLC0415  (heavy: only when it is needed)

        facts = RoundFacts(
            date=date,
            by=inspector,
            unit=unit,
            basis=tuple(basis or ()),
            sample=sample,
            seed=sample_seed,
        )
        made = _open(folder, source, settings, facts, ledger or o.ledger_of(source), font)
    exit_where_broken(made.plan.findings)


def _open(
    folder: Path,
    grids: Source,
    settings: Settings,
    facts: RoundFacts,
    ledger: Path | None,
    font: list[Path] | None,
) -> Round:
    from functools import partial  # noqa: PLC0415

    from gridgeo.cli.show import progress, show_folder  # noqa: PLC0415
    from gridgeo.rounds import load_round, open_round, sheet_writers  # noqa: PLC0415
    from gridgeo.typeset import find_fonts  # noqa: PLC0415

    fonts = find_fonts(font or [])
    with progress(settings.lang) as report:
        path = open_round(
            folder, grids, settings, facts, ledger=ledger, more=partial(sheet_writers, fonts),
            on_progress=report,
        )  # fmt: skip
    made = load_round(path)
    _show(made)
    show_folder(path, ("findings.xlsx", "sample.pdf", "sample.xlsx", "map.html"), settings.lang)
    return made


@review_app.command("fill")
def fill_command(
    folder: _Folder,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Workbooks that were filled in 填好的工作簿"),
    ],
    lang: o.LangOption = None,
) -> None:
    """Take findings.xlsx and sample.xlsx that were filled in 收回填好的台账和抽样表."""
    with errors(lang):
        from gridgeo.cli.show import err  # noqa: PLC0415  (heavy: only when it is needed)
        from gridgeo.rounds import fill_round, last_round  # noqa: PLC0415

        made, faults = fill_round(last_round(folder), files)
        said = lang_of(lang or made.plan.settings.lang)
        for fault in faults:
            err.print(fault.full().say(said), markup=False, soft_wrap=True)
        if faults:
            count = len(faults)
            text = Text(
                f"{count} cells cannot be used: nothing was taken",
                f"有 {count} 处填写无法采用，本次未收回任何内容",
            )
            err.print(text.say(said), markup=False, soft_wrap=True)
            raise typer.Exit(o.UNUSABLE)
        _show(made)


@review_app.command("report")
def review_report_command(folder: _Folder, font: _Font = None, lang: o.LangOption = None) -> None:
    """Write the report of the last round as DOCX and PDF 出具核查报告."""
    with errors(lang):
        from gridgeo.cli.show import show_folder  # noqa: PLC0415  (heavy: only when it is needed)
        from gridgeo.rounds import last_round, load_round, save_review  # noqa: PLC0415
        from gridgeo.typeset import find_fonts  # noqa: PLC0415

        path = last_round(folder)
        made = load_round(path)
        save_review(made, path, find_fonts(font or []))
        _show(made)
        show_folder(path, ("review.docx", "review.pdf"), made.plan.settings.lang)


@review_app.command("show")
def show_command(folder: _Folder, lang: o.LangOption = None) -> None:
    """Show every round with its numbers 查看各轮核查情况."""
    with errors(lang):
        from gridgeo.rounds import last_round, load_round, rounds_of  # noqa: PLC0415  (heavy)

        last_round(folder)
        for path in rounds_of(folder):
            _show(load_round(path), lang=None if lang is None else lang_of(lang))


def _show(made: Round, *, lang: Lang | None = None) -> None:
    """Print what a round found, and what became of the findings before."""
    from gridgeo.cli.show import out  # noqa: PLC0415  (heavy: only when it is needed)
    from gridgeo.review import compare_ledgers  # noqa: PLC0415
    from gridgeo.rounds import conclusion_of  # noqa: PLC0415

    lang = lang or made.plan.settings.lang
    compared = compare_ledgers(made.before, made.entries)
    states = Counter(entry.status for entry in made.entries)
    filled = sum(bool(one.results) for one in made.samples)
    lines = (
        Text(
            f"round {made.number}, {made.facts.date}, {made.facts.by}: {made.grids}, "
            f"{len(made.plan.grids)} grids",
            f"第 {made.number} 轮，{made.facts.date}，{made.facts.by}：{made.grids}，"
            f"{len(made.plan.grids)} 个网格",
        ),
        Text(
            f"findings: {compared.before} before + {compared.new} new + {compared.reopened} "
            f"reopened - {compared.fixed} fixed = {compared.after} unsettled "
            f"({states['open']} open, {states['accepted']} exceptions)",
            f"问题：上轮未结 {compared.before} + 新增 {compared.new} + 重新出现 "
            f"{compared.reopened} - 已整改 {compared.fixed} = 未结 {compared.after}"
            f"（待处理 {states['open']}，例外 {states['accepted']}）",
        ),
        Text(
            f"sample: {filled} of {len(made.samples)} grids seen on the street",
            f"抽样：{len(made.samples)} 个网格，已填回 {filled} 个",
        ),
        CONCLUSIONS[conclusion_of(made.plan)],
    )
    for line in lines:
        out.print(line.say(lang), markup=False, soft_wrap=True)
