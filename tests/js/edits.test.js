import assert from "node:assert/strict";
import test from "node:test";

import { ACTIONS, keysOf } from "../../gridgeo/maps/assets/src/edit_actions.js";
import { editLabels } from "../../gridgeo/maps/assets/src/edit_labels.js";
import { rowsOf } from "../../gridgeo/maps/assets/src/packed.js";
import { grouped } from "../../gridgeo/maps/assets/src/words.js";
import { EDITED, startEdits } from "./fixture.js";

/** @import { EditState } from "../../gridgeo/maps/assets/src/edit_state.js" */

/** @param {EditState} state what of it Python knows, too */
function gridsOf(state) {
  return Object.fromEntries(Array.from(state.grids.values(), (grid) => {
    const { key, households, residents, verdict, parts, locked, kind } = grid;
    return [key, { households, residents: rounded(residents), verdict, parts, locked, kind, key }];
  }));
}

/** @param {number | null} count residents are sums of fractions here */
function rounded(count) {
  return count === null ? null : Math.round(count * 1e6) / 1e6;
}

/** @param {Record<string, any>} grids */
function roundedGrids(grids) {
  return Object.fromEntries(Object.entries(grids).map(([key, grid]) => {
    return [key, { ...grid, residents: rounded(grid.residents) }];
  }));
}

for (const name of EDITED) {
  test(`${name}: every edit is refused or does what it does in Python`, () => {
    const { fixture, state } = startEdits(name);
    assert.deepEqual(gridsOf(state), roundedGrids(fixture.grids));
    for (const { edit, refused, grids } of fixture.steps) {
      const before = gridsOf(state);
      assert.equal(state.apply(edit) !== "", refused, JSON.stringify(edit));
      assert.deepEqual(gridsOf(state), refused ? before : roundedGrids(grids));
    }
    assert.ok(state.log.length > 20);
  });

  test(`${name}: all edits can be undone and done again`, () => {
    const { fixture, state } = startEdits(name);
    const seen = [gridsOf(state)];
    for (const { edit } of fixture.steps) if (!state.apply(edit)) seen.push(gridsOf(state));
    const done = [...state.log];
    for (const wanted of seen.slice(0, -1).reverse()) {
      assert.ok(state.undo());
      assert.deepEqual(gridsOf(state), wanted);
    }
    assert.ok(!state.canUndo && !state.undo());
    assert.equal(state.changed().size, 0);
    for (const wanted of seen.slice(1)) {
      assert.ok(state.redo());
      assert.deepEqual(gridsOf(state), wanted);
    }
    assert.ok(!state.redo());
    assert.deepEqual(state.log, done);
  });

  test(`${name}: the share of borders on streets is that of the border table`, () => {
    const { fixture, state } = startEdits(name);
    for (const [key, share] of Object.entries(fixture.borders)) {
      const found = state.streetShare(state.grid(key));
      assert.ok(Math.abs(Number(found) - Number(share)) < 1e-3, `${key}: ${found} is not ${share}`);
    }
  });
}

test("a new edit forgets what was undone, a hundred steps can be undone", () => {
  const { state, plan } = startEdits(EDITED[0]);
  const grid = plan.grids[0].code;
  for (let n = 0; n < 105; n += 1) state.apply({ do: n % 2 ? "unlock" : "lock", grid });
  let steps = 0;
  while (state.undo()) steps += 1;
  assert.equal(steps, 100);
  assert.equal(state.apply({ do: "unlock", grid }), "");
  assert.deepEqual(state.undone, []);
});

test("the file of edits says what was done and what is shown", () => {
  const { state, plan } = startEdits(EDITED[0]);
  const grid = plan.grids[0].code;
  state.apply({ do: "dedicate", grid, name: "市一中" });
  const { households } = state.grid(grid);
  assert.deepEqual(JSON.parse(JSON.stringify(state.exported())), {
    format: "gridgeo-edits", version: 1, plan: plan.plan,
    edits: [{ do: "dedicate", grid, name: "市一中" }],
    shown: [{ grid, households, verdict: "dedicated" }],
  });
});

test("warnings tell of pieces and of grids out of band that edits touched", () => {
  const { fixture, state, say } = startEdits(EDITED[0]);
  assert.deepEqual(state.warnings(), []);
  for (const { edit } of fixture.steps) state.apply(edit);
  const warned = new Set(state.warnings().map((warning) => `${warning.grid} ${warning.isHard}`));
  for (const key of state.changed()) {
    const grid = state.grids.get(key);
    assert.equal(warned.has(`${key} true`), Boolean(grid && grid.parts > 1));
    assert.equal(warned.has(`${key} false`), ["under", "over"].includes(grid?.verdict || ""));
  }
  assert.ok(warned.size > 1);
  assert.ok(!say("parts").startsWith("parts"));
});

test("the buttons split, merge, dedicate and lock what is selected", () => {
  const { state, plan, say } = startEdits(EDITED[0]);
  const [first, second] = plan.grids.map((grid) => state.grid(grid.code));
  const given = { target: "", name: "" };
  const one = [Math.min(...first.atoms)];
  const both = [...one, Math.min(...second.atoms)];
  assert.equal(ACTIONS.split(state, [], given, say), say("nothing_selected"));
  assert.equal(ACTIONS.merge(state, one, given, say), say("two_grids"));
  assert.equal(ACTIONS.dedicate(state, both, given, say), say("one_grid"));
  assert.equal(ACTIONS.dedicate(state, one, given, say), say("name_needed"));
  assert.equal(ACTIONS.dedicate(state, one, { ...given, name: "市一中" }, say), "");
  assert.deepEqual(state.log.map((edit) => edit.do), ["split", "dedicate"]);
  assert.equal(state.grid("+1").verdict, "dedicated");
  assert.equal(ACTIONS.undo(state, [], given, say) + ACTIONS.undo(state, [], given, say), "");
  assert.equal(ACTIONS.lock(state, both, given, say), "");
  assert.ok(state.grid(first.key).locked && state.grid(second.key).locked);
  assert.equal(ACTIONS.lock(state, one, given, say), "");
  assert.ok(!state.grid(first.key).locked);
  assert.equal(ACTIONS.merge(state, both, given, say), say("locked_grid", { grid: second.key }));
  assert.equal(ACTIONS.lock(state, [both[1]], given, say), "");
  const [largest] = keysOf(state, both);
  assert.equal(ACTIONS.merge(state, both, { ...given, target: second.key }, say), "");
  assert.ok(!state.grids.has(first.key));
  assert.ok([first.key, second.key].includes(largest));
  assert.equal(ACTIONS.redo(state, [], given, say) + ACTIONS.clear(state, [], given, say), "");
});

test("labels follow edits: counts, grids that are new or gone, places inside their grid", () => {
  const { fixture, state, atoms, say } = startEdits(EDITED[1]);
  const planned = rowsOf(fixture.labels.grids);
  assert.deepEqual(editLabels(atoms, state, planned, say), planned);
  for (const { edit } of fixture.steps) state.apply(edit);
  const labels = editLabels(atoms, state, planned, say);
  assert.deepEqual(labels.map((label) => label.code).sort(), Array.from(state.grids.keys()).sort());
  for (const label of labels) {
    const { households } = state.grid(label.code);
    assert.equal(label.households, say("households_label", { n: grouped(households) }));
  }
});
