// The tabs of the panel.

import { on, tell } from "./board.js";
import { node } from "./dom.js";

const tabs = [...document.querySelectorAll("[role=tab]")];

/** Show a panel by its name. */
export function show(name) {
  for (const tab of tabs) {
    const isIt = tab.id === `tab-${name}`;
    tab.setAttribute("aria-selected", String(isIt));
    tab.tabIndex = isIt ? 0 : -1;
    node(tab.getAttribute("aria-controls")).hidden = !isIt;
  }
  tell("seen", name);
}

for (const tab of tabs) {
  tab.addEventListener("click", () => tell("tab", tab.id.slice(4)));
  tab.addEventListener("keydown", (event) => {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!way) return;
    event.preventDefault();
    const next = tabs[(tabs.indexOf(tab) + way + tabs.length) % tabs.length];
    tell("tab", next.id.slice(4));
    next.focus();
  });
}
on("tab", show);
