"""Edits of a plan: nothing is lost, hard rules hold, and every refusal names its edit."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import shapely
from builders_city import block_city, settings
from builders_plan import build_plan
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from typer.testing import CliRunner

import gridgeo as gg
from gridgeo.adjust import (
    Edit,
    apply_edits,
    apply_file,
    dedicate,
    lock,
    merge,
    move,
    read_edits,
    split,
    unlock,
)
from gridgeo.cli import app
from gridgeo.codes import as_first_numbering, empty_register, record, write_register
from gridgeo.errors import InputError
from gridgeo.storage import fingerprint


@cache
def city():
    return gg.partition_layers(block_city(6, 4, per_block=100).frames, settings(lang="zh"))


def graph():
    return city().graph()


def atoms_of(plan, code):
    return np.flatnonzero(plan.atoms["grid"] == code).tolist()


def a_border_atom():
    """Return an atom whose grid stays whole without it, and a grid beside it."""
    plan, links = city(), graph()
    for atom in range(len(plan.atoms)):
        code = plan.atoms["grid"][atom]
        rest = [a for a in atoms_of(plan, code) if a != atom]
        beside = sorted({plan.atoms["grid"][b] for b in links[atom]} - {code})
        pieces = shapely.union_all(plan.atoms.geometry.to_numpy()[rest])
        if rest and beside and pieces.geom_type == "Polygon":
            return atom, beside[0]
    raise AssertionError


def check_whole(plan):
    """Assert that nothing was lost: households, ground, and every atom in one grid."""
    old = city()
    assert plan.grids["households"].sum() == old.grids["households"].sum()
    assert plan.grids["area_m2"].sum() == pytest.approx(old.grids["area_m2"].sum())
    by_atom = plan.atoms.groupby("grid")["households"].sum()
    assert by_atom.to_dict() == dict(zip(plan.grids["code"], plan.grids["households"], strict=True))
    by_home = plan.households.groupby("grid")["households"].sum()
    told = plan.grids.set_index("code")["households"]
    assert by_home.reindex(told.index, fill_value=0).to_dict() == told.to_dict()
    assert plan.grids["code"].is_unique
    assert list(plan.grids["code"]) == sorted(plan.grids["code"])
    assert not [one for one in plan.findings if one.severity == "error"]


@examples(max_examples=15)
@given(st.data())
def test_edits_lose_nothing(data):
    plan = city()
    steps = []
    draft = plan
    for _ in range(2):
        pairs = sorted(
            {
                tuple(sorted((draft.atoms["grid"][a], draft.atoms["grid"][b])))
                for a, b in draft.graph().edges
                if draft.atoms["grid"][a] != draft.atoms["grid"][b]
            }
        )
        one, other = data.draw(st.sampled_from(pairs))
        steps.append(Edit(do="merge", grids=(other,), to=one))
        draft = apply_edits(plan, steps)
    check_whole(draft)
    assert len(draft.grids) == len(plan.grids) - 2


def test_an_atom_moves_and_everything_follows():
    atom, to = a_border_atom()
    plan = city()
    new = move(plan, [atom], to)
    check_whole(new)
    assert new.atoms["grid"][atom] == to
    before = plan.grids.set_index("code").loc[to]
    after = new.grids.set_index("code").loc[to]
    assert after["households"] == before["households"] + plan.atoms["households"][atom]
    assert new.summary["edits"] == 1
    told = next(note.message.en for note in new.notes if note.topic == "edits")
    assert f"{to} {before['households']:,} -> {after['households']:,}" in told
    untouched = ~new.grids["code"].isin([to, plan.atoms["grid"][atom]])
    same = plan.grids.set_index("code").loc[new.grids["code"][untouched]]
    assert shapely.equals_exact(
        new.grids.geometry[untouched].to_numpy(), same.geometry.to_numpy(), 0
    ).all()
    back = move(new, [atom], plan.atoms["grid"][atom])
    assert back.atoms["grid"].tolist() == plan.atoms["grid"].tolist()
    assert shapely.equals(back.grids.geometry.to_numpy(), plan.grids.geometry.to_numpy()).all()


def test_a_split_gets_the_next_free_code_and_merging_it_back_restores_the_ground():
    plan = city()
    code = plan.grids["code"][0]
    new = split(plan, atoms_of(plan, code)[:1])
    (fresh,) = set(new.grids["code"]) - set(plan.grids["code"])
    assert int(fresh[-3:]) == int(max(plan.grids["code"])[-3:]) + 1
    check_whole(new)
    whole = merge(new, [fresh], code)
    assert whole.atoms["grid"].tolist() == plan.atoms["grid"].tolist()


def test_a_facility_whose_grid_an_edit_dissolves_is_found():
    plan = build_plan(lang="en")
    school, into = "420102001001801", "420102001001003"
    new = merge(plan, [school], into)
    (found,) = [one for one in new.findings if one.rule == "facilities_dedicated"]
    assert (found.severity, found.grids) == ("warning", (into,))
    cards = {card["card"]: card["state"] for card in new.summary["scorecard"]}
    assert cards["dedicated"] == "amber"
    considered = new.considered.set_index("name").loc["第一中学"]
    assert (considered["dedicated"], considered["grid"]) == (True, "")


def test_a_dedicated_grid_gets_a_code_of_its_kind():
    plan = city()
    new = dedicate(plan, plan.grids["code"][0], "市一中")
    (row,) = new.grids[new.grids["kind"] == "dedicated"].to_dict("records")
    assert row["code"].endswith("801")
    assert (row["name"], row["verdict"], row["facility"]) == ("市一中", "dedicated", "市一中")
    assert plan.grids["code"][0] not in set(new.grids["code"])
    check_whole(new)


def test_locked_grids_stay_until_they_are_unlocked():
    atom, to = a_border_atom()
    held = lock(city(), to)
    assert held.summary["locked"] == [to]
    with pytest.raises(InputError, match="locked"):
        move(held, [atom], to)
    assert move(unlock(held, to), [atom], to).atoms["grid"][atom] == to


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (Edit(do="move", atoms=(9_999,), to="x"), "no such atoms"),
        (Edit(do="move", atoms=(0,), to="x"), "no such grid"),
        (Edit(do="split", atoms=tuple(range(24)), grid="+1"), "atoms of one grid"),
        (Edit(do="split", atoms=(0,), grid="7"), "called"),
        (Edit(do="merge", to="x"), "no such grid"),
        (Edit(do="dedicate", grid="x", name="a"), "no such grid"),
        (Edit(do="lock", grid="x"), "no such grid"),
    ],
)
def test_edits_that_cannot_be_done_are_refused_by_number(edit, told):
    fine = Edit(do="lock", grid=city().grids["code"][0])
    with pytest.raises(InputError, match=f"edit 2: .*{told}"):
        apply_edits(city(), [fine, edit])


def test_a_whole_grid_is_no_split_and_a_dedicated_grid_has_a_name():
    plan = city()
    code = plan.grids["code"][0]
    with pytest.raises(InputError, match="leaves some atoms"):
        split(plan, atoms_of(plan, code))
    with pytest.raises(InputError, match="name of its unit"):
        dedicate(plan, code, " ")
    with pytest.raises(InputError, match="two grids or more"):
        merge(plan, [code], code)


def test_a_grid_in_two_pieces_is_refused_with_the_number_of_the_edit():
    plan, links = city(), graph()
    to = plan.grids["code"][0]
    beside = {b for a in atoms_of(plan, to) for b in links[a]}
    far = next(
        atom
        for atom in range(len(plan.atoms))
        if atom not in beside and plan.atoms["grid"][atom] != to
    )
    with pytest.raises(InputError, match=r"edit 1 \(move\) breaks the rule “one piece”"):
        move(plan, [far], to)


def test_atoms_do_not_leave_their_community():
    plan = build_plan()
    with pytest.raises(InputError, match="stay in their community"):
        move(plan, [0], "420102001002001")


def test_grids_that_were_only_verified_cannot_be_edited():
    plan = build_plan()
    bare = replace(plan, atoms=plan.atoms.assign(grid=""))
    with pytest.raises(InputError, match="no atoms to edit"):
        lock(bare, plan.grids["code"][0])


def edit_file(folder, plan, edits, **more):
    path = folder / "edits.json"
    told = {"format": "gridgeo-edits", "version": 1, "plan": fingerprint(plan), "edits": edits}
    path.write_text(json.dumps({**told, **more}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("edits", "more", "told"),
    [
        ([], {}, "no edits"),
        ([{"do": "fly"}], {}, "edit 1 is not understood"),
        ([{"do": "move", "atoms": ["0"], "to": "x"}], {}, "edit 1 is not understood"),
        ([{"do": "lock", "grid": "x"}], {"version": 2}, "no file of edits"),
        ([{"do": "lock", "grid": "x"}], {"format": "?"}, "no file of edits"),
    ],
)
def test_files_that_are_not_understood_are_refused(tmp_path, edits, more, told):
    with pytest.raises(InputError, match=told):
        read_edits(edit_file(tmp_path, city(), edits, **more))


def test_files_that_cannot_be_read_are_refused(tmp_path):
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    for name in ("broken.json", "missing.json"):
        with pytest.raises(InputError, match="cannot be read") as caught:
            read_edits(tmp_path / name)
        assert not set("ErrnoPxg[") & set(caught.value.message.zh.replace("JSON", ""))


def test_edits_of_a_plan_that_has_changed_since_are_refused(tmp_path):
    atom, to = a_border_atom()
    path = edit_file(tmp_path, city(), [{"do": "move", "atoms": [atom], "to": to}])
    changed = merge(city(), [to], city().atoms["grid"][atom])
    with pytest.raises(InputError, match="before it changed"):
        apply_file(changed, read_edits(path))


def test_the_command_writes_the_new_plan_with_its_changes(tmp_path):
    atom, to = a_border_atom()
    city().save(tmp_path / "plan")
    path = edit_file(tmp_path, city(), [{"do": "move", "atoms": [atom], "to": to}])
    arguments = ["apply", str(tmp_path / "plan"), str(path), "--out", str(tmp_path / "new")]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    new = gg.load(tmp_path / "new")
    assert new.grids["households"].tolist() == move(city(), [atom], to).grids["households"].tolist()
    assert "\\u53d8\\u5316\\uff081\\uff09" in (tmp_path / "new" / "map.html").read_text("utf-8")
    assert CliRunner().invoke(app, arguments).exit_code == 2  # never over a plan that is there
    again = [*arguments[:3], "--out", str(tmp_path / "again")]
    wrong = edit_file(tmp_path, new, [{"do": "lock", "grid": to}])
    refused = CliRunner().invoke(app, [*again[:2], str(wrong), *again[3:]])
    assert refused.exit_code == 2
    assert not (tmp_path / "again").exists()


def ever_issued(number):
    """Return a register in which each community of the town has used `number`, and another grid."""
    plan = city()
    high = [f"{code[:12]}{number:03d}" for code in plan.grids["code"]]
    grids = plan.grids.rename(columns={"community": "community_code"}).assign(code=high)
    rows = grids.drop_duplicates("code").reset_index(drop=True)
    return record(
        empty_register(plan.grids.crs), as_first_numbering(rows), date="2026-01-01", reason="x"
    )


def test_a_code_of_the_register_is_never_given_out_again(tmp_path):
    plan, register = city(), ever_issued(77)
    code = next(c for c in plan.grids["code"] if len(atoms_of(plan, c)) > 1)
    edit = Edit(do="split", atoms=tuple(atoms_of(plan, code)[:1]), grid="+1")

    def fresh(new):
        (made,) = set(new.grids["code"]) - set(plan.grids["code"])
        return made

    assert fresh(apply_edits(plan, [edit], register=register)) == f"{code[:12]}078"
    assert fresh(apply_edits(plan, [edit])) != f"{code[:12]}078"
    path = write_register(register, tmp_path / "codes.gpkg")
    named = replace(plan.settings, codes=replace(plan.settings.codes, register=str(path)))
    assert fresh(apply_edits(replace(plan, settings=named), [edit])) == f"{code[:12]}078"
    gone = replace(named, codes=replace(named.codes, register=str(tmp_path / "gone.gpkg")))
    with pytest.raises(InputError, match="register"):
        apply_edits(replace(plan, settings=gone), [edit])
    assert lock(replace(plan, settings=gone), code).summary["locked"] == [code]


def test_the_command_takes_the_register(tmp_path):
    plan = city()
    plan.save(tmp_path / "plan")
    write_register(ever_issued(77), tmp_path / "codes.gpkg")
    code = next(c for c in plan.grids["code"] if len(atoms_of(plan, c)) > 1)
    split_off = {"do": "split", "atoms": atoms_of(plan, code)[:1], "grid": "+1"}
    path = edit_file(tmp_path, plan, [split_off])
    arguments = ["apply", str(tmp_path / "plan"), str(path), "--out", str(tmp_path / "new")]
    done = CliRunner().invoke(app, [*arguments, "--codes", str(tmp_path / "codes.gpkg")])
    assert done.exit_code == 0, done.output
    assert f"{code[:12]}078" in set(gg.load(tmp_path / "new").grids["code"])
