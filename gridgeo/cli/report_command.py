"""``gridgeo report``: the report of a plan as PDF, to print, sign and file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gridgeo.cli import options as o
from gridgeo.cli.outcome import errors
from gridgeo.text import Text


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
        from gridgeo.report import PAPER, load_plan, save_paper  # noqa: PLC0415
        from gridgeo.typeset import find_fonts  # noqa: PLC0415

        loaded = load_plan(plan)
        path = plan / PAPER if out is None else out
        missing = save_paper(loaded, path, find_fonts(font or []), overwrite=overwrite)
        told = Text(f"report written: {path}", f"报告已生成：{path}")
        console.print(told.say(loaded.settings.lang), markup=False, soft_wrap=True)
        if missing:
            listed = " ".join(f"{letter} (U+{ord(letter):04X})" for letter in missing[:10])
            told = Text(
                f"{len(missing)} characters are in no font and are drawn as their numbers: "
                f"{listed} (give a font with --font)",
                f"{len(missing)} 个字符没有可用字体，报告中以编号代替：{listed}"
                "（可用 --font 指定字体）",
            )
            console.print(told.say(loaded.settings.lang), markup=False, soft_wrap=True)
