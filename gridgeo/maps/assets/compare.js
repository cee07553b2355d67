/* Compare with the grids before: now with what changed, the grids before alone, now alone. */
"use strict";
gridgeo.tools.push(function (page) {
  const map = page.map, layers = [page.layers.old, page.layers.changes].filter(Boolean);
  if (!layers.length) return;
  const today = ["grids", "outline", "labels"].map(function (name) { return page.layers[name]; });
  const button = gridgeo.button(page.buttons, page.say("compare"), next, "C");
  let hidden = null;  // what stands aside while the grids before are shown alone
  gridgeo.key("c", "key_compare", next);
  map.on("overlayadd overlayremove", mark);
  page.on("tool", function () { if (hidden) now(); });
  mark();

  function next() {
    if (hidden) now();
    else if (!shown()) changes();
    else if (page.tool === "edit") now();
    else before();
    mark();
  }
  function changes() {
    layers.forEach(function (layer) { map.addLayer(layer); });
    page.layers.old.bringToFront();
    page.tell(page.say("compare_changes"));
  }
  function before() {
    hidden = today.filter(function (layer) { return layer && map.hasLayer(layer); });
    hidden.concat(page.layers.changes).forEach(function (layer) { map.removeLayer(layer); });
    map.addLayer(page.layers.old);
    page.tell(page.say("compare_before"));
  }
  function now() {
    layers.forEach(function (layer) { map.removeLayer(layer); });
    (hidden || []).forEach(function (layer) { map.addLayer(layer); });
    if (hidden) map.fire("overlayadd");  // layers take their order again
    hidden = null;
    page.tell(page.say("compare_now"));
  }
  function shown() { return layers.some(function (layer) { return map.hasLayer(layer); }); }
  function mark() { button.classList.toggle("gg-on", shown()); }
});
