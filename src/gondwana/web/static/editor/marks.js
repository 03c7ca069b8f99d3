// What lies over the field: problems, changes, the preview of a fix, in colours of their own.

import { board, tell } from "./board.js";
import { css, kept } from "./dom.js";
import { rasters } from "./rasters.js";

export const BITS = { sea: 1, passage: 2, policy: 128, contact: 4, pole: 8, changed: 32, preview: 64, selected: 16 };
const SHOWN = { sea: true, passage: true, contact: true, pole: true, policy: true, changed: false };
const ALPHA = { sea: 0.75, passage: 0.9, contact: 0.95, pole: 0.6, policy: 0.8, changed: 0.5, preview: 0.85, selected: 0.2 };
const SIZE = 256;

export const shownMarks = { ...SHOWN, ...kept.get("marks", {}) };
const palette = new Uint32Array(SIZE);
const drawn = new Map(); // raster -> canvas of its marks

/** Mix the palette from the marks that are switched on. */
export function mixPalette() {
  const tints = Object.entries(BITS)
    .filter(([name]) => shownMarks[name] ?? true)
    .map(([name, bit]) => ({ bit, alpha: ALPHA[name], rgb: rgb(css(`--mark-${name}`)) }));
  for (let bits = 0; bits < SIZE; bits++) {
    let colour = [0, 0, 0], alpha = 0;
    for (const tint of tints) {
      if (!(bits & tint.bit)) continue;
      const both = tint.alpha + alpha * (1 - tint.alpha);
      colour = colour.map((value, k) => (tint.rgb[k] * tint.alpha + value * alpha * (1 - tint.alpha)) / both);
      alpha = both;
    }
    const [red, green, blue] = colour.map(Math.round);
    palette[bits] = ((Math.round(alpha * 255) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  }
  for (const raster of [rasters.whole, rasters.detail]) if (raster) paintMarks({ raster, row: 0, column: 0, rows: raster.rows, columns: raster.columns });
}

export const markColour = (bits) => palette[bits];

/** Paint a part of a raster's marks. Pictures begin in the north, rasters in the south. */
export function paintMarks({ raster, row, column, rows, columns }) {
  let canvas = drawn.get(raster);
  if (!canvas) {
    for (const old of drawn.keys()) if (old !== rasters.whole && old !== rasters.detail) drawn.delete(old);
    canvas = document.createElement("canvas");
    canvas.width = raster.columns;
    canvas.height = raster.rows;
    drawn.set(raster, canvas);
  }
  const pixels = new ImageData(columns, rows), words = new Uint32Array(pixels.data.buffer);
  for (let k = 0; k < rows; k++) {
    const from = (row + rows - 1 - k) * raster.columns + column;
    for (let i = 0; i < columns; i++) words[k * columns + i] = palette[raster.marks[from + i]];
  }
  canvas.getContext("2d").putImageData(pixels, column, raster.rows - row - rows);
}

/** The picture of a raster's marks, one pixel for each of its cells. */
export const pictureOf = (raster) => drawn.get(raster);

/** Switch a kind of marks on or off. */
export function showMarks(name, isOn) {
  shownMarks[name] = isOn;
  kept.set("marks", shownMarks);
  mixPalette();
  tell("marks");
}

/** Kinds of marks that this subject can have. */
export const kinds = () => (board.subject.up ? ["sea", "policy", "passage", "contact", "pole", "changed"] : ["changed"]);

function rgb(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}
