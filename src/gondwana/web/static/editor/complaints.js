// What went wrong, said beside the control that it came from.

import { on } from "./board.js";
import { node } from "./dom.js";

const PLACES = {
  select: "select", invert: "select", all: "select", only: "select", clear: "select", copy: "select",
  apply: "apply", paste: "apply", fix: "fix", preview: "fix", save: "save",
  undo: "edits", redo: "edits", switch: "edits", move: "edits", remove: "edits", change: "edits", discard: "edits", refresh: "edits",
};

const sentence = (text) => (text ? `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}` : "");

export const saidOf = ({ problem, remedy }) => `${sentence(problem)} ${sentence(remedy)}`.trim();

/** Say what is wrong in one of the places: select, apply, fix, edits, save. */
export function complain(place, text) {
  const said = node(`error-${place}`);
  said.textContent = text;
  said.hidden = !text;
}

export function forgive(place) {
  complain(place, "");
  const fields = { apply: "change", select: "panel-change" }[place];
  if (fields) for (const field of node(fields).querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
}

on("answer", ({ answer, asked }) => {
  if (!answer.error) { if (asked && PLACES[asked.do]) forgive(PLACES[asked.do]); return; }
  const place = PLACES[answer.error.about];
  if (place) complain(place, saidOf(answer.error));
});
