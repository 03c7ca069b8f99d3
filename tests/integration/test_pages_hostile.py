"""Pages before people who mean no good: scripts in names, paths in file names, headers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from gondwana.services import sharing
from gondwana.storage.words import Access
from services_world import globe, netcdf, upload
from web_world import Site, sqlite_place

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
SHORT = "<b onclick=alert(3)>\"'"


@pytest.fixture
def site(newest_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with sqlite_place(newest_sqlite, tmp_path, monkeypatch) as place:
        yield Site(place, tmp_path)


def scripts(text: str) -> list[str]:
    """Return what a browser would execute of a page, but for files of ours."""
    page = BeautifulSoup(text, "html.parser")
    found = []
    for tag in page.find_all(True):
        is_script = tag.name == "script" and not tag.get("src")
        if is_script and tag.get("type") != "application/json":
            found.append(tag.name)
        found += [name for name in tag.attrs if name.startswith("on")]
        found += [str(value) for value in tag.attrs.values() if "javascript:" in str(value).lower()]
    return found


def test_names_are_text_wherever_they_stand(site: Site) -> None:
    place = site.place
    evil = place.actor("Eve " + SHORT)
    data = globe()
    data.attrs["title"] = data["topo"].attrs["long_name"] = EVIL
    source = upload(netcdf(data), name=SHORT + ".nc")
    project = place.make(evil, SHORT, files={"source": source}, info=EVIL)
    sharing.share(place.platform, evil, project.id, "Ada", Access.EDIT)
    ada = site.browser("Ada")
    base = f"/projects/{project.id}"
    for path in (
        "/projects", f"/projects?search={EVIL}", base, f"{base}/next", f"{base}/settings",
        f"{base}/files", f"{base}/files/source", f"{base}/files/source/map", f"{base}/history",
        f"{base}/share", f"{base}/compare", f"{base}/report", f"{base}/steps/regrid",
        f"/sign-in?next={EVIL}", f"/register?invitation={EVIL}", f"/nonsense{EVIL}",
    ):  # fmt: skip
        answer = ada.get(path)
        assert answer.status_code in (200, 302, 403, 404), path
        assert scripts(answer.text) == [], path
    assert "&lt;b onclick" in ada.get(base).text
    assert "&lt;script&gt;alert(1)" in ada.get(f"{base}/files/source").text


def test_a_script_that_is_found() -> None:
    assert scripts('<script>x</script><p onclick="y">') == ["script", "onclick"]
    assert scripts('<a href="JavaScript:alert(1)">') == ["JavaScript:alert(1)"]
    assert scripts('<script src="/a.js"></script><script type="application/json">1</script>') == []


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..\\..\\x.nc", "a\r\nX-Evil: 1.nc", "\u202ecn.exe", ".hidden", ""]
)
def test_file_names_lead_nowhere(site: Site, name: str) -> None:
    ada = site.browser("Ada")
    token = ada.token("/projects/new")
    form = {"csrf_token": token, "file": (BytesIO(netcdf(globe())), name or "x.nc")}
    sent = ada.client.post("/projects/new", data=form)
    if sent.status_code == 400:  # the header of the part was torn
        assert "\n" in name
        return
    offered = sent.headers["Location"]
    made = ada.send(offered, offered, name="Eocene")
    project = made.headers["Location"]
    answer = ada.get(f"{project}/files/source/download")
    assert answer.status_code == 200
    told = answer.headers["Content-Disposition"]
    assert re.fullmatch(r"attachment; filename=\"?[\w.-]+\"?", told), told
    assert "X-Evil" not in answer.headers
    assert not set("/\\\r\n\u202e") & set(ada.page(project).select_one("h1 + p").text.strip())  # type: ignore[union-attr]


def test_files_of_people_are_downloads_and_never_pages(site: Site) -> None:
    ada = site.browser("Ada")
    project = site.place.make(site.place.ada)
    answer = ada.get(f"/projects/{project.id}/files/source/download")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    page = b"<html><script>alert(1)</script></html>"
    form = {"csrf_token": ada.token("/projects/new"), "file": (BytesIO(page), "page.nc")}
    refused = ada.client.post("/projects/new", data=form, follow_redirects=True)
    assert "web page" in refused.text
    assert scripts(refused.text) == []


def test_every_page_is_guarded(site: Site) -> None:
    browser = site.browser("Ada")
    for path in ("/projects", "/help", "/account", "/nonsense", "/health"):
        headers = browser.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert "Server" not in headers


def test_nothing_outside_is_served_as_static(site: Site) -> None:
    browser = site.browser()
    for path in ("/static/../app.py", "/static/..%2fapp.py", "/static//etc/passwd", "/static/"):
        assert browser.get(path).status_code in (301, 308, 404)
    with browser.get("/static/gondwana.css") as answer:
        assert answer.headers["Cache-Control"].startswith("public")


def test_hosts_do_not_get_into_pages(site: Site) -> None:
    browser = site.browser("Ada")
    text = browser.get("/projects", headers={"Host": "evil.example"}).text
    assert "evil.example" not in text
    sent = site.browser().get("/projects", headers={"Host": "evil.example"})
    assert sent.headers["Location"].startswith("/sign-in")
