/** Atoms on the map: their borders, their households as dots, the outline of some of them. */

import { areApart, emptyBox, extendBox, middleOf, outlineRings } from "./atoms.js";
import { LocalLayer } from "./canvas.js";

/** @import { Atoms, Box } from "./atoms.js" */
/** @import { LocalView } from "./canvas.js" */

/** The side of a tile of borders, in local units. */
const TILE = 2000;

/** @typedef {{ path: Path2D, box: Box }} BorderTile */

/** @type {WeakMap<Atoms, BorderTile[]>} */
const knownTiles = new WeakMap();

/**
 * The borders between atoms in tiles, so that only what is seen is drawn.
 *
 * @param {Atoms} atoms
 */
function borderTiles(atoms) {
  const known = knownTiles.get(atoms);
  if (known) return known;
  /** @type {Map<string, BorderTile>} */
  const tiles = new Map();
  for (let arc = 0; arc < atoms.left.length; arc += 1) {
    const begin = atoms.start[arc];
    const key = `${Math.floor(atoms.x[begin] / TILE)},${Math.floor(atoms.y[begin] / TILE)}`;
    const tile = tiles.get(key) || { path: new Path2D(), box: emptyBox() };
    tiles.set(key, tile);
    addArc(tile.path, atoms, arc);
    for (let i = begin; i < atoms.start[arc + 1]; i += 1) {
      const x = atoms.x[i];
      const y = atoms.y[i];
      extendBox(tile.box, { minX: x, minY: y, maxX: x, maxY: y });
    }
  }
  const made = Array.from(tiles.values());
  knownTiles.set(atoms, made);
  return made;
}

/**
 * @param {Path2D} path
 * @param {Atoms} atoms
 * @param {number} arc
 */
export function addArc(path, atoms, arc) {
  for (let i = atoms.start[arc]; i < atoms.start[arc + 1]; i += 1) {
    if (i === atoms.start[arc]) path.moveTo(atoms.x[i], atoms.y[i]);
    else path.lineTo(atoms.x[i], atoms.y[i]);
  }
}

/**
 * @param {Atoms} atoms
 * @param {Set<number>} chosen
 */
export function outlinePath(atoms, chosen) {
  const path = new Path2D();
  for (const ring of outlineRings(atoms, chosen)) {
    ring.forEach((i, n) => {
      if (n === 0) path.moveTo(atoms.x[i], atoms.y[i]); else path.lineTo(atoms.x[i], atoms.y[i]);
    });
    path.closePath();
  }
  return path;
}

/**
 * Draw the borders between atoms.
 *
 * @param {Atoms} atoms
 * @param {CanvasRenderingContext2D} pen
 * @param {LocalView} view
 * @param {string} colour
 * @param {number} weight in pixels
 */
export function strokeAtoms(atoms, pen, view, colour, weight) {
  pen.strokeStyle = colour;
  pen.lineWidth = weight / view.scale;
  for (const tile of borderTiles(atoms)) {
    if (!areApart(tile.box, view.box)) pen.stroke(tile.path);
  }
}

/**
 * The borders between atoms as a layer.
 *
 * @param {() => Atoms} atoms
 */
export function borderLayer(atoms) {
  return new LocalLayer("atoms", 410, atoms, (pen, view, known) => {
    strokeAtoms(known, pen, view, "#5f6d73", 0.8);
  });
}

/**
 * The households of each atom as a dot whose area follows the count.
 *
 * @param {() => Atoms} atoms
 */
export function countLayer(atoms) {
  return new LocalLayer("counts", 420, atoms, (pen, view, known) => {
    pen.fillStyle = "rgba(91, 74, 138, 0.6)";
    known.households.forEach((count, atom) => {
      if (!count || areApart(known.boxes[atom], view.box)) return;
      const middle = middleOf(known, atom);
      const radius = Math.min(9, Math.max(1.2, 0.8 + 0.35 * Math.sqrt(count)));
      pen.beginPath();
      pen.arc(middle.x, middle.y, radius / view.scale, 0, 7);
      pen.fill();
    });
  });
}
