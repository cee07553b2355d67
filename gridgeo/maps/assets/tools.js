/* The working page: what its tools share. Each tool is one file that registers itself. */
"use strict";
gridgeo.tools = [];
gridgeo.work = function (map, layers) {
  const data = JSON.parse(document.getElementById("gg-plan").textContent);
  const listeners = {};
  const page = {
    map: map, layers: layers, data: data, tool: "",
    say: gridgeo.sayer(data.words),
    on: function (event, what) { (listeners[event] = listeners[event] || []).push(what); },
    fire: function (event, value) {
      (listeners[event] || []).forEach(function (what) { what(value); });
    },
    // --- atoms are parsed when they are first wanted
    atoms: function () {
      if (!page.decoded) {
        const block = document.getElementById("gg-atoms");
        page.decoded = block ? gridgeo.decodeAtoms(JSON.parse(block.textContent)) : null;
      }
      return page.decoded;
    },
    // clicks on the map go to `what` alone, no popup opens; returns how to give them back
    catchClicks: function (what) {
      const node = map.getContainer();
      function caught(event) {
        if (event.target.closest(".leaflet-control-container, .gg-sheet, .leaflet-popup")) return;
        event.stopPropagation();
        if (!map.dragging.moved()) what(map.mouseEventToLatLng(event), event);
      }
      node.addEventListener("click", caught, true);
      return function () { node.removeEventListener("click", caught, true); };
    },
    // show a place: the outlines of the grids called `codes` in it flash, else a box around it
    zoomTo: function (bounds, codes) {
      if (!bounds) return;
      const wide = map.getSize().x > 900;
      const box = L.latLngBounds([bounds[0], bounds[1]], [bounds[2], bounds[3]]);
      map.fitBounds(box, {
        animate: false, maxZoom: 18,
        paddingTopLeft: wide ? [290, 30] : [20, 20], paddingBottomRight: wide ? [270, 30] : [20, 20]
      });
      flash(map, box, outlines(box, codes || []));
    }
  };
  gridgeo.page = page;
  sidebar(page);
  name(map.getContainer());
  gridgeo.tools.forEach(function (tool) { tool(page); });

  const LINE = { fill: false, color: "#d0006f", weight: 3, dashArray: "6 4", interactive: false };
  function flash(map, box, shapes) {
    if (page.flashed) page.flashed.remove();
    page.flashed = L.layerGroup(shapes.length ? shapes : [L.rectangle(box.pad(0.04), LINE)]);
    const shown = page.flashed.addTo(map);
    setTimeout(function () { shown.remove(); }, 6000);
  }

  // the outlines of the grids called `codes` that lie in `box`
  function outlines(box, codes) {
    const near = box.pad(0.01);
    return layers.grids.getLayers().filter(function (grid) {
      return codes.includes(grid.feature.properties.code) && near.contains(grid.getBounds());
    }).map(function (grid) { return L.polygon(grid.getLatLngs(), LINE); });
  }

  // Leaflet's own buttons, in the language of the page
  function name(node) {
    [["layers-toggle", "layers"], ["zoom-in", "zoom_in"], ["zoom-out", "zoom_out"]].forEach(
      function (entry) {
        const button = node.querySelector(".leaflet-control-" + entry[0]);
        button.title = page.say(entry[1]);
        button.setAttribute("aria-label", page.say(entry[1]));
      }
    );
  }

  // the panel at the left: a row of buttons, a line for messages, then the sections of the tools
  function sidebar(page) {
    const panel = L.control({ position: "topleft" });
    panel.onAdd = function () {
      const node = gridgeo.element("div", null, "gg-panel gg-work");
      page.buttons = gridgeo.element("div", node, "gg-buttons");
      page.sections = gridgeo.element("div", node, "gg-sections");
      page.message = gridgeo.element("p", node, "gg-message");
      page.message.setAttribute("role", "status");
      L.DomEvent.disableClickPropagation(node);
      L.DomEvent.disableScrollPropagation(node);
      return node;
    };
    panel.addTo(page.map);
  }

  page.tell = function (text) { page.message.textContent = text || ""; };
  page.fire("ready");
};

// a button that says what it does and which key does the same
gridgeo.button = function (parent, label, what, key) {
  const node = gridgeo.element("button", parent, "gg-button", label);
  node.type = "button";
  if (key) node.title = label + " (" + key + ")";
  node.addEventListener("click", what);
  return node;
};

// --- keys: one letter each, never while somebody types
gridgeo.keys = [];
gridgeo.key = function (letter, word, what, shown) {
  gridgeo.keys.push({ letter: letter, word: word, what: what, shown: shown });
};
document.addEventListener("keydown", function (event) {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) &&
    event.target.type !== "checkbox" && event.target.type !== "radio";
  if (typing && event.key !== "Escape") return;
  if (typing) event.target.blur();
  const letter = (event.ctrlKey || event.metaKey ? "ctrl+" : "") + event.key.toLowerCase();
  const found = gridgeo.keys.find(function (entry) { return entry.letter === letter; });
  if (!found || event.altKey) return;
  event.preventDefault();
  found.what(event);
});
