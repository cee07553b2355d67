"""``gridgeo apply``: the edits of the map page, replayed on their plan with every check."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from gridgeo.cli import options as o
from gridgeo.cli.outcome import errors, exit_where_broken, lang_of


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
