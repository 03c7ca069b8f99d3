// The list of edits: switch off, move, change in place, remove.

import { board, on } from "./board.js";
import { icon, made, node, pictured, typed, written } from "./dom.js";
import { ask } from "./link.js";
import { NEEDS } from "./texts.js";

const PERCENT = 100;
let edits = [], open = 0, dragged = 0;

function list() {
  node("no-edits").hidden = edits.length > 0;
  const isOver = (event) => { if (dragged) event.preventDefault(); };
  node("edits").replaceChildren(...edits.map((edit) => {
    const item = made("li", {
      "data-edit": edit.number, class: [edit.off && "off", edit.conflict && "conflict", !edit.saved && "fresh"].filter(Boolean).join(" ") || null,
      dragover: isOver, drop: (event) => { event.preventDefault(); if (dragged && dragged !== edit.number) ask("move", { number: dragged, to: edit.number }); dragged = 0; },
    }, handle(edit), titled(edit), board.mayChange ? doings(edit) : made("span"), more(edit));
    if (open === edit.number) item.append(changing(edit));
    return item;
  }));
}

function handle(edit) {
  if (!board.mayChange) return made("span", { class: "number" }, String(edit.number));
  return made("button", {
    type: "button", class: "handle", draggable: "true", title: "Drag, or Alt and an arrow key, to move it",
    "aria-label": `Edit ${edit.number}: drag it, or press Alt and an arrow key, to move it`,
    dragstart: (event) => { dragged = edit.number; event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setDragImage(event.target.closest("li"), 10, 10); },
    dragend: () => { dragged = 0; },
    keydown: (event) => {
      const way = { ArrowUp: -1, ArrowDown: 1 }[event.key], to = edit.number + way;
      if (!way || !event.altKey || to < 1 || to > edits.length) return;
      event.preventDefault();
      event.stopPropagation();
      ask("move", { number: edit.number, to });
      focused = { number: to, what: ".handle" };
    },
  }, made("span", { class: "number" }, String(edit.number)), icon("grip"));
}

let focused = null; // what has the focus once the list is drawn again

function titled(edit) {
  return made("div", { class: "told" },
    made("span", { class: "strong" }, edit.title, edit.saved ? null : made("i", { class: "new", title: "Not saved yet" })),
    edit.off ? made("span", { class: "badge plain" }, "off") : null);
}

function more(edit) {
  const time = edit.time && new Date(edit.time).toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const who = [edit.author, time].filter(Boolean).join(", ");
  return made("div", { class: "more small quiet" },
    made("span", {}, `${edit.where}${edit.cells ? ` · ${written(edit.cells, 9)} ${edit.cells === 1 ? "cell" : "cells"}` : ""}`),
    edit.reason ? made("span", { class: "reason" }, `“${edit.reason}”`) : null,
    edit.conflict ? made("span", { class: "trouble" }, icon("warn"), edit.conflict) : null,
    who ? made("span", {}, who) : null);
}

function doings(edit) {
  return made("div", { class: "doings" },
    pictured(edit.off ? "eye-off" : "eye", edit.off ? `Switch edit ${edit.number} on` : `Switch edit ${edit.number} off`, { "aria-pressed": String(edit.off), "data-switch": true, click: () => { focused = { number: edit.number, what: "[data-switch]" }; ask("switch", { number: edit.number, off: !edit.off }); } }),
    pictured("edit", `Change edit ${edit.number}`, { "aria-expanded": String(open === edit.number), "data-change": true, click: () => { open = open === edit.number ? 0 : edit.number; list(); if (open) node("edits").querySelector(".changing input, .changing button")?.focus(); } }),
    pictured("trash", `Remove edit ${edit.number}`, { "data-remove": true, click: () => { if (open >= edit.number) open = 0; ask("remove", { number: edit.number }); } }));
}

/** The fields of one edit, in place. */
function changing(edit) {
  const needs = NEEDS[edit.operation] ?? [], isShare = edit.operation === "multiply", unit = isShare ? "%" : board.subject.unit;
  const fields = {};
  const field = (name, label, value) => {
    fields[name] = made("input", { id: `edit-${name}`, value: value ?? "", autocomplete: "off", inputmode: name === "reason" ? null : "decimal" });
    return made("div", { class: "field" }, made("label", { for: `edit-${name}` }, label), fields[name]);
  };
  const form = made("form", { class: "changing", submit: (event) => { event.preventDefault(); send(edit, needs, fields, isShare); } });
  if (needs.includes("value")) form.append(field("value", `Value ${unit && `(${unit})`}`, isShare ? edit.value * PERCENT : edit.value));
  if (needs.includes("limits")) form.append(field("low", "Lowest", edit.limits?.[0]), field("high", "Highest", edit.limits?.[1]));
  for (const name of ["times", "width"]) if (needs.includes(name)) form.append(field(name, name === "times" ? "Times" : "Width (cells)", edit[name]));
  form.append(field("reason", "Reason", edit.reason), made("div", { class: "buttons" },
    made("button", { class: "button main tiny" }, "Change it"), made("button", { type: "button", class: "button tiny", click: () => { open = 0; list(); } }, "Cancel")));
  return form;
}

function send(edit, needs, fields, isShare) {
  const told = { number: edit.number, reason: fields.reason.value.trim() };
  const wanted = [["value", ["value"]], ["limits", ["low", "high"]], ["times", ["times"]], ["width", ["width"]]].filter(([name]) => needs.includes(name));
  for (const [name, parts] of wanted) {
    const found = parts.map((part) => typed(fields[part]));
    const wrong = found.indexOf(null);
    if (wrong >= 0) { fields[parts[wrong]].setAttribute("aria-invalid", "true"); fields[parts[wrong]].focus(); return; }
    told[name] = name === "limits" ? found : name === "value" && isShare ? found[0] / PERCENT : found[0];
  }
  open = 0;
  focused = { number: edit.number, what: "[data-change]" };
  ask("change", told);
}

// the list is not needed for the frame in which the map is painted, nor while nobody sees it
let isStale = false;

function later() { isStale = true; }

function freshen() {
  if (!isStale || node("panel-edits").hidden) return;
  isStale = false;
  list();
  if (focused) node("edits").querySelector(`[data-edit="${focused.number}"] ${focused.what}`)?.focus();
  focused = null;
}

on("painted", freshen);
on("seen", freshen);
/** Edits that a file had before its step made it anew. */
function offerEarlier() {
  const { earlier } = board.subject, place = node("earlier");
  place.hidden = !earlier || !board.mayChange;
  if (place.hidden) return;
  place.replaceChildren(made("div", {},
    made("p", { class: "strong" }, `Revision ${earlier.number} had ${earlier.edits === 1 ? "one edit" : `${earlier.edits} edits`} by hand.`),
    made("p", { class: "small" }, `${[earlier.author, earlier.note].filter(Boolean).join(": ")}. Its step has made the file anew since.`),
    made("button", { type: "button", class: "button tiny", click: () => ask("again") }, "Apply them again")));
}

on("begun", offerEarlier);
node("discard").addEventListener("click", () => ask("discard"));
on("answer", ({ answer, asked }) => {
  if (asked?.do === "again" && !answer.error) node("earlier").hidden = true;
  if (answer.edits) {
    edits = answer.edits;
    node("count-edits").textContent = String(edits.length);
    node("count-edits").hidden = !edits.length;
    const broken = edits.some((edit) => edit.conflict);
    node("count-edits").classList.toggle("bad", broken);
    later();
  }
  if (answer.history) node("discard").disabled = !board.mayChange || !answer.history.unsaved;
});
