// Shortcuts, and the cross that the keyboard moves over the map.

import { board, choose, isIndex, on, tell } from "./board.js";
import { made, node } from "./dom.js";
import { apply } from "./form.js";
import { toggle as toggleGlobe } from "./globe.js";
import { ask } from "./link.js";
import { leave } from "./problems.js";
import { open as save } from "./saving.js";
import { back, cancel, drag, finish, isDrawing, press, release, sketch } from "./shapes.js";
import { KEYS } from "./texts.js";
import { grow } from "./toolbar.js";
import { atX, atY, bounds, cellSize, fit, pan, view, zoom } from "./view.js";

const HOWS = ["new", "add", "subtract", "intersect"], FAST = 10, SMALLEST = 5;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const stage = node("stage");

const plain = {
  h: () => choose("tool", "hand"), c: () => choose("tool", "cell"), b: () => choose("tool", "box"), l: () => choose("tool", "lasso"),
  p: () => choose("tool", "polygon"), r: () => choose("tool", "brush"), w: () => choose("tool", "wand"),
  n: () => { if (board.subject?.operations.includes("channel")) choose("tool", "line"); },
  a: () => ask("all"), i: () => ask("invert"), g: () => toggleGlobe(), d: () => ask("show", { what: board.shown === "field" ? "difference" : "field" }),
  o: () => { if (board.mayChange) node("at-once").click(); },
  "[": () => grow(-1), "]": () => grow(1), "+": () => zoom(1.6), "=": () => zoom(1.6), "-": () => zoom(1 / 1.6), 0: fit, "?": help,
  1: () => choose("how", HOWS[0]), 2: () => choose("how", HOWS[1]), 3: () => choose("how", HOWS[2]), 4: () => choose("how", HOWS[3]),
};

const withControl = {
  z: (event) => undo(event.shiftKey ? "redo" : "undo"), y: () => undo("redo"), s: save, a: () => ask("all"),
  c: () => { if (board.mayChange) ask("copy"); }, v: () => { if (board.hasCopied && board.mayChange) choose("isPasting", true); },
  Enter: () => apply(),
};

function undo(way) { if (board.mayChange) ask(way); }

function help() {
  if (!node("keys").children.length) {
    node("keys").replaceChildren(...Object.entries(KEYS).map(([title, list]) => made("section", {}, made("h3", {}, title),
      made("dl", {}, ...list.flatMap(([key, text]) => [made("dt", {}, made("kbd", {}, key)), made("dd", {}, text)])))));
  }
  if (!node("keys-dialog").open) node("keys-dialog").showModal();
}

/** Whether keys belong to a field at the moment. */
function isTyping({ target }) {
  return target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) || (target.tagName === "INPUT" && !/^(radio|checkbox|range)$/.test(target.type));
}

function pressed(event) {
  if (!board.subject || node("save-dialog").open || node("keys-dialog").open) return;
  if (event.ctrlKey || event.metaKey) {
    const act = withControl[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || (isTyping(event) && !["s", "Enter"].includes(event.key))) return;
    if (event.key === "c" && String(getSelection())) return; // text is copied
    event.preventDefault();
    act(event);
    return;
  }
  if (event.key === "Escape") { escape(event); return; }
  if (isTyping(event) || event.altKey) return;
  if (event.target === stage && onMap(event)) { event.preventDefault(); return; }
  if (event.key === "Enter" && !event.target.closest("button, a, summary, input, [role=tab]")) { event.preventDefault(); apply(); return; }
  const act = plain[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  const isArrowed = event.target.type === "radio" || event.target.type === "range";
  if (!act || (isArrowed && /^[0-9+\-=]$/.test(event.key))) return;
  event.preventDefault();
  act();
}

function escape(event) {
  if (isTyping(event)) { stage.focus(); return; }
  if (cancel() || leave()) return;
  if (board.cross) { board.cross = null; tell("cross"); return; }
  if (board.selection?.cells) ask("clear");
}

/** Keys on the map; tell whether one was meant. */
function onMap(event) {
  const arrow = ARROWS[event.key];
  if (arrow) { event.shiftKey && !board.cross ? pan(-arrow[0] * 80, arrow[1] * 80) : step(arrow, event.shiftKey ? FAST : 1); return true; }
  if (event.key === "Backspace") return back();
  if (event.key !== "Enter") return false;
  if (board.cross) { act(event); return true; }
  return finish() || (apply(), true);
}

function step([right, up], times) {
  const { subject } = board, cell = Math.max(1, Math.round(SMALLEST / cellSize()));
  const wide = (subject.x[1] - subject.x[0]) / subject.columns, high = (subject.y[1] - subject.y[0]) / subject.rows;
  const middle = (value, from, size) => from + (Math.floor((value - from) / size) + 0.5) * size;
  const at = board.cross ?? { x: view.x, y: view.y };
  const y = middle(at.y + up * times * cell * high, subject.y[0], high), x = middle(at.x + right * times * cell * wide, subject.x[0], wide);
  board.cross = { x: isIndex() ? Math.min(subject.x[1] - wide / 2, Math.max(subject.x[0] + wide / 2, x)) : x, y: Math.min(subject.y[1] - high / 2, Math.max(subject.y[0] + high / 2, y)) };
  const [west, south, east, north] = bounds();
  if (board.cross.x < west || board.cross.x > east || board.cross.y < south || board.cross.y > north) pan(atX(view.x) - atX(board.cross.x), atY(view.y) - atY(board.cross.y));
  tell("cross");
  const place = crossPlace();
  if (isDrawing()) drag(place);
  tell("pointed", place);
}

const crossPlace = () => ({ ...board.cross, px: atX(board.cross.x), py: atY(board.cross.y), in: "map" });

/** Use the tool at the cross: a box, lasso or stroke takes one press to begin and one to end. */
function act(event) {
  const place = crossPlace(), isLong = ["box", "lasso", "brush"].includes(board.tool) && !board.isPasting;
  if (board.tool === "hand" && !board.isPasting) return;
  if (isLong && isDrawing()) { release(place); return; }
  press(place, event);
  if (!isLong && !sketch.isClicked) release(place);
}

addEventListener("keydown", pressed);
node("show-keys").addEventListener("click", help);
on("tool", () => { if (board.cross) tell("cross"); });
