/** Words of the page by their key, and numbers as text. */

/**
 * The word with this key, with `values` in its braces. It is always shown as text, never as markup.
 *
 * @callback Say
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */

/**
 * @param {Record<string, string>} words
 * @returns {Say}
 */
export function sayer(words) {
  return (key, values) => (words[key] || key).replace(/\{(\w+)\}/g, (whole, name) => {
    return values && name in values ? String(values[name]) : whole;
  });
}

/**
 * A whole number with a comma between thousands, as Python writes it.
 *
 * @param {number} count
 */
export function grouped(count) {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/**
 * A length in metres, or in kilometres from two of them on.
 *
 * @param {number} metres
 */
export function lengthText(metres) {
  return metres < 2000 ? `${Math.round(metres)} m` : `${(metres / 1000).toFixed(2)} km`;
}

/** @param {number} squareMetres */
export function hectaresText(squareMetres) {
  return (squareMetres / 1e4).toFixed(2);
}
