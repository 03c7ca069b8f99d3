// Offers names while somebody types the beginning of one.

const list = document.getElementById("people");
let latest = 0;

async function offer(beginning) {
  const number = ++latest;
  if (beginning.length < 2) return;
  const answer = await fetch(`${list.dataset.people}?beginning=${encodeURIComponent(beginning)}`);
  if (!answer.ok || number !== latest) return;
  const names = await answer.json();
  list.replaceChildren(...names.map((name) => Object.assign(document.createElement("option"), { value: name })));
}

for (const field of document.querySelectorAll("[list=people]")) {
  field.addEventListener("input", () => offer(field.value.trim()));
}
