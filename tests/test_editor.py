"""The widget for adjustments: judged in Python, clicked in a real browser with the network cut."""

import json
import subprocess
import sys
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import hypothesis
import pytest
from builders_plan import build_plan
from hypothesis import given
from hypothesis import strategies as st
from test_map_browser import PAYLOADS
from test_map_edit import city, leaves_whole, pair

import gridgeo as gg
from gridgeo.adjust import Edit, apply_file, read_edits, try_edits
from gridgeo.cli.starter import sample_settings
from gridgeo.errors import InputError, OutputError, SettingsError
from gridgeo.maps import visible
from gridgeo.notebook import Editor
from gridgeo.partition import COST_TERMS


@cache
def monaco():
    return gg.run(gg.read_settings(sample_settings("monaco")))


def told(trial):
    return trial.grids.drop(columns=["touched", "unit", "locked"]).sort_index()


def shown(plan):
    return plan.grids.set_index("code")[["households", "verdict"]].sort_index()


# --- the trial: what is known at once is what the checks and the solver say


def test_a_trial_begins_with_the_figures_of_the_plan_and_the_cost_of_the_solver():
    plan = monaco()
    grids = try_edits(plan).grids
    assert grids[["households", "verdict"]].sort_index().equals(shown(plan).rename_axis(None))
    assert grids["parts"].max() == 1
    cost = grids[list(COST_TERMS)].to_numpy().sum()
    assert cost == pytest.approx(plan.summary["search"]["last"]["cost_m"], abs=1)


@given(st.data())
@hypothesis.settings(max_examples=12)
def test_figures_on_trial_are_those_of_the_applied_plan(data):
    plan = city()
    trial = try_edits(plan)
    links, own = plan.graph(), trial.draft.community
    for _ in range(data.draw(st.integers(1, 4))):
        atom = data.draw(st.sampled_from(sorted(links)))
        beside = [v for v in sorted(links[atom]) if own[v] == own[atom]]
        to = trial.draft.grid[data.draw(st.sampled_from(beside))]
        trial = trial.do(Edit(do="move", atoms=(atom,), to=to))
    if trial.grids["parts"].max() > 1:
        with pytest.raises(InputError, match=r"edit \d \(move\) breaks the rule"):
            trial.apply()
        return
    new = trial.apply()
    assert trial.grids[["households", "verdict"]].sort_index().equals(shown(new).rename_axis(None))
    again = try_edits(new).grids
    assert again[list(COST_TERMS)].to_numpy().sum() == pytest.approx(
        trial.grids[list(COST_TERMS)].to_numpy().sum()
    )


def test_undo_and_redo_go_both_ways():
    atom, old, to = pair()
    start = try_edits(city())
    moved = start.do(Edit(do="move", atoms=(atom,), to=to))
    assert told(moved.undo()).equals(told(start))
    assert told(moved.undo().redo()).equals(told(moved))
    assert start.undo() is start
    assert moved.redo() is moved
    assert moved.undo().do(Edit(do="lock", grid=old)).undone == ()


def test_split_dedicate_and_lock_are_judged():
    atom, _, to = pair()
    trial = try_edits(city()).do(Edit(do="split", atoms=(atom,), grid="+1"))
    assert trial.grids.loc["+1", ["households", "verdict"]].tolist() == [100, "under"]
    trial = trial.do(Edit(do="dedicate", grid="+1", name="市一中"))
    assert trial.grids.loc["+1", ["verdict", "unit"]].tolist() == ["dedicated", "市一中"]
    assert trial.grids.loc["+1", list(COST_TERMS)].sum() == 0
    with pytest.raises(InputError, match="locked"):
        trial.do(Edit(do="lock", grid=to)).do(Edit(do="move", atoms=(atom,), to=to))


# --- the widget, by events


def test_a_click_moves_an_atom_and_the_state_tells_what_follows():
    atom, old, to = pair()
    editor = Editor(city())
    editor._on_message(
        editor, {"act": "edit", "edit": {"do": "move", "atoms": [atom], "to": to}}, []
    )
    assert editor.edits == (Edit(do="move", atoms=(atom,), to=to),)
    assert editor.state["moved"] == {"atom": [atom], "grid": [to]}
    assert set(editor.state["grids"]) == {old, to}
    assert (
        editor.changed.loc[to, ("after", "households")]
        == editor.changed.loc[to, ("before", "households")] + 100
    )
    assert editor.figures.loc["cost_m", "before"] != editor.figures.loc["cost_m", "after"]
    editor._on_message(editor, {"act": "undo"}, [])
    assert (editor.edits, editor.state["moved"]["atom"], editor.state["undone"]) == ((), [], 1)
    editor._on_message(editor, {"act": "redo"}, [])
    assert editor.state["moved"] == {"atom": [atom], "grid": [to]}
    json.dumps([editor.data, editor.state], allow_nan=False)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"do": "move", "atoms": [0], "to": "?"}, "没有该网格"),
        ({"do": "fly"}, "无法识别"),
        (None, "无法识别"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(edit, said):
    editor = Editor(city())
    before = editor.state
    editor._on_message(editor, {"act": "edit", "edit": edit}, [])
    assert said in editor.state["message"]
    assert {**editor.state, "message": ""} == before
    editor._on_message(editor, "nonsense", [])
    assert editor.edits == ()


def test_the_edits_are_saved_as_the_page_exports_them(tmp_path):
    atom, old, to = pair()
    editor = Editor(city())
    editor.do(Edit(do="move", atoms=(atom,), to=to))
    editor.do(Edit(do="merge", grids=(old,), to=to))
    file = editor.save_edits(tmp_path / "edits.json")
    assert file.read_text("utf-8") == editor.state["file"]
    assert read_edits(file).edits == editor.edits
    assert shown(apply_file(city(), read_edits(file))).equals(shown(editor.apply()))
    with pytest.raises(OutputError, match="cannot write the edits"):
        editor.save_edits(file)


def test_a_plan_without_atoms_has_no_desk():
    plan = build_plan()
    with pytest.raises(InputError, match="no atoms to edit"):
        Editor(replace(plan, atoms=plan.atoms.assign(grid="")))


# --- the widget in a browser; Python answers as a kernel does

PAGE = """<!DOCTYPE html><meta charset="utf-8"><title>editor</title><style>{style}</style>
<div id="cell" style="width:1100px"></div>
<script type="application/json" id="given">{given}</script>
<script type="text/plain" id="module">{module}</script>
<script>
const told = JSON.parse(document.getElementById("given").textContent), heard = [];
const source = document.getElementById("module").textContent.replaceAll("<\\\\/script", "</script");
const model = {{
  get: name => told[name], on: (event, what) => heard.push(what), off: () => 0,
  send: async content => {{
    told.state = JSON.parse(await window.kernel(JSON.stringify(content)));
    heard.forEach(what => what());
    window.answered = (window.answered || 0) + 1;
  }}
}};
import(URL.createObjectURL(new Blob([source], {{ type: "text/javascript" }}))).then(found => {{
  window.close_desk = found.default.render({{ model: model, el: document.getElementById("cell") }});
  window.ready = true;
}});
</script>"""


class Bench:
    """A widget in a page, and what an analyst does there."""

    def __init__(self, opened, plan):
        self.editor = Editor(plan)
        blank = opened("<title>blank</title>")
        blank.context.expose_function("kernel", self.answer)
        self.answers = 0
        given = json.dumps({"data": self.editor.data, "state": self.editor.state})
        self.page = opened(
            PAGE.format(
                style=Editor._css,
                given=given.replace("<", "\\u003c"),
                module=Editor._esm.replace("</script", "<\\\\/script"),
            )
        )
        self.page.wait_for_function("window.ready")
        self.page.wait_for_timeout(150)

    def answer(self, content):
        self.editor._on_message(self.editor, json.loads(content), [])
        return json.dumps(self.editor.state)

    def spot(self, atom):
        return SimpleNamespace(
            **self.page.evaluate(
                """atom => { const own = document.getElementById("cell").gridgeo;
                const at = own.tools.middleOf(own.atoms, atom);
                const point = own.map.latLngToContainerPoint(own.tools.degreesOf(own.atoms, at));
                const box = own.map.getContainer().getBoundingClientRect();
                return { x: box.x + point.x, y: box.y + point.y }; }""",
                atom,
            )
        )

    def click(self, atom, *, answers):
        at = self.spot(atom)
        self.page.mouse.click(at.x, at.y)
        self.wait(answers)

    def press(self, label, *, answers):
        self.page.click(f".gg-desk-buttons button:has-text('{label}')")
        self.wait(answers)

    def wait(self, answers):
        self.answers += answers
        self.page.wait_for_function("n => (window.answered || 0) >= n", arg=self.answers)

    def grids(self):
        return self.page.evaluate(
            "() => Object.fromEntries([...document.getElementById('cell').gridgeo.state.grids]"
            ".map(([key, grid]) => [key, [grid.households, grid.verdict, grid.atoms.size]]))"
        )


@pytest.fixture
def bench(opened):
    return Bench(opened, city())


def test_the_page_shows_what_python_judges_after_every_click(bench, tmp_path):
    plan = city()
    atom, old, to = pair()
    born = bench.grids()
    assert {key: row[:2] for key, row in born.items()} == {
        row.code: [row.households, row.verdict] for row in plan.grids.itertuples()
    }
    target = leaves_whole(plan.atoms.index[plan.atoms["grid"] == to].tolist())
    bench.click(target, answers=0)
    assert to in bench.page.inner_text(".gg-desk-into")
    bench.click(atom, answers=1)
    now = bench.grids()
    assert now[to] == [born[to][0] + 100, now[to][1], born[to][2] + 1]
    assert now[old][2] == born[old][2] - 1
    row = bench.page.inner_text(f".gg-desk-changes tr[data-grid='{to}']")
    assert f"{born[to][0]} → {now[to][0]}" in row
    assert "代价" in bench.page.inner_text(".gg-desk-figures")
    bench.press("撤销", answers=1)
    assert bench.grids() == born
    bench.press("重做", answers=1)
    assert bench.grids() == now
    bench.press("以单元新设网格", answers=0)
    part = leaves_whole(sorted(set(plan.atoms.index[plan.atoms["grid"] == old]) - {atom}))
    bench.click(int(part), answers=1)
    assert bench.grids()["+1"] == [100, "under", 1]
    bench.press("锁定", answers=1)
    assert bench.editor.edits[-1] == Edit(do="lock", grid="+1")
    with bench.page.expect_download() as waiting:
        bench.page.click(".gg-desk-buttons button:has-text('导出调整')")
    waiting.value.save_as(tmp_path / "edits.json")
    assert read_edits(tmp_path / "edits.json").edits == bench.editor.edits


def test_what_may_not_be_done_is_said_in_the_page(bench):
    plan = city()
    _, _, to = pair()
    own = plan.atoms.index[plan.atoms["grid"] == to].tolist()
    foreign = plan.atoms["community"].ne(plan.atoms["community"][own[0]]).idxmax()
    bench.click(own[0], answers=0)
    bench.click(int(foreign), answers=1)
    assert "单元不能划出所在社区" in bench.page.inner_text(".gg-desk-message")
    assert bench.page.is_disabled(".gg-desk-buttons button:has-text('撤销')")


def test_nothing_leaks_and_hostile_codes_are_text(opened):
    plan = city()
    codes = plan.grids["code"].tolist()
    told = dict(zip(codes, [*PAYLOADS, *codes[6:]], strict=False))
    spoilt = replace(
        plan,
        grids=plan.grids.assign(code=[told[code] for code in codes]),
        atoms=plan.atoms.assign(grid=[told[code] for code in plan.atoms["grid"]]),
        communities=plan.communities.assign(name=PAYLOADS[0]),
    )
    bench = Bench(opened, spoilt)
    kept = "() => [typeof window.L, typeof window.gridgeo, typeof window.leaflet]"
    assert bench.page.evaluate(kept) == ["undefined"] * 3
    for payload in PAYLOADS[:3]:
        atom = spoilt.atoms.index[spoilt.atoms["grid"] == payload][0]
        bench.click(int(atom), answers=0)
        assert visible(payload) in bench.page.inner_text(".gg-desk-into")
        bench.press("锁定", answers=1)
        bench.click(int(atom), answers=0)
    assert bench.page.title() == "editor"
    assert bench.page.evaluate("() => document.querySelectorAll('#cell img').length") == 0
    bench.page.evaluate("() => window.close_desk()")


def test_without_anywidget_it_is_said_what_to_install(monkeypatch):
    import gridgeo.notebook  # noqa: PLC0415

    monkeypatch.delitem(sys.modules, "gridgeo.notebook.widget")
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(SettingsError, match=r"\[notebook\]"):
        gridgeo.notebook.Editor  # noqa: B018
    with pytest.raises(AttributeError, match="no attribute 'Dask'"):
        gridgeo.notebook.Dask  # noqa: B018


def test_importing_the_package_imports_no_widget():
    code = "import sys, gridgeo.notebook; print([m for m in sys.modules if 'widget' in m])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
