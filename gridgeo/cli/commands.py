"""The commands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridgeo.cli import options as o
from gridgeo.cli.console import STOPPED, STOPPED_CHUNKS, interruptible
from gridgeo.cli.options import (
    BROKEN,
    CliInput,
    Out,
    Overwrite,
    SettingsOption,
    errors,
    exit_where_broken,
    lang_of,
)
from gridgeo.cli.plan_commands import (
    adjust_command,
    apply_command,
    approve_command,
    diff_command,
    report_command,
    submit_command,
)
from gridgeo.cli.review_commands import review_app
from gridgeo.cli.signs_command import signs_command
from gridgeo.config import Settings, Source, gridgeo_version
from gridgeo.errors import InputError
from gridgeo.wording import Lang

if TYPE_CHECKING:
    from gridgeo.model import Plan
    from gridgeo.pipeline import Progress
    from gridgeo.read import LayerInfo
    from gridgeo.review import Entry

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Cut a city into its governance grids 把城市划分为治理网格",
)
Jobs = Annotated[
    int,
    typer.Option("--jobs", min=1, help="Threads, or processes for parts 线程数（分片时为进程数）"),
]
Lower = Annotated[int | None, typer.Option("--lower", help="Least households 户数下限")]
Upper = Annotated[int | None, typer.Option("--upper", help="Most households 户数上限")]
app.command("adjust")(adjust_command)
app.command("apply")(apply_command)
app.command("approve")(approve_command)
app.command("diff")(diff_command)
app.command("report")(report_command)
app.command("submit")(submit_command)
app.command("signs")(signs_command)
app.add_typer(review_app, name="review")


def _show_version(wanted: bool) -> None:  # noqa: FBT001  (typer calls it so)
    if wanted:
        typer.echo(f"gridgeo {gridgeo_version()}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", is_eager=True, callback=_show_version, help="The version 版本号"),
]


@app.callback()
def options(version: Version = False) -> None:  # noqa: FBT002
    """Take the options that stand before the command."""


@app.command("partition")
def partition_command(
    settings_file: o.SettingsFile = None,
    communities: o.Communities = None,
    streets: o.Streets = None,
    barriers: o.Barriers = None,
    links: o.Links = None,
    households: o.Households = None,
    compounds: o.Compounds = None,
    buildings: o.Buildings = None,
    parcels: o.Parcels = None,
    addresses: o.Addresses = None,
    facilities: o.Facilities = None,
    atoms: o.AtomLayers = None,
    together: o.Together = None,
    apart: o.Apart = None,
    locked: o.Locked = None,
    column: o.Columns = None,
    crs: o.Crs = None,
    datum: o.Datum = None,
    encoding: o.Encoding = None,
    profile: o.Profile = None,
    lower: Lower = None,
    upper: Upper = None,
    scheme: o.Scheme = None,
    codes: o.Register = None,
    seed: o.Seed = None,
    effort: o.Effort = None,
    seconds: o.Seconds = None,
    by: o.By = None,
    jobs: Jobs = 2,
    scheduler: o.Scheduler = None,
    lang: o.LangOption = None,
    out: Out = Path("gridgeo-out"),
    overwrite: Overwrite = False,  # noqa: FBT002
) -> None:
    """Cut communities into grids 划分网格.

    Layers and settings come from SETTINGS.toml (or ./gridgeo.toml), options go before them.
    """
    with errors(lang):
        settings = CliInput.of(locals()).settings()
        o.check_scheduler(scheduler, settings)
    o.hint_at_language(lang, settings_file)
    if settings.parts.by == "none":
        _partition(settings, jobs=jobs, out=out, overwrite=overwrite)
    else:
        _run_chunks(settings, jobs=jobs, scheduler=scheduler or "", out=out, overwrite=overwrite)


@app.command()
def verify(
    grids: Annotated[str, typer.Argument(metavar="GRIDS[::LAYER]", help="Grids 待核查的网格")],
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
    settings_file: SettingsOption = None,
    column: o.Columns = None,
    crs: o.Crs = None,
    datum: o.Datum = None,
    encoding: o.Encoding = None,
    profile: o.Profile = None,
    scheme: o.Scheme = None,
    codes: o.Register = None,
    lang: o.LangOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the results 输出文件夹")
    ] = None,
    overwrite: Overwrite = False,  # noqa: FBT002
    ledger: o.Ledger = None,
) -> None:
    """Check any file of grids against their communities 核查已有网格."""
    with errors(lang):
        settings = CliInput.of(locals()).settings()
    o.hint_at_language(lang, settings_file)
    source = Source.parse(grids)
    _verify(settings, source, out=out, overwrite=overwrite, ledger=ledger or o.ledger_of(source))


@app.command("repair")
def repair_command(
    grids: Annotated[str, typer.Argument(metavar="GRIDS[::LAYER]", help="Grids 待修复的网格")],
    communities: o.Communities = None,
    streets: o.Streets = None,
    barriers: o.Barriers = None,
    households: o.Households = None,
    compounds: o.Compounds = None,
    buildings: o.Buildings = None,
    parcels: o.Parcels = None,
    addresses: o.Addresses = None,
    atoms: o.AtomLayers = None,
    allowed_gaps: o.AllowedGaps = None,
    settings_file: SettingsOption = None,
    column: o.Columns = None,
    crs: o.Crs = None,
    encoding: o.Encoding = None,
    lang: o.LangOption = None,
    out: Out = Path("gridgeo-repaired"),
    overwrite: Overwrite = False,  # noqa: FBT002
) -> None:
    """Mend small defects that have one right answer, list the rest 修复网格图形."""
    with errors(lang):
        settings = CliInput.of(locals()).settings()
    _repair(settings, Source.parse(grids), out=out, overwrite=overwrite)


@app.command()
def inspect(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Files 文件[::LAYER]")],
    settings_file: SettingsOption = None,
    column: o.Columns = None,
    crs: o.Crs = None,
    datum: o.Datum = None,
    encoding: o.Encoding = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON 输出 JSON")] = False,  # noqa: FBT002
    lang: o.LangOption = None,
) -> None:
    """Tell what is in files, as the other commands would read it 查看文件内容."""
    with errors(lang):
        settings = CliInput.of(locals()).settings()
    _inspect(files, settings, as_json=as_json)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Where to 位置")] = Path(),
    overwrite: Overwrite = False,  # noqa: FBT002
    lang: o.LangOption = None,
) -> None:
    """Write a commented gridgeo.toml and an Excel template 生成设置文件和户数模板."""
    with errors(lang):
        from gridgeo.cli.starter import write_starter  # noqa: PLC0415

        for path in write_starter(folder, overwrite=overwrite, lang=lang_of(lang)):
            typer.echo(path)


@app.command()
def demo(
    sample: Annotated[str, typer.Argument(help="wuhan or monaco")] = "wuhan",
    jobs: Jobs = 2,
    lang: o.LangOption = None,
    out: Out = Path("gridgeo-demo"),
    overwrite: Overwrite = False,  # noqa: FBT002
) -> None:
    """Run the whole job on a sample that comes with gridgeo 运行自带样例."""
    with errors(lang):
        from gridgeo.cli.starter import sample_settings  # noqa: PLC0415

        settings = CliInput(settings_file=sample_settings(sample), lang=lang).settings()
    o.hint_at_language(lang)
    _partition(settings, jobs=jobs, out=out, overwrite=overwrite)


def _inspect(files: list[str], settings: Settings, *, as_json: bool) -> None:
    from gridgeo.cli.show import layers_as_json, show_error, show_layers  # noqa: PLC0415  (heavy)
    from gridgeo.read import inspect_file  # noqa: PLC0415

    found: list[LayerInfo] = []
    unreadable = False
    for file in files:
        try:
            layers = inspect_file(file, settings.read)
        except InputError as error:
            show_error(error, settings.lang)
            unreadable = True
            continue
        found += layers
        unreadable = unreadable or any(layer.unreadable for layer in layers)
        if not as_json:
            show_layers(layers, settings.lang)
    if as_json:
        typer.echo(layers_as_json(found, settings.lang))
    if unreadable:
        raise typer.Exit(o.UNUSABLE)


def _partition(settings: Settings, *, jobs: int, out: Path, overwrite: bool) -> None:
    def make(report: Progress) -> Plan:
        from gridgeo.pipeline import run  # noqa: PLC0415  (heavy: only when it is needed)

        return run(settings, jobs=jobs, on_progress=report)

    _deliver(make, settings.lang, out=out, overwrite=overwrite)


def _run_chunks(
    settings: Settings, *, jobs: int, scheduler: str, out: Path, overwrite: bool
) -> None:
    """Do the parts, show what they are together; exit 1 where a hard rule is broken."""
    lang = settings.lang
    with interruptible(STOPPED_CHUNKS, lang), errors(lang):
        from gridgeo.cli.show import progress, show_province  # noqa: PLC0415  (heavy)
        from gridgeo.province import run_chunks  # noqa: PLC0415

        with progress(lang) as report:
            province = run_chunks(
                settings, out, jobs=jobs, scheduler=scheduler, overwrite=overwrite,
                on_progress=report,
            )  # fmt: skip
        show_province(province, lang)
    if province.summary["findings"]["error"]:
        raise typer.Exit(BROKEN)


def _verify(
    settings: Settings, grids: Source, *, out: Path | None, overwrite: bool, ledger: Path | None
) -> None:
    kept: list[Entry] = []

    def make(report: Progress) -> Plan:
        from gridgeo.pipeline import verify as verify_grids  # noqa: PLC0415
        from gridgeo.review import follow_up, read_ledger  # noqa: PLC0415

        entries = () if ledger is None else read_ledger(ledger)
        plan = verify_grids(grids, settings, on_progress=report)
        if ledger is None:
            return plan
        today = datetime.now(tz=UTC).astimezone().date().isoformat()
        plan, after = follow_up(plan, entries, date=today)
        kept.extend(after)
        return plan

    def keep() -> None:
        from gridgeo.review import write_ledger  # noqa: PLC0415

        if ledger is not None:
            write_ledger(kept, ledger, settings.lang)

    _deliver(make, settings.lang, out=out, overwrite=overwrite, afterwards=keep)


def _repair(settings: Settings, grids: Source, *, out: Path, overwrite: bool) -> None:
    with errors(settings.lang):
        from gridgeo.adjust import repair_grids  # noqa: PLC0415  (heavy: only when it is needed)
        from gridgeo.cli.show import progress  # noqa: PLC0415
        from gridgeo.cli.show_changes import show_repaired  # noqa: PLC0415
        from gridgeo.report import check_repaired, save_repaired  # noqa: PLC0415

        check_repaired(out, overwrite=overwrite)
        with progress(settings.lang) as report:
            repaired = repair_grids(grids, settings, on_progress=report)
            report("write", 0, 0)
            save_repaired(repaired, out, overwrite=overwrite)
        show_repaired(repaired, out)
    exit_where_broken(repaired.after)


def _deliver(
    make: Callable[[Progress], Plan],
    lang: Lang,
    *,
    out: Path | None,
    overwrite: bool,
    afterwards: Callable[[], None] | None = None,
) -> None:
    """Make a plan, write it where it is wanted, show it; exit 1 where a hard rule is broken."""
    with interruptible(STOPPED, lang), errors(lang):
        from gridgeo.cli.show import progress, show_plan  # noqa: PLC0415  (heavy)
        from gridgeo.report import check_target  # noqa: PLC0415

        if out is not None:
            check_target(out, overwrite=overwrite)
        with progress(lang) as report:
            plan = make(report)
            if out is not None:
                report("write", 0, 0)
                plan.save(out, overwrite=overwrite)
        if afterwards is not None:
            afterwards()
        show_plan(plan, out)
    exit_where_broken(plan.findings)
