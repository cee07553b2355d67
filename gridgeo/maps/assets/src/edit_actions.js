/** What the buttons of the adjusting mode do with the atoms that are selected. No drawing. */

/** @import { EditState } from "./edit_state.js" */
/** @import { Say } from "./words.js" */

/**
 * @callback Action
 * @param {EditState} state
 * @param {number[]} chosen atoms, in order
 * @param {{ target: string, name: string }} given the grid that is the target, the name of a unit
 * @param {Say} say
 * @returns {string} why it cannot be done, "" where it was done
 */

/**
 * The grids of some atoms, the one with most households first.
 *
 * @param {EditState} state
 * @param {number[]} chosen
 */
export function keysOf(state, chosen) {
  const keys = Array.from(new Set(chosen.map((atom) => state.of[atom])));
  return keys.sort((a, b) => {
    return state.grid(b).households - state.grid(a).households || (a < b ? -1 : 1);
  });
}

/** @type {Action} */
function split(state, chosen, _given, say) {
  if (!chosen.length) return say("nothing_selected");
  return state.apply({ do: "split", atoms: chosen, grid: `+${state.fresh + 1}` });
}

/** @type {Action} */
function merge(state, chosen, { target }, say) {
  const keys = keysOf(state, chosen);
  if (keys.length < 2) return say("two_grids");
  const into = keys.includes(target) ? target : keys[0];
  const grids = keys.filter((key) => key !== into).sort();
  return state.apply({ do: "merge", grids, into });
}

/** @type {Action} */
function dedicate(state, chosen, { name }, say) {
  const keys = keysOf(state, chosen);
  if (keys.length !== 1) return say(keys.length ? "one_grid" : "nothing_selected");
  if (!name) return say("name_needed");
  const [key] = keys;
  if (chosen.length === state.grid(key).atoms.size) {
    return state.apply({ do: "dedicate", grid: key, name });
  }
  const part = `+${state.fresh + 1}`;
  return state.apply({ do: "split", atoms: chosen, grid: part }) ||
    state.apply({ do: "dedicate", grid: part, name });
}

/** @type {Action} */
function lock(state, chosen, _given, say) {
  const keys = keysOf(state, chosen).sort();
  if (!keys.length) return say("nothing_selected");
  const isOpen = keys.some((key) => !state.grid(key).locked);
  for (const key of keys.filter((one) => state.grid(one).locked !== isOpen)) {
    state.apply({ do: isOpen ? "lock" : "unlock", grid: key });
  }
  return "";
}

/** @type {Action} */
function undo(state) {
  state.undo();
  return "";
}

/** @type {Action} */
function redo(state) {
  state.redo();
  return "";
}

/** @type {Action} */
function clear() {
  return "";
}

export const ACTIONS = { split, merge, dedicate, lock, undo, redo, clear };

/** @typedef {keyof typeof ACTIONS} ActionName */
