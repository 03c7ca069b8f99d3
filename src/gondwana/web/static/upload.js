// Sends a file as soon as it is dropped or chosen, shows how far it is, and can be cancelled.

const OFTEN = 100; // milliseconds between two words about how far it is

function sized(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let power = 0;
  let value = bytes;
  while (value >= 1000 && power < units.length - 1) { value /= 1000; power += 1; }
  return `${value.toFixed(power && value < 100 ? 1 : 0)} ${units[power]}`;
}

function told(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

class Sending {
  constructor(form) {
    this.form = form;
    this.field = form.querySelector("input[type=file]");
    this.drop = form.querySelector("[data-drop]");
    this.card = form.querySelector("[data-sending]");
    this.bar = form.querySelector("[data-progress]");
    this.far = form.querySelector("[data-far]");
    this.said = form.querySelector("[data-said]");
    this.error = form.querySelector("#file-error");
    this.texts = JSON.parse(form.querySelector("[data-texts]").textContent);
    this.request = null;
  }

  begin() {
    this.form.classList.add("alive");
    this.form.querySelector("[data-can-drop]").hidden = false;
    this.form.querySelector("[data-send]").hidden = true;
    this.field.addEventListener("change", () => this.take(this.field.files));
    this.drop.addEventListener("click", (event) => {
      if (!event.target.closest("label, input, button")) this.field.click();
    });
    this.form.querySelector("[data-cancel]").addEventListener("click", () => this.request?.abort());
    // a file that misses the mark must not take the place of the page
    for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
      document.addEventListener(name, (event) => this.dragged(event));
    }
    addEventListener("pageshow", () => this.rest());
  }

  dragged(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    const inside = event.type !== "dragleave" || event.relatedTarget !== null;
    this.drop.classList.toggle("over", inside && event.type !== "drop");
    if (event.type === "drop" && !this.request) this.take(event.dataTransfer.files);
  }

  take(files) {
    if (!files.length) return;
    const [file] = files;
    const largest = Number(this.form.dataset.largest);
    if (files.length > 1) this.refuse(this.texts.one);
    else if (!file.size) this.refuse(this.texts.empty);
    else if (largest && file.size > largest) {
      this.refuse(told(this.texts.large, { size: sized(file.size), largest: sized(largest) }));
    } else this.send(file);
  }

  send(file) {
    this.error.hidden = true;
    this.field.removeAttribute("aria-invalid");
    this.drop.hidden = true;
    this.card.hidden = false;
    this.card.querySelector("[data-name]").textContent = file.name;
    this.said.textContent = told(this.texts.sending, { name: file.name });
    this.show(0, file.size);
    this.card.querySelector("[data-cancel]").focus();
    const began = performance.now();
    let last = began;
    const request = new XMLHttpRequest();
    this.request = request;
    request.open("POST", `${this.form.action}?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-CSRFToken", this.form.elements.csrf_token.value);
    request.upload.addEventListener("progress", (event) => {
      const now = performance.now();
      if (now - last < OFTEN && event.loaded < event.total) return;
      last = now;
      this.show(event.loaded, event.total, (now - began) / 1000);
    });
    request.upload.addEventListener("load", () => {
      this.bar.removeAttribute("value");
      this.far.textContent = this.texts.looking;
      this.said.textContent = this.texts.looking;
    });
    request.addEventListener("load", () => this.answered(request));
    request.addEventListener("error", () => this.refuse(this.texts.broken));
    request.addEventListener("abort", () => this.refuse(this.texts.cancelled, true));
    request.send(file);
  }

  show(sent, whole, seconds = 0) {
    this.bar.value = whole ? sent / whole : 0;
    const parts = [told(this.texts.far, { sent: sized(sent), whole: sized(whole) })];
    if (seconds > 1 && sent) {
      parts.push(`${sized(sent / seconds)}/s`);
      parts.push(told(this.texts.left, { seconds: Math.ceil((whole - sent) / (sent / seconds)) }));
    }
    this.far.textContent = parts.join(" · ");
  }

  answered(request) {
    let answer = {};
    try { answer = JSON.parse(request.responseText); } catch { /* a page, which tells it to itself */ }
    if (request.status === 200 && answer.address) location.assign(answer.address);
    else this.refuse(typeof answer.error === "string" ? answer.error : told(this.texts.refused, { status: request.status }));
  }

  refuse(text, calmly = false) {
    this.rest();
    this.error.hidden = false;
    this.error.classList.toggle("calm", calmly);
    this.error.querySelector("[data-error]").textContent = text;
    if (!calmly) this.field.setAttribute("aria-invalid", "true");
    this.field.setAttribute("aria-describedby", "file-help file-error");
    this.field.focus();
  }

  rest() {
    this.request = null;
    this.field.value = "";
    this.card.hidden = true;
    this.drop.hidden = false;
  }
}

for (const form of document.querySelectorAll("form[data-upload]")) new Sending(form).begin();
