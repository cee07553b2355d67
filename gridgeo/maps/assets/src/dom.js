/** Elements of the page. Text is only ever set as text, never as markup. */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Element | null} [parent]
 * @param {string} [className]
 * @param {string} [text]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, parent, className, text) {
  const node = document.createElement(tag);
  node.className = className || "";
  if (parent) parent.appendChild(node);
  if (text !== undefined) node.textContent = text;
  return node;
}

/**
 * A button that says what it does and which key does the same.
 *
 * @param {Element} parent
 * @param {string} label
 * @param {() => void} act
 * @param {string} [key]
 */
export function button(parent, label, act, key) {
  const node = element("button", parent, "gg-button", label);
  node.type = "button";
  if (key) node.title = `${label} (${key})`;
  node.addEventListener("click", act);
  return node;
}

/**
 * A row of a list that does something.
 *
 * @param {Element} list
 */
export function rowButton(list) {
  const node = element("button", element("li", list), "gg-row");
  node.type = "button";
  return node;
}

/**
 * A panel over the map that keeps clicks and turns of the wheel to itself.
 *
 * @param {L.Map} map
 * @param {L.ControlPosition} position
 * @param {string} className
 * @param {(node: HTMLElement) => void} fill
 */
export function addPanel(map, position, className, fill) {
  const node = element("div", null, `gg-panel ${className}`);
  fill(node);
  L.DomEvent.disableClickPropagation(node);
  L.DomEvent.disableScrollPropagation(node);
  addControl(map, position, node);
}

/**
 * @param {L.Map} map
 * @param {L.ControlPosition} position
 * @param {HTMLElement} node
 */
export function addControl(map, position, node) {
  const control = new L.Control({ position });
  control.onAdd = () => node;
  return control.addTo(map);
}

/**
 * Whether an event happened on the map itself, not on what lies over it.
 *
 * @param {Event} event
 */
export function isOnMap(event) {
  const over = ".leaflet-control-container, .gg-sheet, .leaflet-popup";
  return !(/** @type {Element} */ (event.target).closest(over));
}

/**
 * Give the user a file of edits to keep.
 *
 * @param {string} text
 * @param {string} plan the fingerprint of the plan
 */
export function downloadEdits(text, plan) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = `edits-${plan}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
}
