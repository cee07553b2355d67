/* The panel and the pointer of the adjusting mode. */
"use strict";
gridgeo.tools.push(function (page) {
  if (!page.data.editable) return;
  const map = page.map, kept = "gridgeo:" + page.data.plan;
  const view = { on: false, tool: "click", target: "", selected: new Set(), picking: false };
  let state = null, layer = null, panel = null, release = null, rows = null;
  const button = gridgeo.button(page.buttons, page.say("edit"), toggle, "E");

  // --- on and off
  function toggle() { if (view.on) leave(); else enter(); }
  function enter() {
    if (!state) start();
    view.on = true;
    page.tool = "edit";
    page.fire("tool", "edit");
    button.classList.add("gg-on");
    panel.root.hidden = false;
    document.querySelector(".gg-title details").open = false;
    ["grids", "outline"].forEach(function (name) {
      if (page.layers[name]) map.removeLayer(page.layers[name]);
    });
    layer.addTo(map);
    release = page.catchClicks(clicked);
    tool(view.tool);
    show();
  }
  function leave() {
    view.on = false;
    page.tool = "";
    button.classList.remove("gg-on");
    panel.root.hidden = true;
    release();
    pointer(false);
    layer.remove();
    ["grids", "outline"].forEach(function (name) {
      if (page.layers[name]) { map.addLayer(page.layers[name]); page.layers[name].bringToBack(); }
    });
    page.layers.labels._data.grids = rows;
    page.verdicts = null;
    page.layers.labels.redraw();
    page.fire("edited", null);
  }
  page.on("tool", function (name) { if (view.on && name !== "edit") leave(); });

  function start() {
    state = gridgeo.editState(page.data, page.atoms(), page.say);
    page.edited = state;
    rows = page.layers.labels._data.grids;
    panel = gridgeo.editPanel(page, { tool: tool, target: pick, act: act, zoom: zoom });
    layer = gridgeo.editLayer(page, state, view);
    restore();
  }

  // --- kept in the browser until they are exported or undone
  function keep() {
    try {
      localStorage.setItem(kept, JSON.stringify({ log: state.log, undone: state.undone }));
    } catch (error) { page.tell(page.say("not_kept")); }
  }
  function saved() {
    try { return JSON.parse(localStorage.getItem(kept)); } catch (error) { return null; }
  }
  function restore() {
    const found = saved();
    if (!found || !found.log.length) return;
    found.log.forEach(function (edit) { state.apply(edit); });
    state.undone = found.undone;
    page.tell(page.say("restored", { n: state.log.length }));
  }
  page.on("ready", function () {
    const found = saved();
    if (found && found.log.length) enter();
  });

  // --- what the buttons and keys do
  const ACTS = {
    split: function (chosen) {
      if (!chosen.length) return page.say("nothing_selected");
      return state.apply({ do: "split", atoms: chosen, grid: "+" + (state.fresh + 1) });
    },
    merge: function (chosen) {
      const keys = keysOf(chosen);
      if (keys.length < 2) return page.say("two_grids");
      const into = view.target && keys.includes(view.target) ? view.target : keys[0];
      return state.apply({
        do: "merge", grids: keys.filter(function (key) { return key !== into; }).sort(), into: into
      });
    },
    dedicate: function (chosen) {
      const keys = keysOf(chosen), name = panel.name.value.trim();
      if (keys.length !== 1) return page.say(keys.length ? "one_grid" : "nothing_selected");
      if (!name) { panel.name.focus(); return page.say("name_needed"); }
      let key = keys[0];
      if (chosen.length < state.grids.get(key).atoms.size) {
        const part = "+" + (state.fresh + 1);
        const why = state.apply({ do: "split", atoms: chosen, grid: part });
        if (why) return why;
        key = part;
      }
      const why = state.apply({ do: "dedicate", grid: key, name: name });
      if (!why) panel.name.value = "";
      return why;
    },
    lock: function (chosen) {
      const keys = keysOf(chosen).sort();
      if (!keys.length) return page.say("nothing_selected");
      const open = keys.some(function (key) { return !state.grids.get(key).locked; });
      keys.forEach(function (key) {
        if (state.grids.get(key).locked !== open) state.apply({ do: open ? "lock" : "unlock", grid: key });
      });
      return "";
    },
    undo: function () { state.undo(); return ""; },
    redo: function () { state.redo(); return ""; },
    clear: function () { return ""; },
    export: function () { download(); return ""; }
  };
  function act(name) {
    if (!view.on) return;
    const chosen = Array.from(view.selected).sort(function (a, b) { return a - b; });
    done(ACTS[name](chosen));
  }
  function done(why) {
    page.tell(why);
    if (!why) view.selected.clear();
    if (view.target && !state.grids.has(view.target)) view.target = "";
    keep();
    show();
  }
  // the grids of some atoms, the one with most households first
  function keysOf(chosen) {
    const keys = Array.from(new Set(chosen.map(function (atom) { return state.of[atom]; })));
    return keys.sort(function (a, b) {
      return state.grids.get(b).households - state.grids.get(a).households || (a < b ? -1 : 1);
    });
  }
  function download() {
    gridgeo.download(JSON.stringify(state.exported(), null, 1) + "\n", page.data.plan);
  }

  // --- atoms under the pointer: into the target, or selected where there is none
  function take(chosen, flip) {
    const free = chosen.filter(function (atom) { return state.of[atom]; });
    if (view.target) {
      const moved = free.filter(function (atom) { return state.of[atom] !== view.target; });
      moved.sort(function (a, b) { return a - b; });
      done(moved.length ? state.apply({ do: "move", atoms: moved, to: view.target }) : page.say("all_there"));
      return;
    }
    free.forEach(function (atom) {
      if (flip && view.selected.has(atom)) view.selected.delete(atom); else view.selected.add(atom);
    });
    show();
  }
  function at(latlng) { return gridgeo.atomAt(page.atoms(), gridgeo.localOf(page.atoms(), latlng)); }
  function clicked(latlng) {
    const atom = at(latlng);
    if (atom < 0) return;
    if (view.picking) { target(state.of[atom]); return; }
    if (view.tool === "click") take([atom], true);
  }
  function target(key) {
    view.target = view.target === key ? "" : key;
    view.picking = false;
    show();
  }
  function pick() {
    if (view.target) { target(view.target); return; }
    view.picking = !view.picking;
    show();
  }
  function tool(name) { view.tool = name; pointer(name !== "click"); show(); }

  // box and brush: the pointer draws instead of moving the map
  const pointer = gridgeo.dragTool(page, view, function (chosen) { take(chosen, false); });

  function zoom(key) {
    const grid = state.grids.get(key), atoms = page.atoms();
    if (!grid) return;
    const corners = [];
    grid.atoms.forEach(function (atom) {
      const box = atoms.boxes[atom];
      corners.push(gridgeo.degreesOf(atoms, box[0], box[1]), gridgeo.degreesOf(atoms, box[2], box[3]));
    });
    const all = L.latLngBounds(corners);
    page.zoomTo([all.getSouth(), all.getWest(), all.getNorth(), all.getEast()]);
  }

  function show() {
    if (!panel || !view.on) return;
    page.layers.labels._data.grids = gridgeo.editLabels(page, state, rows);
    page.verdicts = new Map(Array.from(state.grids, function (entry) {
      return [entry[0], entry[1].verdict];
    }));
    layer.redraw();
    page.layers.labels.redraw();
    panel.show(state, view);
    page.fire("edited", state);
  }
  page.on("filtered", function () { if (view.on) layer.redraw(); });
  page.on("escape", function () {
    if (!view.on) return;
    view.selected.clear();
    view.target = "";
    view.picking = false;
    page.tell("");
    show();
  });

  // --- keys
  let last = null;
  map.getContainer().addEventListener("mousemove", function (event) {
    last = map.mouseEventToLatLng(event);
  });
  gridgeo.key("e", "key_edit", toggle);
  [["1", "click"], ["2", "box"], ["3", "brush"]].forEach(function (pair) {
    gridgeo.key(pair[0], "key_tools", function () { if (view.on) tool(pair[1]); });
  });
  gridgeo.key("t", "key_target", function () {
    const atom = view.on && last ? at(last) : -1;
    if (atom >= 0 && state.of[atom]) target(state.of[atom]);
  });
  [["s", "split"], ["m", "merge"], ["f", "dedicate"], ["l", "lock"]].forEach(function (pair) {
    gridgeo.key(pair[0], "key_" + pair[1], function () { act(pair[1]); });
  });
  gridgeo.key("ctrl+z", "key_undo", function () { act("undo"); }, "Ctrl+Z");
  gridgeo.key("ctrl+y", "key_undo", function () { act("redo"); }, "Ctrl+Y");
});
