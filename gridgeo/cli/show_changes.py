"""What `gridgeo diff` and `gridgeo submit` print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from gridgeo.approval import say_state
from gridgeo.cli.show import out, show_notes
from gridgeo.continuity import CHANGE_CODES
from gridgeo.text import Text
from gridgeo.words import CHANGES, word

if TYPE_CHECKING:
    from pathlib import Path

    from gridgeo.comparison import Comparison
    from gridgeo.submission import Submission


def show_comparison(told: Comparison, folder: Path) -> None:
    """Print what became of the grids, what moved, and where the results are."""
    lang = told.settings.lang
    _show_table(told)
    results = Text("Results in", "结果位于")
    out.print(f"[bold green]{results.say(lang)}[/] {folder}", soft_wrap=True)


def show_submission(told: Submission, folder: Path) -> None:
    """Print what is reported, and where the package is."""
    lang = told.settings.lang
    out.print(say_state(told.approval).say(lang), markup=False, soft_wrap=True)
    if not told.first:
        _show_table(told.told)
    results = Text(
        f"{len(told.grids):,} grids to report in", f"报送网格 {len(told.grids):,} 个，位于"
    )
    out.print(f"[bold green]{results.say(lang)}[/] {folder}", soft_wrap=True)


def _show_table(told: Comparison) -> None:
    lang, summary = told.settings.lang, told.summary
    show_notes(told.notes, lang)
    titles = (Text("", ""), Text("old grids", "原网格"), Text("new grids", "现网格"))
    table = Table(*(title.say(lang) for title in titles), box=None, pad_edge=False)
    for change in CHANGE_CODES:
        counts = summary["old"][change], summary["new"][change]
        if any(counts):
            table.add_row(word(CHANGES, change, lang), *(f"{count:,}" for count in counts))
    out.print(table)
    moved, share = summary["households_moved"], summary["households_share"]
    told_ = Text(
        f"{moved:,} of {summary['households']:,} households moved ({share:.1%}), "
        f"{summary['area_moved_m2'] / 10_000:,.1f} ha; {summary['codes_changed']} codes changed",
        f"{summary['households']:,} 户中 {moved:,} 户变更归属（{share:.1%}），"
        f"面积 {summary['area_moved_m2'] / 10_000:,.1f} 公顷；"
        f"{summary['codes_changed']} 个网格改用新编码",
    )
    out.print(told_.say(lang), soft_wrap=True)
