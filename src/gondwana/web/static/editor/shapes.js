// The tools: what presses, drags and clicks become, wherever they are made.

import { board, choose, isIndex, on, tell } from "./board.js";
import { ask } from "./link.js";
import { fieldCell } from "./rasters.js";
import { atX, atY } from "./view.js";

const NEAR = 9, APART = 2, DRAGGED = 6, MOST = 9000;

/** What is being drawn: its points in the units of the view `in` which it is drawn. */
export const sketch = { kind: "", in: "map", points: [], hover: null, how: "new", isClicked: false, isSent: false };

const CLICKED = new Set(["polygon", "line"]);

/** How a shape joins the selection: as chosen, or as the keys say. */
export function howOf(event) {
  if (event?.shiftKey && event?.altKey) return "intersect";
  if (event?.shiftKey) return "add";
  if (event?.altKey) return "subtract";
  return board.how;
}

export const isDrawing = () => sketch.kind !== "" && !sketch.isSent;

/** A press; each place has x, y in units of its view and px, py on the screen. */
export function press(place, event) {
  if (sketch.isSent) forget();
  const kind = board.isPasting ? "paste" : board.tool;
  if (CLICKED.has(kind) && sketch.kind === kind && sketch.in === place.in) { corner(place); return; }
  const waits = kind === "line" && board.line?.in === place.in ? board.line.points : [];
  if (CLICKED.has(kind)) choose("line", null);
  Object.assign(sketch, { kind, in: place.in, points: waits.length && isNear(place, waits.at(-1)) ? [...waits] : [...waits, place], hover: null, how: howOf(event), isClicked: false, isSent: false });
  board.isDrawing = true;
  if (kind === "cell") touch(place, true);
  tell("sketch");
}

export function drag(place) {
  if (!isDrawing()) return;
  const last = sketch.points.at(-1), far = Math.hypot(place.px - last.px, place.py - last.py);
  if (sketch.kind === "box") sketch.points[1] = place;
  else if (CLICKED.has(sketch.kind)) sketch.hover = place;
  else if (sketch.kind === "cell") { if (isOtherCell(last, place)) { sketch.points.push(place); touch(place, false); } }
  else if (far >= APART && sketch.points.length < MOST) sketch.points.push(place);
  tell("sketch");
}

export function release(place) {
  if (!isDrawing()) return;
  const { kind, points } = sketch, from = CLICKED.has(kind) ? points.at(-1) : points[0];
  const isAway = (one) => Math.hypot(one.px - from.px, one.py - from.py) >= DRAGGED;
  const moved = isAway(place);
  if (kind === "box") moved ? send({ box: [from.x, from.y, place.x, place.y] }) : send({ cell: [place.x, place.y] });
  else if (kind === "lasso") points.length > 2 && points.some(isAway) ? send({ polygon: pairs() }) : send({ cell: [place.x, place.y] });
  else if (kind === "brush") send({ stroke: { points: pairs(), radius: radiusIn(sketch.in) } });
  else if (kind === "wand") send({ region: [place.x, place.y] });
  else if (kind === "paste") paste(place);
  else if (kind === "cell") forget();
  else if (!sketch.isClicked) { // the first corner, or one more of a line that waits
    sketch.isClicked = true;
    if (moved) sketch.points = [from, place]; // dragged away it is the whole of a line
    if (kind === "line" && sketch.points.length > 1) finish();
    tell("sketch");
  }
}

/** Whether two places are one to a hand; the map may have been moved between. */
function isNear(one, other) {
  const [right, down] = one.in === "map" ? [atX(one.x) - atX(other.x), atY(one.y) - atY(other.y)] : [one.px - other.px, one.py - other.py];
  return Math.hypot(right, down) < NEAR;
}

/** Another corner of a polygon or a line; one where the last or first was ends it. */
function corner(place) {
  const { points } = sketch;
  if (isNear(place, points.at(-1)) || (sketch.kind === "polygon" && points.length > 2 && isNear(place, points[0]))) { finish(); return; }
  points.push(place);
  tell("sketch");
}

export function hover(place) {
  if (isDrawing() && CLICKED.has(sketch.kind) && place?.in === sketch.in) sketch.hover = place;
}

/** End a shape that is made of clicks. */
export function finish() {
  if (!isDrawing() || !CLICKED.has(sketch.kind)) return false;
  const enough = sketch.kind === "polygon" ? 3 : 2;
  if (sketch.points.length < enough) return false;
  send(sketch.kind === "polygon" ? { polygon: pairs() } : { line: pairs() });
  return true;
}

/** Take the last corner back. */
export function back() {
  if (!isDrawing() || !CLICKED.has(sketch.kind)) return false;
  if (sketch.points.length > 1) { sketch.points.pop(); tell("sketch"); } else cancel();
  return true;
}

/** Stop drawing; tell whether there was anything to stop. */
export function cancel() {
  const was = isDrawing() || board.line !== null || board.isPasting;
  choose("line", null);
  choose("isPasting", false);
  forget();
  return was;
}

export function forget() {
  Object.assign(sketch, { kind: "", points: [], hover: null, isClicked: false, isSent: false });
  board.isDrawing = false;
  tell("sketch");
}

/** Radius of the brush in the units of a view. */
export const radiusIn = (view) => (isIndex() && view === "globe" ? (board.radius * 360) / board.subject.columns : board.radius);

const pairs = () => sketch.points.map(({ x, y }) => [x, y]);

function touch(place, isFirst) {
  if (board.atOnce) tell("drawn-shape", { in: place.in, shape: { cell: [place.x, place.y] } });
  else select({ in: place.in, shape: { cell: [place.x, place.y] } }, isFirst || sketch.how !== "new" ? sketch.how : "add");
}

function isOtherCell(one, other) {
  if (one.in === "globe") return Math.hypot(one.px - other.px, one.py - other.py) > APART;
  const a = fieldCell(one.x, one.y), b = fieldCell(other.x, other.y);
  return Boolean(a && b && (a.row !== b.row || a.column !== b.column));
}

function paste(place) {
  tell("pasted", { to: [place.x, place.y], in: place.in });
  choose("isPasting", false);
  forget();
}

/** A shape is complete: it selects, or is changed at once, or waits to be a channel. */
function send(shape) {
  const made = { in: sketch.in, shape };
  sketch.isSent = true; // it stays in sight until the answer is there
  board.isDrawing = false;
  if (shape.line && board.wantsLine) {
    if (board.atOnce) tell("drawn-shape", made);
    else { board.line = null; choose("line", { ...made, points: [...sketch.points] }); }
  } else if (board.atOnce && board.mayChange) tell("drawn-shape", made);
  else select(made, sketch.how);
  tell("sketch");
}

function select(made, how) {
  tell("selecting");
  ask("select", { how, ...made });
}

on("answer", () => { if (sketch.isSent && !board.line) forget(); });
on("tool", () => { cancel(); });
