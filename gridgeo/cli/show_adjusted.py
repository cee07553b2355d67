"""What `gridgeo adjust` prints: the proposals, the figures of the change, the scorecard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from gridgeo.cli.show import MOST_FINDINGS, out, show_folder, show_plan
from gridgeo.text import Text
from gridgeo.words import DECISIONS, word

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from gridgeo.proposals import Adjustment
    from gridgeo.text import Lang

_COLOURS = {"accepted": "green", "rejected": "red", "open": "yellow"}


def show_adjusted(adjusted: Adjustment, folder: Path) -> None:
    """Print the plan as ever, the proposals and what they change, and where it all is."""
    lang = adjusted.plan.settings.lang
    show_plan(adjusted.plan, None)
    _show_proposals(adjusted.proposals, lang)
    out.print(_figures(adjusted.plan.summary["adjustment"], lang))
    show_folder(folder, ("map.html", "report.html", "proposals.xlsx"), lang)


def _show_proposals(proposals: pd.DataFrame, lang: Lang) -> None:
    if not len(proposals):
        nothing = Text("Nothing is to be adjusted", "没有需要调整的网格")
        out.print(f"[green]{nothing.say(lang)}[/]")
    for row in proposals.head(MOST_FINDINGS).to_dict("records"):
        colour = _COLOURS[row["decision"]]
        out.print(f"[{colour}]{word(DECISIONS, row['decision'], lang)}[/] {row['id']} ", end="")
        told = f"{row[f'reason_{lang}']} | {row[f'effect_{lang}']}"
        out.print(told, markup=False, soft_wrap=True)
    if len(proposals) > MOST_FINDINGS:
        more = len(proposals) - MOST_FINDINGS
        out.print(Text(f"... and {more} more", f"……另有 {more} 条").say(lang))


def _figures(told: dict[str, Any], lang: Lang) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    decided = ", ".join(f"{word(DECISIONS, name, lang)} {told[name]}" for name in DECISIONS)
    rows = (
        (Text("proposals", "调整建议"), f"{told['proposals']:,}  ({decided})"),
        (
            Text("households moved", "换格户数"),
            _share(told["households_moved"], told["households"]),
        ),
        (
            Text("grids left as they were", "原样保留的网格"),
            _share(told["grids_same"], told["grids_before"]),
        ),
        (
            Text("grids outside the band", "未达标网格"),
            f"{told['out_before']:,} -> {told['out_after']:,}",
        ),
    )
    for name, value in rows:
        table.add_row(f"[bold]{name.say(lang)}[/]", value)
    return table


def _share(part: int, whole: int) -> str:
    return f"{part:,} / {whole:,} ({part / whole:.1%})" if whole else f"{part:,}"
