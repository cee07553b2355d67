"""``report.html`` and ``map.html``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from gridgeo.approval import say_state
from gridgeo.maps import map_page
from gridgeo.maps.escape import visible
from gridgeo.maps.scorecard import knows_residents, plan_title, scorecard
from gridgeo.maps.style import SEVERITY_COLOURS, VERDICT_COLOURS
from gridgeo.model import SEVERITIES, Plan
from gridgeo.report.figures import histogram, overview
from gridgeo.report.headers import header
from gridgeo.report.records import settings_frame
from gridgeo.rulebook import CARDS, rule_of
from gridgeo.text import Text
from gridgeo.words import FACILITIES, KINDS, SOUNDNESS, STATUSES, UNITS, VERDICTS, word
from gridgeo.words import SEVERITIES as SEVERITY_WORDS

#: A table of the report shows this many rows; the rest stand in the workbook.
MOST_ROWS = 300
PAGES = Environment(
    loader=PackageLoader("gridgeo.report"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def write_map(plan: Plan, path: Path, *, old: gpd.GeoDataFrame | None = None) -> None:
    """Write the map of `plan` to the new file `path`, with what changed since `old` grids."""
    path.write_text(map_page(plan, old=old), encoding="utf-8")


def write_report(plan: Plan, path: Path) -> None:
    """Write the report of `plan` to the new file `path`."""
    path.write_text(report_page(plan), encoding="utf-8")


def report_page(plan: Plan) -> str:
    """Return the report of `plan` as one printable HTML page without script or network.

    It holds the scorecard, a map, the distribution of households, every community with its
    verdict and reason, what could not be met, dedicated grids, findings, rejects, notes, and the
    settings and inputs it was made with; in the language of the plan. The same plan gives the
    same page.
    """
    lang = plan.settings.lang
    return PAGES.get_template("report.html.j2").render(
        lang=lang,
        say=lambda en, zh: Text(en, zh).say(lang),
        head=lambda column: header(column, lang),
        title=plan_title(plan),
        state=say_state(plan.approval).say(lang),
        figures=scorecard(plan),
        cards=[{**card, "title": word(CARDS, card["card"], lang)} for card in _cards(plan)],
        soundness=lambda key: word(SOUNDNESS, key, lang),
        status=lambda key: word(STATUSES, key, lang),
        title_of=lambda rule: rule_of(rule).title.say(lang),
        suggestion_of=lambda rule: rule_of(rule).suggestion.say(lang),
        overview=overview(plan),
        histogram=histogram(plan),
        colours={**VERDICT_COLOURS, **SEVERITY_COLOURS},
        verdict=lambda key: word(VERDICTS, key, lang),
        kind=lambda key: word({**FACILITIES, **KINDS}, key, lang),
        unit=lambda key: word(UNITS, key, lang),
        severity=lambda key: word(SEVERITY_WORDS, key, lang),
        counts=plan.grids["verdict"].value_counts(),
        residents=knows_residents(plan),
        communities=_rows(plan.communities),
        unmet=_rows(
            plan.communities[plan.communities["verdict"].isin(["impossible", "not_found"])]
        ),
        dedicated=_rows(plan.grids[plan.grids["kind"] == "dedicated"]),
        considered=_rows(plan.considered[~plan.considered["dedicated"].astype(bool)]),
        findings=sorted(plan.findings, key=lambda found: SEVERITIES.index(found.severity)),
        rejects=plan.rejects,
        notes=plan.notes,
        settings=settings_frame(plan.settings).to_dict("records"),
        attribution=plan.summary.get("attribution") or "",
        most=MOST_ROWS,
        number=_number,
        told=lambda message: message.say(lang),
        text=visible,
    )


def _cards(plan: Plan) -> list[dict[str, Any]]:
    cards: list[dict[str, Any]] = plan.summary.get("scorecard", [])
    return cards


def _rows(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    plain = pd.DataFrame(frame.drop(columns="geometry"))
    return plain.to_dict("records")


def _number(value: Any, decimals: int = 0) -> str:
    return "" if pd.isna(value) else f"{value:,.{decimals}f}"
