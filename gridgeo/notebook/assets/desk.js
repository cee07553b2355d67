/* The widget: draws what Python says, and tells Python what was clicked. It judges nothing. */
"use strict";
gridgeo.desk = function (model, el) {
  const data = model.get("data"), view = { target: "", selected: new Set(), beginning: false };
  const atoms = gridgeo.decodeAtoms(data.atoms), make = gridgeo.element;
  const root = make("div", el, "gg-desk"), node = make("div", root, "gg-desk-map");
  const map = L.map(node, {
    preferCanvas: true, attributionControl: false, zoomControl: true, zoomSnap: 0.25, zoomDelta: 0.5,
    maxZoom: 20, scrollWheelZoom: false, keyboard: false
  });
  const page = {
    map: map, data: data, faded: new Set(), atoms: function () { return atoms; },
    say: gridgeo.sayer(data.words)
  };
  gridgeo.page = page;
  const state = { grids: new Map(), of: [], changed: function () { return touched; } };
  let touched = new Set(), versions = 0, fresh = 0, inner = new Path2D();
  const born = bornGrids();

  // --- layers, from the ground up: fills and outlines, streets, labels
  L.control.scale({ imperial: false }).addTo(map);
  const drawn = gridgeo.editLayer(page, state, view), rows = data.labels.grids;
  const streets = new gridgeo.CanvasLayer("streets", 400, paintStreets);
  const labels = gridgeo.labels(data.labels);

  // --- the panel beside the map
  const side = make("div", root, "gg-desk-side");
  const into = make("p", side, "gg-desk-into"), bar = make("div", side, "gg-desk-buttons");
  const buttons = {
    begin: button("new", function () { view.beginning = !view.beginning; show(); }),
    lock: button("lock", function () {
      const locked = model.get("state").locked.includes(view.target);
      edit({ do: locked ? "unlock" : "lock", grid: view.target });
    }),
    undo: button("undo", function () { model.send({ act: "undo" }); }),
    redo: button("redo", function () { model.send({ act: "redo" }); }),
    export: button("export", download)
  };
  const message = make("p", side, "gg-desk-message");
  message.setAttribute("role", "status");
  const figures = make("table", side, "gg-desk-figures"), changes = make("table", side, "gg-desk-changes");

  function button(word, what) {
    const made = make("button", bar, "", page.say(word));
    made.type = "button";
    made.addEventListener("click", what);
    return made;
  }
  function edit(one) { model.send({ act: "edit", edit: one }); }

  // --- the grids of the plan, and those of the state of Python
  function bornGrids() {
    const grids = new Map(data.grids.map(function (row) {
      return [row[0], {
        key: row[0], label: row[0], kind: row[3], households: row[4], verdict: row[6], parts: 1,
        atoms: new Set()
      }];
    }));
    atoms.grid.forEach(function (place, atom) {
      if (place >= 0) grids.get(data.grids[place][0]).atoms.add(atom);
    });
    return grids;
  }
  function take(told) {
    const before = touched, shapes = new Set(), moved = new Map(told.moved);
    state.of = atoms.grid.map(function (place, atom) {
      return moved.has(atom) ? moved.get(atom) : place < 0 ? "" : data.grids[place][0];
    });
    inner = innerStreets();
    touched = new Set(Object.keys(told.grids));
    moved.forEach(function (key, atom) { shapes.add(key).add(data.grids[atoms.grid[atom]][0]); });
    const grids = new Map(born);
    new Set([...touched, ...shapes, ...before]).forEach(function (key) {
      const was = born.get(key), now = told.grids[key];
      if (!now && shapes.has(key)) { grids.delete(key); return; }
      const own = Object.assign({ key: key, label: key }, was, now || {});
      if (shapes.has(key)) {
        own.atoms = new Set(was ? was.atoms : []);
        moved.forEach(function (to, atom) { if (to === key) own.atoms.add(atom); else own.atoms.delete(atom); });
      }
      if (!own.atoms) return;
      versions += 1;
      own.version = versions;
      grids.set(key, own);
    });
    state.grids = new Map(Array.from(grids, function (entry) {
      return [entry[0], Object.assign({}, entry[1], { locked: told.locked.includes(entry[0]) })];
    }));
    fresh = Math.max(fresh, ...Array.from(state.grids.keys(), function (key) {
      return key[0] === "+" ? Number(key.slice(1)) : 0;
    }));
    if (view.target && !state.grids.has(view.target)) view.target = "";
  }

  // --- clicks: a grid becomes the target, an atom goes into it
  map.on("click", function (event) {
    map.scrollWheelZoom.enable();
    const atom = gridgeo.atomAt(atoms, gridgeo.localOf(atoms, event.latlng));
    const key = atom < 0 ? "" : state.of[atom];
    if (!key) return;
    if (view.beginning) {
      view.beginning = false;
      view.target = "+" + (fresh + 1);
      edit({ do: "split", atoms: [atom], grid: view.target });
      return;
    }
    if (!view.target || view.target === key || event.originalEvent.shiftKey) {
      view.target = view.target === key ? "" : key;
      show();
    } else {
      edit({ do: "move", atoms: [atom], to: view.target });
    }
  });
  map.on("mouseout", function () { map.scrollWheelZoom.disable(); });

  function download() { gridgeo.download(model.get("state").file, data.plan); }

  // --- what is shown
  function paintStreets(pen, seen) {
    pen.strokeStyle = "#ffffff";
    pen.lineWidth = 0.9 / seen.scale;
    pen.stroke(inner);
  }
  // streets inside grids: those that grids follow are under their outlines
  function innerStreets() {
    const path = new Path2D();
    atoms.street.forEach(function (on, arc) {
      const right = atoms.right[arc];
      if (!on || right < 0 || state.of[atoms.left[arc]] !== state.of[right]) return;
      for (let i = atoms.start[arc]; i < atoms.start[arc + 1]; i += 1) {
        path[i === atoms.start[arc] ? "moveTo" : "lineTo"](atoms.x[i], atoms.y[i]);
      }
    });
    return path;
  }
  function show() {
    const told = model.get("state"), target = state.grids.get(view.target);
    page.verdicts = new Map(Array.from(state.grids, function (entry) { return [entry[0], entry[1].verdict]; }));
    labels._data.grids = gridgeo.editLabels(page, state, rows);
    drawn.redraw();
    streets.redraw();
    labels.redraw();
    into.textContent = view.beginning ? page.say("new_help")
      : target ? page.say("into", { grid: labelOf(target) }) : page.say("pick");
    buttons.begin.classList.toggle("gg-on", view.beginning);
    buttons.lock.textContent = page.say(target && target.locked ? "unlock" : "lock");
    buttons.lock.disabled = !target;
    buttons.undo.disabled = !told.edits;
    buttons.redo.disabled = !told.undone;
    buttons.export.disabled = !told.edits;
    message.textContent = told.message;
    fill(figures, ["", "before", "after", ""], told.figures);
    fill(changes, told.rows.length ? ["grid", "households", "verdict", "pieces", "cost"] : [],
      told.rows.map(function (row) { return [row.label].concat(row.cells); }));
    told.rows.forEach(function (row, n) {
      const line = changes.tBodies[0].rows[n], chip = make("span", null, "gg-desk-chip");
      chip.style.background = data.colours[row.verdict] || "#ffffff";
      line.cells[0].prepend(chip);
      line.dataset.grid = row.grid;
      line.classList.toggle("gg-broken", row.broken);
    });
  }
  function labelOf(grid) {
    return grid.key[0] === "+" ? page.say("new_grid", { n: grid.key.slice(1) }) : grid.label;
  }
  function fill(table, head, lines) {
    table.textContent = "";
    const top = make("tr", make("thead", table)), body = make("tbody", table);
    head.forEach(function (word) { make("th", top, "", word && page.say(word)); });
    lines.forEach(function (cells) {
      const line = make("tr", body);
      cells.forEach(function (text) { make("td", line, "", text); });
    });
  }
  function changed() { take(model.get("state")); show(); }

  // --- the map has no size until the notebook shows it
  let fitted = false;
  const watch = new ResizeObserver(function () {
    if (!node.clientWidth) return;
    map.invalidateSize({ animate: false });
    if (!fitted) {
      fitted = true;
      map.fitBounds(data.view, { animate: false, padding: [6, 6] });
    }
  });
  map.setView([0, 0], 1);
  [drawn, streets, labels].forEach(function (layer) { layer.addTo(map); });
  changed();
  model.on("change:state", changed);
  watch.observe(node);
  el.gridgeo = { map: map, atoms: atoms, state: state, view: view, tools: gridgeo };
  return function () { watch.disconnect(); model.off("change:state", changed); map.remove(); };
};
