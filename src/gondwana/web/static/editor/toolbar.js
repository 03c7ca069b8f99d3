// Tools, their options, and the ways back and forth.

import { board, choose, isIndex, on } from "./board.js";
import { kept, node, written } from "./dom.js";
import { ask } from "./link.js";
import { HINTS } from "./texts.js";
import { isDrawing, sketch } from "./shapes.js";
import { fit, zoom } from "./view.js";

const SLIDER = 100, RATIO = 1.5;
const tools = [...document.querySelectorAll("[data-tool]")];
const CHOOSING = new Set(["cell", "box", "lasso", "polygon", "brush", "wand", "line"]);
let smallest = 0.1, largest = 60;

/** Sizes of the brush, from less than a cell to a third of the map. */
export function offerSizes() {
  const { subject } = board, cell = isIndex() ? 1 : (subject.x[1] - subject.x[0]) / subject.columns;
  [smallest, largest] = [cell * 0.6, cell * Math.max(20, subject.columns / 6)];
  size(kept.get(`radius ${subject.axes}`, cell * 3));
  node("only").hidden = !subject.up;
  const hasLine = subject.operations.includes("channel");
  tools.find((tool) => tool.dataset.tool === "line").hidden = !hasLine;
}

/** Make the brush as large as this. */
export function size(radius) {
  const value = Math.min(largest, Math.max(smallest, radius));
  board.radius = value;
  kept.set(`radius ${board.subject.axes}`, value);
  node("brush-size").value = String(Math.round((SLIDER * Math.log(value / smallest)) / Math.log(largest / smallest)));
  node("brush-told").textContent = isIndex() ? `${written(2 * value, 2)} cells` : `${written(2 * value, 2)}°`;
  choose("radius", value);
}

export const grow = (way) => size(board.radius * RATIO ** way);

function dress() {
  for (const tool of tools) {
    const isIt = tool.dataset.tool === board.tool;
    tool.setAttribute("aria-pressed", String(isIt));
    tool.tabIndex = isIt ? 0 : -1;
  }
  node("brush").hidden = board.tool !== "brush";
  node("how").hidden = !CHOOSING.has(board.tool);
  hint();
}

/** What one can do next, below the map. */
function hint() {
  let text = "";
  if (board.isPasting) text = HINTS.paste;
  else if (board.line) text = HINTS.ready;
  else if (isDrawing() && sketch.isClicked) text = HINTS[sketch.kind] ?? "";
  else if (board.cross && document.activeElement === node("stage")) text = HINTS.cross;
  else if (board.tool === "polygon" || board.tool === "line") text = HINTS[board.tool];
  if (node("hint").textContent !== text) node("hint").textContent = text;
  node("hint").hidden = !text;
}

for (const tool of tools) {
  tool.addEventListener("click", () => choose("tool", tool.dataset.tool));
  tool.addEventListener("keydown", (event) => {
    const way = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    const usable = tools.filter((one) => !one.hidden && !one.disabled);
    const next = usable[(usable.indexOf(tool) + way + usable.length) % usable.length];
    choose("tool", next.dataset.tool);
    next.focus();
  });
}
node("brush-size").addEventListener("input", () => size(smallest * (largest / smallest) ** (node("brush-size").value / SLIDER)));
node("at-once").addEventListener("change", () => { board.atOnce = node("at-once").checked; });
node("undo").addEventListener("click", () => ask("undo"));
node("redo").addEventListener("click", () => ask("redo"));
node("zoom-in").addEventListener("click", () => zoom(1.6));
node("zoom-out").addEventListener("click", () => zoom(1 / 1.6));
node("zoom-fit").addEventListener("click", fit);
for (const name of ["focus", "blur"]) node("stage").addEventListener(name, hint);
on("tool", dress);
for (const name of ["isPasting", "line", "sketch", "cross"]) on(name, hint);
on("isPasting", () => node("paste").setAttribute("aria-pressed", String(board.isPasting)));
on("answer", ({ answer }) => {
  if (!answer.history) return;
  const { undo, redo, undo_title: undone, redo_title: redone } = answer.history;
  for (const [name, count, title] of [["undo", undo, undone], ["redo", redo, redone]]) {
    const word = name === "undo" ? "Undo" : "Redo";
    node(name).disabled = !board.mayChange || !count;
    node(name).title = `${word}${title ? `: ${title.replaceAll("_", " ")}` : ""} (${name === "undo" ? "Ctrl+Z" : "Ctrl+Shift+Z"})`;
  }
});
dress();
