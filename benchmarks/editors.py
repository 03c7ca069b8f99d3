"""The map editors in a real browser: from mouse-up to repaint, undo, first paint, ten at once.

Run ``python -m benchmarks.editors``. The platform, Chromium and all people are on this machine.
A repaint counts when the browser has drawn the frame that shows the answer, with all overlays and
counts; it is timed in the page, from the pointer's release. The first paint is timed by the browser
too, from the navigation's start to the frame that shows the map: what drives the browser looks only
now and then, and would add a tenth of a second of its own.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Frame,
    Page,
    ViewportSize,
    sync_playwright,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from benchmarks.web import report
from gondwana.science.planet import random_planet
from served import Person, Served, serving_platform

GRIDS = {"180 x 360": (1.0, 120.0, 80.0, 1.0), "1080 x 2160": (1 / 6, 300.0, 250.0, 2.0)}
"""Step in degrees; marks for repaint and undo in ms, for the first paint in s."""
ROUNDS = 30
PEOPLE = 10
PAINTS = 8
VISITS = 3
"""Visits after which a browser has kept all that it keeps."""
THINKING = 1.0
OPTIONS = ["--no-sandbox", "--disable-gpu"]
SCREEN: ViewportSize = {"width": 1400, "height": 900}

WATCH = """
() => {
  window.timings = [];
  let began = null;
  const begin = () => { began = performance.now(); };
  addEventListener("pointerup", begin, true);
  addEventListener("keydown", begin, true);
  new MutationObserver(() => {
    if (began === null) return;
    window.timings.push(performance.now() - began);
    began = null;
  }).observe(document.documentElement, { attributes: true, attributeFilter: ["data-painted"] });
}
"""

READY = """
new MutationObserver((_, watch) => {
  if (!document.documentElement.dataset.ready) return;
  window.readyAt = performance.timeOrigin + performance.now();
  watch.disconnect();
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-ready"] });
"""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="gondwana-bench-") as name:
        folder = Path(name)
        with serving_platform(folder / "served") as served:
            for grid, (step, *marks) in GRIDS.items():
                ada = Person(served.address)
                ada.register(f"Ada {step:g}")
                project = new_planet(ada, folder, step)
                measure_paint(served, ada, project, grid, marks[2])
                with browsers() as browser:
                    measure_one(served, browser, ada, project, grid, marks)
            people = [Person(served.address) for _ in range(PEOPLE)]
            projects = []
            for number, person in enumerate(people):
                person.register(f"Editor {number}")
                projects.append(new_planet(person, folder, 1.0, seed=number))
            with browsers() as browser:
                measure_many(served, browser, people, projects)


@contextmanager
def browsers() -> Iterator[Browser]:
    """Run Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=OPTIONS)
        yield browser
        browser.close()


def new_planet(person: Person, folder: Path, step: float, seed: int = 7) -> str:
    """Give somebody a project with a planet on its own grid; return where it is."""
    path = folder / f"planet {step:g} {seed}.nc"
    if not path.exists():
        random_planet(step, seed=seed, land_fraction=0.35).to_netcdf(path)
    api = f"{person.address}/api/v1"
    token = str(person.page("/account").select_one("input[name=csrf_token]")["value"])  # type: ignore[index]
    headers = {"X-CSRFToken": token}
    with path.open("rb") as file:
        made = person.post(
            f"{api}/projects",
            data={"name": f"planet {step:g}"}, files={"source": (path.name, file)},
            headers=headers, timeout=600,
        )  # fmt: skip
    if not made.ok:
        raise RuntimeError(made.text)
    project = made.json()["project"]["id"]
    answer = person.post(
        f"{api}/projects/{project}/run",
        json={"steps": ["regrid"], "parameters": {"regrid": {"resolution": "native"}}},
        headers=headers, timeout=60,
    )  # fmt: skip
    answer.raise_for_status()
    for _ in range(600):
        steps = person.get(f"{api}/projects/{project}", timeout=60).json()["steps"]
        state = next(one for one in steps if one["name"] == "regrid")
        if state["shown"] == "fresh":
            return str(project)
        time.sleep(0.1)
    raise TimeoutError(f"the working grid is not there: {state}")


def measure_paint(served: Served, person: Person, project: str, grid: str, mark: float) -> None:
    """Measure the first paint in the browser of somebody who was here before."""
    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=shutil.which("chromium"), args=OPTIONS, viewport=SCREEN
        )
        context.add_cookies(cookies(served, person))
        paints = []
        for _ in range(PAINTS + VISITS):
            paints.append(paint(served, context, project))
            time.sleep(1.0)  # in which the browser keeps what it has compiled
        report(f"{grid}: first paint, warm server", paints[VISITS:], "s", mark)
        context.close()


def paint(served: Served, context: BrowserContext, project: str, is_last: bool = False) -> float:
    """Open the editor and close it; return the seconds to its first paint."""
    page, seconds = open_editor(served, context, project)
    page.close()
    if is_last:
        context.close()
    return seconds


def cookies(served: Served, person: Person) -> list[Any]:
    """Return the cookies of somebody who is signed in."""
    return [
        {"name": name, "value": str(value), "url": served.address}
        for name, value in person.cookies.items()
    ]


def come(served: Served, browser: Browser, person: Person) -> BrowserContext:
    """Let somebody come with a browser that has never been here."""
    context = browser.new_context(viewport=SCREEN)
    context.add_cookies(cookies(served, person))
    return context


def open_editor(served: Served, context: BrowserContext, project: str) -> tuple[Page, float]:
    """Open the editor of internal oceans; return its page, and the seconds to its first paint."""
    page = context.new_page()
    page.add_init_script(READY)
    page.goto(f"{served.address}/projects/{project}/edit/internal_oceans", wait_until="commit")
    page.frame_locator("iframe").locator("html[data-ready=yes]").wait_for(state="attached")
    ready = editor_frame(page).evaluate("window.readyAt")
    return page, (ready - page.evaluate("performance.timeOrigin")) / 1000.0


def editor_frame(page: Page) -> Frame:
    """Return the frame that holds the editor."""
    return next(frame for frame in page.frames if "/viewer/edit" in frame.url)


def measure_one(
    served: Served,
    browser: Browser,
    person: Person,
    project: str,
    grid: str,
    marks: Sequence[float],
) -> None:
    """Measure one person's work on one planet."""
    report(
        f"{grid}: first paint, nothing cached",
        [
            paint(served, come(served, browser, person), project, is_last=True)
            for _ in range(PAINTS + 1)
        ][1:],
        "s", marks[2],
    )  # fmt: skip
    page, _ = open_editor(served, come(served, browser, person), project)
    for tool in ("box", "lasso", "brush"):
        times = edit_with(page, tool, ROUNDS)
        report(f"{grid}: {tool}, mouse-up to repaint", times, "ms", marks[0])
    report(f"{grid}: undo", undone(page, ROUNDS), "ms", marks[1])
    page.context.close()


def arm(page: Page, tool: str) -> None:
    """Choose a tool and let each stroke be applied at once."""
    frame = page.frame_locator("iframe")
    frame.locator(f"[data-tool={tool}]").click()
    frame.locator("[data-operation]").select_option("set")
    frame.locator("[data-at-once]").set_checked(True)


def edit_with(page: Page, tool: str, rounds: int) -> list[float]:
    """Draw with a tool, each stroke applied at once; return milliseconds."""
    arm(page, tool)
    editor_frame(page).evaluate(WATCH)
    return [one for number in range(rounds) for one in stroke(page, tool, number)]


def stroke(page: Page, tool: str, number: int) -> list[float]:
    """Draw once; return how long the repaint took."""
    before = len(editor_frame(page).evaluate("timings"))
    draw(page, tool, number)
    return waited(page, before)


def draw(page: Page, tool: str, number: int) -> None:
    """Draw once, and do not wait."""
    page.frame_locator("iframe").locator("[data-value]").fill(str(-500 if number % 2 else 700))
    box = page.frame_locator("iframe").locator("[data-stage]").bounding_box()
    if box is None:
        raise RuntimeError("there is no map")
    random = np.random.default_rng(number)
    x, y = (
        box["x"] + box["width"] * random.uniform(0.15, 0.7),
        box["y"] + box["height"] * random.uniform(0.2, 0.7),
    )
    page.mouse.move(x, y)
    page.mouse.down()
    for angle in np.linspace(0, 5.5, 12) if tool == "lasso" else (0.3, 0.5):
        page.mouse.move(x + 40 * np.cos(angle), y + 30 * np.sin(angle))
    page.mouse.up()


def waited(page: Page, before: int) -> list[float]:
    """Return the timings that came since, as soon as there is one."""
    for _ in range(2000):
        timings: list[float] = editor_frame(page).evaluate("timings")
        if len(timings) > before:
            return timings[before:]
        page.wait_for_timeout(5)
    raise TimeoutError("nothing was painted")


def undone(page: Page, rounds: int) -> list[float]:
    """Undo by keyboard; return milliseconds."""
    times = []
    page.frame_locator("iframe").locator("[data-stage]").focus()
    for _ in range(rounds):
        before = len(editor_frame(page).evaluate("timings"))
        page.keyboard.press("Control+z")
        times += waited(page, before)[:1]
    return times


def measure_many(
    served: Served, browser: Browser, people: list[Person], projects: list[str]
) -> None:
    """Let each of ten people draw once a second, at a moment of their own."""
    pages = [
        open_editor(served, come(served, browser, person), project)[0]
        for person, project in zip(people, projects, strict=True)
    ]
    for page in pages:
        arm(page, "box")
        editor_frame(page).evaluate(WATCH)
    random = np.random.default_rng(1)
    for number in range(ROUNDS):
        began = time.perf_counter()
        moments = random.uniform(0, THINKING, len(pages))
        for at in np.argsort(moments):
            pages[at].wait_for_timeout(
                max(0.0, 1000 * (moments[at] - (time.perf_counter() - began)))
            )
            draw(pages[at], "box", number)
    for page in pages:
        waited(page, ROUNDS - 1)
    times = [one for page in pages for one in editor_frame(page).evaluate("timings")]
    report(f"{PEOPLE} people at once, 180 x 360: mouse-up to repaint", times, "ms", 400.0)
    print(f"{len(times)} repaints of {PEOPLE * ROUNDS} strokes")


if __name__ == "__main__":
    main()
