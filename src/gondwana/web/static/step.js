// The page of a step changes with the step: what can be done, its files and its runs are loaded
// again when it stands differently. The form is left alone, for somebody may be typing in it.

const page = document.querySelector("[data-step-page]");
let stands = JSON.stringify(JSON.parse(page.dataset.stands));

async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-refresh]")) {
    const other = fresh.getElementById(part.id);
    if (other && !part.contains(document.activeElement)) part.replaceWith(document.adoptNode(other));
  }
}

document.addEventListener("status", ({ detail }) => {
  const step = detail.steps.find((one) => one.name === page.dataset.stepPage);
  if (!step) return;
  const now = JSON.stringify([step.shown, step.attempt, step.reason]);
  if (stands !== now) refresh();
  stands = now;
});
