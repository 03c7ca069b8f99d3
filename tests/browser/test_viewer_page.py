"""The map viewer as a person uses it: by mouse and by keyboard."""

from __future__ import annotations

import re

from playwright.sync_api import FrameLocator, Page, expect

from browser_visits import Visit, new_name, register


def opened(page: Page) -> FrameLocator:
    """Open the topography of the example in the viewer."""
    register(page, new_name("Vic"))
    page.get_by_role("link", name=re.compile("example")).last.click()
    badge = page.locator("[data-step=internal_oceans] .badge", has_text="up to date")
    badge.wait_for(timeout=60_000)
    page.goto(f"{page.url}/files/topography/map")
    page.locator("iframe.viewer:not(.arriving)").wait_for(timeout=60_000)
    return page.frame_locator("iframe.viewer")


def test_a_map_is_looked_at_from_all_sides(visit: Visit) -> None:
    page = visit()
    viewer = opened(page)
    plot = viewer.locator(".bk-Figure").first
    box = plot.bounding_box()
    assert box is not None
    here = (box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.5)
    page.mouse.move(*here)
    expect(viewer.get_by_text(re.compile(r"\d+(\.\d+)?°[NS]")).first).to_be_visible()
    expect(viewer.get_by_text(re.compile(r"[−-]?[\d\s., ]+ m")).first).to_be_visible()

    page.mouse.click(*here)
    expect(viewer.get_by_text("Click the other end.")).to_be_visible()
    page.mouse.click(here[0] + 120, here[1] - 40)
    expect(viewer.locator("#unline")).to_be_visible()
    expect(viewer.locator(".bk-Figure").nth(1)).to_be_visible()

    viewer.get_by_label("Projection").select_option("Mollweide")
    expect(viewer.get_by_text("Click two places for a profile between them.")).to_be_visible()
    viewer.get_by_label("Colours", exact=True).select_option(index=2)
    viewer.get_by_label("Lower limit").fill("-1000")
    viewer.get_by_label("Lower limit").press("Enter")
    viewer.get_by_label("Symmetric limits").check()
    viewer.get_by_label("Coast").uncheck()
