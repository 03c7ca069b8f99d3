// What all pages share: light and dark, menus that close, forms that are sent once.

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function chooseTheme() {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("theme", theme);
  document.dispatchEvent(new CustomEvent("theme", { detail: theme }));
}

for (const button of document.querySelectorAll("[data-theme-switch]")) {
  button.hidden = false;
  button.addEventListener("click", chooseTheme);
}

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// a second click on a slow line must not ask twice
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  addEventListener("pageshow", () => delete form.dataset.sent, { once: true });
});

// a choice that takes effect at once
// (by the pointer: with the keyboard each arrow is a change, and a button sends the form)
for (const field of document.querySelectorAll("[data-submits]")) {
  let isKeyed = false;
  field.addEventListener("keydown", () => { isKeyed = field.tagName === "SELECT"; });
  field.addEventListener("pointerdown", () => { isKeyed = false; });
  field.addEventListener("change", () => { if (!isKeyed) field.form.requestSubmit(); });
}

// the current one of the tabs may be outside of a narrow strip
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// copy what stands in another element
for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent.trim());
    const told = button.querySelector("[data-told]");
    if (told) told.textContent = told.dataset.told;
  });
}

// what has to be scrolled sideways can be reached by the keyboard
function reachable(element) {
  if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
  else element.removeAttribute("tabindex");
}
const sizes = new ResizeObserver((entries) => { for (const { target } of entries) reachable(target); });
for (const element of document.querySelectorAll(".scroll, pre")) { sizes.observe(element); reachable(element); }
