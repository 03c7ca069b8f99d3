"""``gondwana serve`` as a process, and people who come to it over HTTP."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import requests
from bs4 import BeautifulSoup

PASSWORD = "granite and gneiss"  # noqa: S105 - of the tests alone


@dataclass(frozen=True)
class Served:
    """A platform that is served.

    Attributes
    ----------
    address : str
        Where its pages are.
    entrance : str
        The link by which the user of this machine comes in, once.
    folder : Path
        Where it keeps everything.
    process : int
    """

    address: str
    entrance: str
    folder: Path
    process: int


@contextmanager
def serving_platform(folder: Path, *options: str) -> Iterator[Served]:
    """Serve a platform on any free port until the block ends."""
    command = [sys.executable, "-m", "gondwana.cli.main", "serve", "--data-folder", str(folder)]
    process = subprocess.Popen(
        [*command, "--port", "0", "--jobs", "1", *options], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C" in line:
            break
    drain = Thread(target=process.stdout.read, daemon=True)
    drain.start()
    try:
        link = re.search(r"http://\S+/enter\?key=\S+", said)
        assert link is not None, said
        yield Served(link[0].partition("/enter")[0], link[0], folder, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)
        drain.join(timeout=5)
        process.stdout.close()


class Person(requests.Session):
    """Somebody with a browser that knows no scripts."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address

    def page(self, path: str) -> BeautifulSoup:
        """Open a page."""
        answer = self.get(self.address + path, timeout=60)
        assert answer.ok, (path, answer.status_code, answer.text[:500])
        return BeautifulSoup(answer.text, "html.parser")

    def fill_in(self, path: str, form: str, **values: object) -> requests.Response:
        """Open a page and send the form on it that leads somewhere, with what it holds already."""
        page = self.page(path)
        found = page.find("form", action=re.compile(f"{form}$")) if form else page.find("form")
        assert found is not None, f"no form {form} on {path}"
        held = {
            str(field["name"]): str(field.get("value", ""))
            for field in found.find_all("input")
            if field.get("name") and field.get("type") not in ("checkbox", "file", "submit")
        }
        target = str(found.get("action") or path)
        return self.post(self.address + target, data=held | values, timeout=60)

    def register(self, name: str) -> None:
        """Make an account and be signed in."""
        answer = self.fill_in("/register", "", name=name, password=PASSWORD)
        assert answer.ok, answer.text[:500]
        assert answer.url.startswith(f"{self.address}/projects"), answer.text[:2000]
