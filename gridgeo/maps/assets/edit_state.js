/* Edits as data: which atom is in which grid, what follows from that, undo and redo. No drawing. */
"use strict";
gridgeo.editState = function (data, atoms, say) {
  const STEPS = 100;
  const of = atoms.grid.map(function (position) {
    return position < 0 ? "" : data.grids[position][0];
  });
  const grids = new Map(data.grids.map(function (row) {
    return [row[0], {
      key: row[0], label: row[0], community: row[2], kind: row[3], facility: row[7],
      locked: data.locked.includes(row[0]), atoms: new Set(), born: [row[4], row[6]]
    }];
  }));
  of.forEach(function (key, atom) { if (key) grids.get(key).atoms.add(atom); });
  let version = 0;  // of the shape of a grid: no two shapes share one
  grids.forEach(refresh);
  const state = {
    grids: grids, of: of, log: [], undone: [], history: [], fresh: 0,
    apply: apply, undo: undo, redo: redo, changed: touched, warnings: warnings,
    streetShare: streetShare, exported: exported
  };

  // --- what follows from the atoms of a grid
  function refresh(grid) {
    version += 1;
    grid.version = version;
    grid.households = 0;
    grid.residents = 0;
    grid.atoms.forEach(function (atom) {
      const people = atoms.residents[atom];
      grid.households += atoms.households[atom];
      grid.residents = people === null || grid.residents === null ? null : grid.residents + people;
    });
    grid.verdict = verdictOf(grid);
    grid.parts = partsOf(grid.atoms);
  }
  function verdictOf(grid) {
    if (grid.kind !== "basic") return grid.kind;
    const band = data.communities[grid.community][3], known = grid.residents !== null;
    const byHouseholds = band.profile !== "residents" || !known;
    const byResidents = band.profile !== "households" && known;
    if (byHouseholds && band.lower <= grid.households && grid.households <= band.upper) return "in_band";
    if (byResidents && band.residents_lower <= grid.residents &&
        grid.residents <= band.residents_upper) return "in_band";
    if (data.communities[grid.community][2] === "small") return "small";
    const low = byHouseholds ? grid.households < band.lower : grid.residents < band.residents_lower;
    return low ? "under" : "over";
  }
  function partsOf(members) {
    const left = new Set(members);
    let parts = 0;
    left.forEach(function (first) {
      parts += 1;
      const waiting = [first];
      left.delete(first);
      while (waiting.length) {
        const atom = waiting.pop();
        atoms.of[atom].forEach(function (arc) {
          const other = atoms.left[arc] === atom ? atoms.right[arc] : atoms.left[arc];
          if (left.delete(other)) waiting.push(other);
        });
      }
    });
    return parts;
  }
  // the share of the borders with other basic grids of the community that lie on streets
  function streetShare(grid) {
    let metres = 0, street = 0;
    grid.atoms.forEach(function (atom) {
      atoms.of[atom].forEach(function (arc) {
        const other = atoms.left[arc] === atom ? atoms.right[arc] : atoms.left[arc];
        if (other < 0 || grid.atoms.has(other)) return;
        const beyond = grids.get(of[other]);
        if (!beyond || beyond.kind !== "basic" || beyond.community !== grid.community) return;
        metres += atoms.metres[arc];
        street += atoms.street[arc] * atoms.metres[arc];
      });
    });
    return metres ? street / metres : null;
  }

  // --- the edits: each says what it changes, or why it may not be done
  const KINDS = {
    move: function (edit) {
      const to = grids.get(edit.to);
      if (edit.atoms.every(function (atom) { return of[atom] === edit.to; })) return say("all_there");
      return refused(edit.atoms, [edit.to]) || foreign(edit.atoms, to) ||
        shift(edit.atoms.map(function (atom) { return [atom, edit.to]; }), []);
    },
    split: function (edit) {
      const from = grids.get(of[edit.atoms[0]]);
      if (edit.atoms.some(function (atom) { return of[atom] !== from.key; })) return say("one_grid");
      if (edit.atoms.length === from.atoms.size) return say("not_all");
      return refused(edit.atoms, []) || shift(
        edit.atoms.map(function (atom) { return [atom, edit.grid]; }), [],
        [Object.assign({}, from, {
          key: edit.grid, label: say("new_grid", { n: edit.grid.slice(1) }), kind: "basic",
          facility: "", atoms: new Set(), born: null
        })]);
    },
    merge: function (edit) {
      const into = grids.get(edit.into), moved = [];
      edit.grids.forEach(function (key) {
        grids.get(key).atoms.forEach(function (atom) { moved.push(atom); });
      });
      moved.sort(function (a, b) { return a - b; });
      return refused(moved, [edit.into]) || foreign(moved, into) ||
        shift(moved.map(function (atom) { return [atom, edit.into]; }), []);
    },
    dedicate: function (edit) {
      return refused([], [edit.grid]) ||
        shift([], [[edit.grid, { kind: "dedicated", facility: edit.name }]]);
    },
    lock: function (edit) { return shift([], [[edit.grid, { locked: true }]]); },
    unlock: function (edit) { return shift([], [[edit.grid, { locked: false }]]); }
  };
  function refused(chosen, keys) {
    const all = new Set(chosen.map(function (atom) { return of[atom]; }).concat(keys));
    const locked = Array.from(all).find(function (key) { return grids.get(key).locked; });
    return locked ? say("locked_grid", { grid: grids.get(locked).label }) : "";
  }
  function foreign(chosen, to) {
    const other = chosen.some(function (atom) { return atoms.community[atom] !== to.community; });
    return other ? say("other_community", { grid: to.label }) : "";
  }
  // atoms into grids and new values of grids; remembers what was before
  function shift(moves, values, born) {
    const before = { of: [], grids: new Map() };
    function remember(key) {
      if (before.grids.has(key)) return;
      const grid = grids.get(key);
      before.grids.set(key, grid ? Object.assign({}, grid, { atoms: new Set(grid.atoms) }) : null);
    }
    (born || []).forEach(function (grid) { remember(grid.key); grids.set(grid.key, grid); });
    moves.forEach(function (move) {
      remember(of[move[0]]);
      remember(move[1]);
      before.of.push([move[0], of[move[0]]]);
      grids.get(of[move[0]]).atoms.delete(move[0]);
      grids.get(move[1]).atoms.add(move[0]);
      of[move[0]] = move[1];
    });
    values.forEach(function (pair) {
      remember(pair[0]);
      Object.assign(grids.get(pair[0]), pair[1]);
    });
    before.grids.forEach(function (unused, key) {
      if (grids.get(key).atoms.size) refresh(grids.get(key)); else grids.delete(key);
    });
    state.history.push(before);
    if (state.history.length > STEPS) state.history.shift();
    return "";
  }

  function apply(edit) {
    const why = KINDS[edit.do](edit);
    if (why) return why;
    state.log.push(edit);
    state.undone = [];
    if (edit.do === "split") state.fresh = Math.max(state.fresh, Number(edit.grid.slice(1)));
    return "";
  }
  function undo() {
    const before = state.history.pop();
    if (!before) return false;
    before.of.reverse().forEach(function (pair) { of[pair[0]] = pair[1]; });
    before.grids.forEach(function (grid, key) {
      if (grid) grids.set(key, grid); else grids.delete(key);
    });
    state.undone.push(state.log.pop());
    return true;
  }
  function redo() {
    const edit = state.undone.pop(), rest = state.undone;
    if (!edit) return false;
    apply(edit);
    state.undone = rest;
    return true;
  }

  // --- what is to be said
  function touched() {
    const keys = new Set();
    of.forEach(function (key, atom) {
      const was = atoms.grid[atom] < 0 ? "" : data.grids[atoms.grid[atom]][0];
      if (key !== was) { keys.add(key); keys.add(was); }
    });
    state.log.forEach(function (edit) { if (edit.do === "dedicate") keys.add(edit.grid); });
    return keys;
  }
  function warnings() {
    const told = [];
    touched().forEach(function (key) {
      const grid = grids.get(key);
      if (!grid) return;
      if (grid.parts > 1) {
        told.push({ grid: key, hard: true, text: say("parts", { grid: grid.label, n: grid.parts }) });
      }
      if (grid.verdict === "under" || grid.verdict === "over") {
        told.push({ grid: key, hard: false, text: say("off_band", {
          grid: grid.label, verdict: say("verdict." + grid.verdict), households: grid.households
        }) });
      }
    });
    return told;
  }
  function exported() {
    const shown = Array.from(touched()).filter(function (key) { return grids.has(key); }).sort();
    return {
      format: "gridgeo-edits", version: 1, plan: data.plan, edits: state.log,
      shown: shown.map(function (key) {
        const grid = grids.get(key);
        return { grid: key, households: grid.households, verdict: grid.verdict };
      })
    };
  }
  return state;
};
