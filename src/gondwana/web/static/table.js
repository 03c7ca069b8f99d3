// Tables of a form: rows come and go, sums are told at once, cells are pasted from a spreadsheet.

const spaces = /[\s\u00a0\u2009\u202f]+/g;

// Reads a number as the server does; NaN where it can be read in no way or in two.
export function numberIn(text) {
  let plain = text.trim().replace(spaces, " ").replace("\u2212", "-");
  if (/^[+-]?\d{1,3}( \d{3})+([.,]\d*)?$/.test(plain)) plain = plain.replaceAll(" ", "").replace(",", ".");
  else if (/^[+-]?\d{1,3}((,\d{3}){2,}(\.\d*)?|,\d{3}\.\d*)$/.test(plain)) plain = plain.replaceAll(",", "");
  else if (/^[+-]?\d*,\d+([eE][+-]?\d+)?$/.test(plain)) {
    if (/^[+-]?0*[1-9]\d{0,2},\d{3}(?!\d)/.test(plain)) return NaN;
    plain = plain.replace(",", ".");
  }
  return /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(plain) ? Number(plain) : NaN;
}

const short = (value) => String(Number(value.toPrecision(9)));

export const rowsOf = (table) => [...table.querySelectorAll("tbody tr")];
export const cellsOf = (row) => [...row.querySelectorAll("input, select")];
export const textsOf = (table) => rowsOf(table).map((row) => cellsOf(row).map((cell) => cell.value));

function number(table) {
  const prefix = table.id;
  rowsOf(table).forEach((row, index) => {
    const head = row.querySelector("th");
    head.id = `${prefix}-r${index}`;
    head.textContent = index + 1;
    cellsOf(row).forEach((cell, column) => {
      cell.id = `${prefix}-${index}-${column}`;
      cell.classList.toggle("zero", cell.value.trim() === "0");
      cell.setAttribute("aria-labelledby", `${prefix}-rows ${head.id} ${prefix}-c${column}`);
    });
  });
}

function sum(table) {
  const total = Number(table.dataset.total);
  if (!("total" in table.dataset)) return;
  for (const row of rowsOf(table)) {
    const place = row.querySelector("[data-sum]");
    const texts = cellsOf(row).map((cell) => cell.value);
    const found = texts.slice(1).reduce((all, text) => all + (numberIn(text) || 0), 0);
    const rest = total - found;
    const isEven = Math.abs(rest) <= 1e-6;
    place.hidden = texts.every((text) => !text.trim());
    place.className = `total ${isEven ? "even" : "uneven"}`;
    const words = isEven ? table.dataset.even : rest > 0 ? table.dataset.missing : table.dataset.over;
    place.textContent = words.replace("{total}", short(found)).replace("{rest}", short(Math.abs(rest)));
  }
}

function settle(table) {
  const isEmpty = rowsOf(table).length === 0;
  table.querySelector("table").hidden = isEmpty;
  const told = table.querySelector("[data-no-rows]");
  if (told) told.hidden = !isEmpty;
  number(table);
  sum(table);
  table.dispatchEvent(new CustomEvent("rows", { bubbles: true }));
}

function add(table) {
  const row = table.querySelector("[data-empty-row]").content.firstElementChild.cloneNode(true);
  table.querySelector("tbody").append(row);
  return row;
}

function fill(table, firstRow, firstColumn, lines) {
  lines.forEach((texts, line) => {
    const rows = rowsOf(table);
    const row = rows[firstRow + line] ?? (table.querySelector("[data-add]") ? add(table) : null);
    if (!row) return;
    const cells = cellsOf(row);
    texts.forEach((text, column) => {
      const cell = cells[firstColumn + column];
      if (cell && !cell.readOnly && !cell.disabled) cell.value = text.trim();
    });
  });
}

// Puts other rows in the place of all that are there.
export function setRows(table, rows) {
  const isFixed = !table.querySelector("[data-add]");
  if (!isFixed) table.querySelector("tbody").replaceChildren();
  fill(table, 0, 0, rows);
  settle(table);
}

function paste(table, event) {
  const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n$/, "");
  if (!/[\t\n]/.test(text)) return;
  event.preventDefault();
  const row = event.target.closest("tr");
  const lines = text.split("\n").map((line) => line.split("\t"));
  fill(table, rowsOf(table).indexOf(row), cellsOf(row).indexOf(event.target), lines);
  settle(table);
}

function remove(table, button) {
  const row = button.closest("tr");
  const near = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  settle(table);
  (near?.querySelector("input, select") ?? table.querySelector("[data-add]")).focus();
}

for (const table of document.querySelectorAll("[data-table]")) {
  const hint = table.querySelector("[data-paste-hint]");
  if (hint) hint.hidden = false;
  table.addEventListener("input", () => settle(table));
  table.addEventListener("paste", (event) => { if (event.target.matches("td input")) paste(table, event); });
  table.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add], [data-remove]");
    if (!button) return;
    event.preventDefault();
    if ("remove" in button.dataset) return remove(table, button);
    const row = add(table);
    settle(table);
    cellsOf(row)[0].focus();
  });
  number(table);
  sum(table);
}
