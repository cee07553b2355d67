"""Adjusting in the map page, in a real browser; what is exported gives the plan that was shown."""

import json
from dataclasses import replace
from functools import cache

import networkx as nx
import pytest
from builders_city import block_city, communities, settings
from shapely import box
from test_map_browser import PAYLOADS
from typer.testing import CliRunner

import gridgeo as gg
from gridgeo.adjust import apply_file, read_edits
from gridgeo.cli import app
from gridgeo.maps import map_page, visible


@cache
def city():
    """Return two communities of twelve blocks each, 100 households a block."""
    frames = dict(block_city(6, 4, per_block=100).frames)
    frames["communities"] = communities(box(0, 0, 600, 800), box(600, 0, 1200, 800))
    return gg.partition_layers(frames, settings(lang="zh"))


class Desk:
    """A page in adjusting mode, and what a planner does there."""

    def __init__(self, page):
        self.page = page
        page.keyboard.press("e")
        self.state = "gridgeo.page.edited"

    def spot(self, atom):
        return self.page.evaluate(
            "atom => { const a = gridgeo.page.atoms(), p = gridgeo.middleOf(a, atom);"
            " const c = gridgeo.page.map.latLngToContainerPoint(gridgeo.degreesOf(a, p));"
            " return [c.x, c.y]; }",
            atom,
        )

    def click(self, *atoms):
        for atom in atoms:
            self.page.mouse.click(*self.spot(atom))

    def aim(self, grid):
        """Make `grid` the target: point at it and press T."""
        self.page.mouse.move(*self.spot(self.members(grid)[0]))
        self.page.keyboard.press("t")

    def grids(self):
        told = self.page.evaluate(
            f"() => [...{self.state}.grids.values()].map(g => [g.key, g.households, g.verdict])"
        )
        return {key: (households, verdict) for key, households, verdict in told}

    def members(self, grid):
        return self.page.evaluate(f"key => [...{self.state}.grids.get(key).atoms]", grid)

    def grid_of(self, atom):
        return self.page.evaluate(f"atom => {self.state}.of[atom]", atom)

    def said(self):
        return self.page.inner_text(".gg-message")

    def export(self, path):
        with self.page.expect_download() as waiting:
            self.page.click(".gg-edit button:has-text('导出调整')")
        waiting.value.save_as(path)
        return path


@pytest.fixture
def desk(opened):
    return Desk(opened(map_page(city())))


def leaves_whole(atoms):
    """Return the first of `atoms` without which the others stay connected."""
    links = city().graph()
    return next(
        atom for atom in atoms if nx.is_connected(links.subgraph([a for a in atoms if a != atom]))
    )


def pair():
    """Return an atom, its grid, and a grid beside it in its community."""
    plan, links = city(), city().graph()
    for code in plan.grids["code"]:
        own = plan.atoms.index[plan.atoms["grid"] == code].tolist()
        if len(own) < 2:
            continue
        atom = leaves_whole(own)
        for other in sorted(links[atom]):
            same = plan.atoms["community"][other] == plan.atoms["community"][atom]
            if same and plan.atoms["grid"][other] != code:
                return atom, code, plan.atoms["grid"][other]
    raise AssertionError


def test_figures_of_the_page_are_those_of_the_plan(desk):
    rows = city().grids[["code", "households", "verdict"]].itertuples(index=False)
    assert desk.grids() == {code: (n, verdict) for code, n, verdict in rows}
    assert desk.page.evaluate(f"() => [...{desk.state}.grids.values()].every(g => g.parts === 1)")


def test_a_click_with_a_target_moves_an_atom(desk):
    atom, old, to = pair()
    before = desk.grids()
    desk.aim(to)
    desk.click(atom)
    after = desk.grids()
    count = int(city().atoms["households"][atom])
    assert after[to][0] == before[to][0] + count
    assert after[old][0] == before[old][0] - count
    row = desk.page.inner_text(f".gg-changed tr[data-grid='{to}']")
    assert f"{before[to][0]}→{after[to][0]}" in row
    counted = sum(verdict == after[to][1] for _, verdict in after.values())
    legend = desk.page.inner_text(f".gg-legend tr[data-verdict={after[to][1]}] .gg-count")
    assert legend == str(counted)
    labels = desk.page.evaluate("() => gridgeo.page.layers.labels.grids")
    assert f"{after[to][0]} 户" in [one["households"] for one in labels if one["code"] == to]


def test_undo_and_redo_and_both_survive_a_reload(desk):
    atom, old, to = pair()
    before = desk.grids()
    desk.aim(to)
    desk.click(atom)
    after = desk.grids()
    desk.page.keyboard.press("Control+z")
    assert desk.grids() == before
    desk.page.reload()
    desk.page.keyboard.press("e")
    desk.page.keyboard.press("Control+y")
    assert desk.grids() == before  # an undone edit alone opens nothing, and is not kept
    desk.aim(to)
    desk.click(atom)
    desk.page.reload()
    assert desk.grids() == after
    assert "已恢复 1 步" in desk.said()
    desk.page.keyboard.press("Control+z")
    assert desk.grid_of(atom) == old


def test_a_hundred_steps_can_be_undone(desk):
    grid = city().grids["code"][0]
    desk.page.evaluate(
        f"key => {{ for (let n = 0; n < 105; n += 1) {desk.state}.apply("
        "{ do: n % 2 ? 'unlock' : 'lock', grid: key }); }",
        grid,
    )
    undone = desk.page.evaluate(
        f"() => {{ let n = 0; while ({desk.state}.undo()) n += 1; return n; }}"
    )
    assert undone == 100


def test_box_and_brush_gather_atoms(desk):
    page = desk.page
    first, last = desk.spot(0), desk.spot(len(city().atoms) - 1)
    west, east = sorted((first[0], last[0]))
    north, south = sorted((first[1], last[1]))
    page.keyboard.press("2")
    page.mouse.move(west - 20, north - 20)
    page.mouse.down()
    page.mouse.move(east + 20, south + 20, steps=3)
    page.mouse.up()
    assert f"已选 {len(city().atoms)} 个单元" in page.inner_text(".gg-edit")
    page.keyboard.press("Escape")
    page.keyboard.press("3")
    page.mouse.move(*first)
    page.mouse.down()
    page.mouse.move(*last, steps=40)
    page.mouse.up()
    assert "已选 0 个单元" not in page.inner_text(".gg-edit")
    assert page.evaluate("() => gridgeo.page.map.dragging.enabled()") is False
    page.keyboard.press("1")
    assert page.evaluate("() => gridgeo.page.map.dragging.enabled()") is True


def test_what_may_not_be_done_is_said(desk):
    plan = city()
    atom, old, to = pair()
    desk.page.keyboard.press("s")
    assert desk.said() == "请先选择单元"
    desk.click(atom)
    desk.page.keyboard.press("m")
    assert desk.said() == "请选择两个以上网格的单元"
    desk.page.keyboard.press("f")
    assert desk.said() == "请填写单位名称"
    desk.page.keyboard.press("Escape")
    desk.page.keyboard.press("Escape")
    foreign = plan.atoms["community"].ne(plan.atoms["community"][atom]).idxmax()
    desk.aim(to)
    desk.click(int(foreign))
    assert "单元不能划出所在社区" in desk.said()
    desk.page.keyboard.press("Escape")
    desk.click(atom)
    desk.page.keyboard.press("l")
    desk.aim(to)
    desk.click(atom)
    assert desk.said() == f"{old} 已锁定"
    assert desk.grid_of(atom) == old


def test_a_grid_in_pieces_is_warned_of_and_the_warning_zooms(desk):
    plan, links = city(), city().graph()
    code = plan.atoms["grid"][0]
    beside = {b for a in range(len(plan.atoms)) if plan.atoms["grid"][a] == code for b in links[a]}
    far = next(
        atom
        for atom in range(len(plan.atoms))
        if plan.atoms["community"][atom] == plan.atoms["community"][0]
        and atom not in beside
        and plan.atoms["grid"][atom] != code
    )
    desk.aim(code)
    desk.click(far)
    warning = desk.page.locator(".gg-warnings .gg-hard")
    assert f"{code} 分成 2 块" in warning.inner_text()
    zoom = desk.page.evaluate("() => gridgeo.page.map.getZoom()")
    warning.click()
    assert desk.page.evaluate("() => gridgeo.page.map.getZoom()") != zoom


def test_the_export_gives_the_plan_that_the_page_showed(desk, tmp_path):
    plan = city()
    atom, old, to = pair()
    desk.aim(to)
    desk.click(atom)  # move
    desk.page.keyboard.press("Escape")
    other = plan.grids.loc[plan.grids["community"] != plan.atoms["community"][atom], "code"]
    codes = other.tolist()
    desk.click(leaves_whole(desk.members(codes[0])))
    desk.page.fill(".gg-special input", "市一中")
    desk.page.click(".gg-special button")  # split, and the new grid dedicated
    desk.click(desk.members(old)[0])
    desk.page.keyboard.press("l")
    desk.click(desk.members(codes[-1])[0], desk.members(codes[-2])[0])
    desk.page.keyboard.press("m")
    desk.click(leaves_whole(desk.members(to)))
    desk.page.keyboard.press("s")
    shown = desk.grids()
    file = desk.export(tmp_path / "edits.json")
    told = json.loads(file.read_text("utf-8"))
    assert [edit["do"] for edit in told["edits"]] == [
        "move",
        "split",
        "dedicate",
        "lock",
        "merge",
        "split",
    ]
    new = apply_file(plan, read_edits(file))
    rows = new.grids[["households", "verdict"]].itertuples(index=False)
    assert sorted((n, verdict) for n, verdict in rows) == sorted(shown.values())
    by_code = new.grids.set_index("code")
    for key in set(shown) & set(by_code.index):
        assert (by_code["households"][key], by_code["verdict"][key]) == shown[key]
    plan.save(tmp_path / "plan")
    out = tmp_path / "new"
    done = CliRunner().invoke(app, ["apply", str(tmp_path / "plan"), str(file), "--out", str(out)])
    assert done.exit_code == 0, done.output
    saved = gg.load(out)
    assert saved.grids["households"].tolist() == new.grids["households"].tolist()
    assert saved.summary["locked"] == [old]


def test_leaving_the_mode_shows_the_plan_again(desk):
    atom, _, to = pair()
    desk.aim(to)
    desk.click(atom)
    desk.page.keyboard.press("e")
    assert desk.page.evaluate("() => gridgeo.page.map.hasLayer(gridgeo.page.layers.grids)")
    assert not desk.page.is_visible(".gg-edit")
    desk.page.keyboard.press("e")
    assert desk.grid_of(atom) == to


def test_findings_of_edited_grids_are_marked_stale(opened):
    plan = city()
    atom, _, to = pair()
    found = tuple(replace(one, grids=(to,)) for one in plan.findings[:1])
    desk = Desk(opened(map_page(replace(plan, findings=found))))
    desk.page.click(".gg-findings summary")
    assert desk.page.query_selector(".gg-stale") is None
    desk.aim(to)
    desk.click(atom)
    assert desk.page.query_selector(".gg-stale") is not None


def test_hostile_names_are_only_text_in_the_panel(opened):
    plan = city()
    code = plan.grids["code"].tolist()
    names = [PAYLOADS[n % 6] for n in range(len(code))]
    desk = Desk(opened(map_page(replace(plan, grids=plan.grids.assign(name=names)))))
    title = desk.page.title()
    for n, payload in enumerate(PAYLOADS[: len(code)]):
        desk.page.fill(".gg-search input", code[n])
        assert visible(payload) in desk.page.inner_text(".gg-search li")
    desk.page.fill(".gg-search input", "")
    for payload in PAYLOADS:
        desk.page.keyboard.press("Escape")
        desk.click(desk.members(code[0])[0])
        desk.page.fill(".gg-special input", payload)
        desk.page.click(".gg-special button")
        desk.page.locator(".gg-search input").blur()
        desk.page.keyboard.press("Control+z")
    assert desk.page.title() == title
    assert desk.page.evaluate("document.querySelectorAll('.leaflet-container img').length") == 0
