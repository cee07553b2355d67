"""What `adjust`, `diff`, `submit` and `repair` print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from gridgeo.cli.show import MOST_FINDINGS, out, show_folder, show_notes, show_plan
from gridgeo.geometry import CHANGE_CODES
from gridgeo.review import broken_rules, state_text
from gridgeo.wording import ACCOUNTS, CHANGES, DECISIONS, REPAIRS, UNITS, Text, word

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from gridgeo.model import Adjustment, Comparison, Repaired, Submission
    from gridgeo.wording import Lang

_COLOURS = {"accepted": "green", "rejected": "red", "open": "yellow"}


def show_adjusted(adjusted: Adjustment, folder: Path) -> None:
    """Print the plan as ever, the proposals and what they change, and where it all is."""
    lang = adjusted.plan.settings.lang
    show_plan(adjusted.plan, None)
    _show_proposals(adjusted.proposals, lang, errors=len(broken_rules(adjusted.plan.findings)))
    out.print(_figures(adjusted.plan.summary["adjustment"], lang))
    show_folder(folder, ("map.html", "report.html", "proposals.xlsx"), lang)


def _show_proposals(proposals: pd.DataFrame, lang: Lang, *, errors: int) -> None:
    if not len(proposals):
        nothing = Text("Nothing is to be adjusted", "没有需要调整的网格")
        stay = Text(
            f"; {errors} errors stay that adjust does not touch (see the note above)",
            f"；另有 {errors} 项错误不属于调整范围（见上方说明）",
        )
        colour = "yellow" if errors else "green"
        out.print(f"[{colour}]{(nothing + stay if errors else nothing).say(lang)}[/]")
    for row in proposals.head(MOST_FINDINGS).to_dict("records"):
        colour = _COLOURS[row["decision"]]
        out.print(f"[{colour}]{word(DECISIONS, row['decision'], lang)}[/] {row['id']} ", end="")
        text = f"{row[f'reason_{lang}']} | {row[f'effect_{lang}']}"
        out.print(text, markup=False, soft_wrap=True)
    if len(proposals) > MOST_FINDINGS:
        more = len(proposals) - MOST_FINDINGS
        out.print(Text(f"... and {more} more", f"……另有 {more} 条").say(lang))


def _figures(adjustment: dict[str, Any], lang: Lang) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    decided = ", ".join(f"{word(DECISIONS, name, lang)} {adjustment[name]}" for name in DECISIONS)
    rows = (
        (Text("proposals", "调整建议"), f"{adjustment['proposals']:,}  ({decided})"),
        (
            Text("households moved", "换格户数"),
            _share(adjustment["households_moved"], adjustment["households"]),
        ),
        (
            Text("grids left as they were", "原样保留的网格"),
            _share(adjustment["grids_same"], adjustment["grids_before"]),
        ),
        (
            Text("grids outside the band", "未达标网格"),
            f"{adjustment['out_before']:,} -> {adjustment['out_after']:,}",
        ),
    )
    for name, value in rows:
        table.add_row(f"[bold]{name.say(lang)}[/]", value)
    return table


def _share(part: int, total: int) -> str:
    return f"{part:,} / {total:,} ({part / total:.1%})" if total else f"{part:,}"


def show_comparison(comparison: Comparison, folder: Path) -> None:
    """Print what became of the grids, what moved, and where the results are."""
    lang = comparison.settings.lang
    _show_table(comparison)
    results = Text("Results in", "结果位于")
    out.print(f"[bold green]{results.say(lang)}[/] {folder}", soft_wrap=True)


def show_submission(submission: Submission, folder: Path) -> None:
    """Print what is reported, and where the package is."""
    lang = submission.settings.lang
    out.print(state_text(submission.approval).say(lang), markup=False, soft_wrap=True)
    if not submission.first:
        _show_table(submission.comparison)
    results = Text(
        f"{len(submission.grids):,} grids to report in",
        f"报送网格 {len(submission.grids):,} 个，位于",
    )
    out.print(f"[bold green]{results.say(lang)}[/] {folder}", soft_wrap=True)


def _show_table(comparison: Comparison) -> None:
    lang, summary = comparison.settings.lang, comparison.summary
    show_notes(comparison.notes, lang)
    titles = (Text("", ""), Text("old grids", "原网格"), Text("new grids", "现网格"))
    table = Table(*(title.say(lang) for title in titles), box=None, pad_edge=False)
    for change in CHANGE_CODES:
        counts = summary["old"][change], summary["new"][change]
        if any(counts):
            table.add_row(word(CHANGES, change, lang), *(f"{count:,}" for count in counts))
    out.print(table)
    moved, share = summary["households_moved"], summary["households_share"]
    text = Text(
        f"{moved:,} of {summary['households']:,} households moved ({share:.1%}), "
        f"{summary['area_moved_m2'] / 10_000:,.1f} ha; {summary['codes_changed']} codes changed",
        f"{summary['households']:,} 户中 {moved:,} 户变更归属（{share:.1%}），"
        f"面积 {summary['area_moved_m2'] / 10_000:,.1f} 公顷；"
        f"{summary['codes_changed']} 个网格改用新编码",
    )
    out.print(text.say(lang), soft_wrap=True)


def show_repaired(repaired: Repaired, folder: Path) -> None:
    """Print the summary of a repair and where the results are."""
    lang = repaired.settings.lang
    show_notes(repaired.notes, lang)
    out.print(_table(repaired.repairs, lang))
    out.print(_accounts(repaired.accounts, lang))
    _show_left(repaired.repairs, lang)
    text = Text("Results in", "结果位于")
    out.print(f"[bold green]{text.say(lang)}[/] {folder}", soft_wrap=True)


def _table(repairs: pd.DataFrame, lang: Lang) -> Table:
    titles = (
        Text("defect", "问题"),
        Text("mended", "已修复"),
        Text("left", "未改动"),
        Text("amount mended", "修复量"),
    )
    table = Table(*(title.say(lang) for title in titles), box=None, pad_edge=False)
    for what in REPAIRS:
        rows = repairs[repairs["what"] == what]
        done = rows[rows["done"]]
        if len(rows):
            unit = word(UNITS, str(rows["unit"].iloc[0]), lang)
            amount = f"{done['amount'].sum():,.2f} {unit}"
            name, left = word(REPAIRS, what, lang), len(rows) - len(done)
            table.add_row(name, f"{len(done):,}", f"{left:,}", amount)
    return table


def _accounts(accounts: pd.DataFrame, lang: Lang) -> Table:
    titles = (Text("", ""), Text("before", "修复前"), Text("after", "修复后"))
    table = Table(*(title.say(lang) for title in titles), box=None, pad_edge=False)
    for item, before, after in accounts.itertuples(index=False):
        table.add_row(word(ACCOUNTS, item, lang), f"{before:,.10g}", f"{after:,.10g}")
    return table


def _show_left(repairs: pd.DataFrame, lang: Lang) -> None:
    left = repairs[~repairs["done"]]
    for row in left.head(MOST_FINDINGS).to_dict("records"):
        amount = f"{row['amount']:,.2f} {word(UNITS, row['unit'], lang)}"
        grids = ";".join(filter(None, (row["grid"], row["others"])))[:60]
        out.print(f"[yellow]{word(REPAIRS, row['what'], lang)}[/] ", end="")
        out.print(f"{grids}: {amount}: {row[f'reason_{lang}']}", markup=False, soft_wrap=True)
    if len(left) > MOST_FINDINGS:
        more = len(left) - MOST_FINDINGS
        out.print(Text(f"... and {more} more", f"……另有 {more} 条").say(lang))
