// What is being drawn, on the map: box, lasso, corners, brush, and the cross of the keyboard.

import { board, isIndex, on } from "./board.js";
import { css, node } from "./dom.js";
import { prepared } from "./overlay.js";
import { circle } from "./projections.js";
import { isDrawing, radiusIn, sketch } from "./shapes.js";
import { atX, atY, view } from "./view.js";

const CROSS = 11, DOT = 3.5, CLOSE = 0.4;
let pointer = null, isAsked = false;

/** Where the pointer is: its place on the map, or null. */
export function pointAt(place) {
  pointer = place;
  redraw();
}

export function redraw() {
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(() => { isAsked = false; draw(); });
}

function draw() {
  if (!board.subject) return;
  const context = prepared(node("shape"));
  context.save();
  context.beginPath();
  context.rect(view.left, view.top, view.width, view.height);
  context.clip();
  if (sketch.in === "map" || board.line?.in === "map") drawShape(context);
  if (board.tool === "brush" && pointer && !board.isPasting && !board.isPanning) ring(context, pointer);
  if (board.cross) cross(context, board.cross);
  if (board.elsewhere) cross(context, board.elsewhere, true);
  context.restore();
}

/** The path of what is drawn; `at` turns a point into pixels. */
export function pathOf(points, hover, at, isClosed) {
  const path = new Path2D();
  [...points, ...(hover ? [hover] : [])].forEach((point, k) => (k ? path.lineTo(...at(point)) : path.moveTo(...at(point))));
  if (isClosed) path.closePath();
  return path;
}

function drawShape(context) {
  const { kind, points, hover } = sketch, at = ({ x, y }) => [atX(x), atY(y)];
  if (!points.length || (sketch.in !== "map")) return;
  if (kind === "box" && points.length > 1) {
    const [[x0, y0], [x1, y1]] = points.map(at);
    const path = new Path2D();
    path.rect(x0, y0, x1 - x0, y1 - y0);
    outlined(context, path, true);
  } else if (kind === "lasso") outlined(context, pathOf(points, null, at, true), true);
  else if (kind === "polygon" || kind === "line") {
    if (kind === "line") ribbon(context, pathOf(points, hover, at, false));
    outlined(context, pathOf(points, hover, at, kind === "polygon"), kind === "polygon");
    points.map(at).forEach(([x, y]) => dot(context, x, y));
  } else if (kind === "brush") {
    context.globalAlpha = CLOSE;
    context.fillStyle = css("--rim-dash");
    context.fill(painted(points));
    context.globalAlpha = 1;
  }
}

/** Two lines, one dark and one light, are seen on any colours. */
export function outlined(context, path, isFilled) {
  if (isFilled) { context.fillStyle = css("--rim-dash"); context.globalAlpha = 0.16; context.fill(path); context.globalAlpha = 1; }
  for (const [width, colour] of [[3.2, css("--rim-dark")], [1.5, css("--rim-light")]]) {
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.lineJoin = "round";
    context.stroke(path);
  }
}

// A channel or sill as wide as it will be
function ribbon(context, path) {
  const cells = Number(node("width").value) || 1, { subject } = board;
  context.lineWidth = Math.max(1, cells * ((subject.x[1] - subject.x[0]) / subject.columns) * view.scale);
  context.strokeStyle = css("--rim-dash");
  context.globalAlpha = 0.35;
  context.lineJoin = context.lineCap = "round";
  context.stroke(path);
  context.globalAlpha = 1;
}

function dot(context, x, y) {
  context.beginPath();
  context.arc(x, y, DOT, 0, 2 * Math.PI);
  context.fillStyle = css("--rim-light");
  context.strokeStyle = css("--rim-dark");
  context.lineWidth = 1.5;
  context.fill();
  context.stroke();
}

/** What a brush covers at a place: a circle on the globe is none on the map. */
function footprint({ x, y }, path = new Path2D()) {
  const radius = radiusIn("map");
  if (isIndex()) { path.moveTo(atX(x) + radius * view.scale, atY(y)); path.arc(atX(x), atY(y), radius * view.scale, 0, 2 * Math.PI); return path; }
  const points = circle(x, Math.max(-89.9, Math.min(89.9, y)), radius);
  points.forEach(([lon, lat], k) => (k ? path.lineTo(atX(lon), atY(lat)) : path.moveTo(atX(lon), atY(lat))));
  return path;
}

function painted(points) {
  const path = new Path2D(), apart = Math.max(1, radiusIn("map") * view.scale * CLOSE);
  let last = null;
  for (const point of points) {
    const steps = last ? Math.min(200, Math.ceil(Math.hypot(atX(point.x) - atX(last.x), atY(point.y) - atY(last.y)) / apart)) : 1;
    for (let k = 1; k <= steps; k++) {
      const share = k / steps;
      footprint(last ? { x: last.x + share * (point.x - last.x), y: last.y + share * (point.y - last.y) } : point, path);
    }
    last = point;
  }
  return path;
}

function ring(context, place) {
  if (!isDrawing() || sketch.kind === "brush") outlined(context, footprint(place), false);
}

function cross(context, { x, y }, isFaint = false) {
  const px = Math.round(atX(x)) + 0.5, py = Math.round(atY(y)) + 0.5, path = new Path2D();
  path.moveTo(px - CROSS, py); path.lineTo(px + CROSS, py);
  path.moveTo(px, py - CROSS); path.lineTo(px, py + CROSS);
  context.globalAlpha = isFaint ? 0.7 : 1;
  outlined(context, path, false);
  context.globalAlpha = 1;
}

for (const name of ["sketch", "view", "tool", "radius", "cross", "line", "isPasting"]) on(name, redraw);
on("turned", (shift) => {
  for (const point of sketch.points) if (sketch.in === "map") point.x -= shift;
  if (board.cross) board.cross.x -= shift;
});
