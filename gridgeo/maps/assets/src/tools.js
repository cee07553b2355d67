/** Measure, compare with the grids before, print, and the sheet of keys. */

import { button, element } from "./dom.js";
import { hectaresText, lengthText } from "./words.js";

/** @import { Page } from "./page.js" */

const RADIUS_M = 6378137;
const MEASURED = { color: "#d0006f", weight: 2.5, fillOpacity: 0.08, interactive: false };

/** @typedef {{ lat: number, lng: number }} Place */

/**
 * The ground inside a ring of places, in square metres; small areas only.
 *
 * @param {Place[]} places
 */
export function groundInside(places) {
  const turn = Math.PI / 180;
  const twice = places.reduce((sum, a, i) => {
    const b = places[(i + 1) % places.length];
    return sum + (a.lng * b.lat - b.lng * a.lat);
  }, 0);
  return Math.abs(twice) / 2 * turn * turn * RADIUS_M * RADIUS_M * Math.cos(places[0].lat * turn);
}

/**
 * Measure a way, and the ground that it goes round.
 *
 * @param {Page} page
 */
export function measure(page) {
  const { map } = page;
  const ruler = new Ruler(page);
  const toggle = () => {
    if (page.tool === "measure") {
      page.tool = "";
      ruler.end();
      return;
    }
    page.takeTool("measure");
    page.tell(page.say("measure_help"));
    map.doubleClickZoom.disable();
    ruler.begin();
  };
  ruler.button = button(page.buttons, page.say("measure"), toggle, "D");
  page.addKey("d", "key_measure", toggle);
  page.on("tool", (name) => {
    if (name !== "measure") ruler.end();
  });
  page.on("escape", () => {
    if (page.tool === "measure") toggle();
  });
}

/** A line over the map, and what it measures. */
class Ruler {
  /** @type {HTMLElement | null} */
  button = null;
  /** @type {L.Polygon | null} */
  #line = null;
  /** @type {L.Tooltip | null} */
  #label = null;
  #release = () => {};
  #page;

  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
  }

  begin() {
    const { map } = this.#page;
    const line = L.polygon([], MEASURED).addTo(map);
    this.#line = line;
    this.button?.classList.add("gg-on");
    map.getContainer().classList.add("gg-cross");
    const release = this.#page.catchClicks((place) => {
      line.addLatLng(place);
      this.#show(/** @type {L.LatLng[]} */ (line.getLatLngs()[0]));
    });
    const stop = () => {
      release();
      map.off("dblclick", stop);
      map.getContainer().classList.remove("gg-cross");
    };
    map.on("dblclick", stop);
    this.#release = stop;
  }

  /** @param {L.LatLng[]} places */
  #show(places) {
    const { map, say } = this.#page;
    const metres = places.slice(1).reduce((sum, place, i) => sum + map.distance(places[i], place), 0);
    const area = { ha: hectaresText(groundInside(places)) };
    const text = lengthText(metres) + (places.length > 2 ? ` · ${say("area", area)}` : "");
    this.#page.tell(text);
    this.#label?.remove();
    this.#label = L.tooltip({ permanent: true, direction: "top", className: "gg-measured" })
      .setLatLng(places[places.length - 1]).setContent(element("span", null, "", text)).addTo(map);
  }

  end() {
    if (!this.#line) return;
    this.#release();
    this.#line.remove();
    this.#label?.remove();
    this.#line = this.#label = null;
    this.#page.map.doubleClickZoom.enable();
    this.button?.classList.remove("gg-on");
    this.#page.tell("");
  }
}

/**
 * Compare with the grids before: now with what changed, the grids before alone, now alone.
 *
 * @param {Page} page
 */
export function compare(page) {
  const { map } = page;
  const { old, changes, grids, outline, labels } = page.layers;
  if (!old || !changes) return;
  /** @type {L.Layer[] | null} what stands aside while the grids before are shown alone */
  let aside = null;

  const isShown = () => map.hasLayer(old) || map.hasLayer(changes);
  const showChanges = () => {
    map.addLayer(old);
    map.addLayer(changes);
    old.bringToFront();
    page.tell(page.say("compare_changes"));
  };
  const showBefore = () => {
    aside = [grids, outline, labels].filter((layer) => layer !== undefined)
      .filter((layer) => map.hasLayer(layer));
    for (const layer of [...aside, changes]) map.removeLayer(layer);
    map.addLayer(old);
    page.tell(page.say("compare_before"));
  };
  const showNow = () => {
    map.removeLayer(old);
    map.removeLayer(changes);
    for (const layer of aside || []) map.addLayer(layer);
    if (aside) map.fire("overlayadd");  // layers take their order again
    aside = null;
    page.tell(page.say("compare_now"));
  };
  const next = () => {
    if (aside) showNow();
    else if (!isShown()) showChanges();
    else if (page.tool === "edit") showNow();
    else showBefore();
    mark();
  };
  const switcher = button(page.buttons, page.say("compare"), next, "C");
  const mark = () => switcher.classList.toggle("gg-on", isShown());
  page.addKey("c", "key_compare", next);
  map.on("overlayadd overlayremove", mark);
  page.on("tool", () => {
    if (aside) showNow();
  });
  mark();
}

/**
 * Print, the sheet of keys, and Esc. Last of the tools: by then all keys are known.
 *
 * @param {Page} page
 */
export function sheet(page) {
  /** @type {HTMLElement | null} */
  let shown = null;
  const hide = () => {
    shown?.remove();
    shown = null;
  };
  const toggle = () => {
    if (shown) {
      hide();
      return;
    }
    shown = element("div", page.map.getContainer(), "gg-panel gg-sheet");
    shown.setAttribute("role", "dialog");
    listKeys(page, element("tbody", element("table", shown)));
    shown.addEventListener("click", hide);
    L.DomEvent.disableClickPropagation(shown);
  };
  button(page.buttons, page.say("print"), () => window.print());
  button(page.buttons, page.say("help"), toggle, "?");
  page.addKey("?", "key_help", toggle);
  page.addKey("escape", "key_escape", () => {
    hide();
    page.fire("escape", undefined);
  }, "Esc");
}

/** @param {Page} page @param {Element} table */
function listKeys(page, table) {
  for (const word of new Set(page.keys.map((key) => key.word))) {
    const names = page.keys.filter((key) => key.word === word).map((key) => key.shown);
    const row = element("tr", table);
    element("kbd", element("td", row), "", names.join("  "));
    element("td", row, "", page.say(word));
  }
}
