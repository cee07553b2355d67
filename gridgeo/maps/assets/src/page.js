/** The working page: what its tools share. Each tool is a function of the page. */

import { decodeAtoms } from "./atoms.js";
import { addPanel, element, isOnMap } from "./dom.js";
import { fitBeside } from "./panels.js";
import { planRows, verdictsOf } from "./plan.js";
import { sayer } from "./words.js";

/** @import { AtomData, Bounds } from "./data_types.js" */
/** @import { Atoms } from "./atoms.js" */
/** @import { EditState } from "./edit_state.js" */
/** @import { Labels } from "./labels.js" */
/** @import { PlanRows } from "./plan.js" */
/** @import { TileGroup } from "./tiles.js" */

/**
 * The layers that tools work on, by name; Python names them all, a plan may lack some.
 *
 * @typedef {object} NamedLayers
 * @property {L.GeoJSON} grids
 * @property {Labels} labels
 * @property {L.GeoJSON} [outline]
 * @property {L.GeoJSON} [old] borders of the grids before
 * @property {L.GeoJSON} [changes] ground that changed grids
 * @property {TileGroup} [tiles]
 */

/**
 * What happens on the page, and what goes with it.
 *
 * @typedef {object} PageEvents
 * @property {EditState | null} edited grids were adjusted; null: the plan is shown again
 * @property {ToolName} tool another tool took over
 * @property {void} filtered verdicts were faded, or the veil changed
 * @property {void} escape
 * @property {void} ready all tools are there
 */

/** @typedef {"" | "measure" | "edit"} ToolName */

/** @typedef {{ letter: string, word: string, act: () => void, shown: string }} Key */

/** The flash around a place that was zoomed to. */
const FLASH = {
  fill: false, color: "#d0006f", weight: 3, dashArray: "6 4", interactive: false,
};
const FLASH_MS = 6000;

/** @param {string} id @returns {any} the data in a block of the page, null where there is none */
function readBlock(id) {
  const block = document.getElementById(id);
  return block && JSON.parse(/** @type {string} */ (block.textContent));
}

/** @type {Atoms | null} */
let atoms = null;

/** Whether `readAtoms` was called. */
export function atomsAreRead() {
  return atoms !== null;
}

/** The atoms of the page, which are decoded when they are first wanted. */
export function readAtoms() {
  if (!atoms) atoms = decodeAtoms(/** @type {AtomData} */ (readBlock("gg-atoms")));
  return atoms;
}

/** What the tools of a page share. */
export class Page {
  /** @type {ToolName} the tool that has the pointer */
  tool = "";
  /** How much of the fill of grids is shown: less over background tiles. */
  veil = 1;
  /** @type {Set<string>} verdicts whose grids are faded */
  faded = new Set();
  /** @type {EditState | null} the adjusted grids, once there are some */
  edited = null;
  /** @type {L.LayerGroup | null} what flashed last */
  flashed = null;
  /** @type {Key[]} */
  keys = [];
  /** @type {Map<string, ((value: any) => void)[]>} */
  #listeners = new Map();

  /**
   * @param {L.Map} map
   * @param {NamedLayers} layers
   * @param {PlanRows} data
   */
  constructor(map, layers, data) {
    this.map = map;
    this.layers = layers;
    this.data = data;
    this.say = sayer(data.words);
    /** Verdicts by grid, as they are shown. */
    this.verdicts = verdictsOf(data);
    this.buttons = element("div", null, "gg-buttons");
    this.sections = element("div", null, "gg-sections");
    this.message = element("p", null, "gg-message");
    this.message.setAttribute("role", "status");
  }

  /** @returns {Atoms} */
  atoms() {
    return readAtoms();
  }

  /**
   * @template {keyof PageEvents} Name
   * @param {Name} event
   * @param {(value: PageEvents[Name]) => void} act
   */
  on(event, act) {
    this.#listeners.set(event, [...(this.#listeners.get(event) || []), act]);
  }

  /**
   * @template {keyof PageEvents} Name
   * @param {Name} event
   * @param {PageEvents[Name]} value
   */
  fire(event, value) {
    for (const act of this.#listeners.get(event) || []) act(value);
  }

  /**
   * Give the pointer to a tool; the others end.
   *
   * @param {ToolName} name
   */
  takeTool(name) {
    this.fire("tool", name);
    this.tool = name;
  }

  /**
   * Say something at the foot of the panel, "" for nothing.
   *
   * @param {string} text
   */
  tell(text) {
    this.message.textContent = text;
  }

  /**
   * @param {string} letter with "ctrl+" before it where that key is held
   * @param {string} word the key of what it does
   * @param {() => void} act
   * @param {string} [shown] the name of the key
   */
  addKey(letter, word, act, shown) {
    this.keys.push({ letter, word, act, shown: shown || letter.toUpperCase() });
  }

  /**
   * Clicks on the map go to `act` alone, and no popup opens; returns how to give them back.
   *
   * @param {(place: L.LatLng) => void} act
   */
  catchClicks(act) {
    const { map } = this;
    const node = map.getContainer();
    /** @param {MouseEvent} event */
    const caught = (event) => {
      if (!isOnMap(event)) return;
      event.stopPropagation();
      // `moved` of the handler that drags is not in its types
      if (!(/** @type {any} */ (map.dragging).moved())) act(map.mouseEventToLatLng(event));
    };
    node.addEventListener("click", caught, true);
    return () => node.removeEventListener("click", caught, true);
  }

  /**
   * Show a place: the outlines of the grids called `codes` in it flash, else a box around it.
   *
   * @param {Bounds | null | undefined} bounds
   * @param {string[]} [codes]
   */
  zoomTo(bounds, codes = []) {
    if (!bounds) return;
    const box = L.latLngBounds(bounds);
    fitBeside(this.map, box, { left: 290, right: 270, above: 30, narrow: 20 }, { maxZoom: 18 });
    this.#flash(box, outlinesOf(this.layers.grids, codes, box.pad(0.01)));
  }

  /** @param {L.LatLngBounds} box @param {L.Layer[]} outlines */
  #flash(box, outlines) {
    if (this.flashed) this.flashed.remove();
    const shown = L.layerGroup(outlines.length ? outlines : [L.rectangle(box.pad(0.04), FLASH)]);
    this.flashed = shown.addTo(this.map);
    setTimeout(() => shown.remove(), FLASH_MS);
  }
}

/**
 * The outlines of the grids called `codes` that lie in `box`.
 *
 * @param {L.GeoJSON} grids
 * @param {string[]} codes
 * @param {L.LatLngBounds} box
 */
function outlinesOf(grids, codes, box) {
  const shapes = /** @type {L.Polygon[]} */ (grids.getLayers());
  const wanted = shapes.filter((shape) => {
    const { code } = /** @type {GeoJSON.Feature} */ (shape.feature).properties || {};
    return codes.includes(code) && box.contains(shape.getBounds());
  });
  return wanted.map((shape) => L.polygon(/** @type {L.LatLng[][]} */ (shape.getLatLngs()), FLASH));
}

/**
 * Make a page of a map: the panel at the left, keys, tools.
 *
 * @param {L.Map} map
 * @param {NamedLayers} layers
 * @param {((page: Page) => void)[]} tools in the order of their buttons
 */
export function openPage(map, layers, tools) {
  const page = new Page(map, layers, planRows(readBlock("gg-plan")));
  layers.labels.hideGrids((code) => page.faded.has(page.verdicts.get(code) || ""));
  addPanel(map, "topleft", "gg-work", (node) => {
    node.append(page.buttons, page.sections, page.message);
  });
  nameButtons(page);
  listenToKeys(page);
  for (const tool of tools) tool(page);
  layers.tiles?.veil(page);
  page.fire("ready", undefined);
  return page;
}

/**
 * Name the buttons of Leaflet in the language of the page.
 *
 * @param {Page} page
 */
function nameButtons(page) {
  const words = { "layers-toggle": "layers", "zoom-in": "zoom_in", "zoom-out": "zoom_out" };
  for (const [name, word] of Object.entries(words)) {
    const node = page.map.getContainer().querySelector(`.leaflet-control-${name}`);
    if (!(node instanceof HTMLElement)) continue;
    node.title = page.say(word);
    node.setAttribute("aria-label", page.say(word));
  }
}

/**
 * Keys are one letter each; they do nothing while somebody types.
 *
 * @param {Page} page
 */
function listenToKeys(page) {
  document.addEventListener("keydown", (event) => {
    const node = /** @type {HTMLElement} */ (event.target);
    const isTyped = takesText(node);
    if (isTyped && event.key !== "Escape") return;
    if (isTyped) node.blur();
    const letter = (event.ctrlKey || event.metaKey ? "ctrl+" : "") + event.key.toLowerCase();
    const key = page.keys.find((one) => one.letter === letter);
    if (!key || event.altKey) return;
    event.preventDefault();
    key.act();
  });
}

/** @param {HTMLElement} node */
function takesText(node) {
  const isSwitch = node instanceof HTMLInputElement && ["checkbox", "radio"].includes(node.type);
  return /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName) && !isSwitch;
}
