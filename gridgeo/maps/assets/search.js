/* Search by code, name or street. */
"use strict";
gridgeo.tools.push(function (page) {
  const MOST = 12, data = page.data;
  const box = gridgeo.element("div", page.sections, "gg-search");
  const input = gridgeo.element("input", box);
  const list = gridgeo.element("ul", box, "gg-list");
  input.type = "search";
  input.placeholder = page.say("search");
  input.setAttribute("aria-label", page.say("search"));
  const index = entries();

  input.addEventListener("input", function () { show(input.value); });
  input.addEventListener("keydown", function (event) {
    const first = list.querySelector("button");
    if (event.key === "Enter" && first) first.click();
    if (event.key === "Escape") { input.value = ""; show(""); input.blur(); }
  });
  gridgeo.key("/", "key_search", function () { input.focus(); });

  function entries() {
    const grids = data.grids.map(function (grid) {
      return { kind: "grid", label: grid[0] + " " + grid[1], bounds: grid[8], codes: [grid[0]] };
    });
    const communities = data.communities.map(function (one) {
      return { kind: "community", label: one[0] + " " + one[1], bounds: one[4], codes: [] };
    });
    data.grids.forEach(function (grid) {
      if (grid[2] >= 0) communities[grid[2]].codes.push(grid[0]);
    });
    const streets = new Map();
    page.layers.labels._data.streets.forEach(function (street) {
      const known = streets.get(street[4]);
      const here = [street[0], street[1], street[0], street[1]];
      streets.set(street[4], known ? [
        Math.min(known[0], here[0]), Math.min(known[1], here[1]),
        Math.max(known[2], here[2]), Math.max(known[3], here[3])] : here);
    });
    return communities.concat(grids, Array.from(streets, function (entry) {
      return { kind: "street", label: entry[0], bounds: entry[1] };
    })).map(function (entry) {
      entry.text = entry.label.toLowerCase();
      return entry;
    });
  }

  function show(asked) {
    list.textContent = "";
    const text = asked.trim().toLowerCase();
    if (!text) return;
    const found = index.filter(function (entry) { return entry.text.includes(text); });
    found.slice(0, MOST).forEach(function (entry) {
      const row = gridgeo.element("button", gridgeo.element("li", list), "gg-row");
      row.type = "button";
      gridgeo.element("span", row, "gg-tag", page.say(entry.kind));
      gridgeo.element("span", row, "", entry.label);
      row.addEventListener("click", function () {
        page.zoomTo(entry.bounds, entry.codes);
        if (entry.kind === "grid") page.fire("grid", entry.codes[0]);
      });
    });
    if (!found.length) gridgeo.element("li", list, "gg-quiet", page.say("nothing_found"));
    if (found.length > MOST) {
      gridgeo.element("li", list, "gg-quiet", page.say("more", { n: found.length - MOST }));
    }
  }
});
