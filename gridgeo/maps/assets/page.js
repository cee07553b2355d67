/* What the map page adds to Leaflet: hatching, labels, a title and a legend. Text that comes from
   data is only ever set as text (textContent, fillText), never as markup. */
"use strict";
L.Control.Scale.prototype.options.imperial = false;
// on a phone the list of layers would lie over the other panels
L.Control.Layers.addInitHook(function () {
  if (window.innerWidth <= 640) this.options.collapsed = true;
});
var gridgeo = (function () {
  const FONT = '"Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "Segoe UI", Arial, sans-serif';

  function element(tag, parent, className, text) {
    const node = L.DomUtil.create(tag, className || "", parent);
    if (text !== undefined) node.textContent = text;
    return node;
  }

  // --- hatching: a path with the option `hatch` gets diagonal lines of that colour
  const tiles = {};
  function hatch(context, colour) {
    if (!tiles[colour]) {
      const tile = document.createElement("canvas");
      tile.width = tile.height = 8;
      const pen = tile.getContext("2d");
      pen.strokeStyle = colour;
      pen.lineWidth = 1.6;
      pen.beginPath();
      [-8, 0, 8].forEach(function (x) { pen.moveTo(x - 1, 9); pen.lineTo(x + 9, -1); });
      pen.stroke();
      tiles[colour] = tile;
    }
    return context.createPattern(tiles[colour], "repeat");
  }
  // a path with the option `casing` is stroked a little wider in that colour first
  const paint = L.Canvas.prototype._fillStroke;
  L.Canvas.include({
    _fillStroke: function (context, layer) {
      if (layer.options.swell) {
        const scale = strength(layer._map);
        const whole = layer.options;
        layer.options = Object.assign({}, whole, { weight: whole.weight * scale });
        this._dressed(context, layer, whole.casing ? 1.4 * scale : 0);
        layer.options = whole;
      } else {
        this._dressed(context, layer, 1.4);
      }
    },
    _dressed: function (context, layer, rim) {
      const options = layer.options;
      if (options.casing) {
        paintAs(this, context, layer, { color: options.casing, weight: options.weight + rim });
      } else if (options.hatch && options.fill) {
        paintAs(this, context, layer, { stroke: false });
        context.globalAlpha = 1;
        context.fillStyle = hatch(context, options.hatch);
        context.fill("evenodd");
        paintAs(this, context, layer, { fill: false });
        return;
      }
      paint.call(this, context, layer);
    }
  });
  // lines with the option `swell` are thin on a small map and reach their weight in the streets
  function strength(map) {
    const scale = 1.25 - 0.22 * Math.log2(Math.max(1, metresPerPixel(map) / 2));
    return Math.max(0.3, Math.min(1.25, scale));
  }
  function metresPerPixel(map) {
    const turn = map.getCenter().lat * Math.PI / 180;
    return 40075016.686 * Math.cos(turn) / (256 * Math.pow(2, map.getZoom()));
  }
  function paintAs(renderer, context, layer, changes) {
    const options = layer.options;
    layer.options = Object.assign({}, options, changes);
    paint.call(renderer, context, layer);
    layer.options = options;
  }

  // --- labels: one canvas over the map, drawn anew after each move, without collisions
  const Labels = L.Layer.extend({
    initialize: function (data) { this._data = data; },
    onAdd: function (map) {
      const pane = map.getPane("labels") || map.createPane("labels");
      pane.style.zIndex = 640;
      pane.style.pointerEvents = "none";
      this._canvas = element("canvas", pane, "leaflet-zoom-hide");
      map.on("moveend zoomend resize viewreset", this._draw, this);
      this._draw();
    },
    onRemove: function (map) {
      map.off("moveend zoomend resize viewreset", this._draw, this);
      L.DomUtil.remove(this._canvas);
    },
    redraw: function () { if (this._map) this._draw(); },
    _draw: function () {
      const map = this._map, size = map.getSize(), ratio = window.devicePixelRatio || 1;
      const canvas = this._canvas;
      L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
      canvas.width = size.x * ratio;
      canvas.height = size.y * ratio;
      canvas.style.width = size.x + "px";
      canvas.style.height = size.y + "px";
      const pen = canvas.getContext("2d");
      pen.scale(ratio, ratio);
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      pen.lineJoin = "round";
      const metres = metresPerPixel(map);
      const view = { pen: pen, map: map, size: size, metres: metres, taken: [] };
      this._data.communities.forEach(function (c) { community(view, c); });
      this._data.grids.forEach(function (g) { grid(view, g); });
      this._data.streets.forEach(function (s) { street(view, s); });
    }
  });

  function community(view, entry) {
    const room = 2 * entry[3] / view.metres;
    const height = Math.min(17, Math.max(11, room / 9));
    if (room < 24) return;
    write(view, entry, entry[2], {
      font: "700 " + height + "px " + FONT, height: height, colour: "#1d2a31", halo: 3.5,
      angle: 0, room: room * 1.7, lift: 0
    });
  }

  function grid(view, entry) {
    const page = gridgeo.page;
    if (page && page.faded && page.faded.has(verdictOf(page, entry[5]))) return;
    const room = 2 * entry[4] / view.metres;
    if (room < 26) return;
    const height = Math.min(14, Math.max(10, room / 5));
    const number = {
      font: "600 " + height + "px " + FONT, height: height, colour: "#20483b", halo: 3,
      angle: 0, room: room * 1.2, lift: 0
    };
    const below = Object.assign({}, number, { lift: 18 });  // under the name of the community
    const drawn = write(view, entry, entry[2], number) ? number
      : room > 50 && write(view, entry, entry[2], below) ? below : null;
    if (drawn && room > 74) {
      write(view, entry, entry[3], {
        font: "400 11px " + FONT, height: 11, colour: "#33443d", halo: 2.5, angle: 0,
        room: room, lift: drawn.lift + height + 3
      });
    }
  }

  function verdictOf(page, code) {
    if (!page.verdicts) {
      page.verdicts = new Map(page.data.grids.map(function (grid) { return [grid[0], grid[6]]; }));
    }
    return page.verdicts.get(code);
  }

  function street(view, entry) {
    if (view.metres > 3) return;
    write(view, entry, entry[4], {
      font: "400 11px " + FONT, height: 11, colour: "#5c5140", halo: 2.5, angle: entry[2],
      room: entry[3] / view.metres, lift: 0
    });
  }

  function write(view, entry, text, how) {
    const point = view.map.latLngToContainerPoint([entry[0], entry[1]]);
    const x = point.x, y = point.y + how.lift;
    if (x < 0 || y < 0 || x > view.size.x || y > view.size.y) return false;
    const pen = view.pen;
    pen.font = how.font;
    const width = pen.measureText(text).width;
    if (width > how.room) return false;
    const cos = Math.abs(Math.cos(how.angle)), sin = Math.abs(Math.sin(how.angle));
    const half = [(width * cos + how.height * sin) / 2 + 2, (width * sin + how.height * cos) / 2 + 1];
    const box = [x - half[0], y - half[1], x + half[0], y + half[1]];
    const hit = view.taken.some(function (b) {
      return box[0] < b[2] && b[0] < box[2] && box[1] < b[3] && b[1] < box[3];
    });
    if (hit) return false;
    view.taken.push(box);
    pen.save();
    pen.translate(x, y);
    pen.rotate(-how.angle);
    pen.strokeStyle = "rgba(255,255,255,0.88)";
    pen.lineWidth = how.halo;
    pen.strokeText(text, 0, 0);
    pen.fillStyle = how.colour;
    pen.fillText(text, 0, 0);
    pen.restore();
    return true;
  }

  // --- households: the area of a dot follows the count; those in no grid are red
  function dot(feature, place) {
    const row = feature.properties;
    return L.circleMarker(place, {
      radius: Math.min(9, Math.max(1.5, 0.8 + 0.35 * Math.sqrt(row.count))),
      stroke: false, fill: true, fillOpacity: 0.6, fillColor: row.listed ? "#b2182b" : "#5b4a8a"
    });
  }

  // --- panels: the title with its figures, and the legend
  function control(map, position, className, fill) {
    const panel = L.control({ position: position });
    panel.onAdd = function () {
      const node = element("div", null, "gg-panel " + className);
      const details = element("details", node);
      details.open = window.innerWidth > 640;
      fill(details);
      L.DomEvent.disableClickPropagation(node);
      L.DomEvent.disableScrollPropagation(node);
      return node;
    };
    panel.addTo(map);
  }

  function title(map, data) {
    control(map, "topleft", "gg-title", function (panel) {
      element("h1", element("summary", panel), "", data.title);
      const table = element("tbody", element("table", panel));
      data.figures.forEach(function (pair) {
        const row = element("tr", table);
        element("td", row, "", pair[0]);
        element("td", row, "", pair[1]);
      });
      data.lines.forEach(function (line) { element("p", panel, "", line); });
    });
  }

  const SVG = "http://www.w3.org/2000/svg";
  function drawing(cell, entry) {
    const svg = cell.appendChild(document.createElementNS(SVG, "svg"));
    svg.setAttribute("width", 24);
    svg.setAttribute("height", 14);
    function shape(tag, attributes) {
      const node = svg.appendChild(document.createElementNS(SVG, tag));
      Object.keys(attributes).forEach(function (key) { node.setAttribute(key, attributes[key]); });
    }
    if (entry.shape === "fill") {
      shape("rect", { x: 1, y: 1, width: 22, height: 12, fill: entry.colour, stroke: entry.edge });
      if (entry.hatch) {
        [3, 9, 15].forEach(function (x) {
          shape("line", { x1: x, y1: 12.5, x2: x + 7, y2: 1.5, stroke: entry.hatch });
        });
      }
    } else if (entry.shape === "line") {
      if (entry.casing) {
        shape("line", { x1: 0, y1: 7, x2: 24, y2: 7, stroke: entry.casing, "stroke-width": entry.width + 1.6 });
      }
      shape("line", {
        x1: 0, y1: 7, x2: 24, y2: 7, stroke: entry.colour, "stroke-width": entry.width,
        "stroke-dasharray": entry.dash || "none"
      });
    } else {
      shape("circle", { cx: 12, cy: 7, r: 4.5, fill: entry.colour, stroke: "#fff" });
    }
  }

  function legend(map, data) {
    control(map, "bottomright", "gg-legend", function (panel) {
      element("summary", panel, "", data.title);
      const table = element("tbody", element("table", panel));
      data.groups.forEach(function (group) {
        const head = element("td", element("tr", table, "gg-head"), "", group.title);
        head.colSpan = 3;
        group.entries.forEach(function (entry) {
          const row = element("tr", table);
          if (entry.verdict) row.dataset.verdict = entry.verdict;
          drawing(element("td", row), entry);
          element("td", row, "", entry.label);
          element("td", row, "gg-count", entry.count);
        });
      });
    });
  }

  // --- the first view: everything, beside the panels where the window is wide enough
  function fit(map, bounds) {
    const wide = map.getSize().x > 900;
    map.fitBounds(bounds, {
      paddingTopLeft: wide ? [280, 12] : [12, 12],
      paddingBottomRight: wide ? [250, 12] : [12, 12],
      animate: false
    });
  }

  // --- layers keep their order on the canvas when they are switched on again
  function keepOrder(map, layers) {
    map.on("overlayadd", function () {
      layers.forEach(function (layer) {
        if (map.hasLayer(layer) && layer.bringToFront) layer.bringToFront();
      });
    });
  }

  // what says a word by its key, with what stands in its braces; always shown as text
  function sayer(words) {
    return function (key, values) {
      return (words[key] || key).replace(/\{(\w+)\}/g, function (whole, name) {
        return values && name in values ? values[name] : whole;
      });
    };
  }

  // a file of edits, to keep
  function download(text, plan) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = "edits-" + plan + ".json";
    link.click();
    URL.revokeObjectURL(link.href);
  }

  return {
    veil: 1,  // how much of the fill of grids is shown
    // where a place is drawn, in degrees: gcj02.js shifts it
    drawnAt: function (lng, lat) { return [lng, lat]; },
    labels: function (data) { return new Labels(data); },
    sayer: sayer,
    download: download,
    title: title,
    dot: dot,
    legend: legend,
    fit: fit,
    keepOrder: keepOrder,
    element: element,
    strength: strength,
    hatch: hatch
  };
})();
