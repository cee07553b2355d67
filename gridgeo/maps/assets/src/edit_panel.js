/** What the adjusting mode shows beside the map: tools, the selection, changed grids, warnings. */

import { button, element } from "./dom.js";

/** @import { ActionName } from "./edit_actions.js" */
/** @import { EditGrid, EditState, Warning } from "./edit_state.js" */
/** @import { Choice } from "./edit_pointer.js" */
/** @import { Page } from "./page.js" */

/**
 * What the panel can ask for.
 *
 * @typedef {object} PanelActs
 * @property {(name: Choice["tool"]) => void} pickTool
 * @property {() => void} pickTarget
 * @property {(name: ActionName) => void} act
 * @property {() => void} exportEdits
 * @property {(key: string) => void} zoom
 */

const MOST_WARNINGS = 50;
const MOST_GRIDS = 100;
/** @type {Choice["tool"][]} */
const TOOLS = ["click", "box", "brush"];

export class EditPanel {
  /** @type {Map<string, HTMLButtonElement>} */
  #buttons = new Map();
  #page;
  #acts;

  /** @param {Page} page @param {PanelActs} acts */
  constructor(page, acts) {
    this.#page = page;
    this.#acts = acts;
    const root = element("div", page.sections, "gg-edit");
    this.root = root;
    element("b", root, "", page.say("edit_title"));
    const tools = element("div", root, "gg-buttons");
    TOOLS.forEach((name, n) => this.#add(tools, name, String(n + 1), () => acts.pickTool(name)));
    const targets = element("div", root, "gg-buttons");
    this.target = button(targets, "", acts.pickTarget, "T");
    this.selection = element("p", root, "gg-quiet");
    this.#addActs(element("div", root, "gg-buttons"), { split: "S", merge: "M", lock: "L", clear: "Esc" });
    const special = element("div", root, "gg-special");
    this.name = element("input", special);
    this.name.placeholder = page.say("dedicate_name");
    this.name.setAttribute("aria-label", page.say("dedicate_name"));
    this.#addActs(special, { dedicate: "F" });
    const steps = element("div", root, "gg-buttons");
    this.#addActs(steps, { undo: "Ctrl+Z", redo: "Ctrl+Y" });
    this.#add(steps, "export", "", acts.exportEdits);
    this.count = element("span", steps, "gg-quiet");
    this.warnings = element("ul", root, "gg-list gg-warnings");
    this.changes = element("table", root, "gg-changed");
  }

  /**
   * @param {Element} parent
   * @param {string} name of the button, and its word
   * @param {string} key
   * @param {() => void} act
   */
  #add(parent, name, key, act) {
    this.#buttons.set(name, button(parent, this.#page.say(name), act, key));
  }

  /** @param {Element} parent @param {Partial<Record<ActionName, string>>} keys */
  #addActs(parent, keys) {
    const names = /** @type {ActionName[]} */ (Object.keys(keys));
    for (const name of names) {
      this.#add(parent, name, keys[name] || "", () => this.#acts.act(name));
    }
  }

  /** @param {string} name */
  #button(name) {
    return /** @type {HTMLButtonElement} */ (this.#buttons.get(name));
  }

  /** @param {EditState} state @param {Choice} choice */
  show(state, choice) {
    for (const name of TOOLS) this.#button(name).classList.toggle("gg-on", choice.tool === name);
    this.#showChoice(state, choice);
    this.#button("undo").disabled = !state.canUndo;
    this.#button("redo").disabled = !state.undone.length;
    this.#button("export").disabled = !state.log.length;
    this.count.textContent = this.#page.say("edits", { n: state.log.length });
    this.#showWarnings(state.warnings());
    this.#showChanges(state);
  }

  /** @param {EditState} state @param {Choice} choice */
  #showChoice(state, choice) {
    const { say } = this.#page;
    const target = state.grids.get(choice.target);
    this.target.textContent = `${say("target")}：${target ? target.label : say("no_target")}`;
    this.target.classList.toggle("gg-on", choice.isPicking || Boolean(target));
    const selected = Array.from(choice.selected);
    const counts = this.#page.atoms().households;
    const households = selected.reduce((sum, atom) => sum + counts[atom], 0);
    this.selection.textContent = say("selected", { n: selected.length, households });
    const isLocked = selected.every((atom) => state.grid(state.of[atom]).locked);
    this.#button("lock").textContent = say(selected.length && isLocked ? "unlock" : "lock");
  }

  /** @param {Warning[]} warnings */
  #showWarnings(warnings) {
    this.warnings.textContent = "";
    for (const warning of warnings.slice(0, MOST_WARNINGS)) {
      const item = element("li", this.warnings);
      const row = button(item, warning.text, () => this.#acts.zoom(warning.grid));
      row.className = `gg-row${warning.isHard ? " gg-hard" : ""}`;
    }
  }

  /** @param {EditState} state */
  #showChanges(state) {
    this.changes.textContent = "";
    const keys = Array.from(state.changed()).filter((key) => state.grids.has(key)).sort();
    if (!keys.length) return;
    const head = element("tr", element("thead", this.changes));
    for (const word of ["grid", "households", "verdict", "streets"]) {
      element("th", head, "", this.#page.say(word));
    }
    const body = element("tbody", this.changes);
    for (const key of keys.slice(0, MOST_GRIDS)) this.#showChange(body, state, state.grid(key));
  }

  /** @param {Element} body @param {EditState} state @param {EditGrid} grid */
  #showChange(body, state, grid) {
    const { say } = this.#page;
    const share = state.streetShare(grid);
    const before = grid.planned === null ? "" : `${grid.planned}→`;
    const row = element("tr", body);
    row.dataset.grid = grid.key;
    row.title = say("stale");
    element("td", row, "", grid.label + (grid.locked ? " 🔒" : ""));
    element("td", row, "", before + grid.households);
    element("td", row, `gg-${grid.verdict}`, say(`verdict.${grid.verdict}`));
    element("td", row, "", share === null ? "" : `${Math.round(100 * share)}%`);
    row.addEventListener("click", () => this.#acts.zoom(grid.key));
  }
}
