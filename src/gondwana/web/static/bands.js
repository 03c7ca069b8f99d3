// A map of what bands of latitude come to on the land, drawn while the table is typed.

import { numberIn, textsOf } from "./table.js";

const colours = [
  "#d9c7a0", "#0b5d33", "#5fa348", "#1f6f86", "#2aa198", "#9bcb5c", "#27408b",
  "#6f86d6", "#b7a3e0", "#f0d264", "#e2872f", "#c74a4a", "#8a3a6e",
];

const section = document.querySelector("[data-bands]");
const north = document.querySelector('[data-table="bands"]');
const south = document.querySelector('[data-table="southern_bands"]');
const canvas = section.querySelector("canvas");
const legend = section.querySelector("[data-legend]");
const told = section.querySelector("[data-of-land]");
const names = [...north.querySelectorAll("thead th[id*='-c']")].slice(1).map((head) => head.textContent.trim());
const mapWidth = 720, height = 360;
let land = null; // for each pixel of the map, whether it is land

function bandsOf(table) {
  return textsOf(table)
    .map((texts) => texts.map((text) => numberIn(text) || 0))
    .filter((row) => row[0] > 0)
    .sort((a, b) => a[0] - b[0]);
}

const sharesAt = (bands, lat) => bands.find((band) => Math.abs(lat) <= band[0])?.slice(1) ?? null;

function paint() {
  const context = canvas.getContext("2d");
  const style = getComputedStyle(document.documentElement);
  const sea = style.getPropertyValue("--sunk").trim();
  const northern = bandsOf(north);
  const southern = bandsOf(south);
  const area = new Array(names.length).fill(0);
  let all = 0;
  context.fillStyle = sea;
  context.fillRect(0, 0, canvas.width, canvas.height);
  for (let y = 0; y < height; y++) {
    const lat = 90 - ((y + 0.5) * 180) / height;
    const shares = sharesAt(lat < 0 && southern.length ? southern : northern, lat);
    const cells = paintRow(context, y, shares);
    const weight = cells * Math.cos((lat * Math.PI) / 180);
    all += weight;
    shares?.forEach((share, pft) => { area[pft] += (weight * share) / 100; });
    if (shares) paintShares(context, y, shares);
  }
  tell(area.map((one) => (all ? one / all : 0)));
}

// Returns how many pixels of a row are land.
function paintRow(context, y, shares) {
  const largest = shares ? Math.max(...shares) : 0;
  context.fillStyle = largest > 0 ? colours[shares.indexOf(largest)] : "#888";
  if (!land) {
    context.fillRect(0, y, mapWidth, 1);
    return mapWidth;
  }
  let cells = 0;
  let begin = -1;
  for (let x = 0; x <= mapWidth; x++) {
    const isLand = x < mapWidth && land[y * mapWidth + x];
    cells += isLand ? 1 : 0;
    if (isLand && begin < 0) begin = x;
    if (!isLand && begin >= 0) {
      context.fillRect(begin, y, x - begin, 1);
      begin = -1;
    }
  }
  return cells;
}

function paintShares(context, y, shares) {
  const left = mapWidth + 24;
  const width = canvas.width - left;
  let x = left;
  shares.forEach((share, pft) => {
    const part = Math.max(0, (Math.min(share, 100) / 100) * width);
    context.fillStyle = colours[pft];
    context.fillRect(x, y, Math.min(part, canvas.width - x), 1);
    x += part;
  });
}

function tell(parts) {
  const listed = parts.map((part, pft) => [part, pft]).filter(([part]) => part > 0).sort((a, b) => b[0] - a[0]);
  legend.replaceChildren(...listed.map(([part, pft]) => {
    const item = document.createElement("li");
    const swatch = document.createElement("span");
    swatch.className = "swatch";
    swatch.style.background = colours[pft];
    const text = document.createElement("span");
    text.textContent = `${names[pft]}: ${(100 * part).toFixed(part < 0.1 ? 1 : 0)} %`;
    item.append(swatch, text);
    return item;
  }));
}

function takeLand(picture) {
  const copy = document.createElement("canvas");
  copy.width = mapWidth;
  copy.height = height;
  const context = copy.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, 0, 0, mapWidth, height);
  const { data } = context.getImageData(0, 0, mapWidth, height);
  land = Uint8Array.from({ length: mapWidth * height }, (_, pixel) => (data[4 * pixel] > 127 ? 1 : 0));
  if (!land.includes(1)) land = null;
}

section.hidden = false;
north.after(section);
const picture = new Image();
const wholeGlobe = told.dataset.globe;
const ofLand = told.textContent;
const draw = () => {
  told.textContent = land ? ofLand : wholeGlobe;
  paint();
};
picture.addEventListener("load", () => { takeLand(picture); draw(); });
picture.src = section.dataset.land;
for (const table of [north, south]) table.addEventListener("rows", draw);
document.addEventListener("theme", draw);
draw();
