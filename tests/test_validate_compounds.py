"""The check of compounds: one that a grid can hold is not divided."""

from dataclasses import replace

import numpy as np
import pytest
from builders_judged import A, found, frame, only, reshaped, town
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from gridgeo.config import Band
from gridgeo.wording import Text

RULE = "compounds_whole"


def compounds(*shapes, name="如意小区"):
    return frame({"name": [name] * len(shapes)}, shapes)


def told(*shapes, band=None, **layers):
    return found(town(compounds=compounds(*shapes), **layers), RULE, band=band)


def test_a_divided_compound_is_a_warning_with_its_place_and_the_smaller_part():
    one = only(told(box(50, 20, 130, 80)))
    assert (one.severity, one.grids) == ("warning", (A + "001", A + "002"))
    assert (one.amount, one.unit) == (30 * 60, "m2")
    assert one.where.equals(box(50, 20, 130, 80))
    assert one.message == Text(
        "compound 如意小区 of 400 households is divided between 2 grids",
        "小区“如意小区”（400 户）被划入 2 个网格",
    )


def test_a_compound_without_a_name_is_told_too():
    subject = town(compounds=compounds(box(50, 20, 130, 80), name=""))
    assert only(found(subject, RULE)).message.zh.startswith("一处未命名小区")


@given(st.floats(0, 11.9))
def test_a_border_along_the_outline_divides_nothing(over):
    assert told(box(20, 35, 100 + over, 75)) == []


@given(st.floats(13, 87))
def test_a_border_well_inside_divides(over):
    assert len(told(box(20, 35, 100 + over, 75))) == 1


def test_borders_of_communities_and_dedicated_grids_divide_nothing():
    assert told(box(120, 20, 280, 80)) == []
    grids = town().grids.assign(kind=["basic", "dedicated", "basic", "basic"])
    assert told(box(50, 20, 150, 80), grids=grids) == []


@pytest.mark.parametrize(
    ("band", "count"),
    [
        (Band(), 0),
        (Band(profile="households"), 0),
        (Band(profile="residents", residents_upper=2000), 1),
        (Band(residents_upper=2000), 1),
        (Band(upper=800), 1),
    ],
)
def test_a_compound_that_no_grid_can_hold_may_be_divided(band, count):
    assert len(told(box(0, 0, 200, 100), band=band)) == count


def test_without_counts_a_compound_is_taken_to_fit():
    one = only(told(box(0, 0, 200, 100), households=None))
    assert one.message.en == "compound 如意小区 is divided between 2 grids"
    points = town().households.assign(residents=np.nan)
    assert told(box(0, 0, 200, 100), households=points) == []


def test_order_of_rows_changes_nothing_and_empty_layers_are_silent():
    subject = town(compounds=compounds(box(50, 20, 130, 80), box(250, 20, 330, 80)))
    turned = replace(
        subject, grids=subject.grids.iloc[::-1].reset_index(drop=True),
        compounds=subject.compounds.iloc[::-1].reset_index(drop=True),
    )  # fmt: skip
    pairs = zip(found(subject, RULE), found(turned, RULE), strict=True)
    assert all((a.grids, a.amount, a.message) == (b.grids, b.amount, b.message) for a, b in pairs)
    assert len(found(subject, RULE)) == 2
    assert told() == []


def test_a_compound_outside_every_grid_is_divided_by_none():
    assert told(box(1000, 0, 1100, 100)) == []
    grids = reshaped(0, None)
    assert told(box(50, 20, 150, 80), grids=grids) == []
