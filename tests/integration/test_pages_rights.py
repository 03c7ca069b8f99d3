"""Who may open which page and press which button: every route with everybody, from one table."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gondwana.services import projects, sharing, steps, users
from gondwana.services.offers import offer
from gondwana.services.upkeep import SPARE
from gondwana.storage.marks import utc_now
from gondwana.storage.words import Access, Role
from services_world import Place, globe, netcdf, upload
from web_world import PASSWORD, Browser, Site, sqlite_place

PEOPLE = ("", "Bob", "Vera", "Ed", "Ann", "Eve")
"""Nobody; somebody else; who may view; who may edit; the owner; an administrator."""
ANN = "Ann"


class Case(NamedTuple):
    """A request that is good in itself, and the statuses that everybody of `PEOPLE` is told."""

    statuses: tuple[int, ...]
    form: dict[str, str] = {}  # noqa: RUF012 - never changed
    query: str = ""
    file: str = ""


def anybody(status: int = 200, nobody: int = 302, **more: Any) -> Case:
    return Case((nobody, *[status] * 5), **more)


def viewer(status: int = 200, nobody: int = 302, **more: Any) -> Case:
    return Case((nobody, 404, *[status] * 4), **more)


def editor(status: int = 302, nobody: int = 401, **more: Any) -> Case:
    return Case((nobody, 404, 403, *[status] * 3), **more)


def owner(status: int = 302, **more: Any) -> Case:
    return Case((401, 404, 403, 403, *[status] * 2), **more)


def admin(status: int = 200, nobody: int = 302, **more: Any) -> Case:
    return Case((nobody, *[403] * 4, status), **more)


def post(case: Any, status: int = 302, **more: Any) -> Case:
    made: Case = case(status, nobody=401, **more)
    return made


PROJECT = "/projects/<project_id>"
FILE = f"{PROJECT}/files/<kind>"
REVISION = f"{FILE}/new/<offer_id>"
OFFER = "/projects/new/<offer_id>"
VERA = {"name": "Vera"}

OPEN = Case((200,) * 6)
MINE = (404, 404, 404)  # an offer is of the one who made it alone, here Ann

TABLE = {
    ("GET", "/"): Case((200, *[302] * 5)),
    ("GET", "/health"): OPEN,
    ("GET", "/static/<path:filename>"): OPEN,
    ("GET", "/help"): OPEN,
    ("GET", "/help/api"): OPEN,
    ("GET", "/help/glossary"): OPEN,
    ("GET", "/help/fields"): anybody(),
    ("GET", "/sign-in"): Case((200, *[302] * 5)),
    ("POST", "/sign-in"): Case((401,) * 6, form={"name": "Ann", "password": "wrong wrong"}),
    ("GET", "/register"): Case((200, *[302] * 5)),
    ("POST", "/register"): Case((422, *[302] * 5), form={"name": "Ann", "password": PASSWORD}),
    ("POST", "/sign-out"): Case((302,) * 6),
    ("GET", "/enter"): Case((401, *[302] * 5)),
    ("GET", "/people"): anybody(query="beginning=ve"),
    ("GET", "/account"): anybody(),
    ("POST", "/account/email"): post(anybody, form={"email": ""}),
    ("POST", "/account/password"): post(anybody, 422, form={"old": "wrong", "new": PASSWORD}),
    ("POST", "/account/tokens"): post(anybody, 200, form={"token": "x"}),
    ("POST", "/account/tokens/revoke"): post(anybody, 404, form={"id": "x"}),
    ("POST", "/account/sessions/end"): post(anybody),
    ("GET", "/projects"): anybody(),
    ("GET", "/projects/new"): anybody(),
    ("POST", "/projects/new"): post(anybody, file="file"),
    ("GET", OFFER): Case((302, *MINE, 200, 404)),
    ("POST", OFFER): Case((401, *MINE, 302, 404), form={"name": "of an offer"}),
    ("GET", f"{OFFER}/map.png"): Case((302, *MINE, 200, 404)),
    ("POST", f"{OFFER}/reading"): Case((401, *MINE, 200, 404)),
    ("POST", f"{OFFER}/withdraw"): Case((401, *MINE, 302, 404)),
    ("GET", PROJECT): viewer(),
    ("GET", f"{PROJECT}/next"): viewer(),
    ("GET", f"{PROJECT}/settings"): viewer(),
    ("POST", f"{PROJECT}/settings"): editor(form={"info": "warm"}),
    ("POST", f"{PROJECT}/run"): editor(),
    ("POST", f"{PROJECT}/cancel"): editor(),
    ("POST", f"{PROJECT}/retry"): editor(),
    ("POST", f"{PROJECT}/delete"): owner(),
    # one that is deleted is its owner's alone
    ("POST", f"{PROJECT}/undelete"): Case((401, 404, 404, 404, 302, 302)),
    ("GET", f"{PROJECT}/share"): viewer(),
    ("POST", f"{PROJECT}/share"): owner(form={"user": "Bob", "access": "view"}),
    # Vera may give up what was shared with her
    ("POST", f"{PROJECT}/unshare"): Case((401, 404, 302, 403, 302, 302), form={"user": "Vera"}),
    ("POST", f"{PROJECT}/duplicate"): post(viewer),
    ("POST", f"{PROJECT}/send"): owner(form={"receiver": "root"}),
    ("GET", f"{PROJECT}/compare"): viewer(),
    ("GET", f"{FILE}/difference.png"): viewer(query="first=1&second=1"),
    ("GET", f"{PROJECT}/thumbnail.png"): viewer(),
    ("GET", f"{PROJECT}/land.png"): viewer(),
    ("GET", f"{FILE}/map"): viewer(),
    ("GET", f"{FILE}/map.png"): viewer(),
    ("GET", f"{PROJECT}/files"): viewer(),
    ("GET", FILE): viewer(),
    ("POST", FILE): editor(file="file"),
    ("GET", f"{FILE}/download"): viewer(),
    ("POST", f"{FILE}/restore"): editor(form={"revision": "1"}),
    ("POST", f"{FILE}/take-away"): editor(),
    ("GET", f"{FILE}/new"): editor(200, nobody=302),
    ("POST", f"{FILE}/new"): editor(file="file"),
    ("GET", REVISION): Case((302, 404, 403, 404, 200, 404)),
    ("POST", REVISION): Case((401, 404, 403, 404, 302, 404)),
    ("POST", f"{REVISION}/reading"): Case((401, 404, 403, 404, 200, 404)),
    ("POST", f"{REVISION}/withdraw"): Case((401, 404, 403, 404, 302, 404)),
    ("GET", f"{PROJECT}/archive.zip"): viewer(),
    ("GET", f"{PROJECT}/recipe"): viewer(),
    ("GET", f"{PROJECT}/history"): viewer(),
    ("GET", f"{PROJECT}/report"): viewer(),
    ("GET", f"{PROJECT}/report/maps"): viewer(),
    ("GET", f"{PROJECT}/report/document"): viewer(),
    ("GET", f"{PROJECT}/report/<file_name>"): viewer(302),
    ("GET", f"{PROJECT}/edit/<step>"): viewer(),
    ("GET", f"{FILE}/edit"): viewer(),
    ("GET", f"{PROJECT}/steps/<step>"): viewer(),
    ("POST", f"{PROJECT}/steps/<step>"): editor(form={"do": "save"}),
    ("GET", "/admin"): admin(),
    ("GET", "/admin/runs"): admin(),
    ("GET", "/admin/upkeep"): admin(),
    ("GET", "/admin/upkeep/check"): admin(),
    ("GET", "/admin/upkeep/survey"): admin(),
    ("POST", "/admin/upkeep/clean"): post(admin),
    ("GET", "/admin/users"): admin(),
    ("POST", "/admin/users"): post(admin, form={"name": "New", "password": PASSWORD}),
    ("GET", "/admin/users/one"): admin(query="name=Vera"),
    ("POST", "/admin/users/activate"): post(admin, form=VERA),
    ("POST", "/admin/users/deactivate"): post(admin, form={"name": "root"}),
    ("POST", "/admin/users/invite"): post(admin, 200, form={"days": "14"}),
    ("POST", "/admin/users/withdraw"): post(admin, 404, form={"id": "x"}),
    ("POST", "/admin/users/password"): post(admin, form=VERA | {"password": PASSWORD}),
    ("POST", "/admin/users/quota"): post(admin, form=VERA | {"quota": ""}),
    ("POST", "/admin/users/role"): post(admin, form=VERA | {"role": "user"}),
}


class World:
    """The site with everybody signed in, and a project to be copied for each trial."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.place: Place = site.place
        self.platform = site.place.platform
        for name in PEOPLE[1:]:
            self.place.actor(name)
        users.set_role(self.platform, self.place.admin, "Eve", Role.ADMIN)
        self.ann = users.acting_as(self.platform, self.place.admin, ANN)
        self.template = self.place.make(self.ann, "Template").id
        self.place.work()
        self.place.give(self.template, "soil_map", b"a map of soils", author=ANN)
        self.browsers = {name: site.browser(name) for name in PEOPLE}

    def fresh(self) -> str:
        copy = projects.duplicate(self.platform, self.ann, self.template).id
        for name, access in (("Vera", Access.VIEW), ("Ed", Access.EDIT)):
            sharing.share(self.platform, self.ann, copy, name, access)
        return copy

    def browser(self, name: str) -> Browser:
        """Return the browser of somebody, signed in anew if it is not any more."""
        browser: Browser = self.browsers[name]
        if name and browser.get("/account").status_code == 302:
            assert browser.sign_in(name).status_code == 302
        return browser


@pytest.fixture(scope="module")
def world(newest_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("rights")
    with (
        pytest.MonkeyPatch.context() as patch,
        sqlite_place(newest_sqlite, folder, patch) as place,
    ):
        patch.setattr("gondwana.services.signing_in.FREE", 10_000)
        patch.setattr("gondwana.services.signing_in.FREE_OF_ADDRESS", 10_000)
        yield World(Site(place, folder))


def test_the_table_has_every_route(world: World) -> None:
    rules = [rule for rule in world.site.app.url_map.iter_rules() if "/api/" not in rule.rule]
    routes = {
        (method, rule.rule)
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert set(TABLE) == routes


@pytest.mark.parametrize("who", range(len(PEOPLE)), ids=lambda who: PEOPLE[who] or "nobody")
@pytest.mark.parametrize(("method", "path"), TABLE, ids=map(" ".join, TABLE))
def test_who_may_do_what(world: World, method: str, path: str, who: int) -> None:
    case, name = TABLE[method, path], PEOPLE[who]
    browser = world.browser(name)
    takes_away = path.endswith("take-away")
    parts = {
        "project_id": world.fresh() if "project_id" in path else "",
        "offer_id": offer(world.platform, world.ann, "source", upload()).id
        if "offer_id" in path
        else "",
        "kind": "soil_map" if takes_away else "source",
        "step": "internal_oceans" if "/edit/" in path else "topo_high_res",
        "file_name": "source.nc",
        "filename": "gondwana.css",
    }
    if path.endswith("/undelete"):
        projects.delete(world.platform, world.ann, parts["project_id"])
    whole = path.replace("path:", "").replace("<", "{").replace(">", "}").format(**parts)
    data: dict[str, Any] = dict(case.form)
    if case.file:
        data[case.file] = (BytesIO(netcdf(globe())), "topo.nc")
    if path.endswith("/clean"):
        data["before"] = (utc_now() - SPARE).isoformat()
    if path.endswith("steps/<step>"):
        found = steps.settings(world.platform, world.ann, parts["project_id"], parts["step"])
        data["mark"] = found.mark
    if method == "POST":
        data["csrf_token"] = browser.token("/help" if name else "/sign-in")
    answer = browser.client.open(whole, method=method, query_string=case.query, data=data or None)
    assert answer.status_code == case.statuses[who], answer.text[:1500]
    if answer.status_code in (401, 403, 404) and "project_id" in path:
        assert "Template" not in answer.text
    answer.close()
