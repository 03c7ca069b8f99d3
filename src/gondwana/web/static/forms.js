// Forms of steps: what differs from the default is marked at once, and goes back to it by a button.

import { setRows, textsOf } from "./table.js";

const inputOf = (field) => field.querySelector(":scope > input, :scope > select, :scope > textarea, .check input");

function typed(field) {
  if ("table" in field.dataset) return JSON.stringify(textsOf(field).filter((row) => row.some((text) => text.trim())));
  const input = inputOf(field);
  return input.type === "checkbox" ? (input.checked ? "yes" : "no") : input.value.trim();
}

function defaultOf(field) {
  const known = JSON.parse(field.dataset.default);
  return "table" in field.dataset ? JSON.stringify(known.rows) : known.text.trim();
}

function mark(field) {
  const isDefault = typed(field) === defaultOf(field);
  field.toggleAttribute("data-is-default", isDefault);
  for (const part of field.querySelectorAll("[data-changed], [data-default-of]")) part.hidden = isDefault;
}

function goBack(field) {
  const known = JSON.parse(field.dataset.default);
  const input = inputOf(field);
  if ("table" in field.dataset) setRows(field, known.rows);
  else if (input.type === "checkbox") input.checked = known.text === "yes";
  else input.value = known.text;
  mark(field);
  (input ?? field).focus();
}

const form = document.querySelector("form[data-step-form]");
if (form) {
  const fields = [...form.querySelectorAll("[data-field]")];
  const all = () => JSON.stringify(fields.map(typed));
  const before = form.dataset.unsaved ? null : all();
  const told = form.querySelector("[data-told-unsaved]");
  let isSent = false;
  const look = (field) => {
    mark(field);
    if (told) told.hidden = all() === before;
  };
  for (const field of fields) {
    field.addEventListener("input", () => look(field));
    field.addEventListener("rows", () => look(field));
  }
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-default-of]");
    if (!button) return;
    event.preventDefault();
    const field = button.closest("[data-field]");
    goBack(field);
    look(field);
  });
  form.addEventListener("submit", () => { isSent = true; });
  addEventListener("beforeunload", (event) => { if (!isSent && all() !== before) event.preventDefault(); });
}
document.querySelector("[data-form-problems]")?.focus();
