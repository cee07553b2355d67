/** What stands beside the map: title with figures, legend, the first view, the order of layers. */

import { addPanel, element } from "./dom.js";

/** @import { Bounds, LegendData, LegendEntry, TitleData } from "./data_types.js" */

const SVG = "http://www.w3.org/2000/svg";
/** On a window that is not wider, panels are closed at first. */
const PHONE = 640;
/** From this width on the map is fitted between the panels. */
const WIDE = 900;

/**
 * @param {L.Map} map
 * @param {string} className
 * @param {L.ControlPosition} position
 * @param {(panel: HTMLDetailsElement) => void} fill
 */
function addDetails(map, className, position, fill) {
  addPanel(map, position, className, (node) => {
    const details = element("details", node);
    details.open = window.innerWidth > PHONE;
    fill(details);
  });
}

/**
 * @param {L.Map} map
 * @param {TitleData} data
 */
export function title(map, data) {
  addDetails(map, "gg-title", "topleft", (panel) => {
    element("h1", element("summary", panel), "", data.title);
    const table = element("tbody", element("table", panel));
    for (const figure of data.figures) {
      const row = element("tr", table);
      element("td", row, "", figure.label);
      element("td", row, "", figure.value);
    }
    for (const line of data.lines) element("p", panel, "", line);
  });
}

/**
 * @param {L.Map} map
 * @param {LegendData} data
 */
export function legend(map, data) {
  addDetails(map, "gg-legend", "bottomright", (panel) => {
    element("summary", panel, "", data.title);
    const table = element("tbody", element("table", panel));
    for (const group of data.groups) {
      const head = element("td", element("tr", table, "gg-head"), "", group.title);
      head.colSpan = 3;
      for (const entry of group.entries) legendRow(table, entry);
    }
  });
}

/**
 * @param {Element} table
 * @param {LegendEntry} entry
 */
function legendRow(table, entry) {
  const row = element("tr", table);
  if (entry.verdict) row.dataset.verdict = entry.verdict;
  const svg = element("td", row).appendChild(document.createElementNS(SVG, "svg"));
  setAttributes(svg, { width: 24, height: 14 });
  const shapes = { fill: fillSample, line: lineSample, dot: dotSample };
  for (const [tag, attributes] of shapes[entry.shape](entry)) {
    setAttributes(svg.appendChild(document.createElementNS(SVG, tag)), attributes);
  }
  element("td", row, "", entry.label);
  element("td", row, "gg-count", entry.count);
}

/** @typedef {Record<string, string | number | undefined>} Attributes */
/** @typedef {[tag: string, attributes: Attributes]} Shape */

/**
 * @param {Element} node
 * @param {Attributes} attributes
 */
function setAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
}

/** @param {LegendEntry} entry @returns {Shape[]} */
function fillSample(entry) {
  const { colour, edge, hatch } = entry;
  const rect = { x: 1, y: 1, width: 22, height: 12, fill: colour, stroke: edge };
  const lines = hatch ? [3, 9, 15] : [];
  return [["rect", rect], ...lines.map((x) => {
    return /** @type {Shape} */ (["line", { x1: x, y1: 12.5, x2: x + 7, y2: 1.5, stroke: hatch }]);
  })];
}

/** @param {LegendEntry} entry @returns {Shape[]} */
function lineSample(entry) {
  const { colour, casing, dash, width = 1 } = entry;
  const across = { x1: 0, y1: 7, x2: 24, y2: 7 };
  /** @type {Shape[]} */
  const below = casing
    ? [["line", { ...across, stroke: casing, "stroke-width": width + 1.6 }]] : [];
  return [...below, ["line", {
    ...across, stroke: colour, "stroke-width": width, "stroke-dasharray": dash || "none",
  }]];
}

/** @param {LegendEntry} entry @returns {Shape[]} */
function dotSample(entry) {
  return [["circle", { cx: 12, cy: 7, r: 4.5, fill: entry.colour, stroke: "#fff" }]];
}

/**
 * A household as a dot whose area follows the count; those in no grid are red.
 *
 * @param {GeoJSON.Feature<GeoJSON.Point, { count: number, listed: boolean }>} feature
 * @param {L.LatLng} place
 */
export function dot(feature, place) {
  const { count, listed } = feature.properties;
  return L.circleMarker(place, {
    radius: Math.min(9, Math.max(1.5, 0.8 + 0.35 * Math.sqrt(count))),
    stroke: false, fill: true, fillOpacity: 0.6, fillColor: listed ? "#b2182b" : "#5b4a8a",
  });
}

/**
 * The first view: everything, beside the panels where the window is wide enough.
 *
 * @param {L.Map} map
 * @param {Bounds} bounds
 */
export function fit(map, bounds) {
  fitBeside(map, L.latLngBounds(bounds), { left: 280, right: 250, above: 12, narrow: 12 });
}

/**
 * @param {L.Map} map
 * @param {L.LatLngBounds} bounds
 * @param {{ left: number, right: number, above: number, narrow: number }} padding in pixels
 * @param {L.FitBoundsOptions} [options]
 */
export function fitBeside(map, bounds, padding, options) {
  const wide = map.getSize().x > WIDE;
  const { left, right, above, narrow } = padding;
  map.fitBounds(bounds, {
    animate: false,
    paddingTopLeft: wide ? [left, above] : [narrow, narrow],
    paddingBottomRight: wide ? [right, above] : [narrow, narrow],
    ...options,
  });
}

/**
 * Keep the order of layers on the canvas when one is switched on again.
 *
 * @param {L.Map} map
 * @param {L.GeoJSON[]} layers from the lowest to the uppermost
 */
export function keepOrder(map, layers) {
  map.on("overlayadd", () => {
    for (const layer of layers) if (map.hasLayer(layer)) layer.bringToFront();
  });
}
