"""What a notebook shows of a plan: small whatever the plan is, text only, nothing to fetch."""

import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from builders_plan import build_plan
from test_map_browser import PAYLOADS, hostile_plan

from gridgeo.maps import VERDICT_COLOURS, visible
from gridgeo.wording import VERDICTS


def county(side):
    """Return a plan of `side` x `side` crooked grids, each a community of its own."""
    plan = build_plan()
    way = np.linspace(0, 400, 60)
    wave = 12 * np.sin(way / 9)

    def ring(column, row):
        x, y = 400 * column, 400 * row
        south = np.column_stack([x + way, y + wave])
        north = np.column_stack([x + way, y + 400 + wave])[::-1]
        return shapely.Polygon(np.concatenate([south, north]))

    shapes = [ring(column, row) for row in range(side) for column in range(side)]
    rows = np.arange(len(shapes))

    def many(frame):
        spread = frame.iloc[rows % len(frame)].drop(columns="geometry").reset_index(drop=True)
        return gpd.GeoDataFrame(spread, geometry=shapes, crs=frame.crs)

    grids = many(plan.grids).assign(
        code=[f"{row:015d}" for row in rows],
        verdict=np.array(list(VERDICT_COLOURS), dtype=object)[rows % 5],
    )
    return replace(plan, grids=grids, communities=many(plan.communities))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_card_tells_verdicts_and_cards_in_the_language_of_the_plan(lang):
    plan = build_plan(lang=lang)
    card = plan._repr_html_()
    for verdict, count in plan.grids["verdict"].value_counts().items():
        assert f"{VERDICTS[verdict].say(lang)} {count}" in card
        assert VERDICT_COLOURS[verdict] in card
    assert ("基础网格" in card) == (lang == "zh")
    assert card == build_plan(lang=lang)._repr_html_()


@pytest.mark.parametrize("side", [20, 50])
def test_the_card_of_a_large_plan_stays_small(side):
    card = county(side)._repr_html_()
    assert len(card.encode()) < 200_000
    assert card.count("<path") >= 5


def test_the_card_asks_for_nothing_and_runs_nothing():
    card = build_plan()._repr_html_()
    assert re.findall(r"https?:|<script|<link|<img|src=|url\(|\son\w+=", card) == []


def test_a_plan_without_grids_has_a_card_without_a_map():
    plan = build_plan()
    card = replace(plan, grids=plan.grids.iloc[:0], summary={})._repr_html_()
    assert "<svg" not in card
    assert "网格划分方案" in card


def test_hostile_names_are_only_text(opened):
    plan = hostile_plan()
    page = opened(f"<meta charset=utf-8><title>card</title>{plan._repr_html_()}")
    shown = page.inner_text("body")
    for payload in PAYLOADS:
        assert visible(payload) in shown
    assert page.title() == "card"


def test_a_plan_is_one_line_in_a_terminal():
    plan = build_plan()
    assert repr(plan) == (
        f"<Plan: {len(plan.grids)} grids in {len(plan.communities)} communities, "
        f"{plan.grids['households'].sum():,} households, {len(plan.findings)} findings>"
    )
