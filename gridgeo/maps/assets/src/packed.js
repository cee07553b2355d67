/** Tables and coordinates as gridgeo/maps/data.py and features.py write them. */

/** @import { Row } from "./data_types.js" */

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const DIGITS = new Uint8Array(128);
for (let i = 0; i < LETTERS.length; i += 1) DIGITS[LETTERS.charCodeAt(i)] = i;

/** Coordinates are whole units of one in so many parts of a degree. */
const PER_DEGREE = 1e6;

/**
 * The text of each line or ring where GeoJSON has its positions.
 *
 * @typedef {string | string[] | string[][]} PackedPositions
 */

/** @typedef {number[][] | number[][][] | number[][][][]} Positions */

/**
 * The rows of a table of columns.
 *
 * @template {Record<string, any[]>} Table
 * @param {Table} table
 * @returns {Row<Table>[]}
 */
export function rowsOf(table) {
  const names = Object.keys(table);
  const rows = table[names[0]].map((_, n) => {
    return Object.fromEntries(names.map((name) => [name, table[name][n]]));
  });
  return /** @type {any} */ (rows);
}

/**
 * Whole numbers: digits of five bits, the lowest first, the sign in the lowest bit of all.
 *
 * @param {string} text
 * @returns {number[]}
 */
export function unpackNumbers(text) {
  const numbers = [];
  let value = 0;
  let shift = 0;
  for (let i = 0; i < text.length; i += 1) {
    const digit = DIGITS[text.charCodeAt(i)];
    value |= (digit & 31) << shift;
    shift += 5;
    if (digit < 32) {
      numbers.push((value >>> 1) ^ -(value & 1));
      value = shift = 0;
    }
  }
  return numbers;
}

/**
 * The positions of GeoJSON, longitude and latitude, with the nesting of `packed`.
 *
 * @param {PackedPositions} packed
 * @returns {Positions}
 */
export function unpackPositions(packed) {
  if (typeof packed !== "string") return /** @type {any} */ (packed.map(unpackPositions));
  const steps = unpackNumbers(packed);
  const positions = [];
  for (let i = 0, x = 0, y = 0; i < steps.length; i += 2) {
    x += steps[i];
    y += steps[i + 1];
    positions.push([x / PER_DEGREE, y / PER_DEGREE]);
  }
  return positions;
}
