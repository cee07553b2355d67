/** The adjusted grids on two canvases: fill below the streets, borders above them. */

import { outlinePath, strokeAtoms } from "./atom_layers.js";
import { areApart, emptyBox, extendBox } from "./atoms.js";
import { LocalLayer, hatchPattern, lineScale } from "./canvas.js";

/** @import { Atoms, Box } from "./atoms.js" */
/** @import { LocalView } from "./canvas.js" */

/**
 * What is drawn of a grid.
 *
 * @typedef {object} DrawnGrid
 * @property {string} key
 * @property {string} kind
 * @property {boolean} locked
 * @property {Set<number>} atoms
 * @property {number} version of its shape
 * @property {number} households
 * @property {string} verdict
 * @property {number} parts
 */

/** @typedef {{ grids: Map<string, DrawnGrid>, changed(): Set<string> }} DrawnState */

/**
 * The page, or the widget, that the grids are drawn for.
 *
 * @typedef {object} Scene
 * @property {L.Map} map
 * @property {() => Atoms} atoms
 * @property {Record<string, string>} colours by verdict
 * @property {() => Set<string>} faded verdicts
 * @property {() => number} veil how much of the fill is shown
 * @property {() => DrawnState} state
 * @property {{ target: string, selected: Set<number> }} choice
 */

/** @typedef {{ path: Path2D, version: number, box: Box }} Outline */

/** The grids while they are adjusted. */
export class EditLayer {
  /** @type {Map<string, Outline>} */
  #outlines = new Map();
  #scene;
  #layers;

  /** @param {Scene} scene */
  constructor(scene) {
    this.#scene = scene;
    this.#layers = [
      new LocalLayer("edit", 390, scene.atoms, (pen, view) => this.#fill(pen, view)),
      new LocalLayer("edit-lines", 405, scene.atoms, (pen, view, atoms) => {
        this.#strokeGrids(pen, view, atoms);
        this.#strokeChoice(pen, view, atoms);
      }),
    ];
  }

  /** @param {L.Map} map */
  addTo(map) {
    for (const layer of this.#layers) layer.addTo(map);
  }

  remove() {
    for (const layer of this.#layers) layer.remove();
  }

  redraw() {
    for (const layer of this.#layers) layer.redraw();
  }

  /** @param {DrawnGrid} grid */
  #outlineOf(grid) {
    const known = this.#outlines.get(grid.key);
    if (known && known.version === grid.version) return known;
    const atoms = this.#scene.atoms();
    const box = emptyBox();
    for (const atom of grid.atoms) extendBox(box, atoms.boxes[atom]);
    const outline = { path: outlinePath(atoms, grid.atoms), version: grid.version, box };
    this.#outlines.set(grid.key, outline);
    return outline;
  }

  /**
   * The grids in view with their outlines.
   *
   * @param {LocalView} view
   * @returns {{ grid: DrawnGrid, path: Path2D }[]}
   */
  #seen(view) {
    const all = Array.from(this.#scene.state().grids.values());
    const outlines = all.map((grid) => ({ grid, ...this.#outlineOf(grid) }));
    return outlines.filter(({ box }) => !areApart(box, view.box));
  }

  /** @param {CanvasRenderingContext2D} pen @param {LocalView} view */
  #fill(pen, view) {
    const { colours, faded, veil } = this.#scene;
    for (const { grid, path } of this.#seen(view)) {
      const isFaded = faded().has(grid.verdict);
      pen.globalAlpha = isFaded ? 0.06 : 0.72 * veil();
      pen.fillStyle = colours[grid.verdict] || "#ffffff";
      pen.fill(path, "evenodd");
      if (grid.kind === "dedicated" && !isFaded) hatch(pen, view, path);
      pen.globalAlpha = 1;
    }
  }

  /** @param {CanvasRenderingContext2D} pen @param {LocalView} view @param {Atoms} atoms */
  #strokeGrids(pen, view, atoms) {
    const scale = lineScale(this.#scene.map);
    if (scale > 0.6) strokeAtoms(atoms, pen, view, "rgba(80, 95, 100, 0.55)", 0.7);
    for (const { grid, path } of this.#seen(view)) {
      if (grid.parts > 1) stroke(pen, view, path, "#b2182b", 3.5);
      else stroke(pen, view, path, "#3f5b52", 1.8 * scale);
      if (grid.locked) stroke(pen, view, path, "#111111", 3.5, [2, 4]);
    }
  }

  /**
   * The target, above the outlines of its neighbours, and the selection.
   *
   * @param {CanvasRenderingContext2D} pen
   * @param {LocalView} view
   * @param {Atoms} atoms
   */
  #strokeChoice(pen, view, atoms) {
    const { choice, state } = this.#scene;
    const target = state().grids.get(choice.target);
    if (target) stroke(pen, view, this.#outlineOf(target).path, "#d0006f", 4.5);
    if (!choice.selected.size) return;
    const path = outlinePath(atoms, choice.selected);
    pen.fillStyle = "rgba(20, 70, 160, 0.35)";
    pen.fill(path, "evenodd");
    stroke(pen, view, path, "#14469f", 2.5);
  }
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {LocalView} view
 * @param {Path2D} path
 * @param {string} colour
 * @param {number} width in pixels
 * @param {number[]} [dash] in pixels
 */
function stroke(pen, view, path, colour, width, dash = []) {
  pen.strokeStyle = colour;
  pen.lineWidth = width / view.scale;
  pen.setLineDash(dash.map((length) => length / view.scale));
  pen.stroke(path);
  pen.setLineDash([]);
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {LocalView} view
 * @param {Path2D} path
 */
function hatch(pen, view, path) {
  const pattern = hatchPattern(pen, "#7b3294");
  pattern.setTransform(new DOMMatrix().scale(1 / view.scale));
  pen.fillStyle = pattern;
  pen.fill(path, "evenodd");
}
