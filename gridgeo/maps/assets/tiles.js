/* Background tiles, where the settings ask for them: all that the page ever fetches. */
"use strict";
gridgeo.tiles = function (data) {
  const layers = data.addresses.map(function (address) {
    return L.tileLayer(address, { maxZoom: 20, maxNativeZoom: 18, updateWhenZooming: false });
  });
  const group = L.layerGroup(layers), credit = L.control({ position: "bottomleft" });
  let node = null;
  credit.onAdd = function () {
    node = gridgeo.element("div", null, "leaflet-control-attribution", data.credit);
    return node;
  };
  function say(failed) {
    const told = failed ? [data.credit, data.failed] : [data.credit];
    if (node) node.textContent = told.filter(Boolean).join(" · ");
  }
  layers.forEach(function (layer) {
    layer.on("tileerror", function () { say(true); });
    layer.on("tileload", function () {
      say(false);
      if (!group.arrived) { group.arrived = true; group.fire("arrived"); }
    });
  });
  group.on("add", function () { credit.addTo(group._map); });
  group.on("remove", function () { credit.remove(); });
  return group;
};

// the fill of the grids lets the background through where there is one
gridgeo.tools.push(function (page) {
  function veil() {
    const tiles = page.layers.tiles;
    gridgeo.veil = tiles.arrived && page.map.hasLayer(tiles) ? 0.55 : 1;
    page.layers.grids.setStyle(page.layers.grids.options.style);
    page.fire("filtered");
  }
  page.layers.tiles.on("add remove arrived", veil);
  veil();
});
