"""The page of a map editor, and what a person does with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr
from playwright.sync_api import Frame, Locator, Page, expect

from browser_visits import COLD


class Editor:
    """A page with a map editor, and what a person does with it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        page.goto(address)
        self.wait()

    def wait(self) -> None:
        """Wait until the map is there."""
        self.frame = self.page.frame_locator("iframe")
        self.frame.locator("html[data-ready=yes]").wait_for(state="attached", timeout=COLD)

    @property
    def inside(self) -> Frame:
        """The document of the editor."""
        return next(frame for frame in self.page.frames if "/viewer/edit" in frame.url)

    def find(self, selector: str) -> Locator:
        """Find something in the editor."""
        return self.frame.locator(selector)

    def button(self, name: str) -> Locator:
        """Find a button by its name."""
        return self.frame.get_by_role("button", name=name, exact=True)

    def tool(self, name: str) -> None:
        """Choose a tool."""
        self.find(f"[data-tool={name}]").click()

    def set(self, operation: str, value: float | None = None) -> None:
        """Fill in what is to be done."""
        self.find("#tab-change").click()
        self.find("[data-operation]").select_option(operation)
        if value is not None:
            self.find("[data-value]").fill(f"{value:g}")

    def apply(self) -> None:
        """Apply it, and wait until the list of edits has grown."""
        before = self.count("edits")
        self.find("#apply").click()
        expect(self.find("#count-edits")).to_have_text(str(before + 1))

    def count(self, name: str) -> int:
        """Read a number in the strip of panels."""
        text = self.find(f"#count-{name}").text_content() or "0"
        return int(text) if text.strip() else 0

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Place on the screen of a part of the map, from 0 to 1 rightwards and downwards."""
        box = self.find("[data-stage]").bounding_box()
        assert box is not None
        left, right, top, bottom = 60, 30, 20, 40  # axes
        return (
            box["x"] + left + x * (box["width"] - left - right),
            box["y"] + top + y * (box["height"] - top - bottom),
        )

    def on_map(self, x: float, y: float) -> tuple[float, float]:
        """Place on the screen of a longitude and latitude, or of a column and row."""
        box = self.find("[data-stage]").bounding_box()
        assert box is not None
        inside = self.inside.evaluate(
            """async ([x, y]) => {
                const view = await import("/static/editor/view.js");
                return [view.atX(x), view.atY(y)];
            }""",
            [x, y],
        )
        return box["x"] + inside[0], box["y"] + inside[1]

    def drag_to(self, *places: tuple[float, float]) -> None:
        """Press the mouse at a place of the map, move it to others, release it."""
        self._drag([self.on_map(*place) for place in places])

    def click_at(self, x: float, y: float) -> None:
        """Click a place of the map."""
        self.page.mouse.click(*self.on_map(x, y))

    def drag(self, *points: tuple[float, float]) -> None:
        """Press the mouse, move it, release it."""
        self._drag([self.at(*point) for point in points])

    def _drag(self, places: list[tuple[float, float]]) -> None:
        mouse = self.page.mouse
        mouse.move(*places[0])
        mouse.down()
        for place in places[1:]:
            mouse.move(*place, steps=4)
        mouse.up()

    def click(self, x: float, y: float) -> None:
        """Click a place of the map."""
        self.page.mouse.click(*self.at(x, y))

    def selected(self) -> Locator:
        """Return what is told of the selection."""
        return self.find("#chosen")

    def save(self, note: str) -> None:
        """Save with a note."""
        self.find("#save").click()
        self.find("#note").fill(note)
        self.find("#save-go").click()
        expect(self.find("#banner")).to_contain_text("Saved")


def write_ten_seas(path: Path) -> Path:
    """Write a planet with ten internal oceans."""
    lat, lon = np.arange(-89.0, 90.0, 2.0), np.arange(-179.0, 180.0, 2.0)
    values = 500.0 + 200.0 * np.cos(np.deg2rad(3 * lon)) * np.ones((lat.size, 1))
    values[30:52] = -3500.0  # one ocean all around
    for k in range(10):
        row, column = 62 + 3 * (k % 5), 10 + 16 * k
        values[row : row + 2, column : column + 4] = -200.0 - k
    topo = xr.DataArray(values, {"lat": lat, "lon": lon}, ("lat", "lon"), attrs={"units": "m"})
    topo.to_dataset(name="topo").to_netcdf(path)
    return path


def new_project(page: Page, path: Path, name: str) -> str:
    """Make a project of a file, and let the first step run."""
    page.goto("/projects")
    page.get_by_role("link", name="New project").first.click()
    page.wait_for_url("**/new**", wait_until="load")  # with what listens to the field
    page.locator("input[type=file]").first.set_input_files(path)
    page.get_by_label("Name", exact=True).fill(name, timeout=COLD)
    page.get_by_role("button", name="Make the project").click()
    page.wait_for_url("**/projects/*")
    expect(page.locator("[data-step=regrid] .badge")).to_have_text("up to date", timeout=COLD)
    return page.url
