/** What Python wrote for these tests: `python -m builders_js tests/js/fixtures`, as scripts/js does. */

import { readFileSync } from "node:fs";

import { decodeAtoms } from "../../gridgeo/maps/assets/src/atoms.js";
import { EditState } from "../../gridgeo/maps/assets/src/edit_state.js";
import { planRows } from "../../gridgeo/maps/assets/src/plan.js";
import { sayer } from "../../gridgeo/maps/assets/src/words.js";

/** Plans with edits: residents unknown, either measure, residents alone. */
export const EDITED = ["edits_unknown", "edits_either", "edits_residents"];

/** @param {string} name @returns {any} */
export function readFixture(name) {
  return JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), "utf-8"));
}

/** @param {string} name of a plan with edits */
export function startEdits(name) {
  const fixture = readFixture(name);
  const plan = planRows(fixture.plan);
  const atoms = decodeAtoms(fixture.atoms);
  const say = sayer(plan.words);
  return { fixture, plan, atoms, say, state: new EditState(plan, atoms, say) };
}
