"""Sentences of reasons: every code has both languages, and they name the same values."""

from string import Formatter

import pytest

from gridgeo.config import Band
from gridgeo.wording import Reason, Text, reasons_text
from gridgeo.wording.reasons import _SENTENCES

#: a unit with a name, one with none, and every other value that a sentence may name
VALUES = {
    "households": 540,
    "residents": 1500.0,
    "band": Band(),
    "unit": "residents",
    "name": "",
    "x": 3.0,
    "y": 4.0,
    "by": Text("water", "水域"),
    "why": Text("a", "甲"),
    **dict.fromkeys(
        (
            *("number", "off", "limit", "area", "part", "parts", "grids", "missed", "distance"),
            *("moves", "atoms", "here", "there", "above", "below", "full", "more", "each"),
        ),
        7,
    ),
    "way": Reason("such_atoms", {"atoms": 2}),
}


@pytest.mark.parametrize("code", list(_SENTENCES))
def test_both_languages_of_a_sentence_state_the_same_values(code):
    sentence = _SENTENCES[code]
    en, zh = (
        {field for _, field, *_ in Formatter().parse(one) if field}
        for one in (sentence.en, sentence.zh)
    )
    optional = {"unit"} if code in {"other_number_of_grids", "give_piece"} else set()
    assert en - optional == zh - optional
    text = Reason(code, VALUES).text
    assert "{" not in text.en + text.zh


def test_a_unit_without_a_name_is_placed_by_its_coordinates():
    values = {**VALUES, "residents": float("nan"), "band": Band(profile="households")}
    text = Reason("atom_too_large", values).text
    assert text.en == (
        "one unit (at (3, 4)) holds 540 households, above the upper limit of 500 households, and "
        "no street or building border divides it"
    )
    assert text.zh == "540 户的一个单元（位于 (3, 4)）超过上限 500 户，沿街道或楼栋无法再分"


def test_remedies_follow_the_reasons():
    reasons = (Reason("locked"), Reason("such_atoms", {"atoms": 2}))
    ways = (Reason("allow_fewer", {"number": 250, "unit": "households"}),) * 2
    assert reasons_text(reasons, ways).en == (
        "locked; 2 such units in all. Remedy: allow as few as 250 households in a grid here; "
        "or allow as few as 250 households in a grid here"
    )
