/** Background tiles, where the settings ask for them: all that the page ever fetches. */

import { addControl, element } from "./dom.js";
import { drawGrids } from "./lists.js";

/** @import { TileData } from "./data_types.js" */
/** @import { Page } from "./page.js" */

/** The tiles as one layer, with their credit at the edge of the map. */
export class TileGroup extends L.LayerGroup {
  hasArrived = false;
  #data;
  #note = element("div", null, "leaflet-control-attribution");
  /** @type {L.Control | null} */
  #credit = null;

  /** @param {TileData} data */
  constructor(data) {
    const options = { maxZoom: 20, maxNativeZoom: 18, updateWhenZooming: false };
    const layers = data.addresses.map((address) => L.tileLayer(address, options));
    super(layers);
    this.#data = data;
    this.#note.textContent = data.credit;
    for (const layer of layers) {
      layer.on("tileerror", () => this.#say(data.failed));
      layer.on("tileload", () => this.#arrive());
    }
  }

  /** @param {string} failed */
  #say(failed) {
    this.#note.textContent = [this.#data.credit, failed].filter(Boolean).join(" · ");
  }

  #arrive() {
    this.#say("");
    if (this.hasArrived) return;
    this.hasArrived = true;
    this.fire("arrived");
  }

  /** @override @param {L.Map} map */
  onAdd(map) {
    super.onAdd(map);
    this.#say("");
    this.#credit = addControl(map, "bottomleft", this.#note);
    return this;
  }

  /** @override @param {L.Map} map */
  onRemove(map) {
    super.onRemove(map);
    this.#credit?.remove();
    return this;
  }

  /**
   * Let the fill of the grids show the tiles, where there are some.
   *
   * @param {Page} page
   */
  veil(page) {
    const draw = () => {
      page.veil = this.hasArrived && page.map.hasLayer(this) ? 0.55 : 1;
      drawGrids(page);
      page.fire("filtered", undefined);
    };
    this.on("add remove arrived", draw);
    draw();
  }
}

/** @param {TileData} data */
export function tiles(data) {
  return new TileGroup(data);
}
