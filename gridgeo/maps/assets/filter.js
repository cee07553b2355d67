/* Filter by verdict: a click on a line of the legend shows or fades the grids of that verdict. */
"use strict";
gridgeo.tools.push(function (page) {
  const faded = page.faded = new Set();
  const layer = page.layers.grids;
  const own = layer && layer.options.style;
  if (layer) {
    layer.options.style = function (feature) {
      const style = own(feature);
      return Object.assign({}, style, faded.has(feature.properties.verdict)
        ? { fillOpacity: 0.06, hatch: "" } : { fillOpacity: style.fillOpacity * gridgeo.veil });
    };
  }
  const counts = new Map();
  // while grids are adjusted the legend counts what is on the map
  page.on("edited", function (state) {
    const now = {};
    if (state) state.grids.forEach(function (grid) { now[grid.verdict] = (now[grid.verdict] || 0) + 1; });
    counts.forEach(function (known, verdict) {
      known.cell.textContent = state ? String(now[verdict] || 0) : known.text;
    });
  });
  document.querySelectorAll(".gg-legend tr[data-verdict]").forEach(function (row) {
    const verdict = row.dataset.verdict;
    const cell = row.querySelector(".gg-count");
    counts.set(verdict, { cell: cell, text: cell.textContent });
    row.tabIndex = 0;
    row.setAttribute("role", "switch");
    row.setAttribute("aria-checked", "true");
    function toggle() {
      if (!faded.delete(verdict)) faded.add(verdict);
      row.setAttribute("aria-checked", String(!faded.has(verdict)));
      if (layer) layer.setStyle(layer.options.style);
      page.layers.labels.redraw();
      page.fire("filtered");
    }
    row.addEventListener("click", toggle);
    row.addEventListener("keydown", function (event) {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); toggle(); }
    });
  });
});
