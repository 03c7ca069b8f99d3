// Shows the place under the pointer on every map whose axes are longitude and latitude.
for (const frame of document.querySelectorAll("[data-bounds]")) {
  const [west, south, east, north] = frame.dataset.bounds.split(" ").map(Number);
  const told = document.createElement("output");
  told.className = "pointer";
  told.setAttribute("aria-hidden", "true");
  frame.append(told);
  frame.addEventListener("pointermove", (event) => {
    const box = frame.getBoundingClientRect();
    const lon = west + (east - west) * (event.clientX - box.left) / box.width;
    const lat = north - (north - south) * (event.clientY - box.top) / box.height;
    told.textContent = Math.abs(lat).toFixed(1) + "°" + (lat >= 0 ? "N " : "S ")
      + Math.abs(lon).toFixed(1) + "°" + (lon >= 0 ? "E" : "W");
  });
  frame.addEventListener("pointerleave", () => { told.textContent = ""; });
}
