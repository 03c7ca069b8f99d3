"""How people come to the platform in a browser."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

from playwright.sync_api import Page

from served import PASSWORD

PICTURES = Path(os.environ.get("GONDWANA_SCREENSHOTS", ".screenshots"))
"""Where screenshots are written on each run."""

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
