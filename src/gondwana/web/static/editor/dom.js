// Small things for the page: find, make, write numbers, read what was typed.

export const node = (id) => document.getElementById(id);

const colours = new Map();

/** A colour of the style sheets; asked for once, until light and dark change. */
export function css(name) {
  if (!colours.has(name)) colours.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  return colours.get(name);
}

export const forgetColours = () => colours.clear();

/** Make an element: attributes, properties that are functions (events), and children. */
export function made(tag, about = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(about)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function icon(name) {
  const drawing = document.createElementNS(SVG, "svg"), use = document.createElementNS(SVG, "use");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#i-${name}`);
  drawing.append(use);
  return drawing;
}

/** A button that is only a picture, with a name for those who do not see it. */
export function pictured(name, title, more) {
  return made("button", { type: "button", class: "tool", title, ...more }, icon(name), made("span", { class: "unseen" }, title));
}

/** A number as people read it: a few digits, thin spaces, a true minus. */
export function written(value, digits = 6) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  return value.toLocaleString("en", { maximumSignificantDigits: digits }).replaceAll(",", "\u202f").replace("-", "−");
}

export const whole = (value) => Math.round(value).toLocaleString("en").replaceAll(",", "\u202f");

/** What was typed as a number; null if it is none. */
export function typed(input) {
  const text = String(input.value ?? "").trim().replaceAll(/[\s\u202f]/g, "").replace("−", "-").replace(",", ".");
  const value = text === "" ? NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}

export const wrapped = (lon) => ((((lon + 180) % 360) + 360) % 360) - 180;

const sided = (degrees, plus, minus, digits) => `${Math.abs(degrees).toFixed(digits)}°${degrees < 0 ? minus : plus}`;

export const spot = (lon, lat, digits = 1) => `${sided(lat, "N", "S", digits)} ${sided(wrapped(lon), "E", "W", digits)}`;

/** Remember a choice of this browser. */
export const kept = {
  get(name, otherwise) {
    try { return JSON.parse(localStorage.getItem(`editor ${name}`)) ?? otherwise; } catch { return otherwise; }
  },
  set(name, value) {
    try { localStorage.setItem(`editor ${name}`, JSON.stringify(value)); } catch { /* it is forgotten */ }
  },
};
