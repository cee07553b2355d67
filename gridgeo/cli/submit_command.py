"""``gridgeo submit``: the package that goes upward."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gridgeo.cli import options as o
from gridgeo.cli.outcome import errors, lang_of
from gridgeo.config import Source

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
        from gridgeo.report import (  # noqa: PLC0415
            check_submission,
            load_plan,
            save_submission,
        )

        check_submission(out, overwrite=overwrite)
        own = load_plan(plan)
        before = (
            None
            if since is None
            else read_side(Source.parse(since), ReadRules(), crs=own.grids.crs)
        )
        wanted = None if lang is None else lang_of(lang)
        told = submit(own, since=before, full=full, lang=wanted)
        show_submission(told, save_submission(told, out, overwrite=overwrite))
