// The map page: the viewer takes the place of the picture once it has drawn something.

const stage = document.getElementById("stage");
const PATIENCE = 60000;

function theme() {
  const chosen = document.documentElement.dataset.theme;
  return chosen || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}

if (stage) {
  const picture = stage.querySelector("[data-first]");
  const loading = stage.querySelector("[data-loading]");
  const frame = document.createElement("iframe");
  frame.className = picture ? "viewer arriving" : "viewer";
  frame.title = stage.dataset.title;
  frame.tabIndex = -1;
  frame.src = `${stage.dataset.viewer}&theme=${theme()}`;
  if (loading) loading.hidden = false;

  const tell = () => frame.contentWindow?.postMessage({ gondwana: "theme", theme: theme() }, location.origin);
  document.addEventListener("theme", tell);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);

  const given_up = setTimeout(() => { frame.remove(); if (loading) loading.hidden = true; }, PATIENCE);
  addEventListener("message", (event) => {
    if (event.origin !== location.origin || event.source !== frame.contentWindow) return;
    if (event.data?.gondwana === "height") frame.style.height = `${Number(event.data.height)}px`;
    if (event.data?.gondwana !== "ready") return;
    clearTimeout(given_up);
    frame.classList.remove("arriving");
    frame.removeAttribute("tabindex");
    if (picture) picture.hidden = true;
    tell();
  });
  stage.append(frame);
}
