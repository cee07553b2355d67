/* What the adjusting mode shows: tools, the selection, changed grids, warnings. */
"use strict";
gridgeo.editPanel = function (page, does) {
  const make = gridgeo.element, root = make("div", page.sections, "gg-edit");
  make("b", root, "", page.say("edit_title"));
  const tools = make("div", root, "gg-buttons"), buttons = {};
  ["click", "box", "brush"].forEach(function (name, n) {
    buttons[name] = gridgeo.button(tools, page.say(name), function () { does.tool(name); }, String(n + 1));
  });
  const into = gridgeo.button(make("div", root, "gg-buttons"), "", does.target, "T");
  const selection = make("p", root, "gg-quiet");
  const acts = make("div", root, "gg-buttons");
  [["split", "S"], ["merge", "M"], ["lock", "L"], ["clear", "Esc"]].forEach(function (pair) {
    buttons[pair[0]] = gridgeo.button(acts, page.say(pair[0]), function () { does.act(pair[0]); }, pair[1]);
  });
  const special = make("div", root, "gg-special"), name = make("input", special);
  name.placeholder = page.say("dedicate_name");
  name.setAttribute("aria-label", page.say("dedicate_name"));
  buttons.dedicate = gridgeo.button(special, page.say("dedicate"), function () { does.act("dedicate"); }, "F");
  const steps = make("div", root, "gg-buttons");
  [["undo", "Ctrl+Z"], ["redo", "Ctrl+Y"], ["export", ""]].forEach(function (pair) {
    buttons[pair[0]] = gridgeo.button(steps, page.say(pair[0]), function () { does.act(pair[0]); }, pair[1]);
  });
  const count = make("span", steps, "gg-quiet");
  const warned = make("ul", root, "gg-list gg-warnings"), table = make("table", root, "gg-changed");

  function show(state, view) {
    ["click", "box", "brush"].forEach(function (one) {
      buttons[one].classList.toggle("gg-on", view.tool === one);
    });
    const target = state.grids.get(view.target);
    into.textContent = page.say("target") + "：" + (target ? target.label : page.say("no_target"));
    into.classList.toggle("gg-on", view.picking || Boolean(target));
    let households = 0;
    view.selected.forEach(function (atom) { households += page.atoms().households[atom]; });
    selection.textContent = page.say("selected", { n: view.selected.size, households: households });
    const keys = new Set(Array.from(view.selected, function (atom) { return state.of[atom]; }));
    const locked = Array.from(keys).every(function (key) { return state.grids.get(key).locked; });
    buttons.lock.textContent = page.say(keys.size && locked ? "unlock" : "lock");
    buttons.undo.disabled = !state.history.length;
    buttons.redo.disabled = !state.undone.length;
    buttons.export.disabled = !state.log.length;
    count.textContent = page.say("edits", { n: state.log.length });
    warnings(state.warnings());
    changes(state);
  }
  function warnings(told) {
    warned.textContent = "";
    told.slice(0, 50).forEach(function (one) {
      const row = gridgeo.button(make("li", warned), one.text, function () { does.zoom(one.grid); });
      row.className = "gg-row" + (one.hard ? " gg-hard" : "");
    });
  }
  function changes(state) {
    table.textContent = "";
    const keys = Array.from(state.changed()).filter(function (key) { return state.grids.has(key); }).sort();
    if (!keys.length) return;
    const head = make("tr", make("thead", table));
    ["grid", "households", "verdict", "streets"].forEach(function (word) { make("th", head, "", page.say(word)); });
    const body = make("tbody", table);
    keys.slice(0, 100).forEach(function (key) {
      const grid = state.grids.get(key), row = make("tr", body), share = state.streetShare(grid);
      row.dataset.grid = key;
      row.title = page.say("stale");
      make("td", row, "", grid.label + (grid.locked ? " 🔒" : ""));
      make("td", row, "", (grid.born ? grid.born[0] + "→" : "") + grid.households);
      make("td", row, "gg-" + grid.verdict, page.say("verdict." + grid.verdict));
      make("td", row, "", share === null ? "" : Math.round(100 * share) + "%");
      row.addEventListener("click", function () { does.zoom(key); });
    });
  }
  return { root: root, name: name, show: show };
};
