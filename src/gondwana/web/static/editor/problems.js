// What is wrong with the map: counts, a list, and for each the ways to mend it.

import { board, on, tell } from "./board.js";
import { made, node, spot, whole } from "./dom.js";
import { colourBasins } from "./form.js";
import { ask } from "./link.js";
import { COUNTS, KINDS, counted } from "./texts.js";
import { fit, show } from "./view.js";

let listed = [], more = 0, tried = null;

function badges(counts) {
  const shown = Object.entries(COUNTS).filter(([name]) => counts[name] !== undefined);
  const basins = Object.entries(counts.basins ?? {});
  node("badges").replaceChildren(
    ...shown.map(([name, words]) => {
      const count = counts[name];
      return made("button", { type: "button", class: `badge ${count ? "warn" : "pass"} plain`, "data-count": name, title: `${counted(count, words)}: show the list`, click: () => open(name.slice(0, -1)) },
        made("b", {}, String(count)), made("span", {}, words[count === 1 ? 0 : 1]));
    }),
    ...basins.map(([name, count]) => made("span", { class: "badge plain", title: "Cells of this basin" }, made("i", { class: "swatch", "data-basin": name }), made("b", {}, whole(count)), made("span", {}, board.subject.basins.find((one) => one.name === name)?.title ?? name))),
  );
  colourBasins();
  const all = shown.reduce((sum, [name]) => sum + counts[name], 0);
  node("count-problems").textContent = String(all);
  node("count-problems").hidden = !all;
}

function open(kind) {
  tell("tab", "problems");
  const group = node("problems").querySelector(`[data-kind=${kind}]`);
  group?.scrollIntoView({ block: "start", behavior: "smooth" });
}

function list() {
  const groups = Object.keys(KINDS).map((kind) => [kind, listed.filter((one) => one.kind === kind)]).filter(([, found]) => found.length);
  const parts = groups.map(([kind, found]) => made("section", { "data-kind": kind, class: tried?.kind === kind ? "tried" : null },
    made("h2", {}, made("i", { class: `swatch ${kind}` }), `${KINDS[kind]} `, made("span", { class: "quiet" }, String(found.length))),
    ...(board.mayChange && found.length > 1 && kind !== "pole" ? [allOf(kind, found[0].fixes)] : []),
    ...(tried?.kind === kind ? [preview()] : []),
    made("ul", { class: "problems" }, ...found.map(row))));
  if (more) parts.push(made("p", { class: "quiet small" }, `and ${more} more; they come up as these are mended.`));
  if (!groups.length) parts.push(made("p", { class: "nothing" }, board.subject?.up ? "No problems: no internal seas, no narrow passages, no corner contacts, nothing at the poles." : "Of this field no problems are known."));
  node("problems").replaceChildren(...parts);
}

/** The ways to mend all problems of a kind. */
function allOf(kind, fixes) {
  return made("div", { class: "buttons", "data-all": kind }, ...fixes.map((fix) => made("button", {
    type: "button", class: "button tiny", "data-fix-all": fix.name, "aria-pressed": String(tried?.kind === kind && tried.fix === fix.name), click: () => attemptAll(kind, fix.name),
  }, `${fix.title} all`)));
}

/** What the way that is tried would change. */
function preview() {
  return made("div", { class: "preview" }, made("p", { class: "small", role: "status" }, tried.text ?? "…"),
    made("div", { class: "buttons" },
      made("button", { type: "button", class: "button main tiny", "data-apply-fix": true, click: mend }, "Apply"),
      made("button", { type: "button", class: "button tiny", click: leave }, "Cancel")));
}

function row(problem) {
  const isTried = tried?.problem === problem.id;
  const item = made("li", { "data-problem": problem.id, class: isTried ? "tried" : null },
    made("button", { type: "button", class: "where", title: "Zoom to it", click: () => zoomTo(problem) },
      made("span", { class: "strong" }, problem.title), made("span", { class: "quiet small" }, `${spot(problem.lon, problem.lat)} · ${problem.detail}`)));
  if (board.mayChange) {
    item.append(made("div", { class: "buttons" }, ...problem.fixes.map((fix) => made("button", {
      type: "button", class: "button tiny", "data-fix": fix.name, "aria-pressed": String(isTried && tried.fix === fix.name), click: () => attempt(problem, fix.name),
    }, fix.title))));
  }
  if (isTried) item.append(preview());
  return item;
}

function zoomTo(problem) { show(problem.window); }

function attempt(problem, fix) {
  zoomTo(problem);
  attemptThis({ problem: problem.id, fix });
}

function attemptAll(kind, fix) {
  fit();
  attemptThis({ kind, fix });
}

function attemptThis(way) {
  tried = { ...way, text: null };
  ask("preview", way);
  list();
  const apply = node("problems").querySelector("[data-apply-fix]");
  apply?.focus({ preventScroll: true });
  apply?.closest(".preview").scrollIntoView({ block: "nearest" });
}

function mend() {
  if (!tried) return;
  const { text, ...way } = tried;
  ask("fix", { ...way, reason: node("reason").value.trim() });
  tried = null;
}

/** Take the preview away; tell whether there was one. */
export function leave() {
  if (!tried) return false;
  const { problem, kind } = tried;
  tried = null;
  ask("unpreview");
  list();
  node("problems").querySelector(kind ? `[data-all=${kind}] button` : `[data-problem="${problem}"] .where`)?.focus();
  return true;
}

on("answer", ({ answer }) => {
  if (answer.counts) badges(answer.counts);
  if (answer.problems) { listed = answer.problems; more = answer.problems_more ?? 0; }
  if (answer.preview && tried) tried.text = answer.preview.text;
  if (answer.error && ["preview", "fix"].includes(answer.error.about)) tried = null;
  if (answer.problems || answer.preview || answer.error) later();
});

// the list is not needed for the frame in which the map is painted, nor while nobody sees it
let isStale = false;
const isSeen = () => !node("panel-problems").hidden;

function later() { isStale = true; }

function freshen() {
  if (!isStale || !isSeen()) return;
  isStale = false;
  const had = document.activeElement?.closest?.("[data-problem]");
  list();
  if (had && tried) node("problems").querySelector("[data-apply-fix]")?.focus();
}

on("painted", freshen);
on("seen", freshen);
