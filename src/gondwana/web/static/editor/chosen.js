// The selection in words, and the ways to select without drawing.

import { board, choose, on } from "./board.js";
import { complain, forgive } from "./complaints.js";
import { node, typed, whole, written } from "./dom.js";
import { ask } from "./link.js";

const MOST_LON = 360, MOST_LAT = 90;

function told(selection) {
  const unit = board.subject.unit ? ` ${board.subject.unit}` : "";
  if (!selection.cells) {
    node("chosen").textContent = "Nothing selected";
    node("chosen-more").textContent = "Draw on the map, or choose below.";
    return;
  }
  node("chosen").textContent = `${whole(selection.cells)} ${selection.cells === 1 ? "cell" : "cells"} · ${written(selection.area_km2, 3)} km²`;
  const range = board.subject.basins.length ? "" : selection.known ? selection.lowest === selection.highest ? `${written(selection.lowest, 5)}${unit}` : `${written(selection.lowest, 5)} to ${written(selection.highest, 5)}${unit}, mean ${written(selection.mean, 4)}` : "no values";
  node("chosen-more").textContent = range;
  node("chosen-more").title = selection.text;
}

/** A way to select that is not drawn joins as the segments say. */
export function select(shape, where) {
  ask("select", { how: board.how, in: where, shape });
}

function byPlace(event) {
  event.preventDefault();
  forgive("select");
  const [west, east, south, north] = ["west", "east", "south", "north"].map((name) => typed(node(name)));
  const isPoint = east === null && north === null;
  const missing = isPoint ? west === null || south === null : [west, east, south, north].includes(null);
  if (missing) { complain("select", "Give all four sides, or West and South for one cell."); return; }
  if ([west, east].some((lon) => Math.abs(lon ?? 0) > MOST_LON) || [south, north].some((lat) => Math.abs(lat ?? 0) > MOST_LAT)) {
    complain("select", "Longitudes go from −360 to 360, latitudes from −90 to 90.");
    return;
  }
  select(isPoint ? { cell: [west, south] } : { box: [west, south, east, north] }, "places");
}

function byValues(event) {
  event.preventDefault();
  forgive("select");
  const [least, most] = board.subject.limits;
  const low = typed(node("value-low")) ?? least, high = typed(node("value-high")) ?? most;
  if (low > high) { complain("select", "The first value is the lower one."); return; }
  select({ values: [low, high] }, "places");
}

node("by-place").addEventListener("submit", byPlace);
node("by-values").addEventListener("submit", byValues);
node("all").addEventListener("click", () => ask("all"));
node("invert").addEventListener("click", () => ask("invert"));
node("clear").addEventListener("click", () => ask("clear"));
node("copy").addEventListener("click", () => ask("copy"));
node("paste").addEventListener("click", () => choose("isPasting", !board.isPasting));
node("how").addEventListener("change", (event) => choose("how", event.target.value));
node("only").addEventListener("change", (event) => { choose("only", event.target.value); ask("only", { only: event.target.value }); });
on("how", () => { node("how").querySelector(`[value=${board.how}]`).checked = true; });
on("answer", ({ answer, asked }) => {
  if (answer.selection) told(answer.selection);
  if (answer.selection?.only) { board.only = answer.selection.only; node("only").querySelector(`[value=${board.only}]`).checked = true; }
  if (asked?.do === "copy" && !answer.error) { board.hasCopied = true; node("paste").disabled = !board.mayChange; choose("isPasting", true); }
});
