"""A served platform and a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from browser_visits import Visit
from served import Served, serving_platform

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a platform for all tests of a process."""
    with serving_platform(tmp_path_factory.mktemp("served")) as platform:
        yield platform


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Run Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, served: Served) -> Iterator[Visit]:
    """Return a way to open a new browser window, with nothing of another's in it.

    What the page complains of (console errors, failed requests, requests to elsewhere) fails the
    test at its end.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(*, scheme: str = "light", width: int = 1280, expected: str = "") -> Page:
        context = chromium.new_context(
            base_url=served.address,
            viewport={"width": width, "height": 850},
            color_scheme=scheme,  # type: ignore[arg-type]
            accept_downloads=True,
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        listen(page, expected)
        return page

    def listen(page: Page, expected: str) -> None:
        def complain(text: str) -> None:
            if not (expected and expected in text):
                complaints.append(text)

        page.on("console", lambda said: complain(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complain(str(error)))
        page.on(
            "request",
            lambda asked: (
                complain(f"asked {asked.url}")
                if not asked.url.startswith((served.address, "data:", "blob:", "ws://127.0.0.1"))
                else None
            ),
        )

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
