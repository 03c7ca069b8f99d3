// The rasters of the field and its marks: arrays that are written in place.

import { board } from "./board.js";

const ROUND = 1e-6, TURN = 360;
const TYPES = { float32: Float32Array, uint8: Uint8Array, int32: Int32Array };

let source = null, Grid = null, shownCopies = "", blankZero = false;
export const rasters = { whole: null, detail: null };
const globe = { table: null, about: null };
export const lookup = globe;
/** Degrees of the cells of a grid of columns and rows. */
export const places = { lon: null, lat: null };

/** What is not shown of a relief: "land" or "sea", or nothing of both. */
export const mask = { hides: "" };

const isSea = (value) => (board.subject.up > 0 ? value <= 0 : value > 0);

/** Whether a value of the field is left blank. */
export function isBlank(value) {
  if (board.shown !== "field") return false;
  return (blankZero && value === 0) || (mask.hides !== "" && isSea(value) === (mask.hides === "sea"));
}

/** Take the Bokeh source that is painted from the rasters. */
export function paintInto(field) {
  source = field;
  Grid = field.data.image[0].constructor;
}

/** Begin rasters anew, as the server tells. */
export function begin(told) {
  for (const about of told) {
    if (about.gone) { rasters[about.name] = null; continue; }
    const size = about.rows * about.columns;
    rasters[about.name] = {
      ...about, values: new Float32Array(size).fill(NaN), marks: new Uint8Array(size),
      isRound: board.subject?.axes === "lonlat" && about.dw >= TURN - ROUND,
    };
  }
  blankZero = board.subject?.scale?.blank_zero === true;
  shownCopies = "";
}

/** Make room for the table of the globe. */
export function beginGlobe(about) {
  globe.about = about;
  globe.table = new Int32Array(about.rows * about.columns).fill(-1);
}

/** Write pieces into the arrays; tell which kinds of arrays have changed, and where. */
export function patch(blocks, bytes) {
  const changed = { values: false, marks: [], lookup: false };
  for (const piece of blocks) {
    const Kind = TYPES[piece.type], count = piece.rows * piece.columns;
    const from = bytes.byteOffset + piece.start;
    const part = from % Kind.BYTES_PER_ELEMENT === 0
      ? new Kind(bytes.buffer, from, count)
      : new Kind(bytes.buffer.slice(from, from + count * Kind.BYTES_PER_ELEMENT));
    const [name, isMarks] = piece.to.split(" ");
    if (piece.to === "lon" || piece.to === "lat") { places[piece.to] = part.slice(); continue; }
    const target = piece.to === "lookup" ? globe.about && { columns: globe.about.columns, values: globe.table } : rasters[name];
    if (!target) continue;
    const into = isMarks ? target.marks : target.values;
    for (let row = 0; row < piece.rows; row++) {
      into.set(part.subarray(row * piece.columns, (row + 1) * piece.columns), (piece.row + row) * target.columns + piece.column);
    }
    if (piece.to === "lookup") changed.lookup = true;
    else if (isMarks) changed.marks.push({ raster: target, ...piece });
    else changed.values = true;
  }
  return changed;
}

/** Turns by which the whole map is repeated so that it fills the view. */
export function copies([x0, , x1]) {
  const { subject } = board;
  // before the first layout nothing is known of the view
  if (!subject || !Number.isFinite(x1 - x0) || subject.axes === "index" || subject.x[1] - subject.x[0] < TURN - ROUND) return [0];
  const found = [];
  for (let turn = Math.ceil((x0 - subject.x[1]) / TURN + ROUND); subject.x[0] + turn * TURN < x1 - ROUND; turn++) found.push(turn * TURN);
  return found.slice(0, 4);
}

/** Let Bokeh paint the field: the whole map as often as the view shows it, and the detail over it. */
export function repaint(window, { always = false } = {}) {
  if (!source || !rasters.whole) return;
  const turns = copies(window), key = `${turns} ${rasters.detail ? [rasters.detail.x, rasters.detail.y, rasters.detail.dw] : ""}`;
  if (key === shownCopies && !always) return;
  shownCopies = key;
  const shown = turns.map((turn) => ({ of: rasters.whole, turn }));
  if (rasters.detail) shown.push({ of: rasters.detail, turn: 0 });
  const { data } = source;
  const image = new Map([rasters.whole, rasters.detail].filter(Boolean).map((one) => [one, gridOf(one)]));
  data.image = shown.map(({ of }) => image.get(of));
  data.x = shown.map(({ of, turn }) => of.x + turn);
  data.y = shown.map(({ of }) => of.y);
  data.dw = shown.map(({ of }) => of.dw);
  data.dh = shown.map(({ of }) => of.dh);
  source.change.emit();
}

function gridOf(raster) {
  const isMasked = blankZero || mask.hides !== "";
  const values = isMasked ? raster.values.map((value) => (isBlank(value) ? NaN : value)) : raster.values;
  return new Grid(values.buffer, [raster.rows, raster.columns]);
}

/** Place of a point in a raster: its row, column and position; null if it lies outside. */
export function cellIn(raster, x, y) {
  if (!raster) return null;
  let along = (x - raster.x) / raster.dw;
  if (raster.isRound) along -= Math.floor(along);
  const column = Math.floor(along * raster.columns), row = Math.floor(((y - raster.y) / raster.dh) * raster.rows);
  if (column < 0 || column >= raster.columns || row < 0 || row >= raster.rows) return null;
  return { raster, row, column, at: row * raster.columns + column };
}

/** The finest cell that is known at a place. */
export const cellAt = (x, y) => cellIn(rasters.detail, x, y) ?? cellIn(rasters.whole, x, y);

/** Row and column of the field itself at a place. */
export function fieldCell(x, y) {
  const { subject } = board, wide = subject.x[1] - subject.x[0], high = subject.y[1] - subject.y[0];
  let column = Math.floor(((x - subject.x[0]) / wide) * subject.columns);
  const row = Math.floor(((y - subject.y[0]) / high) * subject.rows);
  if (subject.axes === "lonlat" && wide >= TURN - ROUND) column = ((column % subject.columns) + subject.columns) % subject.columns;
  return row >= 0 && row < subject.rows && column >= 0 && column < subject.columns ? { row, column } : null;
}
