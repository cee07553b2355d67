/** What finds grids: search, the list of findings, the filter by verdict. */

import { element, rowButton } from "./dom.js";

/** @import { Bounds } from "./data_types.js" */
/** @import { StreetLabel } from "./labels.js" */
/** @import { PathStyle } from "./canvas.js" */
/** @import { Page } from "./page.js" */
/** @import { PlanRows } from "./plan.js" */

/** So many hits of a search and so many findings are listed. */
const MOST_HITS = 12;
const MOST_FINDINGS = 300;
/** How grids of a faded verdict are drawn. */
const FADED = { fillOpacity: 0.06, hatch: "" };

/**
 * @typedef {object} SearchEntry
 * @property {"community" | "grid" | "street"} kind
 * @property {string} label
 * @property {string} text what is searched: the label in small letters
 * @property {Bounds | null} bounds
 * @property {string[]} codes of the grids that it stands for
 */

/**
 * What can be searched for: communities, grids, streets.
 *
 * @param {PlanRows} plan
 * @param {readonly StreetLabel[]} streets
 * @returns {SearchEntry[]}
 */
export function searchIndex(plan, streets) {
  const communities = plan.communities.map((community, position) => {
    const own = plan.grids.filter((grid) => grid.community === position);
    const label = `${community.code} ${community.name}`;
    return entryOf("community", label, community.bounds, own.map((grid) => grid.code));
  });
  const grids = plan.grids.map((grid) => {
    return entryOf("grid", `${grid.code} ${grid.name}`, grid.bounds, [grid.code]);
  });
  const named = Array.from(streetBounds(streets), ([name, bounds]) => {
    return entryOf("street", name, bounds, []);
  });
  return [...communities, ...grids, ...named];
}

/**
 * @param {SearchEntry["kind"]} kind
 * @param {string} label
 * @param {Bounds | null} bounds
 * @param {string[]} codes
 * @returns {SearchEntry}
 */
function entryOf(kind, label, bounds, codes) {
  return { kind, label, text: label.toLowerCase(), bounds, codes };
}

/** @param {readonly StreetLabel[]} streets */
function streetBounds(streets) {
  /** @type {Map<string, Bounds>} */
  const bounds = new Map();
  for (const { name, latitude, longitude } of streets) {
    const [[south, west], [north, east]] =
      bounds.get(name) || [[latitude, longitude], [latitude, longitude]];
    bounds.set(name, [
      [Math.min(south, latitude), Math.min(west, longitude)],
      [Math.max(north, latitude), Math.max(east, longitude)],
    ]);
  }
  return bounds;
}

/**
 * The entries that contain a text, whatever its capitals; none for an empty text.
 *
 * @param {SearchEntry[]} index
 * @param {string} asked
 */
export function searchHits(index, asked) {
  const text = asked.trim().toLowerCase();
  return text ? index.filter((entry) => entry.text.includes(text)) : [];
}

/**
 * Search by code, name or street.
 *
 * @param {Page} page
 */
export function search(page) {
  const box = element("div", page.sections, "gg-search");
  const input = element("input", box);
  const list = element("ul", box, "gg-list");
  const index = searchIndex(page.data, page.layers.labels.streets);
  input.type = "search";
  input.placeholder = page.say("search");
  input.setAttribute("aria-label", page.say("search"));
  const show = () => showHits(page, list, input.value.trim() !== "", searchHits(index, input.value));
  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    const first = list.querySelector("button");
    if (event.key === "Enter" && first) first.click();
    if (event.key === "Escape") {
      input.value = "";
      show();
      input.blur();
    }
  });
  page.addKey("/", "key_search", () => input.focus());
}

/**
 * @param {Page} page
 * @param {Element} list
 * @param {boolean} isAsked
 * @param {SearchEntry[]} hits
 */
function showHits(page, list, isAsked, hits) {
  list.textContent = "";
  for (const entry of hits.slice(0, MOST_HITS)) {
    const row = rowButton(list);
    element("span", row, "gg-tag", page.say(entry.kind));
    element("span", row, "", entry.label);
    row.addEventListener("click", () => page.zoomTo(entry.bounds, entry.codes));
  }
  if (isAsked && !hits.length) element("li", list, "gg-quiet", page.say("nothing_found"));
  sayMore(page, list, hits.length - MOST_HITS);
}

/**
 * @param {Page} page
 * @param {Element} list
 * @param {number} more entries that are not listed
 */
function sayMore(page, list, more) {
  if (more > 0) element("li", list, "gg-quiet", page.say("more", { n: more }));
}

/**
 * The list of findings: each zooms to its place, and is marked stale once its grids were edited.
 *
 * @param {Page} page
 */
export function findings(page) {
  const found = page.data.findings;
  if (!found.length) return;
  const details = element("details", page.sections, "gg-findings");
  element("summary", details, "", page.say("findings", { n: found.length }));
  const list = element("ul", details, "gg-list");
  /** @type {{ node: HTMLElement, grids: string[] }[]} */
  let rows = [];
  const mark = () => {
    const changed = page.edited ? page.edited.changed() : new Set();
    for (const { node, grids } of rows) {
      const isStale = grids.some((code) => changed.has(code));
      node.classList.toggle("gg-stale", isStale);
      node.title = isStale ? page.say("stale") : "";
    }
  };
  details.addEventListener("toggle", () => {
    if (rows.length) return;
    rows = found.slice(0, MOST_FINDINGS).map((finding) => {
      return { node: findingRow(page, list, finding), grids: finding.grids };
    });
    sayMore(page, list, found.length - MOST_FINDINGS);
    mark();
  });
  page.on("edited", mark);
}

/**
 * @param {Page} page
 * @param {Element} list
 * @param {PlanRows["findings"][number]} finding
 */
function findingRow(page, list, finding) {
  const row = rowButton(list);
  const tag = element("span", row, "gg-tag", page.say(`severity.${finding.severity}`));
  tag.style.background = page.data.colours[finding.severity];
  tag.style.color = "#fff";
  element("b", row, "", finding.rule);
  element("span", row, "", finding.message);
  if (finding.accepted) element("i", row, "", page.say("accepted"));
  if (finding.bounds) {
    row.addEventListener("click", () => page.zoomTo(finding.bounds, finding.grids));
  } else {
    element("i", row, "", page.say("no_place"));
  }
  return row;
}

/**
 * Filter by verdict: a click on a line of the legend fades the grids of that verdict, or shows them.
 *
 * @param {Page} page
 */
export function filter(page) {
  fadeGrids(page);
  /** @type {NodeListOf<HTMLTableRowElement>} */
  const rows = document.querySelectorAll(".gg-legend tr[data-verdict]");
  for (const row of rows) {
    const verdict = row.dataset.verdict || "";
    const toggle = () => {
      if (!page.faded.delete(verdict)) page.faded.add(verdict);
      row.setAttribute("aria-checked", String(!page.faded.has(verdict)));
      drawGrids(page);
      page.layers.labels.redraw();
      page.fire("filtered", undefined);
    };
    row.tabIndex = 0;
    row.setAttribute("role", "switch");
    row.setAttribute("aria-checked", "true");
    row.addEventListener("click", toggle);
    row.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      toggle();
    });
    countEdited(page, row, verdict);
  }
}

/**
 * Draw the grids again, after verdicts were faded or the veil changed.
 *
 * @param {Page} page
 */
export function drawGrids(page) {
  const { grids } = page.layers;
  grids.setStyle(/** @type {L.StyleFunction} */ (grids.options.style));
}

/** @param {Page} page */
function fadeGrids(page) {
  const { options } = page.layers.grids;
  const plain = /** @type {(feature?: GeoJSON.Feature) => PathStyle} */ (options.style);
  options.style = (feature) => {
    const style = plain(feature);
    const isFaded = page.faded.has(feature?.properties?.verdict);
    const veiled = { fillOpacity: Number(style.fillOpacity) * page.veil };
    return { ...style, ...(isFaded ? FADED : veiled) };
  };
}

/**
 * While grids are adjusted the legend counts what is on the map.
 *
 * @param {Page} page
 * @param {Element} row
 * @param {string} verdict
 */
function countEdited(page, row, verdict) {
  const cell = row.querySelector(".gg-count");
  if (!cell) return;
  const planned = cell.textContent;
  page.on("edited", (state) => {
    cell.textContent = state ? String(state.countVerdict(verdict)) : planned;
  });
}
