/** The adjusting mode of the page: on and off, what is kept, what buttons, keys and clicks do. */

import { degreesOf } from "./atoms.js";
import { button, downloadEdits } from "./dom.js";
import { ACTIONS } from "./edit_actions.js";
import { editLabels } from "./edit_labels.js";
import { EditLayer } from "./edit_layer.js";
import { EditPanel } from "./edit_panel.js";
import { DragTool, atomUnder } from "./edit_pointer.js";
import { EditState } from "./edit_state.js";
import { verdictsOf } from "./plan.js";

/** @import { ActionName } from "./edit_actions.js" */
/** @import { Edit } from "./edit_state.js" */
/** @import { Choice } from "./edit_pointer.js" */
/** @import { Page } from "./page.js" */

/** @typedef {{ log: Edit[], undone: Edit[] }} Kept edits that a browser keeps over a reload */

/**
 * Adjust grids: the last tool but the sheet of keys.
 *
 * @param {Page} page
 */
export function edit(page) {
  if (!page.data.editable) return;
  /** @type {EditMode | null} atoms are read only when the mode is first turned on */
  let mode = null;
  const toggle = () => {
    mode = mode || new EditMode(page, switcher);
    if (mode.isOn) mode.leave(); else mode.enter();
  };
  const switcher = button(page.buttons, page.say("edit"), toggle, "E");
  page.on("tool", (name) => {
    if (mode && mode.isOn && name !== "edit") mode.leave();
  });
  page.on("ready", () => {
    if (readKept(page)?.log.length) toggle();
  });
  page.on("filtered", () => mode?.redraw());
  page.on("escape", () => mode?.clear());
  addKeys(page, toggle, () => mode);
}

/**
 * @param {Page} page
 * @param {() => void} toggle
 * @param {() => EditMode | null} mode
 */
function addKeys(page, toggle, mode) {
  const { map } = page;
  /** @type {L.LatLng | null} where the pointer is */
  let place = null;
  map.getContainer().addEventListener("mousemove", (event) => {
    place = map.mouseEventToLatLng(event);
  });
  page.addKey("e", "key_edit", toggle);
  page.addKey("1", "key_tools", () => mode()?.pickTool("click"));
  page.addKey("2", "key_tools", () => mode()?.pickTool("box"));
  page.addKey("3", "key_tools", () => mode()?.pickTool("brush"));
  page.addKey("t", "key_target", () => place && mode()?.targetAt(place));
  page.addKey("s", "key_split", () => mode()?.act("split"));
  page.addKey("m", "key_merge", () => mode()?.act("merge"));
  page.addKey("f", "key_dedicate", () => mode()?.act("dedicate"));
  page.addKey("l", "key_lock", () => mode()?.act("lock"));
  page.addKey("ctrl+z", "key_undo", () => mode()?.act("undo"), "Ctrl+Z");
  page.addKey("ctrl+y", "key_undo", () => mode()?.act("redo"), "Ctrl+Y");
}

/** @param {Page} page */
function keptUnder(page) {
  return `gridgeo:${page.data.plan}`;
}

/** @param {Page} page @returns {Kept | null} */
function readKept(page) {
  try {
    return JSON.parse(localStorage.getItem(keptUnder(page)) || "null");
  } catch {
    return null;
  }
}

class EditMode {
  /** @type {Choice} */
  #choice = {
    isOn: false, tool: "click", target: "", selected: new Set(), isPicking: false,
  };
  #page;
  #button;
  #state;
  #layer;
  #panel;
  #pointer;
  #planned;
  #release = () => {};

  /** @param {Page} page @param {HTMLElement} switcher the button of the mode */
  constructor(page, switcher) {
    this.#page = page;
    this.#button = switcher;
    this.#state = new EditState(page.data, page.atoms(), page.say);
    page.edited = this.#state;
    this.#planned = page.layers.labels.grids;
    this.#panel = new EditPanel(page, {
      pickTool: (name) => this.pickTool(name), pickTarget: () => this.#pickTarget(),
      act: (name) => this.act(name), exportEdits: () => this.#export(),
      zoom: (key) => this.#zoom(key),
    });
    this.#layer = new EditLayer({
      map: page.map, atoms: () => page.atoms(), colours: page.data.colours,
      faded: () => page.faded, veil: () => page.veil, state: () => this.#state,
      choice: this.#choice,
    });
    this.#pointer = new DragTool(page, this.#choice, (atoms) => this.#take(atoms));
    this.#restore();
  }

  get isOn() {
    return this.#choice.isOn;
  }

  enter() {
    const page = this.#page;
    this.#choice.isOn = true;
    page.takeTool("edit");
    this.#button.classList.add("gg-on");
    this.#panel.root.hidden = false;
    const title = document.querySelector(".gg-title details");
    if (title instanceof HTMLDetailsElement) title.open = false;
    for (const layer of this.#planLayers()) page.map.removeLayer(layer);
    this.#layer.addTo(page.map);
    this.#release = page.catchClicks((place) => this.#click(place));
    this.pickTool(this.#choice.tool);
  }

  leave() {
    const page = this.#page;
    this.#choice.isOn = false;
    page.tool = "";
    this.#button.classList.remove("gg-on");
    this.#panel.root.hidden = true;
    this.#release();
    this.#pointer.turn(false);
    this.#layer.remove();
    for (const layer of this.#planLayers()) {
      page.map.addLayer(layer);
      layer.bringToBack();
    }
    page.layers.labels.grids = this.#planned;
    page.verdicts = verdictsOf(page.data);
    page.layers.labels.redraw();
    page.fire("edited", null);
  }

  /** The layers of the plan that give way to the adjusted grids. */
  #planLayers() {
    const { grids, outline } = this.#page.layers;
    return outline ? [grids, outline] : [grids];
  }

  /** Keep the edits in the browser until they are exported or undone. */
  #keep() {
    const { log, undone } = this.#state;
    try {
      localStorage.setItem(keptUnder(this.#page), JSON.stringify({ log, undone }));
    } catch {
      this.#page.tell(this.#page.say("not_kept"));
    }
  }

  #restore() {
    const kept = readKept(this.#page);
    if (!kept || !kept.log.length) return;
    for (const one of kept.log) this.#state.apply(one);
    this.#state.undone = kept.undone;
    this.#page.tell(this.#page.say("restored", { n: this.#state.log.length }));
  }

  /** @param {ActionName} name */
  act(name) {
    if (!this.isOn) return;
    const chosen = Array.from(this.#choice.selected).sort((a, b) => a - b);
    const field = this.#panel.name;
    const given = { target: this.#choice.target, name: field.value.trim() };
    const refusal = ACTIONS[name](this.#state, chosen, given, this.#page.say);
    if (name === "dedicate") {
      if (!refusal) field.value = "";
      else if (!given.name && refusal === this.#page.say("name_needed")) field.focus();
    }
    this.#finish(refusal);
  }

  /** @param {string} refusal why nothing was done, "" where something was */
  #finish(refusal) {
    this.#page.tell(refusal);
    if (!refusal) this.#choice.selected.clear();
    if (!this.#state.grids.has(this.#choice.target)) this.#choice.target = "";
    this.#keep();
    this.#show();
  }

  /**
   * Atoms under the pointer go into the target, or are selected where there is none.
   *
   * @param {number[]} atoms
   * @param {boolean} [flips] what is selected already is not any more
   */
  #take(atoms, flips = false) {
    const { target, selected } = this.#choice;
    const { of } = this.#state;
    const free = atoms.filter((atom) => of[atom]);
    if (target) {
      const moved = free.filter((atom) => of[atom] !== target).sort((a, b) => a - b);
      this.#finish(moved.length
        ? this.#state.apply({ do: "move", atoms: moved, to: target })
        : this.#page.say("all_there"));
      return;
    }
    for (const atom of free) {
      if (flips && selected.has(atom)) selected.delete(atom); else selected.add(atom);
    }
    this.#show();
  }

  /** @param {L.LatLng} place */
  #click(place) {
    const atom = atomUnder(this.#page, place);
    if (atom < 0) return;
    if (this.#choice.isPicking) this.#aim(this.#state.of[atom]);
    else if (this.#choice.tool === "click") this.#take([atom], true);
  }

  /** @param {L.LatLng} place */
  targetAt(place) {
    const atom = this.isOn ? atomUnder(this.#page, place) : -1;
    if (atom >= 0 && this.#state.of[atom]) this.#aim(this.#state.of[atom]);
  }

  /** @param {string} key the grid that becomes the target; none, where it is already */
  #aim(key) {
    this.#choice.target = this.#choice.target === key ? "" : key;
    this.#choice.isPicking = false;
    this.#show();
  }

  #pickTarget() {
    if (this.#choice.target) {
      this.#aim(this.#choice.target);
      return;
    }
    this.#choice.isPicking = !this.#choice.isPicking;
    this.#show();
  }

  /** @param {Choice["tool"]} name */
  pickTool(name) {
    if (!this.isOn) return;
    this.#choice.tool = name;
    this.#pointer.turn(name !== "click");
    this.#show();
  }

  clear() {
    if (!this.isOn) return;
    this.#choice.selected.clear();
    this.#choice.target = "";
    this.#choice.isPicking = false;
    this.#page.tell("");
    this.#show();
  }

  #export() {
    downloadEdits(`${JSON.stringify(this.#state.exported(), null, 1)}\n`, this.#page.data.plan);
    this.#finish("");
  }

  /** @param {string} key */
  #zoom(key) {
    const grid = this.#state.grids.get(key);
    if (!grid) return;
    const atoms = this.#page.atoms();
    const corners = Array.from(grid.atoms).flatMap((atom) => {
      const box = atoms.boxes[atom];
      return [
        degreesOf(atoms, { x: box.minX, y: box.minY }),
        degreesOf(atoms, { x: box.maxX, y: box.maxY }),
      ];
    });
    const bounds = L.latLngBounds(corners.map(({ lat, lng }) => L.latLng(lat, lng)));
    this.#page.zoomTo([
      [bounds.getSouth(), bounds.getWest()], [bounds.getNorth(), bounds.getEast()],
    ]);
  }

  redraw() {
    if (this.isOn) this.#layer.redraw();
  }

  #show() {
    if (!this.isOn) return;
    const page = this.#page;
    const state = this.#state;
    page.layers.labels.grids = editLabels(page.atoms(), state, this.#planned, page.say);
    page.verdicts = new Map(Array.from(state.grids, ([key, grid]) => [key, grid.verdict]));
    this.#layer.redraw();
    page.layers.labels.redraw();
    this.#panel.show(state, this.#choice);
    page.fire("edited", state);
  }
}
