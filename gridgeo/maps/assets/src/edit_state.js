/** Edits as data: which atom is in which grid, what follows from that, undo and redo. No drawing. */

import { beyond, countPieces } from "./atoms.js";
import { countResidents, gridVerdict } from "./band.js";
import { gridOfAtoms } from "./plan.js";

/** @import { Atoms } from "./atoms.js" */
/** @import { PlanRows } from "./plan.js" */
/** @import { Say } from "./words.js" */

/** So many edits can be undone. */
const STEPS = 100;

/**
 * @typedef {object} EditGrid
 * @property {string} key code, or "+" and a number for a grid that is new
 * @property {string} label
 * @property {number} community position in the table of communities
 * @property {string} kind
 * @property {string} facility
 * @property {boolean} locked
 * @property {Set<number>} atoms
 * @property {number | null} planned households in the plan, null for a grid that is new
 * @property {number} version of its shape: no two shapes share one
 * @property {number} households
 * @property {number | null} residents null where they are unknown
 * @property {string} verdict
 * @property {number} parts connected pieces
 */

/**
 * An edit as the file of edits has it; see `gridgeo.adjust.Edit`.
 *
 * @typedef {{ do: "move", atoms: number[], to: string }
 *   | { do: "split", atoms: number[], grid: string }
 *   | { do: "merge", grids: string[], into: string }
 *   | { do: "dedicate", grid: string, name: string }
 *   | { do: "lock" | "unlock", grid: string }} Edit
 */

/**
 * @typedef {object} Change
 * @property {Map<number, string>} moves atoms and the grids that they go into
 * @property {Map<string, Partial<EditGrid>>} values of grids
 * @property {EditGrid} [born] a grid that is new
 */

/** @typedef {{ grids: Map<string, EditGrid | null>, of: Map<number, string> }} Before what to restore */
/** @typedef {{ grid: string, isHard: boolean, text: string }} Warning */

/** The grids while they are adjusted. */
export class EditState {
  /** @type {Map<string, EditGrid>} */
  grids;
  /** @type {string[]} the key of the grid of each atom, "" for none */
  of;
  /** @type {Edit[]} */
  log = [];
  /** @type {Edit[]} the last is redone first */
  undone = [];
  /** The number of the last grid that is new. */
  fresh = 0;
  /** @type {Before[]} */
  #history = [];
  #versions = 0;
  #plan;
  #atoms;
  #say;

  /**
   * @param {PlanRows} plan
   * @param {Atoms} atoms
   * @param {Say} say
   */
  constructor(plan, atoms, say) {
    this.#plan = plan;
    this.#atoms = atoms;
    this.#say = say;
    this.of = gridOfAtoms(plan, atoms);
    this.grids = new Map(plan.grids.map((row) => [row.code, {
      key: row.code, label: row.code, community: row.community, kind: row.kind,
      facility: row.facility, locked: plan.locked.includes(row.code), atoms: new Set(),
      planned: row.households, version: 0, households: 0, residents: 0, verdict: "", parts: 0,
    }]));
    this.of.forEach((key, atom) => this.grids.get(key)?.atoms.add(atom));
    for (const grid of this.grids.values()) this.#refresh(grid);
  }

  get canUndo() {
    return this.#history.length > 0;
  }

  /**
   * Do one more edit.
   *
   * @param {Edit} edit
   * @returns {string} why it may not be done, "" where it was done
   */
  apply(edit) {
    const refusal = this.#refusal(edit);
    if (refusal) return refusal;
    this.#change(this.#changeOf(edit));
    this.log.push(edit);
    this.undone = [];
    if (edit.do === "split") this.fresh = Math.max(this.fresh, Number(edit.grid.slice(1)));
    return "";
  }

  /** @returns {boolean} whether there was an edit to undo */
  undo() {
    const before = this.#history.pop();
    const edit = before && this.log.pop();
    if (!before || !edit) return false;
    for (const [atom, key] of before.of) this.of[atom] = key;
    for (const [key, grid] of before.grids) {
      if (grid) this.grids.set(key, grid); else this.grids.delete(key);
    }
    this.undone.push(edit);
    return true;
  }

  /** @returns {boolean} whether there was an edit to redo */
  redo() {
    const rest = this.undone.slice(0, -1);
    const edit = this.undone.pop();
    if (!edit) return false;
    this.apply(edit);
    this.undone = rest;
    return true;
  }

  /** @param {string} key @returns {EditGrid} a grid that must be there */
  grid(key) {
    const grid = this.grids.get(key);
    if (!grid) throw new Error(`no grid ${key}`);
    return grid;
  }

  /**
   * Why an edit may not be done, "" where it may.
   *
   * @param {Edit} edit
   */
  #refusal(edit) {
    switch (edit.do) {
      case "move":
        if (edit.atoms.every((atom) => this.of[atom] === edit.to)) return this.#say("all_there");
        return this.#locked(edit.atoms, [edit.to]) || this.#foreign(edit.atoms, edit.to);
      case "split": {
        const from = this.of[edit.atoms[0]];
        if (edit.atoms.some((atom) => this.of[atom] !== from)) return this.#say("one_grid");
        if (edit.atoms.length === this.grid(from).atoms.size) return this.#say("not_all");
        return this.#locked(edit.atoms, []);
      }
      case "merge": {
        const moved = this.#membersOf(edit.grids);
        return this.#locked(moved, [edit.into]) || this.#foreign(moved, edit.into);
      }
      case "dedicate":
        return this.#locked([], [edit.grid]);
      default:
        return "";
    }
  }

  /**
   * What an edit changes.
   *
   * @param {Edit} edit
   * @returns {Change}
   */
  #changeOf(edit) {
    /** @param {number[]} atoms @param {string} key */
    const into = (atoms, key) => new Map(atoms.map((atom) => [atom, key]));
    switch (edit.do) {
      case "move":
        return { moves: into(edit.atoms, edit.to), values: new Map() };
      case "split": {
        const from = this.grid(this.of[edit.atoms[0]]);
        const label = this.#say("new_grid", { n: edit.grid.slice(1) });
        return { moves: into(edit.atoms, edit.grid), values: new Map(), born: {
          ...from, key: edit.grid, label, kind: "basic", facility: "", atoms: new Set(),
          planned: null,
        } };
      }
      case "merge":
        return { moves: into(this.#membersOf(edit.grids), edit.into), values: new Map() };
      case "dedicate": {
        const values = { kind: "dedicated", facility: edit.name };
        return { moves: new Map(), values: new Map([[edit.grid, values]]) };
      }
      default: {
        const values = { locked: edit.do === "lock" };
        return { moves: new Map(), values: new Map([[edit.grid, values]]) };
      }
    }
  }

  /** @param {string[]} keys */
  #membersOf(keys) {
    return keys.flatMap((key) => Array.from(this.grid(key).atoms)).sort((a, b) => a - b);
  }

  /** @param {number[]} atoms @param {string[]} keys */
  #locked(atoms, keys) {
    const touched = new Set([...atoms.map((atom) => this.of[atom]), ...keys]);
    const locked = Array.from(touched, (key) => this.grid(key)).find((grid) => grid.locked);
    return locked ? this.#say("locked_grid", { grid: locked.label }) : "";
  }

  /** @param {number[]} atoms @param {string} to */
  #foreign(atoms, to) {
    const grid = this.grid(to);
    const isForeign = atoms.some((atom) => this.#atoms.community[atom] !== grid.community);
    return isForeign ? this.#say("other_community", { grid: grid.label }) : "";
  }

  /**
   * Make a change, and remember what was before.
   *
   * @param {Change} change
   */
  #change({ moves, values, born }) {
    const left = Array.from(moves.keys(), (atom) => this.of[atom]);
    const touched = new Set([...(born ? [born.key] : []), ...left, ...moves.values(),
      ...values.keys()]);
    /** @type {Before} */
    const before = {
      of: new Map(Array.from(moves.keys(), (atom) => [atom, this.of[atom]])),
      grids: new Map(Array.from(touched, (key) => [key, copyOf(this.grids.get(key))])),
    };
    if (born) this.grids.set(born.key, born);
    for (const [atom, key] of moves) {
      this.grid(this.of[atom]).atoms.delete(atom);
      this.grid(key).atoms.add(atom);
      this.of[atom] = key;
    }
    for (const [key, value] of values) Object.assign(this.grid(key), value);
    for (const key of touched) {
      const grid = this.grid(key);
      if (grid.atoms.size) this.#refresh(grid); else this.grids.delete(key);
    }
    this.#history.push(before);
    if (this.#history.length > STEPS) this.#history.shift();
  }

  /**
   * Work out what follows from the atoms of a grid.
   *
   * @param {EditGrid} grid
   */
  #refresh(grid) {
    const { households, residents } = this.#atoms;
    this.#versions += 1;
    grid.version = this.#versions;
    grid.households = 0;
    for (const atom of grid.atoms) grid.households += households[atom];
    grid.residents = countResidents(grid.atoms, households, residents);
    grid.verdict = this.#verdictOf(grid);
    grid.parts = countPieces(this.#atoms, grid.atoms);
  }

  /** @param {EditGrid} grid */
  #verdictOf(grid) {
    if (grid.kind !== "basic") return grid.kind;
    const { band, verdict } = this.#plan.communities[grid.community];
    return gridVerdict(band, grid.households, grid.residents, verdict === "small");
  }

  /**
   * The share of the borders with other basic grids of the community that lie on streets.
   *
   * @param {EditGrid} grid
   * @returns {number | null} null where there are no such borders
   */
  streetShare(grid) {
    const atoms = this.#atoms;
    let metres = 0;
    let street = 0;
    for (const atom of grid.atoms) {
      for (const arc of atoms.arcs[atom]) {
        const other = beyond(atoms, arc, atom);
        if (other < 0 || grid.atoms.has(other)) continue;
        const next = this.grids.get(this.of[other]);
        if (!next || next.kind !== "basic" || next.community !== grid.community) continue;
        metres += atoms.metres[arc];
        street += atoms.street[arc] * atoms.metres[arc];
      }
    }
    return metres ? street / metres : null;
  }

  /** @param {string} verdict */
  countVerdict(verdict) {
    return Array.from(this.grids.values()).filter((grid) => grid.verdict === verdict).length;
  }

  /** The keys of grids that differ from the plan, those that are gone as well. */
  changed() {
    /** @type {Set<string>} */
    const keys = new Set();
    gridOfAtoms(this.#plan, this.#atoms).forEach((was, atom) => {
      const key = this.of[atom];
      if (key !== was) keys.add(key).add(was);
    });
    for (const edit of this.log) if (edit.do === "dedicate") keys.add(edit.grid);
    return keys;
  }

  /** @returns {Warning[]} what is wrong with the grids that edits touched */
  warnings() {
    const touched = Array.from(this.changed(), (key) => this.grids.get(key));
    return touched.flatMap((grid) => grid ? this.#warningsOf(grid) : []);
  }

  /** @param {EditGrid} grid @returns {Warning[]} */
  #warningsOf(grid) {
    const warnings = [];
    if (grid.parts > 1) {
      const text = this.#say("parts", { grid: grid.label, n: grid.parts });
      warnings.push({ grid: grid.key, isHard: true, text });
    }
    if (grid.verdict === "under" || grid.verdict === "over") {
      const verdict = this.#say(`verdict.${grid.verdict}`);
      const text = this.#say("off_band", { grid: grid.label, verdict, households: grid.households });
      warnings.push({ grid: grid.key, isHard: false, text });
    }
    return warnings;
  }

  /** The file of edits; `shown` is what the page shows, for people who read it. */
  exported() {
    const keys = Array.from(this.changed()).filter((key) => this.grids.has(key)).sort();
    return {
      format: "gridgeo-edits", version: 1, plan: this.#plan.plan, edits: this.log,
      shown: keys.map((key) => {
        const { households, verdict } = this.grid(key);
        return { grid: key, households, verdict };
      }),
    };
  }
}

/** @param {EditGrid | undefined} grid */
function copyOf(grid) {
  return grid ? { ...grid, atoms: new Set(grid.atoms) } : null;
}
