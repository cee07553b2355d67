/** What the page adds to how Leaflet draws: hatching, casings, widths by scale, canvases of its own. */

/** @import { Atoms, Box } from "./atoms.js" */

import { UNITS } from "./atoms.js";

/**
 * What a path may ask for beside the options of Leaflet.
 *
 * @typedef {object} MoreOptions
 * @property {string} [hatch] a filled path gets diagonal lines of this colour
 * @property {string} [casing] the line is stroked a little wider in this colour first
 * @property {boolean} [swell] the line is thin on a small map and has its weight in the streets
 */

/** @typedef {L.PathOptions & MoreOptions} PathStyle */
/** @typedef {L.Layer & { options: PathStyle }} CanvasPath */

const CASING = 1.4;

/** @type {Map<string, HTMLCanvasElement>} */
const hatchTiles = new Map();

/**
 * Diagonal lines of a colour, as a pattern to fill with.
 *
 * @param {CanvasRenderingContext2D} pen
 * @param {string} colour
 * @returns {CanvasPattern}
 */
export function hatchPattern(pen, colour) {
  const tile = hatchTiles.get(colour) || hatchTile(colour);
  hatchTiles.set(colour, tile);
  return /** @type {CanvasPattern} */ (pen.createPattern(tile, "repeat"));
}

/** @param {string} colour */
function hatchTile(colour) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = penOf(tile);
  pen.strokeStyle = colour;
  pen.lineWidth = 1.6;
  pen.beginPath();
  for (const x of [-8, 0, 8]) {
    pen.moveTo(x - 1, 9);
    pen.lineTo(x + 9, -1);
  }
  pen.stroke();
  return tile;
}

/** @param {HTMLCanvasElement} canvas */
function penOf(canvas) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}

/** @param {L.Map} map */
export function metresPerPixel(map) {
  const turn = map.getCenter().lat * Math.PI / 180;
  return 40075016.686 * Math.cos(turn) / (256 * 2 ** map.getZoom());
}

/**
 * The factor for the weight of lines that swell, from 0.3 on a small map to 1.25 in the streets.
 *
 * @param {L.Map} map
 */
export function lineScale(map) {
  const scale = 1.25 - 0.22 * Math.log2(Math.max(1, metresPerPixel(map) / 2));
  return Math.max(0.3, Math.min(1.25, scale));
}

/*
 * Leaflet has no public hook for how a path is painted: `_fillStroke` of its canvas renderer is the
 * one place of Leaflet that is overridden, here and nowhere else. The vendored release is fixed by
 * its hash (assets/MANIFEST.json).
 */
const renderer = /** @type {any} */ (L.Canvas.prototype);
/** @type {(context: CanvasRenderingContext2D, layer: CanvasPath) => void} */
const fillStroke = renderer._fillStroke;

L.Canvas.include({
  /**
   * @this {{ _map: L.Map }}
   * @param {CanvasRenderingContext2D} context
   * @param {CanvasPath} layer
   */
  _fillStroke(context, layer) {
    const { swell, casing, hatch } = layer.options;
    if (!swell && !casing && !hatch) {
      fillStroke.call(this, context, layer);
      return;
    }
    /** @param {PathStyle} changes */
    const paint = (changes) => {
      const { options } = layer;
      layer.options = { ...options, ...changes };
      fillStroke.call(this, context, layer);
      layer.options = options;
    };
    paintPath(context, layer.options, swell ? lineScale(this._map) : 1, paint);
  },
});

/**
 * @param {CanvasRenderingContext2D} context
 * @param {PathStyle} style
 * @param {number} scale of the weight
 * @param {(changes: PathStyle) => void} paint the path with some options changed
 */
function paintPath(context, style, scale, paint) {
  const weight = Number(style.weight) * scale;
  if (style.casing) {
    paint({ weight: weight + CASING * scale, color: style.casing });
  } else if (style.hatch && style.fill) {
    paint({ weight, stroke: false });
    context.globalAlpha = 1;
    context.fillStyle = hatchPattern(context, style.hatch);
    context.fill("evenodd");
    paint({ weight, fill: false });
    return;
  }
  paint({ weight });
}

/**
 * Put a canvas over the whole map, as sharp as the screen.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {L.Map} map
 */
export function coverMap(canvas, map) {
  const size = map.getSize();
  const ratio = window.devicePixelRatio || 1;
  L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
  canvas.width = size.x * ratio;
  canvas.height = size.y * ratio;
  canvas.style.width = `${size.x}px`;
  canvas.style.height = `${size.y}px`;
  return { pen: penOf(canvas), size, ratio };
}

/** One canvas in a pane of its own, drawn anew after each move. */
export class CanvasLayer extends L.Layer {
  /** @type {L.Map | null} */
  #map = null;
  /** @type {HTMLCanvasElement | null} */
  #canvas = null;
  #pane;
  #level;

  /**
   * @param {string} pane
   * @param {number} level its z-index
   */
  constructor(pane, level) {
    super();
    this.#pane = pane;
    this.#level = level;
  }

  /** @override @param {L.Map} map */
  onAdd(map) {
    const pane = map.getPane(this.#pane) || map.createPane(this.#pane);
    pane.style.zIndex = String(this.#level);
    pane.style.pointerEvents = "none";
    this.#canvas = L.DomUtil.create("canvas", "leaflet-zoom-hide", pane);
    this.#map = map;
    map.on("moveend zoomend resize viewreset", this.redraw, this);
    this.redraw();
    return this;
  }

  /** @override @param {L.Map} map */
  onRemove(map) {
    map.off("moveend zoomend resize viewreset", this.redraw, this);
    if (this.#canvas) this.#canvas.remove();
    this.#canvas = this.#map = null;
    return this;
  }

  redraw() {
    if (this.#canvas && this.#map) this.paint(this.#canvas, this.#map);
  }

  /**
   * @abstract
   * @param {HTMLCanvasElement} _canvas
   * @param {L.Map} _map
   */
  paint(_canvas, _map) {
    throw new Error("a canvas layer paints something");
  }
}

/**
 * What of the local positions of atoms is seen.
 *
 * @typedef {object} LocalView
 * @property {number} scale pixels of the map in a local unit
 * @property {Box} box
 */

/**
 * @callback LocalPaint
 * @param {CanvasRenderingContext2D} pen in local positions
 * @param {LocalView} view
 * @param {Atoms} atoms
 * @returns {void}
 */

/** A canvas on which is drawn in the local positions of atoms. */
export class LocalLayer extends CanvasLayer {
  #atoms;
  #paint;

  /**
   * @param {string} pane
   * @param {number} level
   * @param {() => Atoms} atoms read only when the layer is first drawn
   * @param {LocalPaint} paint
   */
  constructor(pane, level, atoms, paint) {
    super(pane, level);
    this.#atoms = atoms;
    this.#paint = paint;
  }

  /** @override @param {HTMLCanvasElement} canvas @param {L.Map} map */
  paint(canvas, map) {
    const atoms = this.#atoms();
    const { pen, size, ratio } = coverMap(canvas, map);
    const world = 2 ** map.getZoom();
    const pane = /** @type {HTMLElement} */ (map.getPane("mapPane"));
    const corner = map.getPixelOrigin().subtract(L.DomUtil.getPosition(pane));
    const scale = world / UNITS;
    const x = atoms.origin.x * world - corner.x;
    const y = atoms.origin.y * world - corner.y;
    pen.setTransform(ratio * scale, 0, 0, ratio * scale, ratio * x, ratio * y);
    const box = {
      minX: -x / scale, minY: -y / scale, maxX: (size.x - x) / scale, maxY: (size.y - y) / scale,
    };
    this.#paint(pen, { scale, box }, atoms);
  }
}
