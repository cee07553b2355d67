/** The labels of grids while they are adjusted. No drawing. */

import { atomAt, degreesOf, localOf, middleOf } from "./atoms.js";
import { grouped } from "./words.js";

/** @import { Atoms } from "./atoms.js" */
/** @import { DrawnGrid, DrawnState } from "./edit_layer.js" */
/** @import { GridLabel } from "./labels.js" */
/** @import { Say } from "./words.js" */

/**
 * The labels after edits: counts, grids that are new or gone, places that fell outside.
 *
 * @param {Atoms} atoms
 * @param {DrawnState} state
 * @param {GridLabel[]} planned the labels of the plan
 * @param {Say} say
 * @returns {GridLabel[]}
 */
export function editLabels(atoms, state, planned, say) {
  const changed = state.changed();
  const known = new Set(planned.map((label) => label.code));
  const fresh = Array.from(state.grids.values()).filter((grid) => !known.has(grid.key));
  const kept = planned.flatMap((label) => {
    const grid = state.grids.get(label.code);
    if (!grid) return [];
    return [changed.has(label.code) ? placed(atoms, grid, label, say) : label];
  });
  return [...kept, ...fresh.map((grid) => placed(atoms, grid, null, say))];
}

/**
 * @param {Atoms} atoms
 * @param {DrawnGrid} grid
 * @param {GridLabel | null} label in the plan
 * @param {Say} say
 * @returns {GridLabel}
 */
function placed(atoms, grid, label, say) {
  const households = say("households_label", { n: grouped(grid.households) });
  if (label) {
    const place = { lat: label.latitude, lng: label.longitude };
    if (grid.atoms.has(atomAt(atoms, localOf(atoms, place)))) return { ...label, households };
  }
  const [widest] = Array.from(grid.atoms).sort((a, b) => boxArea(atoms, b) - boxArea(atoms, a));
  const place = degreesOf(atoms, middleOf(atoms, widest));
  return {
    latitude: place.lat, longitude: place.lng, number: label ? label.number : grid.key, households,
    room_m: Math.round(Math.sqrt(boxArea(atoms, widest)) / 2), code: grid.key,
  };
}

/** @param {Atoms} atoms @param {number} atom */
function boxArea(atoms, atom) {
  const box = atoms.boxes[atom];
  return (box.maxX - box.minX) * (box.maxY - box.minY);
}
