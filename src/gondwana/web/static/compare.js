// Two maps on top of each other; a slider, or a pointer, moves the place where one ends.

const both = document.getElementById("swipe");
const at = document.getElementById("swipe-at");

if (both && at) {
  both.classList.replace("beside", "swipe");
  at.closest("label").hidden = false;
  const bar = document.createElement("span");
  bar.className = "bar";
  both.append(bar);
  const show = () => both.style.setProperty("--at", `${at.value}%`);
  const follow = (event) => {
    const box = both.getBoundingClientRect();
    at.value = Math.round((100 * (event.clientX - box.left)) / box.width);
    show();
  };
  at.addEventListener("input", show);
  both.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    both.setPointerCapture(event.pointerId);
    follow(event);
  });
  both.addEventListener("pointermove", (event) => { if (event.buttons) follow(event); });
  show();
}
