"""What `gridgeo repair` prints: what was mended, what was left, and that nothing was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from gridgeo.cli.show import MOST_FINDINGS, out, show_notes
from gridgeo.text import Text
from gridgeo.words import ACCOUNTS, REPAIRS, UNITS, word

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from gridgeo.model import Repaired
    from gridgeo.text import Lang


def show_repaired(repaired: Repaired, folder: Path) -> None:
    """Print the summary of a repair and where the results are."""
    lang = repaired.settings.lang
    show_notes(repaired.notes, lang)
    out.print(_table(repaired.repairs, lang))
    out.print(_accounts(repaired.accounts, lang))
    _show_left(repaired.repairs, lang)
    told = Text("Results in", "结果位于")
    out.print(f"[bold green]{told.say(lang)}[/] {folder}", soft_wrap=True)


def _table(repairs: pd.DataFrame, lang: Lang) -> Table:
    titles = (
        Text("defect", "问题"),
        Text("mended", "已修复"),
        Text("left", "未改动"),
        Text("amount mended", "修复量"),
    )
    table = Table(*(title.say(lang) for title in titles), box=None, pad_edge=False)
    for what in REPAIRS:
        own = repairs[repairs["what"] == what]
        done = own[own["done"]]
        if len(own):
            unit = word(UNITS, str(own["unit"].iloc[0]), lang)
            amount = f"{done['amount'].sum():,.2f} {unit}"
            name, left = word(REPAIRS, what, lang), len(own) - len(done)
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
