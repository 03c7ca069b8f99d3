// The map editor: brings its parts together and answers to the server.

import { board, on, tell } from "./board.js";
import { chooseColours, colours } from "./colours.js";
import "./chosen.js";
import { css, forgetColours, kept, node, wrapped } from "./dom.js";
import "./edits.js";
import { offer as offerOperations } from "./form.js";
import * as globe from "./globe.js";
import "./histogram.js";
import "./keys.js";
import { connected, listen, resume, unanswered } from "./link.js";
import { offer as offerLooks } from "./looks.js";
import { mixPalette, paintMarks } from "./marks.js";
import { forgetLines, forgetRim, redraw } from "./overlay.js";
import "./pointer.js";
import * as rasters from "./rasters.js";
import "./readout.js";
import "./saving.js";
import { redraw as redrawShape } from "./sketch.js";
import "./slices.js";
import "./tabs.js";
import { offerSizes } from "./toolbar.js";
import { bounds, fit, place, watch } from "./view.js";

const OFTEN = 5, SOON = 40, AXES = { below: 38, left: 58 }, LEAST_GLOBE = 190, LEAST_BESIDE = 270, TALL = 0.36, WIDE = 0.75;
let plot = null, mappers = [], field = null, before = null;

// Light and dark

function dress(theme) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  forgetColours();
  if (!plot) return;
  const quiet = css("--quiet");
  for (const axis of [...plot.below, ...plot.left]) axis.setv({ major_label_text_color: quiet, major_tick_line_color: null });
  for (const mapper of mappers) mapper.nan_color = css("--missing");
  if (!board.subject) return;
  mixPalette();
  redraw();
  globe.repaint();
  tell("theme");
}

// Colours

function recolour() {
  const found = colours(), mapper = mappers[found.log ? 1 : 0];
  if (field.glyph.color_mapper !== mapper) field.glyph.color_mapper = mapper;
  mapper.setv({ palette: found.palette, low: found.low, high: found.high });
  forgetLines();
  globe.repaint();
  rasters.repaint(bounds(), { always: true });
}

// Room for the globe: below a map that leaves room, beside it otherwise

function layout() {
  const views = node("views"), { clientWidth: wide, clientHeight: high } = views, { subject } = board;
  if (!subject || !globe.isShown()) { views.className = "views"; views.style.gridTemplate = ""; return; }
  const share = (subject.y[1] - subject.y[0]) / (subject.x[1] - subject.x[0]);
  const mapHigh = Math.ceil((wide - AXES.left) * share) + AXES.below, rest = high - mapHigh;
  const isBelow = rest >= LEAST_GLOBE || wide < 520 || share < WIDE;
  views.className = `views with-globe ${isBelow ? "stacked" : "paired"}`;
  const small = Math.max(Math.min(LEAST_GLOBE, high * 0.4), rest);
  const spare = wide - AXES.left - (high - AXES.below) / share; // what a map of full height leaves beside it
  const beside = Math.max(LEAST_BESIDE, Math.min(high, wide * TALL, spare));
  views.style.gridTemplate = isBelow ? `minmax(0, 1fr) / 100%` : `100% / minmax(0, 1fr) ${Math.round(beside)}px`;
  if (isBelow) views.style.gridTemplateRows = `minmax(0, 1fr) ${Math.round(small)}px`;
}

// Answers

function begin(answer) {
  const { subject } = answer;
  Object.assign(board, { subject, mayChange: subject.may_change, shown: answer.shown ?? "field" });
  document.body.classList.toggle("reading", !subject.may_change);
  document.body.dataset.face = subject.face;
  node("tab-problems").hidden = !subject.up;
  for (const part of document.querySelectorAll("[data-changes]")) part.hidden = !subject.may_change;
  node("title").textContent = `${subject.title}, ${subject.project}`;
  node("opening").hidden = true;
  offerOperations();
  offerSizes();
}

function took({ answer, bytes }) {
  if (answer.subject) begin(answer);
  if (answer.rasters) {
    rasters.begin(answer.rasters);
    board.isCoarse = rasters.rasters.whole?.step > 1;
  }
  if (answer.globe) rasters.beginGlobe(answer.globe);
  const changed = answer.blocks ? rasters.patch(answer.blocks, bytes) : { values: false, marks: [], lookup: false };
  if (answer.shown) board.shown = answer.shown;
  if (answer.subject) { layout(); fit(); }
  if (answer.subject || answer.shown || (board.shown === "difference" && changed.values)) { chooseColours(); tell("colours"); }
  if (answer.subject) mixPalette();
  for (const part of changed.marks) paintMarks(part);
  if (changed.marks.length) forgetRim();
  if (changed.values) forgetLines();
  if (answer.subject) tell("begun");
  if (changed.values || answer.rasters) rasters.repaint(bounds(), { always: true });
  if (changed.values || changed.lookup || changed.marks.length) globe.wait();
  if (!changed.values) redraw(); // else Bokeh paints, and the overlay with it
  return answer.subject !== undefined;
}

/** Tell whoever waits that an answer has been painted. */
function painted(id, isFirst) {
  requestAnimationFrame(() => requestAnimationFrame(() => {
    if (id !== null && id !== undefined) document.documentElement.dataset.painted = String(id);
    tell("painted");
    if (!isFirst || document.documentElement.dataset.ready) return;
    document.documentElement.dataset.ready = "yes";
    parent.postMessage({ gondwana: "ready" }, location.origin);
    setTimeout(later, SOON);
  }));
}

/** What the first paint does not wait for. */
function later() {
  offerLooks();
  globe.toggle(kept.get("globe", innerWidth >= 900));
  if (before) resume(before.lost, before.history);
}

on("arrived", (heard) => {
  const isFirst = took(heard);
  tell("answer", heard);
  if (heard.answer.history && before && !before.history) before.history = heard.answer.history;
  painted(heard.answer.to, isFirst);
});
on("colours", recolour);
on("view", () => { rasters.repaint(bounds()); redraw(); redrawShape(); });
on("view-mark", redrawShape);
on("layout", layout);
addEventListener("resize", () => { layout(); place(); });
addEventListener("message", (event) => {
  if (event.origin === location.origin && event.data?.gondwana === "theme") dress(event.data.theme);
});

window.gondwana = {
  /** The name of a tick: a place on the globe, or a column or row. */
  tick(value, axis) {
    const ends = board.subject?.[axis];
    if (board.subject?.axes === "index") return value < ends[0] || value > ends[1] ? "" : String(value);
    const turned = axis === "x" ? wrapped(value) : value, size = Math.round(Math.abs(turned) * 1e4) / 1e4;
    if (axis === "y" && size > 90) return "";
    const side = axis === "x" ? ["E", "W"] : ["N", "S"];
    return `${size}°${size === 0 || size === 180 ? "" : turned < 0 ? side[1] : side[0]}`;
  },
};

// The beginning: the server tells it unasked; Bokeh draws its axes meanwhile

function drawn(model) {
  return new Promise((resolve) => {
    const look = setInterval(() => {
      const found = window.Bokeh.index.get_one?.(model) ?? [...(window.Bokeh.index.values?.() ?? [])].find((one) => one.model === model);
      if (!found?.frame?.bbox?.width) return;
      clearInterval(look);
      resolve(found);
    }, OFTEN);
  });
}

const doc = await connected();
plot = doc.get_model_by_name("map");
mappers = plot.tags.slice(2);
field = plot.renderers.find((one) => one.name === "field");
before = { lost: unanswered(), history: null };
rasters.paintInto(field.data_source);
dress();
watch(plot, await drawn(plot));
listen();
