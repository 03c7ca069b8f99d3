// The globe beside the map: painted from the rasters by a table, and drawn on like the map.

import { board, on, tell } from "./board.js";
import { colourOf } from "./colours.js";
import { css, kept, node, wrapped } from "./dom.js";
import { ask } from "./link.js";
import { markColour } from "./marks.js";
import { prepared } from "./overlay.js";
import { circle, forward, inverse } from "./projections.js";
import { lookup, rasters } from "./rasters.js";
import { drag, finish, hover, isDrawing, press, radiusIn, release, sketch } from "./shapes.js";
import { outlined } from "./sketch.js";

const MARGIN = 8, FAR = 0.4, TURN = 15, SELECTED = 16;
const section = node("globe"), stage = section;
let isOpen = false, picture = null, pixels = null, isAsked = false, pointer = null, held = false, turning = null;
let chosen = { name: "mollweide", centre: 0 };

export const isShown = () => isOpen;

/** Open or close it. */
export function toggle(open = !isOpen) {
  isOpen = open;
  section.hidden = !open;
  kept.set("globe", open);
  node("globe-switch").setAttribute("aria-pressed", String(open));
  tell("layout");
  if (open) wish();
}

export function wish() {
  node("projection").value = chosen.name;
  if (isOpen && board.subject) ask("globe", { projection: chosen.name, centre: chosen.centre });
}

/** Paint it again in the next frame. */
export function repaint() {
  if (!isOpen || isAsked) return;
  isAsked = true;
  requestAnimationFrame(() => { isAsked = false; if (lookup.table) { paint(); lay(); } });
}

let isWaiting = false;

/** Paint it again as soon as the map has been painted, which somebody waits for. */
export function wait() { isWaiting = true; }

on("painted", () => { if (isWaiting) { isWaiting = false; repaint(); } });

function paint() {
  const { about, table } = lookup, { whole } = rasters;
  if (!picture || picture.width !== about.columns || picture.height !== about.rows) {
    picture = document.createElement("canvas");
    picture.width = about.columns;
    picture.height = about.rows;
    pixels = new ImageData(about.columns, about.rows);
  }
  const words = new Uint32Array(pixels.data.buffer), { values, marks } = whole;
  const ground = packed(css("--missing"));
  for (let row = 0; row < about.rows; row++) {
    const from = (about.rows - 1 - row) * about.columns, into = row * about.columns;
    for (let k = 0; k < about.columns; k++) {
      const at = table[from + k];
      words[into + k] = at < 0 ? 0 : over(markColour(marks[at]), colourOf(values[at]) || ground);
      if (at >= 0 && isRim(marks, table, from + k, about.columns, at)) words[into + k] = 0xffffffff;
    }
  }
  picture.getContext("2d").putImageData(pixels, 0, 0);
}

const isRim = (marks, table, here, columns, at) => (marks[at] & SELECTED) !== 0 &&
  [here - 1, here + 1, here - columns, here + columns].some((next) => table[next] >= 0 && !(marks[table[next]] & SELECTED));

function over(top, below) {
  const alpha = (top >>> 24) / 255;
  if (!alpha) return below;
  let mixed = 0xff000000;
  for (const shift of [0, 8, 16]) mixed |= Math.round(((top >>> shift) & 255) * alpha + ((below >>> shift) & 255) * (1 - alpha)) << shift;
  return mixed >>> 0;
}

const packed = (colour) => (0xff000000 | (parseInt(colour.slice(5, 7), 16) << 16) | (parseInt(colour.slice(3, 5), 16) << 8) | parseInt(colour.slice(1, 3), 16)) >>> 0;

/** Where the picture lies in its place, in pixels. */
function frame() {
  const { about } = lookup, wide = section.clientWidth - 2 * MARGIN, high = section.clientHeight - 2 * MARGIN;
  const scale = Math.min(wide / about.columns, high / about.rows);
  const width = about.columns * scale, height = about.rows * scale;
  return { left: (section.clientWidth - width) / 2, top: (section.clientHeight - height) / 2, width, height };
}

function lay() {
  if (!picture) return;
  const context = prepared(node("globe-map")), { left, top, width, height } = frame();
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, left, top, width, height);
  drawShape();
}

function placeOf(event) {
  const box = section.getBoundingClientRect(), { left, top, width, height } = frame(), [west, south, east, north] = lookup.about.extent;
  const px = event.clientX - box.left, py = event.clientY - box.top;
  const found = inverse(lookup.about.projection, west + ((px - left) / width) * (east - west), north - ((py - top) / height) * (north - south), lookup.about.centre);
  if (!found) return null;
  let [x] = found;
  const last = isDrawing() && sketch.in === "globe" ? sketch.points.at(-1).x : null;
  if (last !== null) x = last + wrapped(x - last); // the shorter way around
  return { x, y: found[1], px, py, in: "globe" };
}

function pixel(lon, lat) {
  const { left, top, width, height } = frame(), [west, south, east, north] = lookup.about.extent;
  const [x, y] = forward(lookup.about.projection, lon, lat, lookup.about.centre);
  return [left + ((x - west) / (east - west)) * width, top + ((north - y) / (north - south)) * height];
}

/** A path through places in degrees; it is broken where it leaves one side for the other. */
function pathOf(points) {
  const path = new Path2D(), far = FAR * frame().width;
  let last = null;
  for (const [lon, lat] of points) {
    const at = pixel(lon, lat);
    if (!last || Math.hypot(at[0] - last[0], at[1] - last[1]) > far) path.moveTo(...at); else path.lineTo(...at);
    last = at;
  }
  return path;
}

function drawShape() {
  if (!lookup.about) return;
  const context = prepared(node("globe-shape"));
  if (sketch.in === "globe" && sketch.points.length) {
    const points = [...sketch.points, ...(sketch.hover ? [sketch.hover] : [])].map(({ x, y }) => [x, y]);
    if (sketch.kind === "box" && points.length > 1) outlined(context, pathOf(boxed(points)), false);
    else if (sketch.kind === "brush") for (const [lon, lat] of points) outlined(context, pathOf(circle(lon, lat, radiusIn("globe"))), false);
    else outlined(context, pathOf(sketch.kind === "line" ? points : [...points, points[0]]), false);
  }
  if (pointer) {
    const [x, y] = pixel(pointer.lon, pointer.lat), path = new Path2D();
    if (pointer.isHere && board.tool === "brush") outlined(context, pathOf(circle(pointer.lon, pointer.lat, radiusIn("globe"))), false);
    else if (!pointer.isHere) { path.arc(x, y, 4, 0, 2 * Math.PI); outlined(context, path, false); }
  }
}

function boxed([[x0, y0], [x1, y1]]) {
  const side = (from, to) => Array.from({ length: 25 }, (_, k) => [from[0] + ((to[0] - from[0]) * k) / 24, from[1] + ((to[1] - from[1]) * k) / 24]);
  return [...side([x0, y0], [x1, y0]), ...side([x1, y0], [x1, y1]), ...side([x1, y1], [x0, y1]), ...side([x0, y1], [x0, y0])];
}

stage.addEventListener("pointerdown", (event) => {
  if (event.target.closest("select, button") || !lookup.about) return;
  const place = placeOf(event);
  stage.setPointerCapture(event.pointerId);
  if (board.tool === "hand" && !board.isPasting) { turning = { x: event.clientX, centre: chosen.centre }; return; }
  if (place && event.button === 0) { held = true; press(place, event); }
});
stage.addEventListener("pointermove", (event) => {
  if (!lookup.about) return;
  if (turning) { turn(event); return; }
  const place = placeOf(event);
  pointer = place && { lon: place.x, lat: place.y, isHere: true };
  if (place && held) drag(place); else if (place) hover(place);
  tell("pointed-globe", place);
  requestAnimationFrame(drawShape);
});
stage.addEventListener("pointerup", (event) => {
  if (turning) { turning = null; return; }
  if (!held) return;
  held = false;
  const place = placeOf(event) ?? sketch.points.at(-1);
  if (place) release(place);
});
stage.addEventListener("pointerleave", () => { pointer = null; tell("pointed-globe", null); drawShape(); });
stage.addEventListener("dblclick", finish);

function turn(event) {
  const by = Math.round(((turning.x - event.clientX) / section.clientWidth) * 360 / TURN) * TURN, centre = wrapped(turning.centre + by);
  if (centre === chosen.centre) return;
  chosen.centre = centre;
  kept.set(`projection ${board.subject.axes}`, chosen);
  wish();
}

node("projection").addEventListener("change", () => {
  chosen.name = node("projection").value;
  kept.set(`projection ${board.subject.axes}`, chosen);
  wish();
});
node("globe-switch").addEventListener("click", () => toggle());
// around the pole is where the rows of an ocean grid meet
on("begun", () => { chosen = kept.get(`projection ${board.subject.axes}`, { name: board.subject.axes === "index" ? "north" : "mollweide", centre: 0 }); });
on("pointed-place", (place) => { pointer = place && { ...place, isHere: false }; if (isOpen && picture) requestAnimationFrame(drawShape); });
on("sketch", () => { if (isOpen && picture) requestAnimationFrame(drawShape); });
new ResizeObserver(() => { if (picture && isOpen) lay(); }).observe(section);
