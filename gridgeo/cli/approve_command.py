"""``gridgeo approve``: a draft becomes the plan in force, and its codes are recorded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridgeo.cli import options as o
from gridgeo.cli.outcome import errors, lang_of

if TYPE_CHECKING:
    from gridgeo.codes import Register
    from gridgeo.model import Plan


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
