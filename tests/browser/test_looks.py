"""Every page, light and dark, wide and narrow: it fits, anybody can use it, and it is drawn.

The screenshots are written to the folder ``.screenshots`` (or GONDWANA_SCREENSHOTS), to be looked
at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from browser_visits import PICTURES, Visit, new_name, register
from private_rabbitmq import eventually
from served import Served

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}

OUTSIDE = {"welcome": "/", "sign-in": "/sign-in", "register": "/register"}
INSIDE = {
    "projects": "/projects",
    "deleted": "/projects?scope=deleted",
    "new-project": "/projects/new",
    "account": "/account",
    "help": "/help",
    "glossary": "/help/glossary",
    "fields": "/help/fields",
    "api": "/help/api",
    "missing": "/nonsense",
}
OF_PROJECT = {
    "workflow": "",
    "settings": "/settings",
    "step-routing": "/steps/routing",
    "step-pft": "/steps/pft",
    "step-regrid": "/steps/regrid",
    "step-passages": "/steps/passage_problems",
    "files": "/files",
    "file": "/files/routing",
    "map": "/files/topography/map",
    "compare": "/compare",
    "report": "/report",
    "history": "/history",
    "share": "/share",
}
OF_ADMIN = {
    "admin": "/admin",
    "admin-users": "/admin/users",
    "admin-runs": "/admin/runs",
    "admin-upkeep": "/admin/upkeep",
}
LOOKS = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]


@pytest.fixture(scope="module")
def example(chromium: Browser, served: Served) -> Iterator[tuple[dict[str, object], str]]:
    """Return the state of a browser of a new user, and where their finished example is."""
    context = chromium.new_context(base_url=served.address)
    page = context.new_page()
    register(page, new_name("Grace"))
    link = page.get_by_role("link", name=re.compile("example"))
    expect(link.first).to_be_visible(timeout=60_000)
    link.first.click()
    page.wait_for_url(re.compile("/projects/[0-9a-f]{32}"))
    project = page.url.removeprefix(served.address)
    yield dict(context.storage_state()), project
    context.close()


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_pages_outside(visit: Visit, scheme: str, width: int) -> None:
    page = visit(scheme=scheme, width=width)
    assert [told for name, path in OUTSIDE.items() for told in look(page, name, path)] == []


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_pages_inside(
    visit: Visit, example: tuple[dict[str, object], str], scheme: str, width: int
) -> None:
    state, project = example
    page = visit(scheme=scheme, width=width, expected="404")
    page.context.add_cookies(state["cookies"])  # type: ignore[arg-type]
    page.goto("/")
    page.evaluate("localStorage.setItem('tour', 'projects workflow')")
    paths = INSIDE | {name: project + path for name, path in OF_PROJECT.items()}
    assert [told for name, path in paths.items() for told in look(page, name, path)] == []


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_pages_of_an_administrator(
    visit: Visit, administrator: list[object], scheme: str, width: int
) -> None:
    page = visit(scheme=scheme, width=width)
    page.context.add_cookies(administrator)  # type: ignore[arg-type]
    assert [told for name, path in OF_ADMIN.items() for told in look(page, name, path)] == []


@pytest.fixture(scope="module")
def administrator(chromium: Browser, served: Served) -> list[object]:
    """Return the cookies of the user of this machine; the link lets them in once."""
    context = chromium.new_context(base_url=served.address)
    page = context.new_page()
    page.goto(served.entrance)
    page.wait_for_url("**/projects*")
    cookies = list(context.cookies())
    context.close()
    return cookies


def look(page: Page, name: str, path: str) -> list[str]:
    """Open a page, write its picture, and tell what does not fit or keeps anybody from using it."""
    page.goto(path)
    page.wait_for_load_state("load")
    settled(page)
    PICTURES.mkdir(parents=True, exist_ok=True)
    scheme = (
        "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"
    )
    width = page.evaluate("innerWidth")
    page.screenshot(path=PICTURES / f"{name}-{scheme}-{width}.png", full_page=True)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    found = Axe().run(page, options=OPTIONS)
    return [
        *([f"{name} is {wide} pixels too wide"] if wide > 0 else []),
        *(
            f"{name}: {broken['id']}: {node['target']} {node.get('failureSummary', '')}"
            for broken in found.response["violations"]
            for node in broken["nodes"]
        ),
    ]


def settled(page: Page) -> None:
    """Wait until pictures are there and nothing moves."""
    eventually(
        lambda: page.evaluate(
            "[...document.images].every(image => image.complete || image.loading === 'lazy')"
            " && document.getAnimations().every(one => one.playState !== 'running'"
            " || one.effect?.getTiming().iterations === Infinity)"
        )
    )
