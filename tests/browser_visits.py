"""How people come to the platform in a browser."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

from playwright.sync_api import Page, expect

from served import PASSWORD
from support import shared_file

PICTURES = Path(os.environ.get("GONDWANA_SCREENSHOTS", ".screenshots"))
"""Where screenshots are written on each run."""

COLD = 60_000
"""Milliseconds for what a machine does for the first time, kernels being compiled."""

TOPOGRAPHY = "topography_60Ma_1deg.nc"
Visit = Callable[..., Page]

_number = count(1)


def new_name(stem: str) -> str:
    """Return a name of a user that nobody has."""
    return f"{stem} {next(_number)}-{os.getpid()}"


def register(page: Page, name: str) -> None:
    """Make an account as a person does, and leave the guided tour aside."""
    page.goto("/")
    page.evaluate("localStorage.setItem('tour', 'projects workflow')")
    page.get_by_role("link", name="Make an account").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Make an account").click()
    page.wait_for_url("**/projects*")


def upload(page: Page, name: str) -> str:
    """Make a project from the 60 Ma topography; return where its page is."""
    page.goto("/projects")
    page.get_by_role("link", name="New project").first.click()
    page.wait_for_url("**/new**", wait_until="load")  # with what listens to the field
    page.locator("input[type=file]").first.set_input_files(shared_file(TOPOGRAPHY))
    expect(page.get_by_text("180 x 360").or_(page.get_by_text("180 × 360")).first).to_be_visible(
        timeout=COLD
    )
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Make the project").click()
    page.wait_for_url("**/projects/*")
    return page.url


def run_everything(page: Page) -> None:
    """Ask for all steps and watch the graph turn, without loading the page again."""
    page.evaluate("window.stays = true")
    page.get_by_role("button", name="Run everything").click()
    for step in ("routing", "pft", "bathymetry", "sub_basins", "heatflow"):
        badge = page.locator(f"[data-step={step}] .badge")
        expect(badge).to_have_text("up to date", timeout=COLD)
