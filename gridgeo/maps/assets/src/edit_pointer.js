/** The pointer of the adjusting mode: clicks, and box and brush that gather atoms. */

import { areApart, atomAt, boxHolds, localOf, middleOf } from "./atoms.js";
import { isOnMap } from "./dom.js";

/** @import { Atoms } from "./atoms.js" */
/** @import { Page } from "./page.js" */

/**
 * What is chosen in the adjusting mode.
 *
 * @typedef {object} Choice
 * @property {boolean} isOn
 * @property {"click" | "box" | "brush"} tool
 * @property {string} target the key of the grid that atoms go into, "" for none
 * @property {Set<number>} selected atoms
 * @property {boolean} isPicking the next click chooses the target
 */

const FRAME = { color: "#14469f", weight: 1.5, interactive: false };

/**
 * The atom at a place, -1 for none.
 *
 * @param {Page} page
 * @param {L.LatLng} place
 */
export function atomUnder(page, place) {
  const atoms = page.atoms();
  return atomAt(atoms, localOf(atoms, place));
}

/**
 * The atoms whose middle lies inside some bounds.
 *
 * @param {Atoms} atoms
 * @param {{ getNorthWest(): L.LatLng, getSouthEast(): L.LatLng }} bounds
 */
export function atomsWithin(atoms, bounds) {
  const corner = localOf(atoms, bounds.getNorthWest());
  const opposite = localOf(atoms, bounds.getSouthEast());
  const box = { minX: corner.x, minY: corner.y, maxX: opposite.x, maxY: opposite.y };
  const near = Array.from(atoms.boxes.keys()).filter((atom) => !areApart(atoms.boxes[atom], box));
  return near.filter((atom) => boxHolds(box, middleOf(atoms, atom)));
}

/** While it is on, the pointer gathers atoms instead of moving the map. */
export class DragTool {
  #page;
  #choice;
  #take;

  /**
   * @param {Page} page
   * @param {Choice} choice
   * @param {(atoms: number[]) => void} take what was gathered
   */
  constructor(page, choice, take) {
    this.#page = page;
    this.#choice = choice;
    this.#take = take;
  }

  /** @param {boolean} isOn */
  turn(isOn) {
    const { map } = this.#page;
    const node = map.getContainer();
    node.removeEventListener("mousedown", this.#begin, true);
    node.classList.toggle("gg-cross", isOn);
    if (isOn) {
      map.dragging.disable();
      node.addEventListener("mousedown", this.#begin, true);
    } else {
      map.dragging.enable();
    }
  }

  /** @param {MouseEvent} event */
  #begin = (event) => {
    if (event.button !== 0 || this.#choice.isPicking || !isOnMap(event)) return;
    event.stopPropagation();
    event.preventDefault();
    const from = this.#page.map.mouseEventToLatLng(event);
    if (this.#choice.tool === "box") this.#dragBox(from); else this.#dragBrush(from);
  };

  /** @param {L.LatLng} from */
  #dragBox(from) {
    const { map } = this.#page;
    const frame = L.rectangle(L.latLngBounds(from, from), FRAME).addTo(map);
    onDrag(map, (place) => frame.setBounds(L.latLngBounds(from, place)), (place) => {
      frame.remove();
      this.#finish(atomsWithin(this.#page.atoms(), L.latLngBounds(from, place)));
    });
  }

  /** @param {L.LatLng} from */
  #dragBrush(from) {
    /** @type {Set<number>} */
    const gathered = new Set();
    /** @param {L.LatLng} place */
    const gather = (place) => {
      const atom = atomUnder(this.#page, place);
      if (atom >= 0) gathered.add(atom);
    };
    gather(from);
    onDrag(this.#page.map, gather, () => this.#finish(Array.from(gathered)));
  }

  /** @param {number[]} atoms */
  #finish(atoms) {
    if (atoms.length) this.#take(atoms);
  }
}

/**
 * Follow the pointer until its button is let go.
 *
 * @param {L.Map} map
 * @param {(place: L.LatLng) => void} move
 * @param {(place: L.LatLng) => void} end
 */
function onDrag(map, move, end) {
  /** @param {MouseEvent} event */
  const moved = (event) => move(map.mouseEventToLatLng(event));
  /** @param {MouseEvent} event */
  const ended = (event) => {
    document.removeEventListener("mousemove", moved);
    document.removeEventListener("mouseup", ended);
    end(map.mouseEventToLatLng(event));
  };
  document.addEventListener("mousemove", moved);
  document.addEventListener("mouseup", ended);
}
