// The live status of a project: one line to the server, whatever page of the project is open.
// Elements tell what they show: data-step (a step of the graph), data-state-of (a badge),
// data-progress-of (a progress bar), data-reason-of (a text), data-next (the next thing to do),
// data-while-busy (shown while something runs). Others listen to the event "status".

const root = document.querySelector("[data-live]");
const texts = JSON.parse(document.getElementById("state-texts")?.textContent ?? "{}");
const line = document.querySelector("[data-line]");
const place = document.querySelector("[data-next]");
let lastNext = place ? signature(...JSON.parse(place.dataset.stands)) : null;

const slug = (state) => state.replaceAll(" ", "-");

function paintBadge(badge, state) {
  const text = texts[state] ?? state;
  if (badge.textContent === text) return;
  badge.className = `badge ${slug(state)}`;
  badge.textContent = text;
}

function paintStep(item, step) {
  const state = slug(step.shown);
  if (!item.classList.contains(state)) {
    item.className = `step ${state} changed`;
    item.addEventListener("animationend", () => item.classList.remove("changed"), { once: true });
  }
  paintBadge(item.querySelector(".badge"), step.shown);
  paintProgress(item.querySelector("progress"), step);
  const reason = ["failed", "no worker", "queued"].includes(step.shown) ? step.reason || step.waits_for : "";
  item.querySelector(".reason").textContent = reason;
}

function paintProgress(bar, step) {
  bar.hidden = step.shown !== "running";
  if (step.progress > 0) bar.value = step.progress;
  else bar.removeAttribute("value");
}

function each(name, key, paint) {
  for (const element of document.querySelectorAll(`[${name}="${CSS.escape(key)}"]`)) paint(element);
}

function signature(doing, step, busy) {
  return JSON.stringify([doing, step, busy]);
}

const isBusy = (step) => ["running", "queued"].includes(step.shown);

async function paintNext(status) {
  const busy = status.steps.filter(isBusy).map((step) => step.name);
  const next = signature(status.next.doing, status.next.step, busy);
  if (!place || next === lastNext) return;
  lastNext = next;
  // nothing comes where the page is left meanwhile, or the line is cut
  const answer = await fetch(place.dataset.next, { headers: { Accept: "text/html" } }).catch(() => null);
  if (answer?.ok && next === lastNext) place.innerHTML = await answer.text();
}

function paint(status) {
  for (const step of status.steps) {
    each("data-step", step.name, (item) => paintStep(item, step));
    each("data-state-of", step.name, (badge) => paintBadge(badge, step.shown));
    each("data-progress-of", step.name, (bar) => paintProgress(bar, step));
    each("data-reason-of", step.name, (text) => { text.textContent = step.reason || step.waits_for; });
  }
  const isAtWork = status.unheard > 0 || status.steps.some(isBusy);
  for (const element of document.querySelectorAll("[data-while-busy]")) element.hidden = !isAtWork;
  paintNext(status);
  document.dispatchEvent(new CustomEvent("status", { detail: status }));
}

function say(text) {
  if (line && line.textContent !== text) line.textContent = text;
}

if (root) {
  const source = new EventSource(`/api/v1/projects/${root.dataset.live}/events`);
  source.addEventListener("status", (event) => paint(JSON.parse(event.data)));
  source.addEventListener("open", () => say(line?.dataset.on ?? ""));
  source.addEventListener("error", () => say(line?.dataset.off ?? ""));
  source.addEventListener("end", () => { source.close(); say(line?.dataset.ended ?? ""); });
  addEventListener("pagehide", () => source.close());
}
