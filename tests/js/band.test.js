import assert from "node:assert/strict";
import test from "node:test";

import { countResidents, gridVerdict } from "../../gridgeo/maps/assets/src/band.js";
import { readFixture } from "./fixture.js";

const { verdicts, counts } = readFixture("band");

test("the verdict of a grid is that of Python, under every profile and with unknown residents", () => {
  assert.ok(verdicts.length > 300);
  for (const { band, households, residents, small, verdict } of verdicts) {
    const told = gridVerdict(band, households, residents, small);
    assert.equal(told, verdict, JSON.stringify({ band, households, residents, small }));
  }
});

test("residents are counted as Python counts them: unknown where an atom with households is", () => {
  counts.counted.forEach((/** @type {number | null} */ count, /** @type {number} */ grid) => {
    const members = Array.from(counts.grid.keys()).filter((atom) => counts.grid[atom] === grid);
    assert.equal(countResidents(members, counts.households, counts.residents), count);
  });
  assert.ok(counts.counted.includes(null));
  assert.ok(counts.counted.some((/** @type {number | null} */ count) => count !== null));
});
