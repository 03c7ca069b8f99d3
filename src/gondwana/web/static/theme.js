// Light or dark as the reader chose; read before the page is painted, so that it does not flash.
const chosen = localStorage.getItem("theme");
if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
