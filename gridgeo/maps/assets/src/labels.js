/** Names and numbers on the map: one canvas, drawn anew after each move, without collisions. */

import { CanvasLayer, coverMap, metresPerPixel } from "./canvas.js";
import { rowsOf } from "./packed.js";

/** @import { CommunityLabels, GridLabels, LabelData, Row, StreetLabels } from "./data_types.js" */

/** @typedef {Row<GridLabels>} GridLabel */
/** @typedef {Row<StreetLabels>} StreetLabel */

/**
 * @typedef {object} LabelView
 * @property {CanvasRenderingContext2D} pen
 * @property {L.Map} map
 * @property {L.Point} size
 * @property {number} metres in a pixel
 * @property {[number, number, number, number][]} taken boxes of the labels so far
 */

/**
 * @typedef {object} TextStyle
 * @property {string} font
 * @property {number} height in pixels
 * @property {string} colour
 * @property {number} halo width of the white around it, in pixels
 * @property {number} room a wider text is left out, in pixels
 * @property {number} [angle] against east, in radians
 * @property {number} [lift] pixels below its place
 */

const FONT =
  '"Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "Segoe UI", Arial, sans-serif';

/** The layer of all labels; `grids` can be replaced while grids are adjusted. */
export class Labels extends CanvasLayer {
  /** @type {(code: string) => boolean} */
  #isHidden = () => false;
  #communities;
  #grids;
  #streets;

  /** @param {LabelData} data */
  constructor(data) {
    super("labels", 640);
    this.#communities = rowsOf(data.communities);
    this.#grids = rowsOf(data.grids);
    this.#streets = rowsOf(data.streets);
  }

  /** @returns {readonly StreetLabel[]} */
  get streets() {
    return this.#streets;
  }

  /** @returns {GridLabel[]} */
  get grids() {
    return this.#grids;
  }

  set grids(labels) {
    this.#grids = labels;
  }

  /**
   * Leave out the labels of some grids.
   *
   * @param {(code: string) => boolean} isHidden
   */
  hideGrids(isHidden) {
    this.#isHidden = isHidden;
  }

  /** @override @param {HTMLCanvasElement} canvas @param {L.Map} map */
  paint(canvas, map) {
    const { pen, size, ratio } = coverMap(canvas, map);
    pen.scale(ratio, ratio);
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    /** @type {LabelView} */
    const view = { pen, map, size, metres: metresPerPixel(map), taken: [] };
    for (const label of this.#communities) writeCommunity(view, label);
    for (const label of this.#grids) if (!this.#isHidden(label.code)) writeGrid(view, label);
    for (const label of this.#streets) writeStreet(view, label);
  }
}

/**
 * @param {LabelView} view
 * @param {Row<CommunityLabels>} label
 */
function writeCommunity(view, label) {
  const room = 2 * label.room_m / view.metres;
  const height = Math.min(17, Math.max(11, room / 9));
  if (room < 24) return;
  write(view, label, label.name, {
    font: `700 ${height}px ${FONT}`, height, colour: "#1d2a31", halo: 3.5, room: room * 1.7,
  });
}

/**
 * The number of a grid, and its households below it where there is room.
 *
 * @param {LabelView} view
 * @param {GridLabel} label
 */
function writeGrid(view, label) {
  const room = 2 * label.room_m / view.metres;
  if (room < 26) return;
  const height = Math.min(14, Math.max(10, room / 5));
  const style = {
    font: `600 ${height}px ${FONT}`, height, colour: "#20483b", halo: 3, room: room * 1.2,
  };
  // where the name of the community stands in the middle, the number stands under it
  const lift = [0, 18].find((pixels) => {
    return (pixels === 0 || room > 50) && write(view, label, label.number, { ...style, lift: pixels });
  });
  if (lift === undefined || room <= 74) return;
  write(view, label, label.households, {
    font: `400 11px ${FONT}`, height: 11, colour: "#33443d", halo: 2.5, room,
    lift: lift + height + 3,
  });
}

/**
 * @param {LabelView} view
 * @param {StreetLabel} label
 */
function writeStreet(view, label) {
  if (view.metres > 3) return;
  write(view, label, label.name, {
    font: `400 11px ${FONT}`, height: 11, colour: "#5c5140", halo: 2.5, angle: label.angle,
    room: label.length_m / view.metres,
  });
}

/**
 * Write a text if it has room, lies in the view and meets no other; return whether it was written.
 *
 * @param {LabelView} view
 * @param {{ latitude: number, longitude: number }} place
 * @param {string} text
 * @param {TextStyle} style
 */
function write(view, place, text, style) {
  const { pen, size, taken } = view;
  const { angle = 0, lift = 0 } = style;
  const at = view.map.latLngToContainerPoint([place.latitude, place.longitude]).add([0, lift]);
  if (at.x < 0 || at.y < 0 || at.x > size.x || at.y > size.y) return false;
  pen.font = style.font;
  const width = pen.measureText(text).width;
  if (width > style.room) return false;
  const box = turnedBox(at, width, style.height, angle);
  if (taken.some((other) => meet(box, other))) return false;
  taken.push(box);
  pen.save();
  pen.translate(at.x, at.y);
  pen.rotate(-angle);
  pen.strokeStyle = "rgba(255,255,255,0.88)";
  pen.lineWidth = style.halo;
  pen.strokeText(text, 0, 0);
  pen.fillStyle = style.colour;
  pen.fillText(text, 0, 0);
  pen.restore();
  return true;
}

/**
 * The upright box around a turned text, with a little room around it.
 *
 * @param {L.Point} at its middle
 * @param {number} width
 * @param {number} height
 * @param {number} angle
 * @returns {[number, number, number, number]}
 */
function turnedBox(at, width, height, angle) {
  const cos = Math.abs(Math.cos(angle));
  const sin = Math.abs(Math.sin(angle));
  const x = (width * cos + height * sin) / 2 + 2;
  const y = (width * sin + height * cos) / 2 + 1;
  return [at.x - x, at.y - y, at.x + x, at.y + y];
}

/**
 * @param {[number, number, number, number]} a
 * @param {[number, number, number, number]} b
 */
function meet(a, b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}
