// Which variable of a file is edited, and which slice of it: another one is another editor.

import { board, on } from "./board.js";
import { made, node } from "./dom.js";

const MOST = 200; // places that one still finds in a list

function offer() {
  const { variables, variable, index } = board.subject;
  node("slice").hidden = !variables.length;
  if (!variables.length) return;
  const now = variables.find(({ name }) => name === variable);
  node("slice").replaceChildren(
    made("select", { id: "variable", title: "Variable", "aria-label": "Variable", change: () => open(node("variable").value, []) },
      ...variables.map(({ name }) => made("option", { value: name, selected: name === variable }, name))),
    ...(now?.axes ?? []).filter(([, size]) => size > 1).map((axis) => place(axis, index[axis[0]] ?? 0)));
}

/** A list of the places along a dimension, by the file's own names for them. */
function place([name, size, ticks], at) {
  const about = { "data-slice": name, title: name, "aria-label": name, change: () => open(board.subject.variable, [...node("slice").querySelectorAll("[data-slice]")]) };
  if (size > MOST) return made("input", { ...about, type: "number", min: 0, max: size - 1, value: at });
  return made("select", about, ...Array.from({ length: size }, (_, k) => made("option", { value: k, selected: k === at }, `${name} ${ticks?.[k] ?? k}`)));
}

function open(variable, places) {
  const page = parent.location, asked = new URLSearchParams(page.search), index = places.map((one) => `${one.dataset.slice}:${one.value}`).join();
  asked.set("variable", variable);
  if (index) asked.set("index", index); else asked.delete("index");
  page.search = asked.toString();
}

on("begun", offer);
