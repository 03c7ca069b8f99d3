"""The job of a person in the other browser that people have."""

from __future__ import annotations

import json
from pathlib import Path

from browser_visits import PICTURES, new_name
from firefox import Firefox, firefox
from served import PASSWORD, Served
from support import shared_file

FRAME = "document.querySelector('iframe')"
INSIDE = f"{FRAME}.contentDocument"
STEPS = ("routing", "pft", "bathymetry", "sub_basins", "heatflow")


def test_the_job_in_firefox(served: Served, tmp_path: Path) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with firefox(tmp_path) as window:
        window.go(f"{served.address}/register")
        window.evaluate("localStorage.setItem('tour', 'projects workflow')")
        window.fill("#name", new_name("Fay"))
        window.fill("#password", PASSWORD)
        window.click("main form button")
        window.sees("location.pathname === '/projects'")

        project = upload(window, served)
        window.sees("document.querySelector('[data-line]').textContent.startsWith('Live')")
        window.sees(
            "document.querySelector('[data-step=regrid] .badge').textContent === 'up to date'"
        )
        window.evaluate("window.stays = true")
        window.click("form[action$='/run'] button")
        window.sees("document.readyState === 'complete' && !window.stays")
        for step in STEPS:
            badge = f"document.querySelector('[data-step={step}] .badge').textContent"
            window.sees(f"{badge} === 'up to date'")
        window.picture(PICTURES / "workflow-firefox.png")

        edit_vegetation(window, project)
        edit_on_the_map(window, project)
        window.go(f"{project}/files/topography/map")
        window.sees("document.querySelector('iframe.viewer:not(.arriving)') !== null")
        window.picture(PICTURES / "map-firefox.png")
        window.go(project)
        size = "(await (await fetch(location.pathname + '/archive.zip')).blob()).size"
        assert window.evaluate(f"(async () => {size})()") > 1_000_000
        assert window.complaints == []


def upload(window: Firefox, served: Served) -> str:
    """Make a project from the 60 Ma topography; return where it is."""
    window.go(f"{served.address}/projects/new")
    window.choose_file("input[type=file]", shared_file("topography_60Ma_1deg.nc"))
    window.sees("/\\/projects\\/new\\/./.test(location.pathname)")
    window.sees("document.querySelector('#name') !== null")
    window.fill("#name", "Paleocene")
    window.click("form[action*='/projects/new/'] button.main")
    window.sees("/^\\/projects\\/[0-9a-f]{32}$/.test(location.pathname)")
    return str(window.evaluate("location.href"))


def edit_on_the_map(window: Firefox, project: str) -> None:
    """Raise what is drawn around, undo, redo, save; look at what is kept."""
    window.go(f"{project}/edit/internal_oceans")
    window.sees(f"{INSIDE}?.documentElement.dataset.ready === 'yes'")
    click_inside(window, "[data-tool=box]")
    window.drag((500, 300), (560, 330), (600, 360))
    window.sees(f"{INSIDE}.querySelector('#chosen').textContent.includes('cells')")
    operation = f"{INSIDE}.querySelector('#operation')"
    window.evaluate(
        f"{operation}.value = 'add'; {operation}.dispatchEvent(new Event('change', {{bubbles: 1}}))"
    )
    click_inside(window, "#value")
    for key in "120":
        window.press(key)
    click_inside(window, "#apply")
    edits = f"{INSIDE}.querySelector('#count-edits').textContent"
    window.sees(f"{edits} === '1'")
    click_inside(window, "#undo")
    window.sees(f"{edits} === '0'")
    click_inside(window, "#redo")
    window.sees(f"{edits} === '1'")
    window.picture(PICTURES / "editor-firefox.png")
    click_inside(window, "#save")
    window.sees(f"{INSIDE}.querySelector('#save-dialog').open")
    click_inside(window, "#save-go")
    window.sees(f"{INSIDE}.querySelector('#banner').textContent.startsWith('Saved')")
    window.go(f"{project}/edit/internal_oceans")
    window.sees(f"{INSIDE}?.documentElement.dataset.ready === 'yes'")
    window.sees(f"{edits} === '1'")
    window.go(f"{project}/steps/internal_oceans")
    window.sees("document.querySelector('#edits').textContent.includes('120')")


def click_inside(window: Firefox, selector: str) -> None:
    """Click in the middle of something in the frame."""
    found = window.evaluate(f"""(() => {{
        const element = {INSIDE}.querySelector({json.dumps(selector)});
        element.scrollIntoView({{block: "nearest"}});
        const outer = {FRAME}.getBoundingClientRect(), inner = element.getBoundingClientRect();
        const x = outer.x + inner.x + inner.width / 2, y = outer.y + inner.y + inner.height / 2;
        return JSON.stringify([x, y]);
    }})()""")
    window.drag(json.loads(str(found)))


def edit_vegetation(window: Firefox, project: str) -> None:
    """Type another share into the table, and see the sum of its row change."""
    window.go(f"{project}/steps/pft")
    cell = "table tbody tr:first-child td:nth-of-type(2) input"
    window.fill(cell, "5")
    window.sees("document.querySelector('table tbody tr').textContent.includes('105')")
