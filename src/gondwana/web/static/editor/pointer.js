// Pointers on the map: mouse, pen and fingers. Two fingers, the middle button or space move it.

import { board, on, tell } from "./board.js";
import { node } from "./dom.js";
import { cancel, drag, finish, forget, hover, isDrawing, press, release } from "./shapes.js";
import { pointAt } from "./sketch.js";
import { pan, toX, toY, view, zoom } from "./view.js";

const WHEEL = 0.0016, LINES = 30, SOFT = 10, MIDDLE = 1;
const held = new Map(); // fingers and buttons that are down
let isSpaceDown = false, last = null, apart = 0;

const stage = node("stage");

function place(event) {
  const box = stage.getBoundingClientRect(), px = event.clientX - box.left, py = event.clientY - box.top;
  return { x: toX(px), y: toY(py), px, py, in: "map" };
}

function isPan(event) {
  return event.button === MIDDLE || isSpaceDown || (board.tool === "hand" && !board.isPasting);
}

function down(event) {
  if (!board.subject || (event.button !== 0 && event.button !== MIDDLE)) return;
  stage.focus({ preventScroll: true });
  stage.setPointerCapture(event.pointerId);
  const here = place(event);
  held.set(event.pointerId, here);
  if (board.cross) { board.cross = null; tell("cross"); }
  if (held.size === 2) { if (isDrawing()) forget(); startPinch(); return; }
  if (held.size > 2) return;
  if (isPan(event)) { board.isPanning = true; last = here; dress(); } else press(here, event);
  event.preventDefault();
}

function moved(event) {
  if (!board.subject) return;
  const here = place(event);
  if (held.has(event.pointerId)) held.set(event.pointerId, here);
  if (held.size >= 2) { pinch(); return; }
  if (board.isPanning && last) { pan(here.px - last.px, here.py - last.py); last = here; return; }
  if (held.size && isDrawing()) {
    // all that lay between two frames, for smooth strokes
    for (const part of event.getCoalescedEvents?.() ?? []) drag(place(part));
    drag(here);
  } else hover(here);
  pointAt(here);
  tell("pointed", here);
}

function up(event) {
  if (!held.delete(event.pointerId)) return;
  if (held.size) { last = [...held.values()][0]; apart = 0; return; }
  if (board.isPanning) { board.isPanning = false; last = null; dress(); return; }
  if (!apart) release(place(event));
  apart = 0;
}

function startPinch() {
  const [one, other] = [...held.values()];
  apart = Math.hypot(one.px - other.px, one.py - other.py);
  last = { px: (one.px + other.px) / 2, py: (one.py + other.py) / 2 };
}

function pinch() {
  const [one, other] = [...held.values()], now = Math.hypot(one.px - other.px, one.py - other.py);
  const middle = { px: (one.px + other.px) / 2, py: (one.py + other.py) / 2 };
  if (apart > SOFT) zoom(now / apart, middle.px, middle.py);
  if (last) pan(middle.px - last.px, middle.py - last.py);
  apart = Math.max(now, SOFT);
  last = middle;
}

function wheel(event) {
  if (!board.subject) return;
  event.preventDefault();
  const here = place(event), by = event.deltaMode ? event.deltaY * LINES : event.deltaY;
  zoom(Math.exp(-Math.max(-400, Math.min(400, by)) * WHEEL * (event.ctrlKey ? 4 : 1)), here.px, here.py);
}

/** The pointer's look tells what it will do. */
function dress() {
  const moves = isSpaceDown || (board.tool === "hand" && !board.isPasting);
  stage.dataset.pointer = board.isPanning ? "moving" : moves ? "hand" : board.tool === "brush" && !board.isPasting ? "none" : "cross";
}

stage.addEventListener("pointerdown", down);
stage.addEventListener("pointermove", moved);
stage.addEventListener("pointerup", up);
stage.addEventListener("pointercancel", (event) => { held.delete(event.pointerId); cancel(); board.isPanning = false; });
stage.addEventListener("pointerleave", () => { pointAt(null); tell("pointed", null); });
stage.addEventListener("dblclick", (event) => { event.preventDefault(); finish(); });
stage.addEventListener("wheel", wheel, { passive: false });
stage.addEventListener("contextmenu", (event) => { if (isDrawing()) { event.preventDefault(); finish() || cancel(); } });
stage.addEventListener("auxclick", (event) => event.preventDefault());
addEventListener("keydown", (event) => {
  if (event.code !== "Space" || event.target !== stage) return;
  event.preventDefault();
  if (!isSpaceDown) { isSpaceDown = true; dress(); }
});
addEventListener("keyup", (event) => { if (event.code === "Space" && isSpaceDown) { isSpaceDown = false; dress(); } });
addEventListener("blur", () => { isSpaceDown = false; dress(); });
for (const name of ["tool", "isPasting", "begun"]) on(name, dress);
