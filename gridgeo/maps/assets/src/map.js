/** What the script of a map page calls, by the names that gridgeo/maps/base.py and overlays.py write. */

import { borderLayer, countLayer as countsOf } from "./atom_layers.js";
import { edit } from "./edit.js";
import { Labels } from "./labels.js";
import { filter, findings, search } from "./lists.js";
import { unpackPositions } from "./packed.js";
import { openPage, readAtoms } from "./page.js";
import { compare, measure, sheet } from "./tools.js";

export { atomAt, degreesOf, localOf, middleOf } from "./atoms.js";
export { drawnAt } from "./mercator.js";
export { atomsAreRead } from "./page.js";
export { dot, fit, keepOrder, legend, title } from "./panels.js";

/** @import { LabelData } from "./data_types.js" */
/** @import { NamedLayers } from "./page.js" */

/** A new tool of the page is one function and one line here; the sheet of keys stays last. */
const TOOLS = [search, findings, filter, compare, measure, edit, sheet];
/** On a window that is not wider, the list of layers would lie over the other panels. */
const PHONE = 640;

Object.assign(L.Control.Scale.prototype.options, { imperial: false });
L.Control.Layers.addInitHook(
  /** @this {L.Control.Layers} */
  function () {
    if (window.innerWidth <= PHONE) this.options.collapsed = true;
  },
);

const { addData } = L.GeoJSON.prototype;
L.GeoJSON.include({
  /**
   * Undo the packing of coordinates that gridgeo/maps/features.py does.
   *
   * @this {L.GeoJSON}
   * @param {any} data
   */
  addData(data) {
    const { geometry } = data;
    if (geometry && geometry.packed) {
      const coordinates = unpackPositions(geometry.packed);
      data.geometry = { type: geometry.type, coordinates };
    }
    return addData.call(this, data);
  },
});

/**
 * Names and numbers of communities, grids and streets.
 *
 * @param {LabelData} data
 */
export function labels(data) {
  return new Labels(data);
}

/** The borders between atoms. */
export function atomLayer() {
  return borderLayer(readAtoms);
}

/** The households of each atom. */
export function countLayer() {
  return countsOf(readAtoms);
}

/**
 * Open the tools of a page.
 *
 * @param {L.Map} map
 * @param {NamedLayers} layers
 */
export function work(map, layers) {
  return openPage(map, layers, TOOLS);
}
