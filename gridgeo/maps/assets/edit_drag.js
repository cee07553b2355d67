/* Box and brush: while they are on, the pointer gathers atoms instead of moving the map. */
"use strict";
gridgeo.dragTool = function (page, view, taken) {
  const map = page.map, node = map.getContainer();
  let from = null, gathered = null, frame = null;

  function down(event) {
    if (event.button !== 0 || view.picking) return;
    if (event.target.closest(".leaflet-control-container, .gg-sheet, .leaflet-popup")) return;
    event.stopPropagation();
    event.preventDefault();
    from = map.mouseEventToLatLng(event);
    gathered = new Set();
    if (view.tool === "box") {
      frame = L.rectangle([from, from], { color: "#14469f", weight: 1.5, interactive: false });
      frame.addTo(map);
    } else gather(from);
    document.addEventListener("mousemove", move);
    document.addEventListener("mouseup", up);
  }
  function move(event) {
    const now = map.mouseEventToLatLng(event);
    if (frame) frame.setBounds(L.latLngBounds(from, now)); else gather(now);
  }
  function up(event) {
    document.removeEventListener("mousemove", move);
    document.removeEventListener("mouseup", up);
    if (frame) {
      frame.remove();
      frame = null;
      within(L.latLngBounds(from, map.mouseEventToLatLng(event))).forEach(gathered.add, gathered);
    }
    if (gathered.size) taken(Array.from(gathered));
  }
  function gather(latlng) {
    const atoms = page.atoms(), atom = gridgeo.atomAt(atoms, gridgeo.localOf(atoms, latlng));
    if (atom >= 0) gathered.add(atom);
  }
  function within(bounds) {
    const atoms = page.atoms(), found = new Set();
    const a = gridgeo.localOf(atoms, bounds.getNorthWest()), b = gridgeo.localOf(atoms, bounds.getSouthEast());
    for (let atom = 0; atom < atoms.n; atom += 1) {
      if (gridgeo.apart(atoms.boxes[atom], [a[0], a[1], b[0], b[1]])) continue;
      const middle = gridgeo.middleOf(atoms, atom);
      if (a[0] <= middle[0] && middle[0] <= b[0] && a[1] <= middle[1] && middle[1] <= b[1]) found.add(atom);
    }
    return found;
  }
  return function (draws) {
    node.removeEventListener("mousedown", down, true);
    node.classList.toggle("gg-cross", draws);
    map.dragging[draws ? "disable" : "enable"]();
    if (draws) node.addEventListener("mousedown", down, true);
  };
};
