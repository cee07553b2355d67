/** The plan of a page with rows instead of columns. */

import { rowsOf } from "./packed.js";

/** @import { CommunityTable, FindingTable, GridTable, PlanData, Row } from "./data_types.js" */
/** @import { Atoms } from "./atoms.js" */

/** @typedef {Row<GridTable>} GridRow */
/** @typedef {Row<CommunityTable>} CommunityRow */
/** @typedef {Row<FindingTable>} FindingRow */

/**
 * @typedef {Omit<PlanData, "grids" | "communities" | "findings"> & {
 *   grids: GridRow[], communities: CommunityRow[], findings: FindingRow[],
 * }} PlanRows
 */

/** @param {PlanData} data @returns {PlanRows} */
export function planRows(data) {
  return {
    ...data, grids: rowsOf(data.grids), communities: rowsOf(data.communities),
    findings: rowsOf(data.findings),
  };
}

/**
 * The verdicts of the plan by grid.
 *
 * @param {PlanRows} plan
 */
export function verdictsOf(plan) {
  return new Map(plan.grids.map((grid) => [grid.code, grid.verdict]));
}

/**
 * The code of the grid of each atom in the plan, "" for none.
 *
 * @param {PlanRows} plan
 * @param {Atoms} atoms
 */
export function gridOfAtoms(plan, atoms) {
  return atoms.grid.map((position) => position < 0 ? "" : plan.grids[position].code);
}
