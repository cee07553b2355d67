/**
 * Where places are drawn: in Web Mercator at zoom 0, where the world is 256 pixels wide.
 *
 * Background tiles in GCJ-02 shift every place first; see gcj02.js.
 */

/**
 * A place on the way from its degrees to those at which it is drawn, or back.
 *
 * @callback Shift
 * @param {number} lng
 * @param {number} lat
 * @returns {{ lng: number, lat: number }}
 */

const WORLD = 256;
const RADIANS = Math.PI / 180;

/** @type {{ forth: Shift, back: Shift }} */
const shift = {
  forth: (lng, lat) => ({ lng, lat }),
  back: (lng, lat) => ({ lng, lat }),
};

/**
 * Draw every place shifted from now on.
 *
 * @param {Shift} forth
 * @param {Shift} back its inverse
 */
export function shiftPlaces(forth, back) {
  shift.forth = forth;
  shift.back = back;
}

/**
 * The degrees at which a place is drawn.
 *
 * @type {Shift}
 */
export function drawnAt(lng, lat) {
  return shift.forth(lng, lat);
}

/**
 * @param {number} lng
 * @param {number} lat
 */
export function toWorld(lng, lat) {
  const place = drawnAt(lng, lat);
  const sin = Math.sin(place.lat * RADIANS);
  return {
    x: WORLD * (place.lng / 360 + 0.5),
    y: WORLD * (0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)),
  };
}

/**
 * @param {number} x
 * @param {number} y
 */
export function toDegrees(x, y) {
  const lng = (x / WORLD - 0.5) * 360;
  const lat = (2 * Math.atan(Math.exp((0.5 - y / WORLD) * 2 * Math.PI)) - Math.PI / 2) / RADIANS;
  return shift.back(lng, lat);
}
