// The line to the server: asks go out and answers come in over two sources of the Bokeh document.

import { tell } from "./board.js";

const OFTEN = 5, AGAIN = 1500, UNDONE = `editor unanswered ${location.search}`;
const CHANGES = new Set(["apply", "paste", "undo", "redo", "switch", "move", "remove", "change", "fix", "again"]);

let asks = null, last = 0, done = 0, isCut = false, early = [];
const waiting = new Map(); // asks without an answer

/** Wait for the Bokeh document, listen to its answers. */
export function connected() {
  return new Promise((resolve) => {
    const look = setInterval(() => {
      const doc = window.Bokeh?.documents?.find((one) => one.get_model_by_name("map"));
      if (!doc) return;
      clearInterval(look);
      const [source, answers] = doc.get_model_by_name("map").tags;
      asks = source;
      answers.properties.data.change.connect(() => heard(answers.data));
      heard(answers.data); // the beginning, if it was there before the line
      doc.on_event("connection_lost", lost);
      resolve(doc);
    }, OFTEN);
  });
}

/** Ask for something; return the number by which it is answered. */
export function ask(verb, more = {}) {
  if (isCut) return 0;
  last += 1;
  const told = { id: last, do: verb, ...more };
  waiting.set(last, told);
  remember();
  asks.data = { said: [JSON.stringify(told)] };
  tell("asked", told);
  return last;
}

export const pending = () => waiting.size;

/** From now on answers are told; those that came before are told now. */
export function listen() {
  const waited = early;
  early = null;
  waited.forEach(heard);
}

function heard({ said, block }) {
  if (early) { early.push({ said, block }); return; }
  for (let k = 0; k < said.length; k++) {
    const answer = JSON.parse(said[k]);
    if (answer.error?.about === "begin") isCut = true; // there is nothing to come back to
    const asked = waiting.get(answer.to);
    for (const id of waiting.keys()) if (id <= answer.to) waiting.delete(id);
    if (answer.history) done = answer.history.undo;
    remember();
    tell("arrived", { answer, asked, bytes: block?.[k] });
  }
}

// A cut line. What was asked and not answered is asked again once the page is back, unless the
// server had done it: then its history is longer than it was.

function remember() {
  const open = [...waiting.values()].filter((one) => CHANGES.has(one.do));
  try {
    if (open.length) sessionStorage.setItem(UNDONE, JSON.stringify({ done, open }));
    else sessionStorage.removeItem(UNDONE);
  } catch { /* they are only lost if the line is cut as well */ }
}

/** After the beginning: ask again for what was lost with the line. */
export function resume(before, history) {
  if (!before || !history) return 0;
  const changes = before.open.filter((one) => one.do !== "undo" && one.do !== "redo");
  const lost = changes.slice(Math.max(0, history.undo - before.done));
  for (const { id, do: verb, ...more } of lost) ask(verb, more);
  return lost.length;
}

/** What a page before this one was not answered; read once. */
export function unanswered() {
  try {
    const found = JSON.parse(sessionStorage.getItem(UNDONE));
    sessionStorage.removeItem(UNDONE);
    return found;
  } catch { return null; }
}

function lost() {
  if (isCut) return;
  isCut = true;
  tell("cut");
  const back = setInterval(async () => {
    try {
      const found = await fetch(`${location.pathname}${location.search}`, { cache: "no-store", redirect: "error" });
      if (found.status === 503) return;
      clearInterval(back);
      if (found.ok) location.reload();
      else tell("refused", found.status);
    } catch { /* not there yet */ }
  }, AGAIN);
}
