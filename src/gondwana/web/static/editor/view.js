// What part of the map is looked at: a centre and a scale, kept within the map.

import { board, isIndex, on, tell } from "./board.js";
import { ask } from "./link.js";

const TURN = 360, ROUND = 1e-6, LARGEST_CELL = 64, LATER = 140, CLOSE_CELL = 20;

let plot = null, plotView = null, timer = 0, asked = "";
/** The frame of the axes within the stage in pixels, and what of the map is in it. */
export const view = { left: 0, top: 0, width: 1, height: 1, x: 0, y: 0, scale: 0, isFree: false };

export function watch(figure, shown) {
  plot = figure;
  plotView = shown;
  shown.repainted.connect(repainted);
  measure();
}

export const bounds = () => [
  view.x - view.width / 2 / view.scale, view.y - view.height / 2 / view.scale,
  view.x + view.width / 2 / view.scale, view.y + view.height / 2 / view.scale,
];

export const toX = (px) => view.x + (px - view.left - view.width / 2) / view.scale;
export const toY = (py) => view.y - (py - view.top - view.height / 2) / view.scale;
export const atX = (x) => view.left + view.width / 2 + (x - view.x) * view.scale;
export const atY = (y) => view.top + view.height / 2 - (y - view.y) * view.scale;

/** Pixels across one cell of the field. */
export const cellSize = () => ((board.subject.x[1] - board.subject.x[0]) / board.subject.columns) * view.scale;

function repainted() {
  if (measure()) place();
  tell("repainted");
}

function measure() {
  const { left, top, width, height } = plotView.frame.bbox;
  if (left === view.left && top === view.top && width === view.width && height === view.height) return false;
  Object.assign(view, { left, top, width, height });
  return width > 1;
}

function fitting() {
  const { x, y } = board.subject;
  return Math.min(view.width / (x[1] - x[0]), view.height / (y[1] - y[0]));
}

/** Show the whole map. */
export function fit() {
  const { x, y } = board.subject;
  Object.assign(view, { isFree: false, scale: fitting(), x: (x[0] + x[1]) / 2, y: (y[0] + y[1]) / 2 });
  place();
}

/** Show a part of the map: west, south, east, north. */
export function show([x0, y0, x1, y1]) {
  view.isFree = true;
  const cell = (board.subject.x[1] - board.subject.x[0]) / board.subject.columns; // not so close that one is lost
  view.scale = Math.min(view.width / Math.max(x1 - x0, ROUND), view.height / Math.max(y1 - y0, ROUND), CLOSE_CELL / cell);
  view.x = (x0 + x1) / 2;
  view.y = (y0 + y1) / 2;
  place();
}

/** Come closer (factor over 1) or go away, with a place of the screen staying where it is. */
export function zoom(factor, px = view.left + view.width / 2, py = view.top + view.height / 2) {
  const x = toX(px), y = toY(py);
  const cell = (board.subject.x[1] - board.subject.x[0]) / board.subject.columns;
  view.scale = Math.min(LARGEST_CELL / cell, Math.max(fitting(), view.scale * factor));
  view.isFree = view.scale > fitting() * (1 + ROUND);
  view.x = x - (px - view.left - view.width / 2) / view.scale;
  view.y = y + (py - view.top - view.height / 2) / view.scale;
  place();
}

export function pan(dx, dy) {
  view.x -= dx / view.scale;
  view.y += dy / view.scale;
  view.isFree = true;
  place();
}

/** Keep the view on the map, and tell Bokeh and everybody else. */
export function place() {
  const { subject } = board;
  if (!subject || view.width <= 1) return;
  view.scale = view.isFree ? Math.max(view.scale, fitting()) : fitting();
  const [x0, x1] = subject.x, isRound = !isIndex() && x1 - x0 >= TURN - ROUND;
  view.y = within(view.y, subject.y, view.height / 2 / view.scale);
  if (!isRound) view.x = within(view.x, subject.x, view.width / 2 / view.scale);
  const [west, south, east, north] = bounds();
  plot.x_range.setv({ start: west, end: east });
  plot.y_range.setv({ start: south, end: north });
  tell("view");
  clearTimeout(timer);
  timer = setTimeout(settled, LATER);
}

/** After a gesture: bring the centre back into the first turn around the globe. */
function settled() {
  const { subject } = board, [x0, x1] = subject.x;
  if (board.isDrawing) return;
  if (!isIndex() && x1 - x0 >= TURN - ROUND) {
    const turns = Math.floor((view.x - x0) / TURN);
    if (turns) { view.x -= turns * TURN; tell("turned", turns * TURN); place(); return; }
  }
  const window = bounds(), key = window.map((value) => value.toFixed(4)).join();
  if (key === asked || !board.isCoarse) return;
  asked = key;
  ask("look", { window, width: Math.ceil(view.width) });
}

function within(value, [low, high], half) {
  return 2 * half >= high - low - ROUND ? (low + high) / 2 : Math.min(high - half, Math.max(low + half, value));
}

on("begun", () => { asked = ""; });
