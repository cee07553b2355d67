"""`gridgeo signs`: notice signs of all grids, or of those that changed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridgeo.cli import options as o
from gridgeo.cli.options import errors
from gridgeo.errors import OutputError, SettingsError
from gridgeo.wording import Lang, Text

if TYPE_CHECKING:
    from gridgeo.model import Plan
    from gridgeo.signs import Issues, Sign, SignRenderer, Staff


def signs_command(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="Folder of a plan 方案文件夹")],
    people: Annotated[
        str, typer.Option("--people", metavar="PATH[::SHEET]", help="Roster of people 人员名册")
    ] = "",
    date: Annotated[
        str, typer.Option("--date", metavar="YYYY-MM-DD", help="Date on the signs 公示日期")
    ] = "",
    size: Annotated[str, typer.Option("--size", help="A4 or A3 纸张")] = "A4",
    changed_since: Annotated[
        Path | None,
        typer.Option("--changed-since", metavar="DIR", help="Print only what changed 只印有变化的"),
    ] = None,
    template: Annotated[
        Path | None, typer.Option("--template", help="Your own layout (Typst) 自定义版式")
    ] = None,
    font: Annotated[
        list[Path] | None, typer.Option("--font", help="Font file or folder 字体文件或文件夹")
    ] = None,
    url: Annotated[
        str, typer.Option("--url", help="Address in the QR code, with {code} 二维码网址")
    ] = "",
    write_roster: Annotated[
        Path | None,
        typer.Option("--write-roster", help="Only write a roster to fill in 只生成人员名册"),
    ] = None,
    write_template: Annotated[
        Path | None,
        typer.Option("--write-template", help="Only write our layout to change 只导出版式模板"),
    ] = None,
    lang: o.LangOption = None,
    out: o.Out = Path("gridgeo-signs"),
    overwrite: o.Overwrite = False,  # noqa: FBT002
) -> None:
    """Print the notice signs of a plan 制作网格公示牌."""
    with errors(lang):
        from gridgeo.report import load_plan  # noqa: PLC0415  (heavy: only when it is needed)

        loaded = load_plan(plan)
        if write_roster is not None or write_template is not None:
            _write_starters(loaded, write_roster, write_template, overwrite=overwrite)
            return
        _check(date, size)
        _print(
            loaded,
            people=people,
            date=date,
            size=size,
            since=changed_since,
            template=template,
            font=font or [],
            url=url,
            out=out,
            overwrite=overwrite,
        )


def _check(date: str, size: str) -> None:
    from gridgeo.signs import SIZES  # noqa: PLC0415

    if size not in SIZES:
        raise SettingsError(
            Text(f"there is no paper {size!r}", f"没有名为 {size!r} 的纸张"),
            key="--size",
            remedy=Text(f"Choose {' or '.join(SIZES)}", f"可选：{'、'.join(SIZES)}"),
        )
    try:
        dt.date.fromisoformat(date)
    except ValueError as error:
        raise SettingsError(
            Text("the date of the signs is missing or wrong", "缺少公示日期或日期有误"),
            key="--date",
            value=date,
            remedy=Text("For example --date 2026-11-23", "例如 --date 2026-11-23"),
        ) from error


def _write_starters(
    plan: Plan, roster: Path | None, template: Path | None, *, overwrite: bool
) -> None:
    from gridgeo.signs import SignRenderer, write_roster  # noqa: PLC0415

    for path in filter(None, (roster, template)):
        if path.exists() and not overwrite:
            raise OutputError(
                Text("the file is there already", "文件已存在"),
                file=str(path),
                remedy=Text("Give --overwrite to replace it", "如需替换请加 --overwrite"),
            )
    try:
        if roster is not None:
            write_roster(plan, roster)
        if template is not None:
            template.write_bytes(SignRenderer.default_source())
    except OSError as error:
        raise OutputError(
            Text(f"cannot write here: {error.strerror}", f"无法写入：{error.strerror}"),
            file=str(error.filename),
        ) from error
    for path in filter(None, (roster, template)):
        typer.echo(path)


def _print(
    plan: Plan,
    *,
    people: str,
    date: str,
    size: str,
    since: Path | None,
    template: Path | None,
    font: list[Path],
    url: str,
    out: Path,
    overwrite: bool,
) -> None:
    from gridgeo import signs as s  # noqa: PLC0415  (heavy: only when it is needed)
    from gridgeo.read import empty_roster, read_roster  # noqa: PLC0415

    if since is not None:
        s.refuse_same(out, since)
    earlier = None if since is None else s.read_issues(since)
    staff = s.assign_staff(read_roster(people) if people else empty_roster(), plan.grids, people)
    made = s.build_signs(plan, staff)
    renderer = _renderer(plan, made, size=size, template=template, font=font)
    issues = s.plan_issues(
        made,
        renderer,
        date=date,
        url=url,
        since=earlier,
        redrawn_m=plan.settings.redrawn_m,
    )
    s.save_signs(made, issues, renderer, out, url=url, overwrite=overwrite)
    _show(staff, issues, plan.settings.lang, out)


def _renderer(
    plan: Plan, made: tuple[Sign, ...], *, size: str, template: Path | None, font: list[Path]
) -> SignRenderer:
    from gridgeo import signs as s  # noqa: PLC0415
    from gridgeo.typeset import choose_fonts, find_fonts  # noqa: PLC0415

    lang = plan.settings.lang
    labels = {name: label.say(lang) for name, label in s.LABELS.items()}
    fonts = find_fonts(font)
    texts = [(text, sign.code) for sign in made for text in sign.texts()]
    texts += [(text, "") for text in labels.values()]
    return s.SignRenderer(
        fonts=fonts,
        families=choose_fonts(texts, fonts, layer="signs"),
        size=size,
        lang=lang,
        labels=labels,
        template=template,
    )


def _show(staff: Staff, issues: Issues, lang: Lang, folder: Path) -> None:
    from gridgeo.cli.show import out  # noqa: PLC0415

    def say(text: Text) -> None:
        out.print(text.say(lang), markup=False, soft_wrap=True)

    for reject in staff.rejects:
        why = reject.reason
        say(
            Text(
                f"roster row {reject.row} not used: {reject.value}: {why.en}",
                f"名册第 {reject.row} 行未采用：{reject.value}：{why.zh}",
            )
        )
    if staff.without_worker:
        number = len(staff.without_worker)
        listed = ", ".join(staff.without_worker[:10]) + (" ..." if number > 10 else "")
        say(
            Text(
                f"{number} grids have no grid worker, their signs leave the line empty: {listed}",
                f"{number} 个网格没有网格员，公示牌上留空待填：{listed}",
            )
        )
    if issues.aged:
        listed = ", ".join(issues.aged)
        count = len(issues.aged)
        say(
            Text(
                f"{count} signs hold and are not printed again, only grids beside theirs changed "
                f"or their outline was redrawn: {listed}",
                f"{count} 块公示牌本网格内容未变、仅周边网格有变化或边界重绘，未重新印制：{listed}",
            )
        )
    if issues.withdrawn:
        listed = ", ".join(issues.withdrawn)
        say(Text(f"to be taken down: {listed}", f"应撤下的公示牌：{listed}"))
    say(
        Text(
            f"{len(issues.printed)} of {len(issues.current)} signs printed into {folder}",
            f"共 {len(issues.current)} 块公示牌，本次印制 {len(issues.printed)} 块，位于 {folder}",
        )
    )
