// The canvas over the field: marks, coast, grid, contours, the rim of the selection.

import { board, isIndex, on } from "./board.js";
import { colours } from "./colours.js";
import { css, kept, node } from "./dom.js";
import { contours, joined, pathOf, roundLevels, runs } from "./edges.js";
import { BITS, pictureOf } from "./marks.js";
import { copies, rasters } from "./rasters.js";
import { atX, atY, bounds, cellSize, view } from "./view.js";

const ANTS = 90, MOST_ANTS = 20000, LEVELS = 12, FINE_GRID = 9;
const STEPS = [30, 15, 10, 5, 2, 1];

export const lines = { coast: true, grid: false, contours: false, ...kept.get("lines", {}) };
const paths = { coast: new Map(), contours: new Map(), rim: new Map() };
let isAsked = false, march = 0, walking = 0;
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Draw again in the next frame. */
export function redraw() {
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(() => { isAsked = false; draw(); });
}

/** Values have changed: coast and contours are others. */
export function forgetLines() {
  if (board.shown === "field") paths.coast.clear();
  paths.contours.clear();
}

/** Marks have changed: the rim of the selection is another. */
export function forgetRim() { paths.rim.clear(); }

export function showLines(name, isOn) {
  lines[name] = isOn;
  kept.set("lines", lines);
  redraw();
}

/** Fit a canvas to its place, sharp on fine screens; return its context in CSS pixels. */
export function prepared(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas.parentElement, ratio = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

function draw() {
  if (!rasters.whole || view.width <= 1) return;
  const context = prepared(node("marks"));
  context.save();
  context.beginPath();
  context.rect(view.left, view.top, view.width, view.height);
  context.clip();
  for (const { raster, turn } of shownRasters()) drawMarks(context, raster, turn);
  if (lines.contours) stroke(context, "contours", contourPath, [[0.8, css("--map-line"), 0.55]]);
  if (lines.grid) drawGrid(context);
  if (lines.coast && board.subject.up) stroke(context, "coast", coastPath, [[2.2, css("--map-halo"), 0.35], [1, css("--map-line"), 0.95]]);
  context.restore();
  drawRim();
}

function drawRim() {
  const context = prepared(node("rim"));
  context.save();
  context.beginPath();
  context.rect(view.left, view.top, view.width, view.height);
  context.clip();
  stroke(context, "rim", rimPath, [[4.2, css("--rim-dark"), 0.75], [2.2, css("--rim-light"), 1]]);
  drawAnts(context);
  context.restore();
}

function shownRasters() {
  const shown = copies(bounds()).map((turn) => ({ raster: rasters.whole, turn }));
  if (rasters.detail) shown.push({ raster: rasters.detail, turn: 0 });
  return shown;
}

function drawMarks(context, raster, turn) {
  const picture = pictureOf(raster);
  if (!picture) return;
  const x = atX(raster.x + turn), y = atY(raster.y + raster.dh);
  context.imageSmoothingEnabled = false;
  if (raster === rasters.detail) context.clearRect(x, y, raster.dw * view.scale, raster.dh * view.scale);
  context.drawImage(picture, x, y, raster.dw * view.scale, raster.dh * view.scale);
}

// Paths are kept in the units of the map, so that moving it costs nothing
function path(kind, make, raster) {
  const known = paths[kind];
  if (!known.has(raster)) {
    for (const old of known.keys()) if (old !== rasters.whole && old !== rasters.detail) known.delete(old);
    known.set(raster, make(raster));
  }
  return known.get(raster);
}

function placed(found, turn) {
  const shown = new Path2D();
  shown.addPath(found, new DOMMatrix([view.scale, 0, 0, -view.scale, atX(turn), atY(0)]));
  return shown;
}

function stroke(context, kind, make, pens) {
  const detail = rasters.detail;
  const shown = detail ? [{ raster: detail, turn: 0 }] : shownRasters();
  context.lineJoin = "round";
  context.lineCap = kind === "contours" ? "butt" : "round";
  for (const { raster, turn } of shown) {
    const found = path(kind, make, raster);
    if (!found.isThere && kind === "rim") continue;
    const line = placed(found.path ?? found, turn);
    for (const [width, colour, alpha] of pens) {
      context.globalAlpha = alpha;
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.stroke(line);
    }
  }
  context.globalAlpha = 1;
}

function coastPath(raster) {
  const { values } = raster;
  return pathOf(raster, runs(raster, (at) => values[at] > 0));
}

function rimPath(raster) {
  const { marks } = raster;
  if (!marks.some((bits) => bits & BITS.selected)) return { isThere: false, path: new Path2D(), count: 0 };
  const found = runs(raster, (at) => (marks[at] & BITS.selected) !== 0);
  const count = found.length / 4;
  return { isThere: count > 0, path: count < MOST_ANTS ? joined(raster, found) : pathOf(raster, found), count };
}

function contourPath(raster) {
  const { low, high } = colours();
  return contours(raster, raster.values, roundLevels(low, high, LEVELS));
}

// The rim walks, so that one sees at once what is selected, on any colours
function drawAnts(context) {
  const raster = rasters.detail ?? rasters.whole, rim = path("rim", rimPath, raster);
  const walks = rim.isThere && rim.count < MOST_ANTS && !still.matches;
  if (walks && !walking) walking = setInterval(() => { march = (march + 1) % 8; if (!document.hidden && !board.isDrawing) requestAnimationFrame(drawRim); }, ANTS);
  if (!walks && walking) { clearInterval(walking); walking = 0; }
  if (!rim.isThere || rim.count >= MOST_ANTS) return;
  context.setLineDash([4, 4]);
  context.lineDashOffset = -march;
  context.lineCap = "butt";
  stroke(context, "rim", rimPath, [[2.2, css("--rim-dash"), 1]]);
  context.setLineDash([]);
}

function drawGrid(context) {
  const [west, south, east, north] = bounds();
  context.beginPath();
  if (cellSize() >= FINE_GRID) cellLines(context, [west, south, east, north]);
  else if (!isIndex()) {
    const step = STEPS.find((one) => one * view.scale < 140) ?? 1;
    const wide = STEPS.filter((one) => one * view.scale >= 60).pop() ?? step;
    for (let x = Math.ceil(west / wide) * wide; x <= east; x += wide) vertical(context, x, Math.max(south, -90), Math.min(north, 90));
    for (let y = Math.max(-90, Math.ceil(south / wide) * wide); y <= Math.min(90, north); y += wide) across(context, y, west, east);
  }
  context.lineWidth = 1;
  context.strokeStyle = css("--map-line");
  context.globalAlpha = 0.28;
  context.stroke();
  context.globalAlpha = 1;
}

function cellLines(context, [west, south, east, north]) {
  const { x, y, rows, columns } = board.subject, wide = (x[1] - x[0]) / columns, high = (y[1] - y[0]) / rows;
  const low = Math.max(south, y[0]), top = Math.min(north, y[1]);
  for (let k = Math.ceil((west - x[0]) / wide); x[0] + k * wide <= east; k++) vertical(context, x[0] + k * wide, low, top);
  for (let k = Math.ceil((low - y[0]) / high); y[0] + k * high <= top; k++) across(context, y[0] + k * high, west, east);
}

function vertical(context, x, low, high) {
  const px = Math.round(atX(x)) + 0.5;
  context.moveTo(px, atY(low));
  context.lineTo(px, atY(high));
}

function across(context, y, west, east) {
  const py = Math.round(atY(y)) + 0.5;
  context.moveTo(atX(west), py);
  context.lineTo(atX(east), py);
}

on("repainted", draw);
on("marks", redraw);
