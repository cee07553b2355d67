"""Commands on a plan: `adjust`, `apply`, `approve`, `diff`, `report`, `submit`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridgeo.cli import options as o
from gridgeo.cli.console import STOPPED, interruptible
from gridgeo.cli.options import (
    CliInput,
    Out,
    Overwrite,
    errors,
    exit_where_broken,
    lang_of,
    sources,
)
from gridgeo.config import Settings, Source
from gridgeo.errors import SettingsError
from gridgeo.model import Decisions
from gridgeo.wording import Text

if TYPE_CHECKING:
    from gridgeo.codes import Register
    from gridgeo.model import Adjustment, Plan

_IDS = "ID,..."


def adjust_command(
    grids: Annotated[str, typer.Argument(metavar="GRIDS[::LAYER]", help="Grids 待调整的网格")],
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
    allowed_gaps: o.AllowedGaps = None,
    accept: Annotated[
        list[str] | None, typer.Option("--accept", metavar=_IDS, help="Take only these 仅采纳")
    ] = None,
    reject: Annotated[
        list[str] | None, typer.Option("--reject", metavar=_IDS, help="Leave these out 不采纳")
    ] = None,
    decisions: Annotated[
        Path | None,
        typer.Option("--decisions", help="proposals.xlsx with decisions 填好决定的建议表"),
    ] = None,
    codes: o.Register = None,
    ledger: o.Ledger = None,
    settings_file: o.SettingsOption = None,
    column: o.Columns = None,
    crs: o.Crs = None,
    datum: o.Datum = None,
    encoding: o.Encoding = None,
    profile: o.Profile = None,
    scheme: o.Scheme = None,
    seed: o.Seed = None,
    effort: o.Effort = None,
    seconds: o.Seconds = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Threads 线程数")] = 2,
    lang: o.LangOption = None,
    out: Out = Path("gridgeo-adjusted"),
    overwrite: Overwrite = False,  # noqa: FBT002
) -> None:
    """Propose the least change that makes grids sound, and carry it out 最小调整."""
    with errors(lang):
        settings = CliInput.of(locals()).settings()
        decided = _decisions(accept, reject, decisions)
    with interruptible(STOPPED, settings.lang), errors(settings.lang):
        source = Source.parse(grids)
        adjusted = _adjust(
            source, settings, decided, ledger=ledger or o.ledger_of(source), jobs=jobs, out=out,
            overwrite=overwrite,
        )  # fmt: skip
    exit_where_broken(adjusted.plan.findings)


def _decisions(accept: list[str] | None, reject: list[str] | None, file: Path | None) -> Decisions:
    from gridgeo.review import ids_of, read_decisions  # noqa: PLC0415  (heavy)

    if file is None:
        return Decisions(accepted=ids_of(accept or ()), rejected=ids_of(reject or ()))
    if accept or reject:
        raise SettingsError(
            Text("decisions are given twice", "决定既在文件中又在命令行给出"),
            key="--decisions",
            remedy=Text(
                "Give the file, or --accept and --reject", "请只用文件，或只用 --accept 和 --reject"
            ),
        )
    return read_decisions(file)


def _adjust(
    grids: Source,
    settings: Settings,
    decided: Decisions,
    *,
    ledger: Path | None,
    jobs: int,
    out: Path,
    overwrite: bool,
) -> Adjustment:
    from gridgeo.adjust import adjust_grids  # noqa: PLC0415  (heavy: only when it is needed)
    from gridgeo.cli.show import progress  # noqa: PLC0415
    from gridgeo.cli.show_changes import show_adjusted  # noqa: PLC0415
    from gridgeo.report import check_adjusted, save_adjusted  # noqa: PLC0415
    from gridgeo.review import read_ledger  # noqa: PLC0415

    check_adjusted(out, overwrite=overwrite)
    with progress(settings.lang) as report:
        entries = () if ledger is None else read_ledger(ledger)
        adjusted = adjust_grids(
            grids, settings, decisions=decided, ledger=entries, jobs=jobs, on_progress=report
        )
        report("write", 0, 0)
        save_adjusted(adjusted, out, overwrite=overwrite)
    show_adjusted(adjusted, out)
    return adjusted


def apply_command(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="Folder of the plan 方案文件夹")],
    edits: Annotated[
        Path, typer.Argument(metavar="EDITS", help="Edits from map.html 地图页导出的调整文件")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the new plan 新方案文件夹")],
    codes: o.Register = None,
    overwrite: o.Overwrite = False,  # noqa: FBT002
    lang: o.LangOption = None,
) -> None:
    """Replay edits made in the map page, with every check 应用地图页中的调整."""
    with errors(lang):
        from gridgeo.adjust import apply_file, read_edits  # noqa: PLC0415  (heavy)
        from gridgeo.cli.show import show_plan  # noqa: PLC0415
        from gridgeo.codes import read_register  # noqa: PLC0415
        from gridgeo.report import check_target, load_plan, save_plan  # noqa: PLC0415

        file = read_edits(edits)
        check_target(out, overwrite=overwrite)
        before = load_plan(plan)
        register = None if codes is None else read_register(codes)
    with errors(lang or lang_of(before.settings.lang)):
        after = apply_file(before, file, register=register)
        save_plan(after, out, overwrite=overwrite, old=before.grids)
    show_plan(replace(after, notes=after.notes[len(before.notes) :]), out)
    exit_where_broken(after.findings)


def approve_command(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="Folder of the plan 方案文件夹")],
    by: Annotated[str, typer.Option("--by", help="Who approved it 批准人")],
    date: Annotated[str, typer.Option("--date", help="When: 2026-11-23 批准日期")],
    version: Annotated[
        str, typer.Option("--version", help="Version; the next number without it 版本号")
    ] = "",
    predecessor: Annotated[
        Path | None, typer.Option("--predecessor", help="Approved plan before 前一版本方案")
    ] = None,
    codes: o.Register = None,
    reason: Annotated[
        str, typer.Option("--reason", help="Why codes change, for the register 变更原因")
    ] = "",
    lang: o.LangOption = None,
) -> None:
    """Approve a plan: it is locked, and its codes go into the register 批准方案并登记编码."""
    with errors(lang):
        from gridgeo.adjust import approve, check_first, record_plan  # noqa: PLC0415  (heavy)
        from gridgeo.cli.show import show_approved  # noqa: PLC0415
        from gridgeo.codes import write_register  # noqa: PLC0415
        from gridgeo.report import load_plan, save_approved  # noqa: PLC0415

        before = None if predecessor is None else load_plan(predecessor)
        draft = load_plan(plan)
        approved = approve(draft, by=by, date=date, version=version, predecessor=before)
        register = None
        if codes is not None:  # first: recording the same plan once more changes nothing
            known = _register(codes, draft)
            if before is None and not version.strip():
                check_first(known, draft, date=date)
            register = record_plan(known, draft, date=date, reason=reason, before=before)
            write_register(register, codes)
        save_approved(approved, plan)
        show_approved(approved, register, lang_of(lang or draft.settings.lang))


def _register(path: Path, plan: Plan) -> Register:
    """Return the register of a file, an empty one where the file is not there yet."""
    from gridgeo.codes import empty_register, read_register  # noqa: PLC0415  (heavy)

    if path.exists():
        return read_register(path)
    return empty_register(None if path.suffix == ".csv" else plan.grids.crs)


_SIDE = "PLAN|GRIDS[::LAYER]"


def diff_command(
    old: Annotated[str, typer.Argument(metavar=f"OLD:{_SIDE}", help="Before 原方案或网格")],
    new: Annotated[str, typer.Argument(metavar=f"NEW:{_SIDE}", help="After 新方案或网格")],
    households: o.Households = None,
    atoms: o.AtomLayers = None,
    settings_file: o.SettingsOption = None,
    column: o.Columns = None,
    crs: o.Crs = None,
    encoding: o.Encoding = None,
    lang: o.LangOption = None,
    out: o.Out = Path("gridgeo-changes"),
    overwrite: o.Overwrite = False,  # noqa: FBT002
) -> None:
    """Tell what became of each grid, what moved, which codes changed 比较新旧网格."""
    with errors(lang):
        given = CliInput.of(locals())
        settings = given.settings()
        if settings_file is None:  # the layers of another plan, found by chance, move nothing
            settings = replace(settings, read=replace(settings.read, inputs=sources(given.layers)))
    with errors(settings.lang):
        from gridgeo.adjust import diff  # noqa: PLC0415  (heavy: only when it is needed)
        from gridgeo.cli.show import progress  # noqa: PLC0415
        from gridgeo.cli.show_changes import show_comparison  # noqa: PLC0415
        from gridgeo.report import check_comparison, save_comparison  # noqa: PLC0415

        check_comparison(out, overwrite=overwrite)
        with progress(settings.lang) as report:
            comparison = diff(Source.parse(old), Source.parse(new), settings, on_progress=report)
            report("write", 0, 0)
            save_comparison(comparison, out, overwrite=overwrite)
        show_comparison(comparison, out)


def report_command(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="Folder of a plan 方案文件夹")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="The PDF; PLAN/report.pdf without it 输出文件"),
    ] = None,
    font: Annotated[
        list[Path] | None, typer.Option("--font", help="Font file or folder 字体文件或文件夹")
    ] = None,
    lang: o.LangOption = None,
    overwrite: o.Overwrite = False,  # noqa: FBT002
) -> None:
    """Write the report of a plan as PDF 生成方案报告 PDF."""
    with errors(lang):
        from gridgeo.cli.show import out as console  # noqa: PLC0415  (heavy)
        from gridgeo.report import REPORT_PDF, load_plan, save_pdf  # noqa: PLC0415
        from gridgeo.typeset import find_fonts  # noqa: PLC0415

        loaded = load_plan(plan)
        path = plan / REPORT_PDF if out is None else out
        missing = save_pdf(loaded, path, find_fonts(font or []), overwrite=overwrite)
        message = Text(f"report written: {path}", f"报告已生成：{path}")
        console.print(message.say(loaded.settings.lang), markup=False, soft_wrap=True)
        if missing:
            listed = " ".join(f"{letter} (U+{ord(letter):04X})" for letter in missing[:10])
            message = Text(
                f"{len(missing)} characters are in no font and are drawn as their numbers: "
                f"{listed} (give a font with --font)",
                f"{len(missing)} 个字符没有可用字体，报告中以编号代替：{listed}"
                "（可用 --font 指定字体）",
            )
            console.print(message.say(loaded.settings.lang), markup=False, soft_wrap=True)


_Full = Annotated[bool, typer.Option("--full", help="All grids, changed or not 报送全部网格")]


def submit_command(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="Folder of the plan 方案文件夹")],
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="OLD", help="Plan or grids reported before 上次报送的方案或网格"
        ),
    ] = None,
    full: _Full = False,  # noqa: FBT002
    lang: o.LangOption = None,
    out: o.Out = Path("gridgeo-submission"),
    overwrite: o.Overwrite = False,  # noqa: FBT002
) -> None:
    """Write the package that goes upward: changed grids, workbook, cover 生成报送材料."""
    with errors(lang):
        from gridgeo.adjust import read_side, submit  # noqa: PLC0415  (heavy)
        from gridgeo.cli.show_changes import show_submission  # noqa: PLC0415
        from gridgeo.config import ReadRules  # noqa: PLC0415
        from gridgeo.report import check_submission, load_plan, save_submission  # noqa: PLC0415

        check_submission(out, overwrite=overwrite)
        current = load_plan(plan)
        before = (
            None
            if since is None
            else read_side(Source.parse(since), ReadRules(), crs=current.grids.crs)
        )
        wanted = None if lang is None else lang_of(lang)
        submission = submit(current, since=before, full=full, lang=wanted)
        show_submission(submission, save_submission(submission, out, overwrite=overwrite))
