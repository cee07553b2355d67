"""The report: distributions, a map a community, places, and how the figures were made."""

import re
from dataclasses import replace

import numpy as np
import pytest
from openpyxl import load_workbook

from gridgeo.geometry import compactness
from gridgeo.report.figures import _street_shares, community_map, distributions
from gridgeo.report.page import _report_page
from gridgeo.report.workbook import write_workbook
from gridgeo.wording import TOPICS
from tests.builders_plan import build_plan, square


def test_distributions_have_captions_and_no_words_inside():
    charts = distributions(build_plan())
    assert len(charts) >= 2
    for caption, drawing in charts:
        assert caption.zh
        words = re.findall(r"<text[^>]*>([^<]*)</text>", str(drawing))
        assert words
        assert all(re.fullmatch(r"[\d.,−]+", word) for word in words)


def test_ids_of_the_charts_do_not_meet():
    ids = [
        name
        for _, chart in distributions(build_plan())
        for name in re.findall(r'<path id="(m\w+)"', str(chart))
    ]
    assert len(ids) == len(set(ids))


def test_plan_without_basic_grids_has_no_charts():
    plan = build_plan()
    assert distributions(replace(plan, grids=plan.grids.assign(kind="open"))) == []


def test_compactness_ranks_squares_above_strips():
    first, second = compactness(np.array([square(0, 0), square(0, 0, 9, 1)]))
    assert second < first == pytest.approx(np.pi / 4)


def test_street_share_counts_borders_between_basic_grids_of_a_community():
    plan = build_plan()
    none = plan.borders.assign(street_class="none")
    all_streets = plan.borders.assign(street_class="local")
    assert set(_street_shares(replace(plan, borders=none)).tolist()) <= {0.0}
    assert set(_street_shares(replace(plan, borders=all_streets)).tolist()) <= {1.0}


def test_every_community_has_its_map_with_hostile_codes_as_text():
    plan = build_plan()
    grids = plan.grids.assign(code=[f"{c[:12]}<b>" for c in plan.grids["code"]])
    mine = grids[plan.grids["community"] == "420102001001"]
    drawn = str(community_map(mine, "420102001001", "zh"))
    assert "&lt;b&gt;" in drawn
    assert "<b>" not in drawn
    assert community_map(grids.iloc[:0], "none", "zh") == ""


def test_report_tells_inputs_without_their_folders_and_places():
    plan = replace(
        build_plan(), run={"inputs": {"/home/me/城.gpkg": "ab" * 32}, "versions": {"gridgeo": "1"}}
    )
    page = _report_page(plan)
    assert "ab" * 32 in page
    assert "/home/me" not in page
    assert "各社区网格图" in page
    assert "位置（东, 北）" in page
    assert page == _report_page(plan)


def test_topics_of_notes_are_in_the_language_of_the_plan():
    page = _report_page(build_plan())
    told = {note.topic for note in build_plan().notes}
    assert all(TOPICS[topic].zh in page for topic in told & set(TOPICS))


def test_workbook_rows_are_high_enough_for_what_wraps(tmp_path):
    plan = build_plan()
    long = plan.grids.assign(bounded_by="北至中山大道、江汉路、解放大道" * 8)
    write_workbook(replace(plan, grids=long), tmp_path / "g.xlsx")
    sheet = load_workbook(tmp_path / "g.xlsx")["网格"]
    assert sheet.row_dimensions[2].height >= 5 * 15
    assert sheet.row_dimensions[1].height < 40


def test_workbook_has_a_sheet_of_dedicated_grids(tmp_path):
    write_workbook(build_plan(), tmp_path / "g.xlsx")
    rows = list(load_workbook(tmp_path / "g.xlsx")["专属网格"].iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["编码", "420102001001801"]


def test_households_in_no_grid_are_rows_not_used():
    told = _report_page(replace(build_plan(), rejects=()))
    assert "530950, 3385950" in told
    assert "每一行都已采用" not in told
    plan = build_plan()
    homes = plan.households.assign(reason="")
    assert "每一行都已采用" in _report_page(replace(plan, rejects=(), households=homes))
