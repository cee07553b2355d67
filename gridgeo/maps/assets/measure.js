/* Measure a way, and the ground that it goes round. */
"use strict";
gridgeo.tools.push(function (page) {
  const map = page.map;
  let line = null, label = null, release = null;
  const button = gridgeo.button(page.buttons, page.say("measure"), toggle, "D");
  gridgeo.key("d", "key_measure", toggle);
  page.on("tool", function (name) { if (name !== "measure") end(); });

  function toggle() {
    if (page.tool === "measure") { page.tool = ""; end(); return; }
    page.tool = "measure";
    page.fire("tool", "measure");
    button.classList.add("gg-on");
    page.tell(page.say("measure_help"));
    map.doubleClickZoom.disable();
    map.getContainer().classList.add("gg-cross");
    line = L.polygon([], { color: "#d0006f", weight: 2.5, fillOpacity: 0.08, interactive: false });
    line.addTo(map);
    release = page.catchClicks(add);
    map.on("dblclick", stop);
  }
  function add(latlng) {
    line.addLatLng(latlng);
    tell();
  }
  function stop() {
    release();
    map.off("dblclick", stop);
    map.getContainer().classList.remove("gg-cross");
  }
  function tell() {
    const points = line.getLatLngs()[0];
    let metres = 0;
    for (let i = 1; i < points.length; i += 1) metres += map.distance(points[i - 1], points[i]);
    let told = metres < 2000 ? Math.round(metres) + " m" : (metres / 1000).toFixed(2) + " km";
    if (points.length > 2) told += " · " + page.say("area", { ha: (ground(points) / 1e4).toFixed(2) });
    page.tell(told);
    if (label) label.remove();
    const text = gridgeo.element("span", null, "", told);
    label = L.tooltip({ permanent: true, direction: "top", className: "gg-measured" })
      .setLatLng(points[points.length - 1]).setContent(text).addTo(map);
  }
  function ground(points) {
    const turn = Math.PI / 180, radius = 6378137, cos = Math.cos(points[0].lat * turn);
    let sum = 0;
    points.forEach(function (a, i) {
      const b = points[(i + 1) % points.length];
      sum += (a.lng * b.lat - b.lng * a.lat);
    });
    return Math.abs(sum) / 2 * turn * turn * radius * radius * cos;
  }
  function end() {
    if (!line) return;
    stop();
    line.remove();
    if (label) label.remove();
    line = label = null;
    map.doubleClickZoom.enable();
    button.classList.remove("gg-on");
    page.tell("");
  }
  page.on("escape", function () { if (page.tool === "measure") { page.tool = ""; end(); } });
});
