/**
 * Atoms as arcs: each border once, with the atom on either side. No drawing.
 *
 * Positions are local: distances from the origin of the data in units of about a metre, x to the
 * east and y to the south, so that small numbers stay exact on a canvas.
 */

import { toDegrees, toWorld } from "./mercator.js";
import { unpackNumbers } from "./packed.js";

/** @import { AtomData } from "./data_types.js" */

/** Local units in a pixel of the world at zoom 0. */
export const UNITS = 2 ** 17;
/** The side of a bin of the index, in local units. */
const BIN = 300;

/** @typedef {{ x: number, y: number }} Point local, unless said otherwise */
/** @typedef {{ minX: number, minY: number, maxX: number, maxY: number }} Box */

/**
 * @typedef {object} Atoms
 * @property {number} count
 * @property {Point} origin in pixels of the world at zoom 0
 * @property {Int32Array} start the vertices of arc `a` are those from start[a] up to start[a + 1]
 * @property {Float64Array} x of each vertex
 * @property {Float64Array} y of each vertex
 * @property {Float64Array} first the end of each arc, as a number that equal places share
 * @property {Float64Array} last the other end
 * @property {number[]} left atom of each arc
 * @property {number[]} right atom of each arc, -1 for none
 * @property {number[]} metres of each arc
 * @property {number[]} street of each arc, 0 or 1
 * @property {number[][]} arcs of each atom
 * @property {number[][]} linked atoms that a bridge or road joins to each atom without an arc
 * @property {Box[]} boxes of each atom
 * @property {Map<string, number[]>} bins atoms by the bins that their boxes touch
 * @property {(Point | undefined)[]} middles of each atom, once asked for
 * @property {number[]} households of each atom
 * @property {(number | null)[]} residents of each atom
 * @property {number[]} community of each atom, -1 for none
 * @property {number[]} grid of each atom in the plan, -1 for none
 */

/**
 * @param {AtomData} data
 * @returns {Atoms}
 */
export function decodeAtoms(data) {
  const geometry = decodeArcs(data);
  const arcs = arcsOfAtoms(data);
  const boxes = arcs.map((own) => boxOfArcs(geometry, own));
  return {
    ...geometry, arcs, linked: linksOfAtoms(data), boxes, bins: binsOf(boxes), middles: [],
    count: data.households.length,
    left: data.left, right: data.right, metres: data.metres, street: data.street,
    households: data.households, residents: data.residents,
    community: data.community, grid: data.grid,
  };
}

/** @param {AtomData} data */
function decodeArcs(data) {
  const lines = data.arcs.map(unpackNumbers);
  const size = lines.reduce((sum, steps) => sum + steps.length, 0) / 2;
  const start = new Int32Array(lines.length + 1);
  const x = new Float64Array(size);
  const y = new Float64Array(size);
  const first = new Float64Array(lines.length);
  const last = new Float64Array(lines.length);
  const [west, south] = data.origin;
  const origin = toWorld(west * data.unit, south * data.unit);
  let at = 0;
  lines.forEach((steps, arc) => {
    let east = 0;
    let north = 0;
    start[arc] = at;
    for (let i = 0; i < steps.length; i += 2) {
      east += steps[i];
      north += steps[i + 1];
      const place = toWorld((west + east) * data.unit, (south + north) * data.unit);
      x[at] = (place.x - origin.x) * UNITS;
      y[at] = (place.y - origin.y) * UNITS;
      at += 1;
      last[arc] = east + north * 1e8;
      if (i === 0) first[arc] = last[arc];
    }
  });
  start[lines.length] = at;
  return { origin, start, x, y, first, last };
}

/** @param {AtomData} data */
function arcsOfAtoms(data) {
  /** @type {number[][]} */
  const arcs = Array.from(data.households, () => []);
  data.left.forEach((atom, arc) => {
    arcs[atom].push(arc);
    if (data.right[arc] >= 0) arcs[data.right[arc]].push(arc);
  });
  return arcs;
}

/** @param {AtomData} data */
function linksOfAtoms(data) {
  /** @type {number[][]} */
  const linked = Array.from(data.households, () => []);
  for (const [one, other] of data.links) {
    linked[one].push(other);
    linked[other].push(one);
  }
  return linked;
}

/** @returns {Box} a box that holds nothing */
export function emptyBox() {
  return { minX: Infinity, minY: Infinity, maxX: -Infinity, maxY: -Infinity };
}

/**
 * Let `box` hold what `other` holds, too.
 *
 * @param {Box} box
 * @param {Box} other
 */
export function extendBox(box, other) {
  box.minX = Math.min(box.minX, other.minX);
  box.minY = Math.min(box.minY, other.minY);
  box.maxX = Math.max(box.maxX, other.maxX);
  box.maxY = Math.max(box.maxY, other.maxY);
}

/** @param {Box} a @param {Box} b */
export function areApart(a, b) {
  return a.minX > b.maxX || b.minX > a.maxX || a.minY > b.maxY || b.minY > a.maxY;
}

/** @param {Box} box @param {Point} at */
export function boxHolds(box, at) {
  return box.minX <= at.x && at.x <= box.maxX && box.minY <= at.y && at.y <= box.maxY;
}

/**
 * @param {{ start: Int32Array, x: Float64Array, y: Float64Array }} geometry
 * @param {number[]} arcs
 */
export function boxOfArcs(geometry, arcs) {
  const box = emptyBox();
  for (const arc of arcs) {
    for (let i = geometry.start[arc]; i < geometry.start[arc + 1]; i += 1) {
      const x = geometry.x[i];
      const y = geometry.y[i];
      extendBox(box, { minX: x, minY: y, maxX: x, maxY: y });
    }
  }
  return box;
}

/** @param {number} x @param {number} y */
function binAt(x, y) {
  return `${Math.floor(x / BIN)},${Math.floor(y / BIN)}`;
}

/** @param {Box[]} boxes */
function binsOf(boxes) {
  /** @type {Map<string, number[]>} */
  const bins = new Map();
  boxes.forEach((box, atom) => {
    for (let i = Math.floor(box.minX / BIN); i <= box.maxX / BIN; i += 1) {
      for (let j = Math.floor(box.minY / BIN); j <= box.maxY / BIN; j += 1) {
        const key = `${i},${j}`;
        const known = bins.get(key);
        if (known) known.push(atom); else bins.set(key, [atom]);
      }
    }
  });
  return bins;
}

/**
 * @param {Atoms} atoms
 * @param {{ lat: number, lng: number }} place in WGS 84
 * @returns {Point}
 */
export function localOf(atoms, place) {
  const world = toWorld(place.lng, place.lat);
  return { x: (world.x - atoms.origin.x) * UNITS, y: (world.y - atoms.origin.y) * UNITS };
}

/**
 * @param {Atoms} atoms
 * @param {Point} at
 * @returns {{ lat: number, lng: number }} in WGS 84
 */
export function degreesOf(atoms, at) {
  return toDegrees(at.x / UNITS + atoms.origin.x, at.y / UNITS + atoms.origin.y);
}

/**
 * @param {Atoms} atoms
 * @param {Point} at
 * @returns {number} the atom at a point, -1 for none
 */
export function atomAt(atoms, at) {
  const near = atoms.bins.get(binAt(at.x, at.y)) || [];
  const found = near.find((atom) => isInside(atoms, atom, at));
  return found === undefined ? -1 : found;
}

/**
 * @param {Atoms} atoms
 * @param {number} atom
 * @param {Point} at
 */
function isInside(atoms, atom, at) {
  if (!boxHolds(atoms.boxes[atom], at)) return false;
  return crossings(atoms, atom, at.y).filter((x) => at.x < x).length % 2 === 1;
}

/**
 * The x of every place where the border of an atom crosses the line at `y`.
 *
 * @param {Atoms} atoms
 * @param {number} atom
 * @param {number} y
 */
function crossings(atoms, atom, y) {
  const found = [];
  for (const arc of atoms.arcs[atom]) {
    for (let i = atoms.start[arc] + 1; i < atoms.start[arc + 1]; i += 1) {
      const above = atoms.y[i - 1];
      const below = atoms.y[i];
      if (above > y !== below > y) {
        const x = atoms.x[i - 1];
        found.push(x + (y - above) / (below - above) * (atoms.x[i] - x));
      }
    }
  }
  return found;
}

/**
 * A point inside an atom: the middle of its widest stretch across the middle of its box.
 *
 * @param {Atoms} atoms
 * @param {number} atom
 * @returns {Point}
 */
export function middleOf(atoms, atom) {
  const known = atoms.middles[atom];
  if (known) return known;
  const box = atoms.boxes[atom];
  const y = (box.minY + box.maxY) / 2 + 1e-6;
  const cuts = crossings(atoms, atom, y).sort((a, b) => a - b);
  let middle = { x: (box.minX + box.maxX) / 2, y };
  let widest = -1;
  for (let i = 1; i < cuts.length; i += 2) {
    if (cuts[i] - cuts[i - 1] > widest) {
      widest = cuts[i] - cuts[i - 1];
      middle = { x: (cuts[i] + cuts[i - 1]) / 2, y };
    }
  }
  atoms.middles[atom] = middle;
  return middle;
}

/**
 * The atom on the other side of an arc, -1 for none.
 *
 * @param {Atoms} atoms
 * @param {number} arc
 * @param {number} atom
 */
export function beyond(atoms, arc, atom) {
  return atoms.left[arc] === atom ? atoms.right[arc] : atoms.left[arc];
}

/**
 * The number of connected pieces that some atoms form; atoms that share an arc or a link are
 * connected.
 *
 * @param {Atoms} atoms
 * @param {Iterable<number>} members
 */
export function countPieces(atoms, members) {
  const left = new Set(members);
  let pieces = 0;
  for (const seed of left) {
    pieces += 1;
    left.delete(seed);
    const waiting = [seed];
    for (let atom = waiting.pop(); atom !== undefined; atom = waiting.pop()) {
      for (const arc of atoms.arcs[atom]) {
        const other = beyond(atoms, arc, atom);
        if (left.delete(other)) waiting.push(other);
      }
      for (const other of atoms.linked[atom]) {
        if (left.delete(other)) waiting.push(other);
      }
    }
  }
  return pieces;
}

/**
 * The outline of some atoms as rings of vertices: arcs with one of the atoms on one side only.
 *
 * @param {Atoms} atoms
 * @param {Set<number>} chosen
 * @returns {number[][]} positions in atoms.x and atoms.y
 */
export function outlineRings(atoms, chosen) {
  const waiting = outlineArcs(atoms, chosen);
  const rings = [];
  for (const steps of waiting.values()) {
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      rings.push(followRing(atoms, waiting, step));
    }
  }
  return rings;
}

/** @typedef {{ arc: number, forwards: boolean }} Step an arc of an outline, with its atoms to the left */

/**
 * The arcs of an outline by the place where each begins.
 *
 * @param {Atoms} atoms
 * @param {Set<number>} chosen
 */
function outlineArcs(atoms, chosen) {
  /** @type {Map<number, Step[]>} */
  const waiting = new Map();
  for (const atom of chosen) {
    for (const arc of atoms.arcs[atom]) {
      const forwards = chosen.has(atoms.left[arc]);
      if (forwards === chosen.has(atoms.right[arc])) continue;
      const begin = forwards ? atoms.first[arc] : atoms.last[arc];
      const steps = waiting.get(begin);
      if (steps) steps.push({ arc, forwards }); else waiting.set(begin, [{ arc, forwards }]);
    }
  }
  return waiting;
}

/**
 * @param {Atoms} atoms
 * @param {Map<number, Step[]>} waiting arcs that are still to be followed
 * @param {Step} step the first arc of the ring
 */
function followRing(atoms, waiting, step) {
  /** @type {number[]} */
  const ring = [];
  /** @type {Step | undefined} */
  let next = step;
  while (next) {
    const { arc, forwards } = next;
    const begin = atoms.start[arc];
    const end = atoms.start[arc + 1];
    for (let n = ring.length ? 1 : 0; n < end - begin; n += 1) {
      ring.push(forwards ? begin + n : end - 1 - n);
    }
    const steps = waiting.get(forwards ? atoms.last[arc] : atoms.first[arc]);
    next = steps && steps.pop();
  }
  return ring;
}
