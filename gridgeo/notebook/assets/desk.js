/** The editor widget: draws what Python says, and tells Python what was clicked. It judges nothing. */

import { addArc } from "../../maps/assets/src/atom_layers.js";
import { atomAt, decodeAtoms, degreesOf, localOf, middleOf } from "../../maps/assets/src/atoms.js";
import { LocalLayer } from "../../maps/assets/src/canvas.js";
import { downloadEdits, element } from "../../maps/assets/src/dom.js";
import { editLabels } from "../../maps/assets/src/edit_labels.js";
import { EditLayer } from "../../maps/assets/src/edit_layer.js";
import { Labels } from "../../maps/assets/src/labels.js";
import { gridOfAtoms, planRows } from "../../maps/assets/src/plan.js";
import { sayer } from "../../maps/assets/src/words.js";

/** @import { Atoms } from "../../maps/assets/src/atoms.js" */
/** @import { EditorData, EditorState } from "../../maps/assets/src/data_types.js" */
/** @import { DrawnGrid } from "../../maps/assets/src/edit_layer.js" */
/** @import { Edit } from "../../maps/assets/src/edit_state.js" */
/** @import { PlanRows } from "../../maps/assets/src/plan.js" */
/** @import { Say } from "../../maps/assets/src/words.js" */

/**
 * The traits of the widget in Python, as anywidget gives them.
 *
 * @typedef {object} Model
 * @property {{ (name: "data"): EditorData, (name: "state"): EditorState }} get
 * @property {(content: { act: "undo" | "redo" } | { act: "edit", edit: Edit }) => void} send
 * @property {(event: "change:state", act: () => void) => void} on
 * @property {(event: "change:state", act: () => void) => void} off
 */

/** @typedef {DrawnGrid & { label: string }} TriedGrid */
/** @typedef {{ target: string, selected: Set<number>, isBeginning: boolean }} Choice */

/**
 * Draw the widget; what is returned removes it.
 *
 * @param {Model} model
 * @param {HTMLElement & { gridgeo?: object }} el
 */
export function editor(model, el) {
  const desk = new Desk(model, el);
  el.gridgeo = desk.seam();
  return () => desk.remove();
}

/** The grids of the plan with the edits that Python tried. */
class TriedGrids {
  /** @type {Map<string, TriedGrid>} */
  grids = new Map();
  /** @type {string[]} the key of the grid of each atom */
  of = [];
  /** The number of the last grid that is new. */
  fresh = 0;
  /** @type {Map<string, TriedGrid>} the grids of the plan */
  #planned = new Map();
  #touched = /** @type {Set<string>} */ (new Set());
  #versions = 0;
  #plannedOf;

  /** @param {PlanRows} plan @param {Atoms} atoms */
  constructor(plan, atoms) {
    this.#plannedOf = gridOfAtoms(plan, atoms);
    for (const row of plan.grids) {
      this.#planned.set(row.code, {
        key: row.code, label: row.code, kind: row.kind, households: row.households,
        verdict: row.verdict, parts: 1, locked: false, version: 0, atoms: new Set(),
      });
    }
    this.#plannedOf.forEach((key, atom) => this.#planned.get(key)?.atoms.add(atom));
  }

  changed() {
    return this.#touched;
  }

  /**
   * Take over what Python says of the edits so far.
   *
   * @param {EditorState} state
   */
  take(state) {
    const before = this.#touched;
    const moved = new Map(state.moved.atom.map((atom, n) => [atom, state.moved.grid[n]]));
    this.of = this.#plannedOf.map((key, atom) => moved.get(atom) || key);
    this.#touched = new Set(Object.keys(state.grids));
    const reshaped = new Set(moved.values());
    for (const atom of moved.keys()) reshaped.add(this.#plannedOf[atom]);
    const grids = new Map(this.#planned);
    for (const key of new Set([...this.#touched, ...reshaped, ...before])) {
      const grid = this.#triedGrid(key, state, reshaped.has(key), moved);
      if (grid) grids.set(key, grid); else grids.delete(key);
    }
    this.grids = new Map(Array.from(grids, ([key, grid]) => {
      return [key, { ...grid, locked: state.locked.includes(key) }];
    }));
    const numbers = Array.from(this.grids.keys(), (key) => key[0] === "+" ? Number(key.slice(1)) : 0);
    this.fresh = Math.max(this.fresh, ...numbers);
  }

  /**
   * A grid after the edits, null where it is gone.
   *
   * @param {string} key
   * @param {EditorState} state
   * @param {boolean} isReshaped
   * @param {Map<number, string>} moved
   * @returns {TriedGrid | null}
   */
  #triedGrid(key, state, isReshaped, moved) {
    const planned = this.#planned.get(key);
    const tried = state.grids[key];
    if (!tried && (isReshaped || !planned)) return null;
    const atoms = new Set(planned ? planned.atoms : []);
    for (const [atom, to] of moved) if (to === key) atoms.add(atom); else atoms.delete(atom);
    if (!planned && !atoms.size) return null;
    this.#versions += 1;
    const plain = { key, label: key, kind: "", households: 0, verdict: "", parts: 1, locked: false };
    return { ...plain, ...planned, ...tried, atoms, version: this.#versions };
  }
}

/** The map, the panel beside it, and what a click on either asks Python for. */
class Desk {
  /** @type {Choice} */
  #choice = { target: "", selected: new Set(), isBeginning: false };
  #model;
  #data;
  #atoms;
  #say;
  #map;
  #tried;
  #drawn;
  #streets;
  #labels;
  #planned;
  #panel;
  #watch;
  #inner = new Path2D();

  /** @param {Model} model @param {HTMLElement} el */
  constructor(model, el) {
    const data = model.get("data");
    const root = element("div", el, "gg-desk");
    const node = element("div", root, "gg-desk-map");
    this.#model = model;
    this.#data = data;
    this.#atoms = decodeAtoms(data.atoms);
    this.#say = sayer(data.words);
    this.#tried = new TriedGrids(planRows(data), this.#atoms);
    this.#map = makeMap(node);
    this.#drawn = new EditLayer({
      map: this.#map, atoms: () => this.#atoms, colours: data.colours, faded: () => new Set(),
      veil: () => 1, state: () => this.#tried, choice: this.#choice,
    });
    this.#streets = new LocalLayer("streets", 400, () => this.#atoms, (pen, view) => {
      pen.strokeStyle = "#ffffff";
      pen.lineWidth = 0.9 / view.scale;
      pen.stroke(this.#inner);
    });
    this.#labels = new Labels(data.labels);
    this.#planned = this.#labels.grids;
    this.#panel = new DeskPanel(root, this.#say, {
      begin: () => this.#begin(), lock: () => this.#lock(),
      undo: () => model.send({ act: "undo" }), redo: () => model.send({ act: "redo" }),
      export: () => downloadEdits(model.get("state").file, data.plan),
    });
    this.#map.on("click", (event) => this.#click(event));
    for (const layer of [this.#drawn, this.#streets, this.#labels]) layer.addTo(this.#map);
    this.#change();
    model.on("change:state", this.#change);
    this.#watch = watchSize(node, this.#map, data.view);
  }

  remove() {
    this.#watch.disconnect();
    this.#model.off("change:state", this.#change);
    this.#map.remove();
  }

  /** What tests see of the widget. */
  seam() {
    return {
      map: this.#map, atoms: this.#atoms, state: this.#tried, choice: this.#choice,
      tools: { middleOf, degreesOf },
    };
  }

  /** @param {Edit} edit */
  #edit(edit) {
    this.#model.send({ act: "edit", edit });
  }

  #begin() {
    this.#choice.isBeginning = !this.#choice.isBeginning;
    this.#show();
  }

  #lock() {
    const { target } = this.#choice;
    const isLocked = this.#model.get("state").locked.includes(target);
    this.#edit({ do: isLocked ? "unlock" : "lock", grid: target });
  }

  /**
   * A grid that is clicked becomes the target, an atom of another one goes into it.
   *
   * @param {L.LeafletMouseEvent} event
   */
  #click(event) {
    const choice = this.#choice;
    this.#map.scrollWheelZoom.enable();
    const atom = atomAt(this.#atoms, localOf(this.#atoms, event.latlng));
    const key = atom < 0 ? "" : this.#tried.of[atom];
    if (!key) return;
    if (choice.isBeginning) {
      choice.isBeginning = false;
      choice.target = `+${this.#tried.fresh + 1}`;
      this.#edit({ do: "split", atoms: [atom], grid: choice.target });
    } else if (!choice.target || choice.target === key || event.originalEvent.shiftKey) {
      choice.target = choice.target === key ? "" : key;
      this.#show();
    } else {
      this.#edit({ do: "move", atoms: [atom], to: choice.target });
    }
  }

  /** Show the state that Python has now. */
  #change = () => {
    this.#tried.take(this.#model.get("state"));
    if (!this.#tried.grids.has(this.#choice.target)) this.#choice.target = "";
    this.#inner = innerStreets(this.#atoms, this.#tried.of);
    this.#show();
  };

  #show() {
    const target = this.#tried.grids.get(this.#choice.target);
    this.#labels.grids = editLabels(this.#atoms, this.#tried, this.#planned, this.#say);
    this.#drawn.redraw();
    this.#streets.redraw();
    this.#labels.redraw();
    this.#panel.show(this.#model.get("state"), target, this.#choice.isBeginning, this.#data.colours);
  }
}

/** @param {HTMLElement} node */
function makeMap(node) {
  const map = L.map(node, {
    preferCanvas: true, attributionControl: false, zoomControl: true, zoomSnap: 0.25, zoomDelta: 0.5,
    maxZoom: 20, scrollWheelZoom: false, keyboard: false,
  });
  L.control.scale({ imperial: false }).addTo(map);
  map.on("mouseout", () => map.scrollWheelZoom.disable());
  return map.setView([0, 0], 1);
}

/**
 * A map has no size until the notebook shows it: fit it then.
 *
 * @param {HTMLElement} node
 * @param {L.Map} map
 * @param {EditorData["view"]} view
 */
function watchSize(node, map, view) {
  let isFitted = false;
  const watch = new ResizeObserver(() => {
    if (!node.clientWidth) return;
    map.invalidateSize({ animate: false });
    if (isFitted) return;
    isFitted = true;
    map.fitBounds(view, { animate: false, padding: [6, 6] });
  });
  watch.observe(node);
  return watch;
}

/**
 * Streets inside grids: those that grids follow are under their outlines.
 *
 * @param {Atoms} atoms
 * @param {string[]} of the key of the grid of each atom
 */
function innerStreets(atoms, of) {
  const path = new Path2D();
  atoms.street.forEach((isStreet, arc) => {
    const right = atoms.right[arc];
    if (isStreet && right >= 0 && of[atoms.left[arc]] === of[right]) addArc(path, atoms, arc);
  });
  return path;
}

/** @typedef {"begin" | "lock" | "undo" | "redo" | "export"} ButtonName */

/** The panel beside the map. */
class DeskPanel {
  #say;
  #into;
  #buttons;
  #message;
  #figures;
  #changes;

  /**
   * @param {HTMLElement} root
   * @param {Say} say
   * @param {Record<ButtonName, () => void>} acts
   */
  constructor(root, say, acts) {
    const side = element("div", root, "gg-desk-side");
    this.#say = say;
    this.#into = element("p", side, "gg-desk-into");
    const bar = element("div", side, "gg-desk-buttons");
    /** @param {string} word @param {() => void} act */
    const add = (word, act) => {
      const node = element("button", bar, "", say(word));
      node.type = "button";
      node.addEventListener("click", act);
      return node;
    };
    this.#buttons = {
      begin: add("new", acts.begin), lock: add("lock", acts.lock), undo: add("undo", acts.undo),
      redo: add("redo", acts.redo), export: add("export", acts.export),
    };
    this.#message = element("p", side, "gg-desk-message");
    this.#message.setAttribute("role", "status");
    this.#figures = element("table", side, "gg-desk-figures");
    this.#changes = element("table", side, "gg-desk-changes");
  }

  /**
   * @param {EditorState} state
   * @param {TriedGrid | undefined} target
   * @param {boolean} isBeginning the next click begins a new grid
   * @param {Record<string, string>} colours
   */
  show(state, target, isBeginning, colours) {
    const say = this.#say;
    const buttons = this.#buttons;
    this.#into.textContent = isBeginning ? say("new_help")
      : target ? say("into", { grid: labelOf(target, say) }) : say("pick");
    buttons.begin.classList.toggle("gg-on", isBeginning);
    buttons.lock.textContent = say(target && target.locked ? "unlock" : "lock");
    buttons.lock.disabled = !target;
    buttons.undo.disabled = !state.edits;
    buttons.redo.disabled = !state.undone;
    buttons.export.disabled = !state.edits;
    this.#message.textContent = state.message;
    fillTable(this.#figures, ["", say("before"), say("after"), ""], state.figures.map((figure) => {
      return [figure.label, figure.before, figure.after, figure.difference];
    }));
    this.#showChanges(state, colours);
  }

  /** @param {EditorState} state @param {Record<string, string>} colours */
  #showChanges(state, colours) {
    const words = state.rows.length ? ["grid", "households", "verdict", "pieces", "cost"] : [];
    const head = words.map((word) => this.#say(word));
    const lines = fillTable(this.#changes, head, state.rows.map(({ label, cells }) => {
      return [label, cells.households, cells.verdict, cells.parts, cells.cost_m];
    }));
    state.rows.forEach((row, n) => {
      const chip = element("span", null, "gg-desk-chip");
      chip.style.background = colours[row.verdict] || "#ffffff";
      lines[n].cells[0].prepend(chip);
      lines[n].dataset.grid = row.grid;
      lines[n].classList.toggle("gg-broken", row.broken);
    });
  }
}

/** @param {TriedGrid} grid @param {Say} say */
function labelOf(grid, say) {
  return grid.key[0] === "+" ? say("new_grid", { n: grid.key.slice(1) }) : grid.label;
}

/**
 * Fill a table anew; returns the rows of its body.
 *
 * @param {HTMLTableElement} table
 * @param {string[]} head
 * @param {string[][]} lines
 */
function fillTable(table, head, lines) {
  table.textContent = "";
  const top = element("tr", element("thead", table));
  const body = element("tbody", table);
  for (const text of head) element("th", top, "", text);
  return lines.map((cells) => {
    const line = element("tr", body);
    for (const text of cells) element("td", line, "", text);
    return line;
  });
}
