/* For tiles in GCJ-02: the map projects by it, so that everything is drawn where the tiles have it
   and clicks come back in WGS 84. Data, edits and lengths stay as they are. As gridgeo/read/datum.py. */
"use strict";
(function () {
  const AXIS = 6378245.0, E2 = 0.006693421622965943, PI = Math.PI;

  function shifted(lng, lat) {
    if (lng <= 72.004 || lng >= 137.8347 || lat <= 0.8293 || lat >= 55.8271) return [lng, lat];
    const x = lng - 105, y = lat - 35;
    const wave = 20 * Math.sin(6 * PI * x) + 20 * Math.sin(2 * PI * x);
    const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) +
      (wave + 20 * Math.sin(PI * y) + 40 * Math.sin(PI * y / 3) +
       160 * Math.sin(PI * y / 12) + 320 * Math.sin(PI * y / 30)) * 2 / 3;
    const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) +
      (wave + 20 * Math.sin(PI * x) + 40 * Math.sin(PI * x / 3) +
       150 * Math.sin(PI * x / 12) + 300 * Math.sin(PI * x / 30)) * 2 / 3;
    const turn = lat * PI / 180, sin = Math.sin(turn), magic = 1 - E2 * sin * sin;
    return [
      lng + east * Math.sqrt(magic) / (AXIS * Math.cos(turn)) * 180 / PI,
      lat + north * magic * Math.sqrt(magic) / (AXIS * (1 - E2)) * 180 / PI
    ];
  }
  function back(lng, lat) {
    let x = lng, y = lat;
    for (let n = 0; n < 30; n += 1) {
      const there = shifted(x, y), dx = lng - there[0], dy = lat - there[1];
      x += dx; y += dy;
      if (Math.abs(dx) + Math.abs(dy) < 1e-12) break;
    }
    return [x, y];
  }

  const plain = L.Projection.SphericalMercator;
  const projection = L.extend({}, plain, {
    project: function (latlng) {
      const at = shifted(latlng.lng, latlng.lat);
      return plain.project(L.latLng(at[1], at[0]));
    },
    unproject: function (point) {
      const at = plain.unproject(point), own = back(at.lng, at.lat);
      return L.latLng(own[1], own[0]);
    }
  });
  L.CRS.EPSG3857 = L.extend({}, L.CRS.EPSG3857, { projection: projection });
  gridgeo.drawnAt = shifted;
})();
