"""``gridgeo diff``: what became of each grid."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from gridgeo.cli import options as o
from gridgeo.cli.options import Given, sources
from gridgeo.cli.outcome import errors
from gridgeo.config import Source

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
        given = Given.of(locals())
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
            told = diff(Source.parse(old), Source.parse(new), settings, on_progress=report)
            report("write", 0, 0)
            save_comparison(told, out, overwrite=overwrite)
        show_comparison(told, out)
