// The page around a map editor: passes on whether it is light or dark.

const frame = document.getElementById("editor");

function tell() {
  const chosen = document.documentElement.dataset.theme;
  const theme = chosen || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  frame.contentWindow?.postMessage({ gondwana: "theme", theme }, location.origin);
}

document.addEventListener("theme", tell);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);
addEventListener("message", (event) => {
  if (event.origin === location.origin && event.source === frame.contentWindow && event.data?.gondwana === "ready") tell();
});
