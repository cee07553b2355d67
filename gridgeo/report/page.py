"""``report.html`` and ``map.html``."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Any

import geopandas as gpd
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from gridgeo.approval import say_state
from gridgeo.assessment import place_of
from gridgeo.maps import map_page
from gridgeo.maps.escape import visible
from gridgeo.maps.scorecard import knows_residents, plan_title, scorecard
from gridgeo.maps.style import SEVERITY_COLOURS, VERDICT_COLOURS
from gridgeo.model import SEVERITIES, Finding, Plan
from gridgeo.report.charts import distributions
from gridgeo.report.figures import community_map, overview
from gridgeo.report.headers import header
from gridgeo.report.records import settings_frame
from gridgeo.rulebook import CARDS, rule_of
from gridgeo.text import Text
from gridgeo.words import FACILITIES, KINDS, SOUNDNESS, STATUSES, TOPICS, UNITS, VERDICTS, word
from gridgeo.words import SEVERITIES as SEVERITY_WORDS

#: A table of the report shows this many rows; the rest stand in the workbook.
MOST_ROWS = 300
#: Communities are drawn one by one up to this number; map.html shows all.
MOST_MAPS = 60
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

    It holds the scorecard, a map, the distributions, every community with its verdict, reason and
    map, what could not be met, dedicated grids, findings with their places, rejects, notes, and
    the settings, inputs (with SHA-256) and versions it was made with; in the language of the
    plan. The same plan gives the same page.
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
        charts=distributions(plan),
        maps=_maps(plan),
        most_maps=MOST_MAPS,
        place=_place,
        inputs=_inputs(plan),
        versions=plan.run.get("versions", {}),
        crs=plan.grids.crs.to_string() if plan.grids.crs else "",
        colours={**VERDICT_COLOURS, **SEVERITY_COLOURS},
        verdict=lambda key: word(VERDICTS, key, lang),
        kind=lambda key: word({**FACILITIES, **KINDS}, key, lang),
        topic=lambda key: word(TOPICS, key, lang),
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


def _maps(plan: Plan) -> list[tuple[dict[Any, Any], Markup]]:
    rows = _rows(plan.communities.head(MOST_MAPS))
    drawn = [(row, community_map(plan, row["code"])) for row in rows]
    return [pair for pair in drawn if pair[1]]


def _place(finding: Finding) -> str:
    place = place_of(finding)
    return "" if place is None else f"{place[0]:.0f}, {place[1]:.0f}"


def _inputs(plan: Plan) -> list[tuple[str, str]]:
    """Return the name and SHA-256 of each file; folders differ between machines."""
    inputs: dict[str, str] = plan.run.get("inputs", {})
    return sorted((PurePath(path).name, digest) for path, digest in inputs.items())


def _cards(plan: Plan) -> list[dict[str, Any]]:
    cards: list[dict[str, Any]] = plan.summary.get("scorecard", [])
    return cards


def _rows(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    plain = pd.DataFrame(frame.drop(columns="geometry"))
    return plain.to_dict("records")


def _number(value: Any, decimals: int = 0) -> str:
    return "" if pd.isna(value) else f"{value:,.{decimals}f}"
