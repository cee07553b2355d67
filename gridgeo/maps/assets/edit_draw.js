/* The edited grids on two canvases: fill below the streets, borders above them. */
"use strict";
gridgeo.editLayer = function (page, state, view) {
  const atoms = page.atoms(), paths = new Map();

  function pathOf(grid) {
    let known = paths.get(grid.key);
    if (!known || known.version !== grid.version) {
      const box = [Infinity, Infinity, -Infinity, -Infinity];
      grid.atoms.forEach(function (atom) {
        const own = atoms.boxes[atom];
        box[0] = Math.min(box[0], own[0]); box[1] = Math.min(box[1], own[1]);
        box[2] = Math.max(box[2], own[2]); box[3] = Math.max(box[3], own[3]);
      });
      known = { path: gridgeo.outline(atoms, grid.atoms), version: grid.version, box: box };
      paths.set(grid.key, known);
    }
    return known;
  }

  const fill = new gridgeo.CanvasLayer("edit", 390, function (pen, seen) {
    state.grids.forEach(function (grid) {
      const own = pathOf(grid);
      if (gridgeo.apart(own.box, seen.box)) return;
      const faded = page.faded.has(grid.verdict);
      pen.globalAlpha = faded ? 0.06 : 0.72 * gridgeo.veil;
      pen.fillStyle = page.data.colours[grid.verdict] || "#ffffff";
      pen.fill(own.path, "evenodd");
      if (grid.kind === "dedicated" && !faded) hatch(pen, seen, own.path);
      pen.globalAlpha = 1;
    });
  });
  const lines = new gridgeo.CanvasLayer("edit-lines", 405, function (pen, seen) {
    const thick = gridgeo.strength(page.map);
    if (thick > 0.6) gridgeo.strokeAtoms(atoms, pen, seen, "rgba(80, 95, 100, 0.55)", 0.7);
    state.grids.forEach(function (grid) {
      const own = pathOf(grid);
      if (gridgeo.apart(own.box, seen.box)) return;
      stroke(pen, seen, own.path, grid.parts > 1 ? "#b2182b" : "#3f5b52",
        grid.parts > 1 ? 3.5 : 1.8 * thick);
      if (grid.locked) stroke(pen, seen, own.path, "#111111", 3.5, [2, 4]);
    });
    const target = state.grids.get(view.target);  // above the outlines of its neighbours
    if (target) stroke(pen, seen, pathOf(target).path, "#d0006f", 4.5);
    if (view.selected.size) {
      const chosen = gridgeo.outline(atoms, view.selected);
      pen.fillStyle = "rgba(20, 70, 160, 0.35)";
      pen.fill(chosen, "evenodd");
      stroke(pen, seen, chosen, "#14469f", 2.5);
    }
  });
  function stroke(pen, seen, path, colour, width, dash) {
    pen.strokeStyle = colour;
    pen.lineWidth = width / seen.scale;
    pen.setLineDash((dash || []).map(function (length) { return length / seen.scale; }));
    pen.stroke(path);
    pen.setLineDash([]);
  }
  function hatch(pen, seen, path) {
    const pattern = gridgeo.hatch(pen, "#7b3294");
    pattern.setTransform(new DOMMatrix().scale(1 / seen.scale));
    pen.fillStyle = pattern;
    pen.fill(path, "evenodd");
  }
  const both = [fill, lines];
  return {
    addTo: function (map) { both.forEach(function (one) { one.addTo(map); }); },
    remove: function () { both.forEach(function (one) { one.remove(); }); },
    redraw: function () { both.forEach(function (one) { one.redraw(); }); }
  };
};

// --- labels follow the edits: counts, grids that are new or gone, places that fell outside
gridgeo.editLabels = function (page, state, rows) {
  const atoms = page.atoms(), changed = state.changed(), told = [];
  const known = new Set();
  rows.forEach(function (row) {
    const grid = state.grids.get(row[5]);
    known.add(row[5]);
    if (!grid) return;
    told.push(changed.has(row[5]) ? placed(grid, row) : row);
  });
  state.grids.forEach(function (grid) {
    if (!known.has(grid.key)) told.push(placed(grid, null));
  });
  return told;

  function placed(grid, row) {
    const count = page.say("households_label", { n: grid.households });
    if (row) {
      const atom = gridgeo.atomAt(atoms, gridgeo.localOf(atoms, L.latLng(row[0], row[1])));
      if (grid.atoms.has(atom)) return [row[0], row[1], row[2], count, row[4], row[5]];
    }
    const widest = Array.from(grid.atoms).sort(function (a, b) { return size(b) - size(a); })[0];
    const at = gridgeo.middleOf(atoms, widest), place = gridgeo.degreesOf(atoms, at[0], at[1]);
    const room = Math.sqrt(size(widest)) / 2;
    return [place.lat, place.lng, row ? row[2] : grid.key, count, Math.round(room), grid.key];
  }
  function size(atom) {
    const box = atoms.boxes[atom];
    return (box[2] - box[0]) * (box[3] - box[1]);
  }
};
