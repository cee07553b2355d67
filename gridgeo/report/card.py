"""What a notebook shows of a plan: its figures, its scorecard and a small map, as one fragment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from markupsafe import Markup
from numpy.typing import NDArray

from gridgeo.geometry import simplify_coverage
from gridgeo.maps import COMMUNITY_LINE, GRID_LINE, VERDICT_COLOURS, plan_title, scorecard, visible
from gridgeo.model import Plan
from gridgeo.report.blocks import mark_of
from gridgeo.report.figures import path_of, to_drawing
from gridgeo.report.page import PAGES
from gridgeo.review import state_text
from gridgeo.wording import CARD_STATES, CARDS, VERDICTS, Text, word

_WIDTH, _HEIGHT = 420.0, 320.0
#: grids beyond this number are drawn without lines between those of one verdict
_MANY_GRIDS = 1_000
#: communities beyond this number are drawn without outlines: each is a few pixels wide
_MANY_COMMUNITIES = 1_000
#: the map is simplified by more of its units, one after the other, until it has so many letters
_BLURS = (0.4, 0.8, 1.6, 3.2)
_MOST_LETTERS = 120_000


def plan_card(plan: Plan) -> str:
    """Return figures, scorecard and map of `plan` as an HTML fragment for a notebook.

    It has no script and asks for nothing from a network; values from data are text; it is
    smaller than 200 kB however large the plan is. Colours are those of the map page. The same
    plan gives the same fragment, in the language of the plan.

    Examples
    --------
    >>> import gridgeo as gg
    >>> plan_card(gg.load("out"))[:4]
    '<div'
    """
    lang = plan.settings.lang
    counts = plan.grids["verdict"].value_counts()
    return PAGES.get_template("card.html.j2").render(
        title=visible(plan_title(plan)),
        state=state_text(plan.approval).say(lang),
        figures=scorecard(plan),
        cards=[_card_facts(card, plan) for card in plan.summary.get("scorecard", [])],
        map=_small_map(plan),
        legend=[
            (colour, word(VERDICTS, verdict, lang), f"{counts[verdict]:,}")
            for verdict, colour in VERDICT_COLOURS.items()
            if verdict in counts
        ],
        credit=visible(plan.summary.get("attribution") or ""),
    )


def _card_facts(card: dict[str, Any], plan: Plan) -> dict[str, str]:
    lang, state = plan.settings.lang, card["state"]
    return {
        "state": state,
        "mark": mark_of(card),
        "title": word(CARDS, card["card"], lang),
        "state_text": word(CARD_STATES, state, lang),
    }


@dataclass(frozen=True, slots=True)
class _SmallMap:
    """Where the map lies, and the shapes of each verdict."""

    west: float
    north: float
    scale: float
    shapes: NDArray[Any]
    verdicts: NDArray[Any]
    width: str

    def to_drawing(self, shapes: NDArray[Any], blur: float) -> NDArray[Any]:
        """Return `shapes` in units of the map, simplified by `blur` of them."""
        return to_drawing(shapes, self.west, self.north, self.scale, blur)


def _small_map(plan: Plan) -> Markup:
    """Return the grids by verdict and the outlines of the communities, small enough to keep."""
    drawn = Markup("")
    if plan.grids.geometry.is_empty.all():
        return drawn
    sheet = _sheet(plan)
    for blur in _BLURS:
        drawn = _patches(sheet, blur) + _community_lines(plan, sheet, blur)
        if len(drawn) <= _MOST_LETTERS:
            break
    _, south, east, _ = plan.grids.total_bounds
    return Markup(
        '<svg role="img" aria-label="{label}" viewBox="-2 -2 {w:.0f} {h:.0f}" width="{w:.0f}" '
        'height="{h:.0f}" stroke-linejoin="round">{drawn}</svg>'
    ).format(
        label=Text("Map of the grids by verdict", "网格结论图").say(plan.settings.lang),
        w=(east - sheet.west) * sheet.scale + 4,
        h=(sheet.north - south) * sheet.scale + 4,
        drawn=drawn,
    )


def _sheet(plan: Plan) -> _SmallMap:
    west, south, east, north = plan.grids.total_bounds
    scale = min(_WIDTH / max(east - west, 1), _HEIGHT / max(north - south, 1))
    shapes = plan.grids.geometry.to_numpy()
    verdicts = plan.grids["verdict"].to_numpy(dtype=object)
    width = "0.4"
    if len(shapes) > _MANY_GRIDS:
        shown = np.array([one for one in VERDICT_COLOURS if (verdicts == one).any()], dtype=object)
        light = shapely.make_valid(simplify_coverage(shapes, _BLURS[0] / scale))
        shapes = np.array([shapely.union_all(light[verdicts == one]) for one in shown])
        verdicts, width = shown, "0"
    return _SmallMap(west, north, scale, shapes, verdicts, width)


def _patches(sheet: _SmallMap, blur: float) -> Markup:
    drawing = sheet.to_drawing(sheet.shapes, blur)
    patches = [
        Markup('<path d="{}" fill="{}"/>').format(
            path_of(drawing[sheet.verdicts == verdict]), colour
        )
        for verdict, colour in VERDICT_COLOURS.items()
        if (sheet.verdicts == verdict).any()
    ]
    return Markup('<g stroke="{}" stroke-width="{}">{}</g>').format(
        GRID_LINE, sheet.width, Markup("").join(patches)
    )


def _community_lines(plan: Plan, sheet: _SmallMap, blur: float) -> Markup:
    outlines = plan.communities.geometry.to_numpy()
    if len(outlines) > _MANY_COMMUNITIES:
        return Markup("")
    return Markup('<path d="{}" fill="none" stroke="{}" stroke-width="{}"/>').format(
        path_of(sheet.to_drawing(outlines, blur)),
        COMMUNITY_LINE,
        "1" if len(outlines) < 100 else "0.4",
    )
