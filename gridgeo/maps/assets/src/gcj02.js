/**
 * For tiles in GCJ-02: the map projects by it, so that everything is drawn where the tiles have it
 * and clicks come back in WGS 84. Data, edits and lengths stay as they are.
 *
 * The formula is that of `gridgeo.read.crs.gcj02`; fixtures from there test it.
 */

import { shiftPlaces } from "./mercator.js";

/** @import { Shift } from "./mercator.js" */

const AXIS = 6378245.0;
const E2 = 0.006693421622965943;
const PI = Math.PI;

/** @param {number} lng @param {number} lat */
function outsideChina(lng, lat) {
  return lng <= 72.004 || lng >= 137.8347 || lat <= 0.8293 || lat >= 55.8271;
}

/** @param {number} x @param {number} y metres to the north, from degrees east of 105 and north of 35 */
function northwards(x, y) {
  const wave = 20 * Math.sin(6 * PI * x) + 20 * Math.sin(2 * PI * x);
  return -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) +
    (wave + 20 * Math.sin(PI * y) + 40 * Math.sin(PI * y / 3) +
      160 * Math.sin(PI * y / 12) + 320 * Math.sin(PI * y / 30)) * 2 / 3;
}

/** @param {number} x @param {number} y metres to the east */
function eastwards(x, y) {
  const wave = 20 * Math.sin(6 * PI * x) + 20 * Math.sin(2 * PI * x);
  return 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) +
    (wave + 20 * Math.sin(PI * x) + 40 * Math.sin(PI * x / 3) +
      150 * Math.sin(PI * x / 12) + 300 * Math.sin(PI * x / 30)) * 2 / 3;
}

/**
 * From WGS 84 to GCJ-02.
 *
 * @type {Shift}
 */
export function toGcj02(lng, lat) {
  if (outsideChina(lng, lat)) return { lng, lat };
  const north = northwards(lng - 105, lat - 35);
  const east = eastwards(lng - 105, lat - 35);
  const turn = lat * PI / 180;
  const sin = Math.sin(turn);
  const magic = 1 - E2 * sin * sin;
  return {
    lng: lng + east * Math.sqrt(magic) / (AXIS * Math.cos(turn)) * 180 / PI,
    lat: lat + north * magic * Math.sqrt(magic) / (AXIS * (1 - E2)) * 180 / PI,
  };
}

/**
 * From GCJ-02 to WGS 84, by iteration of its inverse.
 *
 * @type {Shift}
 */
export function fromGcj02(lng, lat) {
  let x = lng;
  let y = lat;
  for (let n = 0; n < 30; n += 1) {
    const there = toGcj02(x, y);
    const dx = lng - there.lng;
    const dy = lat - there.lat;
    x += dx;
    y += dy;
    if (Math.abs(dx) + Math.abs(dy) < 1e-12) break;
  }
  return { lng: x, lat: y };
}

/** Draw maps that are made from now on in GCJ-02. */
export function drawInGcj02() {
  const plain = L.Projection.SphericalMercator;
  const projection = {
    ...plain,
    /** @param {L.LatLng} place */
    project(place) {
      const there = toGcj02(place.lng, place.lat);
      return plain.project(L.latLng(there.lat, there.lng));
    },
    /** @param {L.Point} point */
    unproject(point) {
      const there = plain.unproject(point);
      const place = fromGcj02(there.lng, there.lat);
      return L.latLng(place.lat, place.lng);
    },
  };
  Object.assign(L.CRS, { EPSG3857: { ...L.CRS.EPSG3857, projection } });
  shiftPlaces(toGcj02, fromGcj02);
}
