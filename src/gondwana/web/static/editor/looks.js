// The panel of the view: colours, limits, lines, marks, and other variables of the file.

import { board, on, tell } from "./board.js";
import { chooseColours, wishes } from "./colours.js";
import { made, node, typed } from "./dom.js";
import { ask } from "./link.js";
import { kinds, showMarks, shownMarks } from "./marks.js";
import { lines, showLines } from "./overlay.js";
import { mask } from "./rasters.js";
import { MARKS } from "./texts.js";

const AUTOMATIC = "";

/** Fill the panel for a subject. */
export function offer() {
  const { subject } = board, names = Object.keys(subject.palettes).filter((name) => !/_/.test(name) || name === subject.scale.colours);
  node("palettes").replaceChildren(...[AUTOMATIC, ...names].map((name) => made("label", { class: "palette" },
    made("input", { type: "radio", name: "palette", value: name, checked: name === wishes.colours }),
    swatch(name || usual(), subject), made("span", {}, name || "As it suits the field"))));
  node("mark-choices").replaceChildren(...kinds().map((name) => {
    const box = made("input", { type: "checkbox", checked: shownMarks[name], "data-mark": name });
    box.addEventListener("change", () => showMarks(name, box.checked));
    return made("label", { class: "check" }, box, made("i", { class: `swatch ${name}` }), made("span", {}, MARKS[name]));
  }));
  for (const name of ["coast", "grid", "contours"]) node(name).checked = lines[name];
  node("coast").closest("label").hidden = !subject.up;
  node("mask").hidden = !subject.up;
  nameColours();
}

const usual = () => (board.subject.scale.kind === "gradual" ? board.subject.scale.colours : null);

function swatch(name, { palettes, scale }) {
  const colours = palettes[name] ?? scale.palette, element = made("i", { class: "ramp" });
  const stops = Array.from({ length: 9 }, (_, k) => colours[Math.round((k * (colours.length - 1)) / 8)]);
  element.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
  return element;
}

function nameColours() {
  const name = wishes.colours || (board.shown === "difference" ? "vik" : usual());
  node("palette-ramp").style.background = swatch(name, board.subject).style.background;
  node("palette-name").textContent = wishes.colours || "As it suits the field";
}

function recolour() {
  chooseColours();
  tell("colours");
}

node("palettes").addEventListener("change", (event) => { wishes.colours = event.target.value; recolour(); });
for (const name of ["reverse", "symmetric"]) node(name).addEventListener("change", () => { wishes[name] = node(name).checked; recolour(); });
for (const name of ["low", "high", "steps"]) {
  node(name).addEventListener("change", () => {
    const value = typed(node(name));
    node(name).toggleAttribute("aria-invalid", false);
    if (node(name).value.trim() && value === null) { node(name).setAttribute("aria-invalid", "true"); return; }
    wishes[name] = name === "steps" ? value ?? 0 : value;
    recolour();
  });
}
for (const name of ["coast", "grid", "contours"]) node(name).addEventListener("change", () => showLines(name, node(name).checked));
node("mask").addEventListener("change", (event) => { mask.hides = event.target.value; recolour(); });
node("shown").addEventListener("change", (event) => ask("show", { what: event.target.value }));
on("colours", nameColours);
on("answer", ({ answer }) => {
  if (!answer.shown) return;
  node("shown").querySelector(`[value=${answer.shown}]`).checked = true;
});
