"""The least change of a partition: what stays, what is proposed, taken and refused."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from builders_adjust import (
    LARGE,
    NORTH,
    SMALL,
    code,
    drawn,
    outlines,
    saved,
    told,
    town,
    two_proposals,
)
from builders_city import (
    block_city,
    households,
    lattice,
)
from hypothesis import Phase, given
from hypothesis import settings as rules
from hypothesis import strategies as st
from shapely import box

from gridgeo.adjust import adjust_grids
from gridgeo.codes import as_first_numbering, empty_register, record
from gridgeo.errors import InputError
from gridgeo.model import Decisions


def test_what_is_in_band_keeps_every_byte_and_its_code(tmp_path):
    grids, rules_ = town(tmp_path, SMALL, LARGE, *NORTH)
    new = adjust_grids(grids, rules_)
    figures = new.plan.summary["adjustment"]
    assert told(new, "grids_before") == [f"{code(1)};{code(2)}"]
    assert told(new, "moved") == [120]
    assert "240 households: 60 below the lower limit 300" in told(new, "reason_en")[0]
    assert "比下限 300 少 60 户" in told(new, "reason_zh")[0]
    assert "120 of 720 households move" in told(new, "effect_en")[0]
    assert figures["grids_same"] == 2
    assert figures["households_moved"] == figures["must_move"] == 120
    assert figures["out_before"] == 1
    assert figures["out_after"] == 0
    before, after = drawn(grids), outlines(new.plan.grids)
    assert {n for n in after if after[n] == before[n]} == {code(3), code(4)}
    assert new.plan.grids["verdict"].tolist() == ["in_band"] * 4
    assert not [one for one in new.plan.findings if one.severity == "error"]


@rules(max_examples=3, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    cuts=st.lists(st.integers(1, 11), min_size=1, max_size=3, unique=True), seed=st.integers(0, 3)
)
def test_the_result_adjusted_again_proposes_nothing(tmp_path_factory, cuts, seed):
    folder = tmp_path_factory.mktemp("town")
    counts = np.random.default_rng(seed).integers(10, 50, 48).tolist()
    homes = [
        (x, y, n)
        for (x, y, _), n in zip(lattice(0, 0, 1200, 400, step=100, count=1), counts, strict=True)
    ]
    city = block_city(6, 2).with_layers(households=households(*homes))
    edges = [0, *(100 * cut for cut in sorted(cuts)), 1200]
    strips = [box(a, 0, b, 400) for a, b in pairwise(edges)]
    grids, rules_ = town(folder, *strips, city=city)
    new = adjust_grids(grids, rules_)
    again = adjust_grids(saved(new, folder / "out"), rules_)
    assert again.proposals.empty
    assert outlines(again.plan.grids) == outlines(new.plan.grids)
    assert again.plan.grids["name"].tolist() == new.plan.grids["name"].tolist()
    assert new.plan.grids["households"].sum() == sum(counts)
    assert shapely.area(new.plan.grids.geometry).sum() == pytest.approx(1200 * 400, abs=1e-5)
    crosswalk = new.changes.crosswalk
    assert new.plan.crosswalk.equals(crosswalk)
    assert crosswalk["households"].sum() == sum(counts)
    moved = crosswalk[crosswalk["old_code"] != crosswalk["new_code"]]["households"].sum()
    assert moved == new.plan.summary["adjustment"]["households_moved"]


def test_each_proposal_stands_alone(tmp_path):
    grids, rules_ = two_proposals(tmp_path)
    both = adjust_grids(grids, rules_)
    first, second = told(both, "id")
    for decisions in (
        Decisions(accepted=frozenset({first})),
        Decisions(rejected=frozenset({second})),
    ):
        one = adjust_grids(grids, rules_, decisions=decisions)
        assert told(one, "id") == [first, second]
        assert told(one, "decision")[0] == "accepted"
        taken = set(told(both, "grids_after")[0].split(";"))
        whole, old = outlines(both.plan.grids), drawn(grids)
        expected = {n: whole[n] if n in taken else old[n] for n in old}
        assert outlines(one.plan.grids) == expected
        assert one.changes.old["change"].value_counts().to_dict() == {"reshaped": 2, "unchanged": 2}


def test_refused_grids_say_so_and_their_community_misses_the_band(tmp_path):
    grids, rules_ = town(tmp_path, SMALL, LARGE, *NORTH)
    (name,) = told(adjust_grids(grids, rules_), "id")
    none = adjust_grids(grids, rules_, decisions=Decisions(rejected=frozenset({name})))
    assert outlines(none.plan.grids) == drawn(grids)
    reason = none.plan.grids["reason"].tolist()[0]
    assert reason == f"240 households: 60 below the lower limit 300; proposal {name} was rejected"
    assert none.plan.communities["verdict"].tolist() == ["not_found"]
    assert none.plan.summary["adjustment"]["households_moved"] == 0
    assert none.changes.crosswalk["old_code"].equals(none.changes.crosswalk["new_code"])


def test_a_decision_about_no_proposal_is_told(tmp_path):
    grids, rules_ = town(tmp_path, SMALL, LARGE, *NORTH)
    with pytest.raises(InputError, match="no proposal PXXXXXX"):
        adjust_grids(grids, rules_, decisions=Decisions(accepted=frozenset({"PXXXXXX"})))
    with pytest.raises(InputError, match="two ways"):
        Decisions(accepted=frozenset({"P1"}), rejected=frozenset({"P1"}))


def test_new_codes_are_never_those_of_the_register(tmp_path):
    grids, rules_ = town(tmp_path, box(0, 0, 1200, 400), 名称=["全社区"])
    old = gpd.read_file(grids.path).rename(columns={"编码": "code"}).assign(scheme="cn15")
    both = pd.concat([old, old.assign(code=code(9))])
    first = record(
        empty_register(crs=old.crs), as_first_numbering(both), date="2026-01-01", reason="首次"
    )
    new = adjust_grids(grids, rules_, register=first)
    names = new.plan.grids.set_index("code")["name"]
    assert names.index.tolist()[:3] == [code(1), code(10), code(11)]
    assert names[code(1)] == "全社区"
    assert names.is_unique
    recorded = record(first, new.changes, date="2026-02-01", reason="户数超限").table
    assert recorded.query("status == 'active'")["code"].nunique() == 1 + len(names)
