// Drafts, saving, somebody else who saved meanwhile, and a line that is cut.

import { board, on } from "./board.js";
import { complain, forgive, saidOf } from "./complaints.js";
import { made, node } from "./dom.js";
import { ask, pending } from "./link.js";
import { STEPS } from "./texts.js";

const SLOW = 250, SAVED = "All saved";
let history = null, edits = 0, conflict = null, slow = 0;

const hour = (iso) => new Date(iso).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = (iso) => new Date(iso).toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

/** A message over the map, with buttons. */
function banner(mood, text, ...buttons) {
  const place = node("banner");
  place.className = `banner tell ${mood}`;
  place.replaceChildren(made("div", {}, text), ...buttons);
  place.hidden = false;
}

const button = (text, act, more = {}) => made("button", { type: "button", class: "button tiny", click: act, ...more }, text);

export const dismiss = () => { node("banner").hidden = true; };

/** Open the dialog that saves. */
export function open() {
  if (!board.mayChange || node("save").disabled || node("save-dialog").open) return;
  forgive("save");
  tellConflict();
  node("save-what").textContent = edits === 1 ? "One edit will be saved." : edits ? `All ${edits} edits of the list will be saved.` : "The list of edits is empty: the file will be as it was without them.";
  node("save-then").textContent = board.subject.face === "variable"
    ? board.subject.step ? "They are kept with the step that makes this file, which runs again; so does all that depends on it." : "The file gets a new revision; what depends on it runs again."
    : STEPS[board.subject.face];
  node("save-dialog").showModal();
  node("note").focus();
}

function tellConflict() {
  const place = node("save-conflict");
  place.hidden = !conflict;
  node("save-go").textContent = conflict ? "Save mine on top" : "Save";
  if (!conflict) return;
  if (conflict.beneath) node("save-go").textContent = "Save all the same";
  place.replaceChildren(made("div", {},
    made("p", { class: "strong" }, conflict.beneath ? "The file beneath was made anew meanwhile." : `${conflict.author || "Somebody"} saved ${conflict.created ? day(conflict.created) : "meanwhile"}${conflict.note ? `: ${conflict.note}` : ""}.`),
    made("p", { class: "small" }, conflict.beneath ? "Your edits will be applied to the new one. Or look at that first: they stay in the list." : "Yours can go on top of it. Or look at it first: your edits stay in the list."),
    button("Look at it first", () => { ask("refresh"); node("save-dialog").close(); })));
}

node("save").addEventListener("click", open);
node("save-cancel").addEventListener("click", () => node("save-dialog").close());
node("save-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (node("save-go").disabled) return;
  node("save-go").disabled = true;
  const note = node("note").value.trim();
  ask("save", conflict ? { note, on_top: true } : { note });
});

on("answer", ({ answer, asked }) => {
  if (asked?.do === "save") node("save-go").disabled = false;
  if (asked?.do === "refresh" && !answer.error) { conflict = null; dismiss(); }
  if (answer.history) {
    history = answer.history;
    node("save").disabled = !board.mayChange || !history.unsaved;
    node("saved-told").textContent = history.unsaved ? "Marked with a dot: not saved yet." : history.number ? `All is saved, as revision ${history.number} of the list.` : "";
    if (!history.unsaved) node("draft").textContent = edits ? SAVED : "";
    else if (node("draft").textContent === SAVED) node("draft").textContent = "";
  }
  if (answer.edits) edits = answer.edits.length;
  if ("draft" in answer) tellDraft(answer.draft);
  if (answer.saved) {
    conflict = null;
    node("save-dialog").close();
    node("note").value = "";
    banner("good", `Saved. ${board.subject.face === "variable" && !board.subject.step ? "What depends on the file runs again." : "The step runs now, and all that depends on it after it."}`, made("a", { class: "button tiny", target: "_top", href: `/projects/${board.subject.project_id}` }, "See it run"), button("Go on", dismiss));
    parent.postMessage({ gondwana: "saved" }, location.origin);
  }
  if (answer.conflict) {
    conflict = answer.conflict;
    if (node("save-dialog").open) tellConflict();
    else banner("warn", `${conflict.author || "Somebody"} saved other edits meanwhile${conflict.note ? `: ${conflict.note}` : ""}. Yours are kept.`, button("Look at theirs, with mine on top", () => ask("refresh")), button("Later", dismiss));
  }
  if (answer.beneath) banner("warn", answer.beneath.text, button("Good", dismiss));
  if (answer.error?.about === "begin") banner("bad", saidOf(answer.error), button("Try again", () => location.reload()));
  else if (answer.error?.about === "globe" || answer.error?.about === "look" || answer.error?.about === "begin") complain("select", saidOf(answer.error));
  if (!pending()) { clearTimeout(slow); slow = 0; document.body.classList.remove("busy"); }
});

function tellDraft(draft) {
  const place = node("draft");
  place.classList.toggle("trouble", Boolean(draft?.trouble));
  if (draft?.kept) place.textContent = `Draft kept ${hour(draft.kept)}`;
  else if (draft?.trouble) { place.textContent = "Draft not kept"; place.title = draft.trouble; banner("bad", `The draft cannot be kept: ${draft.trouble}.`, button("Good", dismiss)); } else place.textContent = "";
}

on("asked", () => { if (!slow) slow = setTimeout(() => document.body.classList.add("busy"), SLOW); });
on("cut", () => {
  document.body.inert = false;
  document.body.classList.add("cut");
  banner("warn", "The line to the server is cut. It is tried again, and your draft is kept; this page loads by itself once the line is back.");
});
on("refused", (status) => banner("bad", status === 401 || status === 403 ? "You are signed out, or may not see this project any more." : "The editor cannot be opened again.", button("Try again", () => location.reload())));
