/* Print, the sheet of keys, and Esc. Last of the tools: by then all keys are known. */
"use strict";
gridgeo.tools.push(function (page) {
  gridgeo.button(page.buttons, page.say("print"), function () { window.print(); });
  gridgeo.button(page.buttons, page.say("help"), show, "?");
  gridgeo.key("?", "key_help", show);
  gridgeo.key("escape", "key_escape", function () { hide(); page.fire("escape"); }, "Esc");
  let sheet = null;

  function show() {
    if (sheet) { hide(); return; }
    sheet = gridgeo.element("div", page.map.getContainer(), "gg-panel gg-sheet");
    sheet.setAttribute("role", "dialog");
    const table = gridgeo.element("tbody", gridgeo.element("table", sheet));
    const words = new Map();
    gridgeo.keys.forEach(function (entry) {
      const keys = words.get(entry.word) || [];
      words.set(entry.word, keys.concat(entry.shown || entry.letter.toUpperCase()));
    });
    words.forEach(function (keys, word) {
      const row = gridgeo.element("tr", table);
      gridgeo.element("kbd", gridgeo.element("td", row), "", keys.join("  "));
      gridgeo.element("td", row, "", page.say(word));
    });
    sheet.addEventListener("click", hide);
    L.DomEvent.disableClickPropagation(sheet);
  }
  function hide() { if (sheet) { sheet.remove(); sheet = null; } }
});
