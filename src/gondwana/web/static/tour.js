// A guided tour on first use: notes beside the things they are about, one after another.
// Each page has its own stops; a stop names its thing by data-tour.

const texts = JSON.parse(document.getElementById("tour")?.textContent ?? "null");

function isSeen() {
  return (localStorage.getItem("tour") ?? "").split(" ").includes(texts.page);
}

function remember() {
  const seen = new Set((localStorage.getItem("tour") ?? "").split(" ").filter(Boolean));
  localStorage.setItem("tour", [...seen.add(texts.page)].join(" "));
}

function button(text, style, act) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: `button tiny ${style}`, textContent: text });
  made.addEventListener("click", act);
  return made;
}

function place(note, thing) {
  const box = thing.getBoundingClientRect();
  const below = box.bottom + note.offsetHeight + 16 < innerHeight;
  const top = below ? box.bottom + 10 : Math.max(8, box.top - note.offsetHeight - 10);
  note.style.top = `${Math.max(8, Math.min(top, innerHeight - note.offsetHeight - 8))}px`;
  note.style.left = `${Math.max(8, Math.min(box.left, innerWidth - note.offsetWidth - 8))}px`;
}

function show(stops, number) {
  document.querySelector(".tour-note")?.remove();
  document.querySelector(".tour-thing")?.classList.remove("tour-thing");
  if (number >= stops.length) return remember();
  const { thing, text } = stops[number];
  const note = document.createElement("div");
  note.className = "tour-note";
  note.setAttribute("role", "dialog");
  note.setAttribute("aria-label", texts.title);
  const words = Object.assign(document.createElement("p"), { textContent: text });
  const row = Object.assign(document.createElement("div"), { className: "row apart" });
  const isLast = number === stops.length - 1;
  row.append(
    button(texts.leave, "plain", () => show(stops, stops.length)),
    Object.assign(document.createElement("span"), { className: "small quiet", textContent: `${number + 1} / ${stops.length}` }),
    button(isLast ? texts.done : texts.next, "main", () => show(stops, number + 1)),
  );
  note.append(words, row);
  note.addEventListener("keydown", (event) => { if (event.key === "Escape") show(stops, stops.length); });
  document.body.append(note);
  thing.classList.add("tour-thing");
  thing.scrollIntoView({ block: "nearest" });
  place(note, thing);
  if (number > 0) row.lastChild.focus({ preventScroll: true }); // the first comes unasked
}

function begin() {
  const stops = texts.stops
    .map(([name, text]) => ({ thing: document.querySelector(`[data-tour="${name}"]`), text }))
    .filter((stop) => stop.thing?.offsetParent);
  if (stops.length) show(stops, 0);
}

if (texts && !isSeen()) begin();

for (const start of document.querySelectorAll("[data-tour-start]")) {
  start.hidden = false;
  start.addEventListener("click", () => {
    localStorage.removeItem("tour");
    location.assign(start.dataset.tourStart);
  });
}
