import assert from "node:assert/strict";
import test from "node:test";

import { fromGcj02, toGcj02 } from "../../gridgeo/maps/assets/src/gcj02.js";
import { drawnAt, shiftPlaces, toDegrees, toWorld } from "../../gridgeo/maps/assets/src/mercator.js";
import { rowsOf, unpackNumbers, unpackPositions } from "../../gridgeo/maps/assets/src/packed.js";
import { planRows, verdictsOf } from "../../gridgeo/maps/assets/src/plan.js";
import { grouped, hectaresText, lengthText, sayer } from "../../gridgeo/maps/assets/src/words.js";
import { readFixture } from "./fixture.js";

/** @param {number} found @param {number} wanted @param {number} within */
function assertNear(found, wanted, within) {
  assert.ok(Math.abs(found - wanted) <= within, `${found} is not ${wanted}`);
}

test("packed numbers and coordinates are those that Python packed", () => {
  const { numbers, text, shapes } = readFixture("packed");
  assert.deepEqual(unpackNumbers(text), numbers);
  assert.deepEqual(unpackNumbers(""), []);
  for (const { packed, coordinates } of shapes) {
    assert.deepEqual(unpackPositions(packed), coordinates);
  }
});

test("a table of columns gives rows with the same names", () => {
  assert.deepEqual(rowsOf({ code: ["a", "b"], households: [1, 2] }), [
    { code: "a", households: 1 }, { code: "b", households: 2 },
  ]);
  assert.deepEqual(rowsOf({ code: [], households: [] }), []);
});

test("the plan of a page has its grids as rows", () => {
  const { plan } = readFixture("plan");
  const rows = planRows(plan);
  assert.deepEqual(rows.grids.map((grid) => grid.code), plan.grids.code);
  assert.deepEqual(Array.from(verdictsOf(rows).values()), plan.grids.verdict);
});

test("GCJ-02 is that of Python, and comes back", () => {
  const { places, drawn } = readFixture("gcj02");
  places.forEach((/** @type {number[]} */ place, /** @type {number} */ n) => {
    const there = toGcj02(place[0], place[1]);
    assertNear(there.lng, drawn[n][0], 1e-9);
    assertNear(there.lat, drawn[n][1], 1e-9);
    const back = fromGcj02(there.lng, there.lat);
    const isOutside = there.lng === place[0] && there.lat === place[1];
    if (isOutside || toGcj02(back.lng, back.lat).lng === back.lng) return;
    assertNear(back.lng, place[0], 1e-9);
    assertNear(back.lat, place[1], 1e-9);
  });
});

test("the world is 256 pixels wide, and every place comes back, shifted or not", (t) => {
  assert.deepEqual(toWorld(0, 0), { x: 128, y: 128 });
  assertNear(toWorld(180, 85.0511287798).y, 0, 1e-6);
  t.after(() => shiftPlaces((lng, lat) => ({ lng, lat }), (lng, lat) => ({ lng, lat })));
  for (const shifts of [false, true]) {
    if (shifts) shiftPlaces(toGcj02, fromGcj02);
    for (const [lng, lat] of [[114.27, 30.58], [116.377817, 39.911954], [2.35, 48.85]]) {
      const world = toWorld(lng, lat);
      const place = toDegrees(world.x, world.y);
      assertNear(place.lng, lng, 1e-9);
      assertNear(place.lat, lat, 1e-9);
    }
    assert.equal(drawnAt(114.27, 30.58).lng !== 114.27, shifts);
  }
});

test("counts have the commas of Python", () => {
  const { counts, texts } = readFixture("words");
  assert.deepEqual(counts.map(grouped), texts);
});

test("lengths are metres, from two kilometres on kilometres", () => {
  assert.equal(lengthText(0.4), "0 m");
  assert.equal(lengthText(1999.4), "1999 m");
  assert.equal(lengthText(2000), "2.00 km");
  assert.equal(hectaresText(12_345), "1.23");
});

test("words take values in their braces as text, and a word that is not known is its key", () => {
  const say = sayer({ parts: "{grid} in {n}, {n} {other}" });
  assert.equal(say("parts", { grid: "<b>", n: 0 }), "<b> in 0, 0 {other}");
  assert.equal(say("parts"), "{grid} in {n}, {n} {other}");
  assert.equal(say("unknown", { n: 1 }), "unknown");
});
