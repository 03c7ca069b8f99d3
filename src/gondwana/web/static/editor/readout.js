// What stands below the map: the place under the pointer, its value, and what was done last.

import { board, isIndex, on, tell } from "./board.js";
import { node, spot, written } from "./dom.js";
import { cellAt, fieldCell, places, rasters } from "./rasters.js";

const LONG = 6000, IDLE = node("readout").textContent;
let timer = 0, last = null;

function told(x, y) {
  const cell = fieldCell(x, y), found = cellAt(x, y);
  if (!cell || !found) return null;
  const value = found.raster.values[found.at];
  const unit = board.subject.unit && board.subject.unit !== "1" ? ` ${board.subject.unit}` : "";
  const amount = Number.isNaN(value) ? "no value" : `${board.shown === "difference" && value > 0 ? "+" : ""}${written(value, 6)}${unit}`;
  return { value, cell, text: amount };
}

function basin(value) {
  const found = board.subject.basins.find((one) => one.code === value);
  return found ? ` · ${found.title}` : "";
}

function show(place) {
  last = place;
  const readout = node("readout"), found = place && (place.in === "globe" ? onGlobe(place) : told(place.x, place.y));
  if (!found) { readout.textContent = IDLE; tell("value", null); tell("pointed-place", null); return; }
  const where = isIndex() ? `column ${found.cell.column}, row ${found.cell.row}` : spot(place.x, place.y, board.subject.columns > 400 ? 2 : 1);
  const degrees = isIndex() ? degreesOf(found.cell) : null;
  readout.textContent = `${where}${degrees ? ` · ${spot(...degrees)}` : ""}   ${found.text}${basin(found.value)}`;
  tell("value", found.value);
  if (place.in === "map") tell("pointed-place", degrees ? { lon: degrees[0], lat: degrees[1] } : isIndex() ? null : { lon: place.x, lat: place.y });
}

/** Longitude and latitude of a cell of an index grid, where the server has told them. */
function degreesOf({ row, column }) {
  const { lon, lat } = places, { whole } = rasters;
  if (!lon) return null;
  const at = Math.floor(row / whole.step) * whole.columns + Math.floor(column / whole.step);
  return [lon[at], lat[at]];
}

function onGlobe(place) {
  if (isIndex()) return null;
  return told(place.x, place.y);
}

/** Something for the line below the map, for a while. */
export function say(text) {
  node("told").textContent = text;
  clearTimeout(timer);
  if (text) timer = setTimeout(() => { node("told").textContent = ""; }, LONG);
}

on("pointed", show);
on("pointed-globe", (place) => {
  board.elsewhere = place && !isIndex() ? { x: place.x, y: place.y } : null;
  tell("view-mark");
  show(place);
});
on("answer", ({ answer }) => {
  if (answer.done) say(answer.done);
  if (last) show(last);
});
