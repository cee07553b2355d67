import assert from "node:assert/strict";
import test from "node:test";

import { searchHits, searchIndex } from "../../gridgeo/maps/assets/src/lists.js";
import { rowsOf } from "../../gridgeo/maps/assets/src/packed.js";
import { planRows } from "../../gridgeo/maps/assets/src/plan.js";
import { readFixture } from "./fixture.js";

const fixture = readFixture("plan");
const plan = planRows(fixture.plan);
const streets = rowsOf(fixture.labels.streets);
const index = searchIndex(plan, /** @type {any} */ (streets));

test("communities, grids and streets can be found, each once", () => {
  const kinds = index.map((entry) => entry.kind);
  assert.deepEqual(kinds, ["community", "community", "grid", "grid", "grid", "grid", "grid", "street"]);
});

test("a search finds codes, names and streets, whatever the capitals and spaces around", () => {
  assert.deepEqual(searchHits(index, "001001002").map((entry) => entry.codes), [["420102001001002"]]);
  assert.deepEqual(searchHits(index, " 临江 ").map((entry) => entry.kind), ["community"]);
  assert.deepEqual(searchHits(index, "中山").map((entry) => entry.label), ["中山大道"]);
  assert.deepEqual(searchHits(index, ""), []);
  assert.deepEqual(searchHits(index, "  "), []);
  assert.deepEqual(searchHits(index, "没有这个"), []);
  const one = { ...index[0], text: "main street" };
  assert.deepEqual(searchHits([one], "MAIN"), [one]);
});

test("a community stands for its grids, a street for all its stretches", () => {
  const [community] = searchHits(index, plan.communities[1].name);
  const own = plan.grids.filter((grid) => grid.community === 1).map((grid) => grid.code);
  assert.deepEqual(community.codes, own);
  const [street] = searchHits(index, "中山");
  const [[south, west], [north, east]] = /** @type {any} */ (street.bounds);
  for (const { latitude, longitude } of /** @type {any[]} */ (streets)) {
    assert.ok(south <= latitude && latitude <= north && west <= longitude && longitude <= east);
  }
  assert.ok(west < east);
});
