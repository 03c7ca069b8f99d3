// How often values occur. A range dragged over it selects the cells with such values; below it
// stand the colours of the map.

import { board, on } from "./board.js";
import { select } from "./chosen.js";
import { colourOf, colours } from "./colours.js";
import { css, node, written } from "./dom.js";

const HIGH = 64, STRIP = 10, LEAST = 0.02;
let told = null, range = null, from = null, isAsked = false, here = null;

const bars = node("bars"), strip = node("scale");

export function redraw() {
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(() => { isAsked = false; draw(); });
}

function sized(canvas, high) {
  const wide = node("histogram").clientWidth, ratio = devicePixelRatio || 1;
  if (canvas.width !== Math.round(wide * ratio)) { canvas.width = Math.round(wide * ratio); canvas.height = Math.round(high * ratio); }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, wide, high);
  return { context, wide };
}

function draw() {
  if (!told || !colours() || !node("histogram").clientWidth) return;
  const { context, wide } = sized(bars, HIGH), count = told.counts.length, bar = wide / count;
  // few values are seen beside many
  const high = (value) => (value > 0 ? Math.max(1.5, (HIGH - 4) * Math.sqrt(value / most)) : 0);
  const most = Math.max(1, ...told.counts);
  for (const [values, colour] of [[told.counts, css("--bar")], [told.selected, css("--accent")]]) {
    context.fillStyle = colour;
    values?.forEach((value, k) => context.fillRect(k * bar, HIGH - high(value), Math.max(1, bar - 0.75), high(value)));
  }
  if (range) {
    const [x0, x1] = range.map((share) => share * wide);
    context.fillStyle = css("--accent");
    context.globalAlpha = 0.2;
    context.fillRect(x0, 0, x1 - x0, HIGH);
    context.globalAlpha = 1;
    context.fillRect(x0 - 0.75, 0, 1.5, HIGH);
    context.fillRect(x1 - 0.75, 0, 1.5, HIGH);
  }
  drawStrip();
}

function drawStrip() {
  const { context, wide } = sized(strip, STRIP);
  const steps = Math.max(1, Math.round(wide));
  for (let k = 0; k < steps; k++) {
    const colour = colourOf(valueAt((k + 0.5) / steps));
    context.fillStyle = `rgb(${colour & 255} ${(colour >> 8) & 255} ${(colour >> 16) & 255} / ${(colour >>> 24) / 255})`;
    context.fillRect((k * wide) / steps, 0, wide / steps + 1, STRIP);
  }
  if (here !== null && here === here) {
    const x = Math.min(1, Math.max(0, (here - told.low) / (told.high - told.low))) * wide;
    context.fillStyle = css("--rim-dark");
    context.fillRect(x - 2, 0, 4, STRIP);
    context.fillStyle = css("--rim-light");
    context.fillRect(x - 1, 0, 2, STRIP);
  }
  node("scale-low").textContent = written(told.low, 4);
  node("scale-high").textContent = written(told.high, 4);
  node("scale-unit").textContent = board.subject.unit;
}

const valueAt = (share) => told.low + share * (told.high - told.low);

const shareOf = (event) => {
  const box = bars.getBoundingClientRect();
  return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
};

function typedIn() {
  if (!range) return;
  node("value-low").value = Number(valueAt(range[0]).toPrecision(5));
  node("value-high").value = Number(valueAt(range[1]).toPrecision(5));
}

bars.addEventListener("pointerdown", (event) => {
  if (!told || event.button) return;
  bars.setPointerCapture(event.pointerId);
  from = shareOf(event);
  range = [from, from];
  redraw();
});
bars.addEventListener("pointermove", (event) => {
  if (from === null) return;
  const to = shareOf(event);
  range = [Math.min(from, to), Math.max(from, to)];
  typedIn();
  redraw();
});
bars.addEventListener("pointerup", () => {
  if (from === null) return;
  from = null;
  if (range[1] - range[0] < LEAST / 4) range = null;
  else {
    // ends of the picture stand for all that lies beyond
    const [low, high] = board.subject.limits;
    const ends = [range[0] <= 0 ? Math.min(low, told.low) : valueAt(range[0]), range[1] >= 1 ? Math.max(high, told.high) : valueAt(range[1])];
    select({ values: ends }, "places");
  }
  redraw();
});

on("answer", ({ answer, asked }) => {
  if (answer.histogram) { told = answer.histogram; redraw(); }
  if (asked && ["select", "clear", "all", "invert"].includes(asked.do) && !asked.shape?.values) range = null;
});
on("value", (value) => { if (value !== here) { here = value; redraw(); } });
for (const name of ["colours", "theme", "seen"]) on(name, redraw);
new ResizeObserver(redraw).observe(node("histogram"));
