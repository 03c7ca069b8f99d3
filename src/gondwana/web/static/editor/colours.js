// From values to colours: what a field is shown with, as a palette with limits.

import { board } from "./board.js";
import { isBlank, rasters } from "./rasters.js";

const CLEAR = "#00000000", FINE = 1400, LAND = 0.6, MOST = 124;

/** What a reader has chosen in the panel; kept while the page is open. */
export const wishes = { colours: "", reverse: false, symmetric: false, low: null, high: null, steps: 0 };

let now = null;

/** The colours in force: palette, limits, whether logarithmic, whether classes. */
export const colours = () => now;

export function chooseColours() {
  const { scale, palettes } = board.subject;
  now = board.shown === "difference" ? ofDifference(palettes) : ofField(scale, palettes);
  now.table = Uint32Array.from(now.palette, packed);
  return now;
}

/** Colour of a value as a number, red in the lowest byte; 0 where there is none. */
export function colourOf(value) {
  const { low, high, log, table } = now;
  if (!(value === value) || (log && value <= 0)) return 0;
  if (isBlank(value)) return 0;
  const share = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return table[Math.max(0, Math.min(table.length - 1, Math.floor(share * table.length)))];
}

function ofField(scale, palettes) {
  const { legend } = scale;
  const isPlain = !wishes.colours && !wishes.symmetric && !wishes.steps && !wishes.reverse;
  const isLimited = wishes.low !== null || wishes.high !== null;
  let low = wishes.low ?? legend.low, high = wishes.high ?? legend.high;
  if (isPlain && scale.kind === "relief" && low < 0 && high > 0) return relief(scale.palette, low, high);
  if (isPlain && !isLimited && scale.kind === "classes") return classes(legend, scale);
  const isLog = legend.log && !wishes.symmetric && !wishes.colours && !isLimited;
  if (wishes.symmetric) { high = Math.max(Math.abs(low), Math.abs(high)) || 1; low = -high; }
  if (!(low < high)) { if (wishes.low !== null) high = low + 1; else low = high - 1; }
  if (isLog && low <= 0) low = high / 1000;
  const usual = scale.kind === "gradual" ? scale.colours : scale.kind === "relief" ? "oleron" : "batlow";
  const name = wishes.colours || (wishes.symmetric ? "vik" : usual);
  return { palette: graded(palettes[name] ?? scale.palette), low, high, log: isLog };
}

function ofDifference(palettes) {
  let most = 0;
  for (const value of rasters.whole?.values ?? []) if (Math.abs(value) > most) most = Math.abs(value);
  const high = Math.max(Math.abs(wishes.low ?? 0), Math.abs(wishes.high ?? 0)) || most || 1;
  return { palette: graded(palettes[wishes.colours || "vik"]), low: -high, high, log: false };
}

function graded(table) {
  const colours = wishes.reverse ? [...table].reverse() : table;
  const count = wishes.steps >= 2 && wishes.steps <= MOST ? wishes.steps : 256;
  return Array.from({ length: count }, (_, k) => colours[Math.round((k * (colours.length - 1)) / (count - 1))]);
}

// Sea and land have half of the colours each, and the coast lies where they meet
function relief(palette, low, high) {
  const half = palette.length / 2;
  const sea = Math.max(1, Math.round((FINE * -low) / (high - low))), step = -low / sea;
  const land = Math.max(1, Math.ceil(high / step)), found = [];
  for (let k = 0; k < sea; k++) found.push(palette[Math.min(half - 1, Math.floor((half * (k + 0.5)) / sea))]);
  for (let k = 0; k < land; k++) {
    const share = Math.min(1, ((k + 0.5) * step) / high) ** LAND;
    found.push(palette[half + Math.min(half - 1, Math.floor(half * share))]);
  }
  const hair = step * 1e-4; // 0 m itself is sea
  return { palette: found, low: -sea * step + hair, high: land * step + hair, log: false };
}

function classes(legend, scale) {
  const known = new Map(legend.entries.map((one) => [one.value, one.colour])), palette = [];
  for (let value = legend.low; value <= legend.high; value++) {
    palette.push(known.size ? known.get(value) ?? CLEAR : scale.palette[(value * 3) % scale.palette.length]);
  }
  return { palette, low: legend.low - 0.5, high: legend.high + 0.5, log: false, entries: legend.entries };
}

function packed(colour) {
  const number = (at) => parseInt(colour.slice(at, at + 2), 16);
  const alpha = colour.length > 7 ? number(7) : 255;
  return ((alpha << 24) | (number(5) << 16) | (number(3) << 8) | number(1)) >>> 0;
}
