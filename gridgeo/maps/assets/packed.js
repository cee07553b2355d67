/* Coordinates that gridgeo/maps/packed.py wrote as text, and layers that are drawn from them. */
"use strict";
(function () {
  const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const digit = new Uint8Array(128);
  for (let i = 0; i < LETTERS.length; i += 1) digit[LETTERS.charCodeAt(i)] = i;

  // --- whole numbers: digits of five bits, the lowest first, the sign in the lowest bit of all
  gridgeo.numbers = function (text) {
    const found = [];
    let value = 0, shift = 0;
    for (let i = 0; i < text.length; i += 1) {
      const read = digit[text.charCodeAt(i)];
      value |= (read & 31) << shift;
      shift += 5;
      if (read < 32) {
        found.push((value >>> 1) ^ -(value & 1));
        value = shift = 0;
      }
    }
    return found;
  };

  function positions(packed) {
    if (typeof packed !== "string") return packed.map(positions);
    const steps = gridgeo.numbers(packed), found = [];
    for (let i = 0, x = 0, y = 0; i < steps.length; i += 2) {
      x += steps[i];
      y += steps[i + 1];
      found.push([x / 1e6, y / 1e6]);
    }
    return found;
  }

  const addData = L.GeoJSON.prototype.addData;
  L.GeoJSON.include({
    addData: function (data) {
      if (data.geometry && data.geometry.packed) {
        data.geometry = { type: data.geometry.type, coordinates: positions(data.geometry.packed) };
      }
      return addData.call(this, data);
    }
  });
})();
