/* Compare with the grids before: the two layers on and off together. */
"use strict";
gridgeo.tools.push(function (page) {
  const layers = [page.layers.old, page.layers.changes].filter(Boolean);
  if (!layers.length) return;
  const button = gridgeo.button(page.buttons, page.say("compare"), toggle, "C");
  gridgeo.key("c", "key_compare", toggle);
  page.map.on("overlayadd overlayremove", mark);
  mark();

  function shown() { return layers.some(function (layer) { return page.map.hasLayer(layer); }); }
  function mark() { button.classList.toggle("gg-on", shown()); }
  function toggle() {
    const hide = shown();
    layers.forEach(function (layer) { page.map[hide ? "removeLayer" : "addLayer"](layer); });
    if (page.layers.old && !hide) page.layers.old.bringToFront();
    mark();
  }
});
