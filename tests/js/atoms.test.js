import assert from "node:assert/strict";
import test from "node:test";

import {
  atomAt, countPieces, decodeAtoms, degreesOf, localOf, middleOf, outlineRings,
} from "../../gridgeo/maps/assets/src/atoms.js";
import { atomsWithin } from "../../gridgeo/maps/assets/src/edit_pointer.js";
import { groundInside } from "../../gridgeo/maps/assets/src/tools.js";
import { EDITED, readFixture, startEdits } from "./fixture.js";

/** @import { Atoms } from "../../gridgeo/maps/assets/src/atoms.js" */

const { fixture, atoms, plan, state } = startEdits(EDITED[0]);

/** @param {Atoms} known @param {Set<number>} members @returns {number} twice the ground, with its sign */
function areaOf(known, members) {
  return outlineRings(known, members).flatMap((ring) => ring.map((i, n) => {
    const j = ring[(n + 1) % ring.length];
    return known.x[i] * known.y[j] - known.x[j] * known.y[i];
  })).reduce((sum, one) => sum + one, 0);
}

test("a place inside an atom finds it, and comes back from its local position", () => {
  fixture.places.forEach((/** @type {[number, number]} */ [lng, lat], /** @type {number} */ atom) => {
    const at = localOf(atoms, { lng, lat });
    assert.equal(atomAt(atoms, at), atom);
    const place = degreesOf(atoms, at);
    assert.ok(Math.abs(place.lng - lng) + Math.abs(place.lat - lat) < 1e-9);
  });
  assert.equal(atomAt(atoms, { x: -1e6, y: 0 }), -1);
});

test("the middle of an atom lies in it", () => {
  for (let atom = 0; atom < atoms.count; atom += 1) {
    assert.equal(atomAt(atoms, middleOf(atoms, atom)), atom);
  }
});

test("the outline of a grid is one ring around the ground of its atoms", () => {
  for (const grid of state.grids.values()) {
    assert.equal(outlineRings(atoms, grid.atoms).length, 1);
    const ground = areaOf(atoms, grid.atoms);
    const each = Array.from(grid.atoms, (atom) => areaOf(atoms, new Set([atom])));
    const sum = each.reduce((total, one) => total + one, 0);
    assert.ok(Math.abs(ground - sum) < 1e-6 * Math.abs(sum));
  }
});

test("outlines of atoms apart are rings apart, a ring of atoms has a hole", () => {
  const all = new Set(Array(atoms.count).keys());
  assert.equal(outlineRings(atoms, new Set()).length, 0);
  assert.equal(outlineRings(atoms, all).length, 1);
  const inner = Array.from(all).find((atom) => {
    return atoms.arcs[atom].every((arc) => atoms.left[arc] >= 0 && atoms.right[arc] >= 0);
  });
  assert.notEqual(inner, undefined);
  all.delete(Number(inner));
  assert.equal(outlineRings(atoms, all).length, 2);
});

test("pieces are counted by common arcs", () => {
  assert.equal(countPieces(atoms, []), 0);
  assert.equal(countPieces(atoms, [0]), 1);
  assert.equal(countPieces(atoms, Array(atoms.count).keys()), 1);
  const alone = Array.from(Array(atoms.count).keys()).filter((atom) => {
    return !atoms.arcs[atom].some((arc) => atoms.left[arc] === 0 || atoms.right[arc] === 0);
  });
  assert.equal(countPieces(atoms, [0, alone[0]]), 2);
  const linked = atoms.linked.map((others, atom) => (atom === 0 ? [alone[0]] : others));
  assert.equal(countPieces({ ...atoms, linked }, [0, alone[0]]), 1);
});

test("a box gathers the atoms whose middle lies in it", () => {
  const [[south, west], [north, east]] = /** @type {any} */ (plan.communities[0].bounds);
  /** @type {any} */
  const box = {
    getNorthWest: () => ({ lat: north, lng: west }), getSouthEast: () => ({ lat: south, lng: east }),
  };
  const wanted = Array.from(Array(atoms.count).keys()).filter((atom) => atoms.community[atom] === 0);
  assert.deepEqual(atomsWithin(atoms, box), wanted);
});

test("no atoms at all can be decoded", () => {
  const none = { origin: [0, 0], unit: 1e-6, arcs: [], left: [], right: [], metres: [], street: [], links: [],
    households: [], residents: [], community: [], grid: [] };
  assert.equal(decodeAtoms(/** @type {any} */ (none)).count, 0);
});

test("ground inside a ring of places is measured in square metres", () => {
  const size = 0.001;
  const metres = size * Math.PI / 180 * 6378137;
  const ring = [[0, 0], [0, size], [size, size], [size, 0]].map(([lat, lng]) => ({ lat, lng }));
  assert.ok(Math.abs(groundInside(ring) - metres ** 2) < 1e-3);
  assert.ok(readFixture("plan").plan.editable);
});
