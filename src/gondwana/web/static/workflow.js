// The arrows of the graph, drawn where the steps stand; those of a step light up under the pointer.

const graph = document.querySelector(".graph");
const canvas = graph.querySelector(".arrows");
const arrows = JSON.parse(document.getElementById("arrows").textContent);
const space = "http://www.w3.org/2000/svg";
const paths = new Map();

for (const [from, to] of arrows) {
  const path = document.createElementNS(space, "path");
  path.setAttribute("class", "arrow");
  path.setAttribute("marker-end", "url(#tip)");
  canvas.append(path);
  paths.set(path, [from, to]);
}

const stepOf = (name) => graph.querySelector(`[data-step="${CSS.escape(name)}"]`);

function draw() {
  const origin = graph.getBoundingClientRect();
  for (const [path, [from, to]] of paths) {
    const a = stepOf(from).getBoundingClientRect();
    const b = stepOf(to).getBoundingClientRect();
    const x1 = a.right - origin.left, y1 = a.top + a.height / 2 - origin.top;
    const x2 = b.left - origin.left - 2, y2 = b.top + b.height / 2 - origin.top;
    const bend = Math.max(12, (x2 - x1) / 2);
    path.setAttribute("d", `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`);
  }
}

function light(name) {
  for (const [path, ends] of paths) path.classList.toggle("lit", ends.includes(name));
}

for (const event of ["pointerover", "focusin"]) {
  graph.addEventListener(event, ({ target }) => light(target.closest("[data-step]")?.dataset.step));
}
graph.addEventListener("pointerleave", () => light(null));
new ResizeObserver(draw).observe(graph);
for (const step of graph.querySelectorAll("[data-step]")) new ResizeObserver(draw).observe(step);
draw();
