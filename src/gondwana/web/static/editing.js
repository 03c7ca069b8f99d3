// The page around a map editor: opens it, and passes on whether it is light or dark.

const stage = document.getElementById("stage");

function theme() {
  const chosen = document.documentElement.dataset.theme;
  return chosen || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}

const frame = document.createElement("iframe");
frame.title = stage.dataset.title;
frame.src = `${stage.dataset.editor}&theme=${theme()}`;
const tell = () => frame.contentWindow?.postMessage({ gondwana: "theme", theme: theme() }, location.origin);
document.addEventListener("theme", tell);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);
addEventListener("message", (event) => {
  if (event.origin === location.origin && event.source === frame.contentWindow && event.data?.gondwana === "ready") tell();
});
stage.append(frame);
