"""The platform in the browser: pages under load, the start, live status, uploads, bytes.

Run ``python -m benchmarks.web``. Everything is on this machine: `gondwana serve` with SQLite, and
whoever asks, on the same processors. The browser is Debian's Chromium.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path
from statistics import median

import numpy as np
import psutil
import requests
import xarray as xr
from playwright.sync_api import Page, sync_playwright
from tornado.httpclient import AsyncHTTPClient

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from served import Person, Served, serving_platform

PEOPLE = 50
VISITS = 20
THINKING = 1.0
STARTS = 5
CHANGES = 20
MEGABYTES = 200


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="gondwana-bench-") as name:
        folder = Path(name)
        measure_start(folder / "start")
        with serving_platform(folder / "served") as served:
            ada = Person(served.address)
            ada.register("Ada")
            project = example_of(ada)
            measure_pages(served, ada, project)
            measure_upload(served, ada, folder)
            measure_browser(served, ada, project)


def measure_start(folder: Path) -> None:
    """Tell how long it takes from the command to the first page."""
    times = []
    for _ in range(STARTS + 1):
        began = time.perf_counter()
        with serving_platform(folder) as served:
            requests.get(served.address, timeout=10).raise_for_status()
            times.append(time.perf_counter() - began)
    report("gondwana serve to the first page (warm)", times[1:], "s", 3.0)


def example_of(person: Person) -> str:
    """Return where the finished example of somebody is."""
    for _ in range(120):
        link = person.page("/projects").select_one(".project h2 a")
        if link is not None:
            path = str(link["href"])
            page = person.page(path)
            if not page.select(".badge.running, .badge.queued"):
                return path
        time.sleep(0.5)
    raise TimeoutError("there is no example project")


def measure_pages(served: Served, person: Person, project: str) -> None:
    """Let many people read, each with a second between two pages, and tell how long they wait."""
    paths = [
        "/projects", project, f"{project}/steps/routing", f"{project}/steps/pft",
        f"{project}/files", f"{project}/files/routing", f"{project}/history", f"{project}/share",
        f"{project}/compare", "/account", "/help", "/help/glossary",
    ]  # fmt: skip
    cookie = "; ".join(f"{name}={value}" for name, value in person.cookies.items())
    for path in paths:  # templates are compiled, children are warm
        person.page(path)
    times = asyncio.run(_browse(served.address, paths, cookie))
    report(f"pages with {PEOPLE} people ({len(times) / (VISITS * THINKING):.0f} a second)",
           [1000 * one for one in times], "ms", 150.0)  # fmt: skip


async def _browse(address: str, paths: list[str], cookie: str) -> list[float]:
    AsyncHTTPClient.configure(None, max_clients=2 * PEOPLE)
    client = AsyncHTTPClient()
    times: list[float] = []

    async def person(number: int) -> None:
        random = np.random.default_rng(number)
        await asyncio.sleep(random.uniform(0, THINKING))
        for k in range(VISITS):
            path = paths[(number + k) % len(paths)]
            began = time.perf_counter()
            await client.fetch(address + path, headers={"Cookie": cookie}, request_timeout=60)
            times.append(time.perf_counter() - began)
            await asyncio.sleep(random.uniform(0.5, 1.5) * THINKING)

    await asyncio.gather(*(person(number) for number in range(PEOPLE)))
    return times


def measure_upload(served: Served, person: Person, folder: Path) -> None:
    """Send a large topography, and tell by how much the server's process grows."""
    path = folder / "large.nc"
    large_topography(path)
    process = psutil.Process(served.process)
    idle, most, done = process.memory_info().rss, [0], threading.Event()

    def look() -> None:
        while not done.wait(0.01):
            most[0] = max(most[0], process.memory_info().rss)

    watch = threading.Thread(target=look)
    watch.start()
    token = str(person.page("/projects/new").select_one("input[name=csrf_token]")["value"])  # type: ignore[index]
    began = time.perf_counter()
    with path.open("rb") as file:
        answer = requests.post(
            f"{served.address}/api/v1/offers",
            params={"name": "large.nc", "kind": "source"},
            data=file,
            headers={"X-CSRFToken": token},
            cookies=person.cookies.get_dict(),
            timeout=600,
        )
    seconds = time.perf_counter() - began
    done.set()
    watch.join()
    answer.raise_for_status()
    size = path.stat().st_size / 1e6
    grown = (most[0] - idle) / 1e6
    print(f"upload of {size:.0f} MB: +{grown:.0f} MB at most [100], {seconds:.1f} s with its check")


def large_topography(path: Path) -> None:
    """Write a topography of about 200 MB."""
    rows = int((MEGABYTES * 1e6 / 4 / 2) ** 0.5)
    lat = np.linspace(-90, 90, 2 * rows + 1)[1::2]
    lon = np.linspace(-180, 180, 4 * rows + 1)[1::2]
    topo = np.full((rows, 2 * rows), -4000.0, np.float32)
    topo[rows // 3 : rows // 2, rows // 2 : rows] = 500.0
    data = xr.Dataset({"topo": (("lat", "lon"), topo, {"units": "m"})}, {"lat": lat, "lon": lon})
    data["lat"].attrs["units"], data["lon"].attrs["units"] = "degrees_north", "degrees_east"
    data.to_netcdf(path, engine="netcdf4", format="NETCDF3_64BIT")


PAINTED = """
(step) => {
  window.painted = [];
  const badge = document.querySelector(`[data-step="${step}"] .badge`);
  new MutationObserver(() => {
    const text = badge.textContent;
    const note = () => window.painted.push([text, Date.now()]);
    requestAnimationFrame(() => requestAnimationFrame(note));
  }).observe(badge, { childList: true, characterData: true, subtree: true, attributes: true });
}
"""


def measure_browser(served: Served, person: Person, project: str) -> None:
    """Measure what a browser sees."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        measure_bytes(page, served)
        page.context.add_cookies(
            [{"name": name, "value": value, "url": served.address}
             for name, value in person.cookies.items()]
        )  # fmt: skip
        measure_live(page, served, person, project)
        browser.close()


def measure_bytes(page: Page, served: Served) -> None:
    """Tell how much the start page transfers, and from where."""
    sizes: list[int] = []
    strangers: list[str] = []

    def count(request: object) -> None:
        told = request.sizes()  # type: ignore[attr-defined]
        sizes.append(told["responseBodySize"] + told["responseHeadersSize"])
        if not request.url.startswith(served.address):  # type: ignore[attr-defined]
            strangers.append(request.url)  # type: ignore[attr-defined]

    page.on("requestfinished", count)
    page.goto(served.address)
    page.wait_for_load_state("networkidle")
    page.remove_listener("requestfinished", count)
    print(f"start page: {sum(sizes) / 1e3:.0f} kB in {len(sizes)} requests [150],"
          f" {len(strangers)} to elsewhere [0]")  # fmt: skip


def measure_live(page: Page, served: Served, person: Person, project: str) -> None:
    """Tell how long it takes from the end of a run in the database to its word on the screen."""
    page.goto(served.address + project)
    page.evaluate("localStorage.setItem('tour', 'projects workflow')")
    page.reload()
    page.evaluate(PAINTED, "routing")
    api = f"{served.address}/api/v1{project}"
    token = str(person.page("/account").select_one("input[name=csrf_token]")["value"])  # type: ignore[index]
    headers = {"X-CSRFToken": token}
    times = []
    for number in range(CHANGES):
        person.post(f"{api}/run", json=changed(number), headers=headers, timeout=30)
        page.wait_for_function(
            "n => window.painted.filter(one => one[0] === 'up to date').length > n", arg=number
        )
        runs = person.get(f"{api}/runs?step=routing", timeout=30).json()
        ended = datetime.fromisoformat(runs[0]["finished"])
        shown = [at for text, at in page.evaluate("window.painted") if text == "up to date"][number]
        times.append(shown - 1000 * ended.timestamp())
    report("a run that is done to its word on the screen", times, "ms", 500.0)


def changed(number: int) -> dict[str, object]:
    """Return a request that makes the rivers run again."""
    return {"steps": ["routing"], "parameters": {"routing": {"river_mouths": 100 + number}}}


def report(what: str, values: list[float], unit: str, target: float) -> None:
    """Print median and 95th percentile."""
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    print(f"{what}: p50 {median(ordered):.3g}, p95 {p95:.3g} {unit} [{target:g}]")


if __name__ == "__main__":
    main()
