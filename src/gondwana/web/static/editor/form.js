// The panel where something is changed: operation, its values, the reason.

import { board, choose, on, tell } from "./board.js";
import { colourOf, colours } from "./colours.js";
import { made, node, typed, written } from "./dom.js";
import { ask } from "./link.js";
import { cancel, finish, sketch } from "./shapes.js";
import { NEEDS, OPERATIONS, VALUE_LABELS } from "./texts.js";
import { complain, forgive } from "./complaints.js";

const PERCENT = 100, REASONED = new Set(["apply", "paste", "fix"]);
const values = new Map(); // what was typed for each operation
let corners = 0; // of the line that is being drawn

const operation = () => node("operation").value;

/** Offer what can be done with this subject. */
export function offer() {
  const { subject } = board, select = node("operation"), before = select.value;
  select.replaceChildren(...subject.operations.filter((name) => OPERATIONS[name]).map((name) => made("option", { value: name }, OPERATIONS[name][0])));
  if (subject.operations.includes(before)) select.value = before;
  node("basins").replaceChildren(made("legend", {}, "Basin"), ...subject.basins.map((basin, k) => made("label", { class: "basin" },
    made("input", { type: "radio", name: "basin", value: basin.name, checked: k === 0 }), made("i", { class: "swatch", "data-basin": basin.name }), made("span", {}, basin.title))));
  for (const unit of document.querySelectorAll("#change [data-unit]")) unit.textContent = subject.unit;
  changed();
}

/** Give the marks of basins the colours that they have on the map. */
export function colourBasins() {
  for (const mark of document.querySelectorAll("[data-basin]")) {
    const colour = colours() && colourOf(board.subject.basins.find((one) => one.name === mark.dataset.basin)?.code);
    if (colour) mark.style.background = `rgb(${colour & 255} ${(colour >> 8) & 255} ${(colour >> 16) & 255})`;
  }
}

/** Another operation: show its fields. */
function changed() {
  const name = operation(), needs = NEEDS[name] ?? [];
  for (const field of document.querySelectorAll("#fields [data-for]")) field.hidden = !needs.includes(field.dataset.for);
  node("value-label").textContent = VALUE_LABELS[name] ?? "Value";
  node("value-unit").textContent = name === "multiply" ? "%" : name === "channel" || name === "sill" ? "m" : board.subject.unit;
  node("value").value = values.get(name) ?? (name === "multiply" ? "110" : "");
  node("operation-help").textContent = OPERATIONS[name]?.[1] ?? "";
  board.wantsLine = name === "channel" || name === "sill";
  if (board.wantsLine && board.tool !== "line") choose("tool", "line");
  else if (!board.wantsLine && board.tool === "line") choose("tool", "box");
  forgive("apply");
  refresh();
}

/** The values of the form as an ask wants them; null if one is missing, which is said beside it. */
function read() {
  const name = operation(), told = { operation: name }, needs = NEEDS[name] ?? [];
  forgive("apply");
  if (needs.includes("value")) {
    const value = typed(node("value"));
    if (value === null) return refuse("value", `Give a number${board.subject.unit && name !== "multiply" ? `, in ${board.subject.unit}` : ""}.`);
    told.value = name === "multiply" ? value / PERCENT : value;
  }
  if (needs.includes("limits")) {
    const low = typed(node("limit-low")), high = typed(node("limit-high"));
    if (low === null || high === null || low > high) return refuse(low === null ? "limit-low" : "limit-high", "Give a lowest and a highest value.");
    told.limits = [low, high];
  }
  for (const [field, most] of [["times", 100], ["width", 20]]) {
    if (!needs.includes(field)) continue;
    const value = typed(node(field));
    if (!Number.isInteger(value) || value < 1 || value > most) return refuse(field, `Give a whole number from 1 to ${most}.`);
    told[field] = value;
  }
  if (needs.includes("basin")) told.basin = document.querySelector("input[name=basin]:checked")?.value;
  const reason = node("reason").value.trim();
  return reason ? { ...told, reason } : told;
}

function refuse(field, text) {
  complain("apply", text);
  node(field).setAttribute("aria-invalid", "true");
  tell("tab", "change");
  node(field).focus();
  return null;
}

/** Apply to the selection, to a drawn line, or to a shape that was just drawn. */
export function apply(drawn = null) {
  if (!board.mayChange) return;
  const told = read();
  if (told === null) { if (drawn) cancel(); return; }
  let on_ = drawn;
  if (board.wantsLine && !drawn) {
    if (!board.line && finish() && board.atOnce) return; // which has applied it
    if (!board.line) { complain("apply", "Draw a line on the map first."); choose("tool", "line"); return; }
    on_ = { in: board.line.in, shape: board.line.shape };
  } else if (!drawn && !board.selection?.cells) { complain("apply", "Select something on the map first."); return; }
  ask("apply", { ...told, ...on_ });
}

function refresh() {
  const isReady = board.wantsLine ? board.line !== null || (sketch.kind === "line" && sketch.points.length > 1) : Boolean(board.selection?.cells);
  node("apply").disabled = !board.mayChange || !isReady;
  const cells = board.selection?.cells ?? 0;
  node("apply").textContent = board.wantsLine ? "Apply to the line" : cells ? `Apply to ${written(cells, 9)} ${cells === 1 ? "cell" : "cells"}` : "Apply";
}

node("operation").addEventListener("change", changed);
node("value").addEventListener("input", () => { values.set(operation(), node("value").value); node("value").removeAttribute("aria-invalid"); });
node("width").addEventListener("input", () => tell("sketch"));
node("change").addEventListener("submit", (event) => { event.preventDefault(); apply(); });
on("drawn-shape", apply);
on("line", () => { refresh(); if (board.line) tell("tab", "change"); });
on("sketch", () => {
  if (!board.wantsLine) return;
  refresh();
  const drawn = sketch.kind === "line" ? sketch.points.length : 0;
  if (drawn !== corners && drawn > 1) tell("tab", "change"); // where it is given its depth
  corners = drawn;
});
on("colours", colourBasins);
on("tool", () => { if (board.tool === "line" && !board.wantsLine && board.subject?.operations.includes("channel")) { node("operation").value = "channel"; changed(); } });
on("pasted", (where) => ask("paste", { ...where, reason: node("reason").value.trim() }));
on("answer", ({ answer, asked }) => {
  if ("selection" in answer) { board.selection = answer.selection; refresh(); }
  // what was drawn is to be changed, unless somebody is at the colours
  if (asked?.do === "select" && answer.selection?.cells && node("panel-view").hidden) tell("tab", "change");
  if (answer.error) return;
  if (REASONED.has(asked?.do) && !board.atOnce) node("reason").value = ""; // it was that edit's, not the next one's
  if (asked?.do !== "apply") return;
  if (board.line) cancel();
});
