/* Atoms: read when first wanted, kept as arcs (each border once), drawn on one canvas. */
"use strict";
(function () {
  const UNITS = Math.pow(2, 17);  // local units are about a metre: small numbers stay exact

  // --- one canvas over the map, drawn anew after each move by paint(pen, view)
  gridgeo.CanvasLayer = L.Layer.extend({
    initialize: function (pane, level, paint) {
      this._pane = pane; this._level = level; this._paint = paint;
    },
    onAdd: function (map) {
      const pane = map.getPane(this._pane) || map.createPane(this._pane);
      pane.style.zIndex = this._level;
      pane.style.pointerEvents = "none";
      this._canvas = gridgeo.element("canvas", pane, "leaflet-zoom-hide");
      map.on("moveend zoomend resize viewreset", this.redraw, this);
      this.redraw();
    },
    onRemove: function (map) {
      map.off("moveend zoomend resize viewreset", this.redraw, this);
      L.DomUtil.remove(this._canvas);
      this._canvas = null;
    },
    redraw: function () {
      if (!this._canvas) return;
      const map = this._map, size = map.getSize(), ratio = window.devicePixelRatio || 1;
      L.DomUtil.setPosition(this._canvas, map.containerPointToLayerPoint([0, 0]));
      this._canvas.width = size.x * ratio;
      this._canvas.height = size.y * ratio;
      this._canvas.style.width = size.x + "px";
      this._canvas.style.height = size.y + "px";
      const pen = this._canvas.getContext("2d");
      const view = viewOf(map, this._atoms(), size);
      pen.setTransform(ratio * view.scale, 0, 0, ratio * view.scale, ratio * view.x, ratio * view.y);
      this._paint(pen, view);
    },
    _atoms: function () { return gridgeo.page.atoms(); }
  });

  function viewOf(map, atoms, size) {
    const zoom = map.getZoom(), scale = Math.pow(2, zoom) / UNITS;
    const corner = map.getPixelOrigin().subtract(L.DomUtil.getPosition(map.getPane("mapPane")));
    const x = atoms.ox * Math.pow(2, zoom) - corner.x, y = atoms.oy * Math.pow(2, zoom) - corner.y;
    return {
      scale: scale, x: x, y: y,
      box: [-x / scale, -y / scale, (size.x - x) / scale, (size.y - y) / scale]
    };
  }

  gridgeo.decodeAtoms = function (data) {
    const lines = data.arcs.map(gridgeo.numbers), arcs = lines.length;
    const size = lines.reduce(function (n, steps) { return n + steps.length; }, 0) / 2;
    const start = new Int32Array(arcs + 1), x = new Float64Array(size), y = new Float64Array(size);
    const ends = new Array(arcs);
    const project = function (qx, qy) {
      const at = gridgeo.drawnAt((data.origin[0] + qx) * data.unit, (data.origin[1] + qy) * data.unit);
      const sin = Math.sin(at[1] * Math.PI / 180);
      return [256 * (at[0] / 360 + 0.5), 256 * (0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI))];
    };
    const origin = project(0, 0);
    let at = 0;
    lines.forEach(function (steps, arc) {
      let qx = 0, qy = 0;
      start[arc] = at;
      for (let i = 0; i < steps.length; i += 2) {
        qx += steps[i]; qy += steps[i + 1];
        const place = project(qx, qy);
        x[at] = (place[0] - origin[0]) * UNITS; y[at] = (place[1] - origin[1]) * UNITS;
        at += 1;
        if (i === 0) ends[arc] = [qx + qy * 1e8, 0];
      }
      ends[arc][1] = qx + qy * 1e8;
    });
    start[arcs] = at;
    const atoms = Object.assign({}, data, {
      arcs: null, n: data.households.length, start: start, x: x, y: y, ends: ends,
      ox: origin[0], oy: origin[1]
    });
    atoms.of = arcsOfAtoms(atoms);
    atoms.boxes = boxesOf(atoms);
    atoms.bins = binsOf(atoms);
    return atoms;
  };

  function arcsOfAtoms(atoms) {
    const of = Array.from({ length: atoms.n }, function () { return []; });
    atoms.left.forEach(function (one, arc) {
      of[one].push(arc);
      if (atoms.right[arc] >= 0) of[atoms.right[arc]].push(arc);
    });
    return of;
  }

  function boxesOf(atoms) {
    return atoms.of.map(function (arcs) {
      const box = [Infinity, Infinity, -Infinity, -Infinity];
      arcs.forEach(function (arc) {
        for (let i = atoms.start[arc]; i < atoms.start[arc + 1]; i += 1) {
          box[0] = Math.min(box[0], atoms.x[i]); box[1] = Math.min(box[1], atoms.y[i]);
          box[2] = Math.max(box[2], atoms.x[i]); box[3] = Math.max(box[3], atoms.y[i]);
        }
      });
      return box;
    });
  }

  const BIN = 300;
  function binsOf(atoms) {
    const bins = new Map();
    atoms.boxes.forEach(function (box, atom) {
      for (let i = Math.floor(box[0] / BIN); i <= box[2] / BIN; i += 1) {
        for (let j = Math.floor(box[1] / BIN); j <= box[3] / BIN; j += 1) {
          const key = i + "," + j;
          if (!bins.has(key)) bins.set(key, []);
          bins.get(key).push(atom);
        }
      }
    });
    return bins;
  }

  // --- places: the local position of a point, the atom at it
  gridgeo.localOf = function (atoms, latlng) {
    const point = L.CRS.EPSG3857.latLngToPoint(latlng, 0);
    return [(point.x - atoms.ox) * UNITS, (point.y - atoms.oy) * UNITS];
  };
  gridgeo.degreesOf = function (atoms, x, y) {
    return L.CRS.EPSG3857.pointToLatLng(L.point(x / UNITS + atoms.ox, y / UNITS + atoms.oy), 0);
  };
  gridgeo.atomAt = function (atoms, at) {
    const near = atoms.bins.get(Math.floor(at[0] / BIN) + "," + Math.floor(at[1] / BIN)) || [];
    const found = near.find(function (atom) { return inside(atoms, atom, at); });
    return found === undefined ? -1 : found;
  };
  function inside(atoms, atom, at) {
    const box = atoms.boxes[atom];
    if (at[0] < box[0] || at[0] > box[2] || at[1] < box[1] || at[1] > box[3]) return false;
    let odd = false;
    atoms.of[atom].forEach(function (arc) {
      for (let i = atoms.start[arc] + 1; i < atoms.start[arc + 1]; i += 1) {
        const ay = atoms.y[i - 1], by = atoms.y[i];
        if (ay > at[1] !== by > at[1] &&
            at[0] < atoms.x[i - 1] + (at[1] - ay) / (by - ay) * (atoms.x[i] - atoms.x[i - 1])) odd = !odd;
      }
    });
    return odd;
  }
  // a point inside the atom: the middle of its widest stretch across the middle of its box
  gridgeo.middleOf = function (atoms, atom) {
    if (!atoms.middles) atoms.middles = new Array(atoms.n);
    if (atoms.middles[atom]) return atoms.middles[atom];
    const box = atoms.boxes[atom], y = (box[1] + box[3]) / 2 + 1e-6, cuts = [];
    atoms.of[atom].forEach(function (arc) {
      for (let i = atoms.start[arc] + 1; i < atoms.start[arc + 1]; i += 1) {
        const ay = atoms.y[i - 1], by = atoms.y[i];
        if (ay > y !== by > y) cuts.push(atoms.x[i - 1] + (y - ay) / (by - ay) * (atoms.x[i] - atoms.x[i - 1]));
      }
    });
    cuts.sort(function (a, b) { return a - b; });
    let best = [(box[0] + box[2]) / 2, y, -1];
    for (let i = 1; i < cuts.length; i += 2) {
      if (cuts[i] - cuts[i - 1] > best[2]) best = [(cuts[i] + cuts[i - 1]) / 2, y, cuts[i] - cuts[i - 1]];
    }
    return (atoms.middles[atom] = [best[0], best[1]]);
  };

  // --- the outline of some atoms (a Set): arcs with one of them on one side only, as rings
  gridgeo.outline = function (atoms, chosen) {
    const from = new Map(), path = new Path2D();
    chosen.forEach(function (atom) {
      atoms.of[atom].forEach(function (arc) {
        const left = chosen.has(atoms.left[arc]), right = chosen.has(atoms.right[arc]);
        if (left === right) return;
        const begin = atoms.ends[arc][left ? 0 : 1];
        if (!from.has(begin)) from.set(begin, []);
        from.get(begin).push(left ? arc + 1 : -arc - 1);
      });
    });
    from.forEach(function (waiting) {
      while (waiting.length) ring(atoms, from, waiting.pop(), path);
    });
    return path;
  };
  function ring(atoms, from, first, path) {
    let step = first, begun = false;
    while (step) {
      const arc = Math.abs(step) - 1, a = atoms.start[arc], b = atoms.start[arc + 1];
      for (let n = begun ? 1 : 0; n < b - a; n += 1) {
        const i = step > 0 ? a + n : b - 1 - n;
        if (begun) path.lineTo(atoms.x[i], atoms.y[i]); else path.moveTo(atoms.x[i], atoms.y[i]);
        begun = true;
      }
      const next = from.get(atoms.ends[arc][step > 0 ? 1 : 0]);
      step = next && next.length ? next.pop() : 0;
    }
    path.closePath();
  }

  // --- the borders between atoms, in tiles, so that only what is seen is drawn
  const TILE = 2000;
  function tilesOf(atoms) {
    if (atoms.tiles) return atoms.tiles;
    const tiles = new Map();
    for (let arc = 0; arc < atoms.left.length; arc += 1) {
      const a = atoms.start[arc];
      const i = Math.floor(atoms.x[a] / TILE), j = Math.floor(atoms.y[a] / TILE), key = i + "," + j;
      if (!tiles.has(key)) {
        tiles.set(key, { path: new Path2D(), box: [Infinity, Infinity, -Infinity, -Infinity] });
      }
      const tile = tiles.get(key);
      for (let n = a; n < atoms.start[arc + 1]; n += 1) {
        tile.path[n === a ? "moveTo" : "lineTo"](atoms.x[n], atoms.y[n]);
        tile.box = [Math.min(tile.box[0], atoms.x[n]), Math.min(tile.box[1], atoms.y[n]),
          Math.max(tile.box[2], atoms.x[n]), Math.max(tile.box[3], atoms.y[n])];
      }
    }
    return (atoms.tiles = Array.from(tiles.values()));
  }
  gridgeo.apart = function (a, b) { return a[0] > b[2] || b[0] > a[2] || a[1] > b[3] || b[1] > a[3]; };

  gridgeo.strokeAtoms = function (atoms, pen, view, colour, weight) {
    pen.strokeStyle = colour;
    pen.lineWidth = weight / view.scale;
    tilesOf(atoms).forEach(function (tile) {
      if (!gridgeo.apart(tile.box, view.box)) pen.stroke(tile.path);
    });
  };

  // --- layers of the layer control, empty until they are switched on
  gridgeo.atomLayer = function () {
    return new gridgeo.CanvasLayer("atoms", 410, function (pen, view) {
      gridgeo.strokeAtoms(gridgeo.page.atoms(), pen, view, "#5f6d73", 0.8);
    });
  };
  gridgeo.countLayer = function () {
    return new gridgeo.CanvasLayer("counts", 420, function (pen, view) {
      const atoms = gridgeo.page.atoms();
      pen.fillStyle = "rgba(91, 74, 138, 0.6)";
      for (let atom = 0; atom < atoms.n; atom += 1) {
        const count = atoms.households[atom];
        if (!count || gridgeo.apart(atoms.boxes[atom], view.box)) continue;
        const at = gridgeo.middleOf(atoms, atom);
        pen.beginPath();
        pen.arc(at[0], at[1], Math.min(9, Math.max(1.2, 0.8 + 0.35 * Math.sqrt(count))) / view.scale, 0, 7);
        pen.fill();
      }
    });
  };
})();
