/* The list of findings: each zooms to its place; marked stale once its grids were edited. */
"use strict";
gridgeo.tools.push(function (page) {
  const MOST = 300, found = page.data.findings;
  if (!found.length) return;
  const details = gridgeo.element("details", page.sections, "gg-findings");
  gridgeo.element("summary", details, "", page.say("findings", { n: found.length }));
  const list = gridgeo.element("ul", details, "gg-list");
  const rows = [];
  details.addEventListener("toggle", function () { if (!rows.length) fill(); });

  function fill() {
    found.slice(0, MOST).forEach(function (entry) {
      const row = gridgeo.element("button", gridgeo.element("li", list), "gg-row");
      row.type = "button";
      const tag = gridgeo.element("span", row, "gg-tag", page.say("severity." + entry[1]));
      tag.style.background = page.data.colours[entry[1]];
      tag.style.color = "#fff";
      gridgeo.element("b", row, "", entry[0]);
      gridgeo.element("span", row, "", entry[2]);
      if (entry[5]) gridgeo.element("i", row, "", page.say("accepted"));
      if (entry[4]) row.addEventListener("click", function () { page.zoomTo(entry[4], entry[3]); });
      else gridgeo.element("i", row, "", page.say("no_place"));
      rows.push({ node: row, grids: entry[3] });
    });
    if (found.length > MOST) {
      gridgeo.element("li", list, "gg-quiet", page.say("more", { n: found.length - MOST }));
    }
    mark();
  }

  function mark() {
    const changed = page.edited ? page.edited.changed() : new Set();
    rows.forEach(function (row) {
      const stale = row.grids.some(function (code) { return changed.has(code); });
      row.node.classList.toggle("gg-stale", stale);
      row.node.title = stale ? page.say("stale") : "";
    });
  }
  page.on("edited", mark);
});
