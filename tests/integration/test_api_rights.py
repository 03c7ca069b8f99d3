"""Who may do what through the API: every route with everybody, from one table.

Each answer is compared with what the document says of it, too.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from openapi_schema_validator import OAS31Validator
from werkzeug.test import TestResponse

from api_world import ANN, BOB, ED, EVE, NOBODY, VERA, Api, new_api, topography
from gondwana.services import projects, tokens, users
from gondwana.services.offers import offer
from gondwana.storage.database import Database
from gondwana.web.api.routes import ROUTES
from services_world import upload

PEOPLE = (NOBODY, BOB, VERA, ED, ANN, EVE)


class Case(NamedTuple):
    """A request that is good in itself, and the statuses that everybody of `PEOPLE` is told."""

    statuses: tuple[int, ...]
    json: Any = None
    query: str = ""
    data: bytes | None = None
    form: bool = False


def anybody(status: int = 200, **more: Any) -> Case:
    """Return what whoever is known may do."""
    return Case((401, *[status] * 5), **more)


def viewer(status: int = 200, **more: Any) -> Case:
    return Case((401, 404, *[status] * 4), **more)


def editor(status: int = 200, **more: Any) -> Case:
    return Case((401, 404, 403, *[status] * 3), **more)


def owner(status: int = 200, **more: Any) -> Case:
    return Case((401, 404, 403, 403, *[status] * 2), **more)


def admin(status: int = 200, **more: Any) -> Case:
    return Case((401, *[403] * 4, status), **more)


PROJECT = "/projects/<project_id>"
FILE = f"{PROJECT}/files/<kind>"
STEP = f"{PROJECT}/steps/<step>"
OFFER = "/offers/<offer_id>"
EDIT = {"operation": "fill", "at": {"point": [10.0, 20.0]}}

TABLE = {
    ("GET", "/openapi.json"): Case((200,) * 6),
    ("GET", "/me"): anybody(),
    ("GET", "/tokens"): anybody(),
    ("POST", "/tokens"): anybody(201, json={"name": "script"}),
    ("DELETE", "/tokens/<token_id>"): Case((401, 404, 404, 404, 204, 404)),  # of Ann
    ("GET", "/projects"): anybody(),
    ("POST", "/projects"): anybody(201, form=True),
    ("GET", PROJECT): viewer(),
    ("PATCH", PROJECT): editor(json={"info": "warm"}),
    ("DELETE", PROJECT): owner(),
    # one that is deleted is its owner's alone
    ("POST", f"{PROJECT}/undelete"): Case((401, 404, 404, 404, 200, 200)),
    ("POST", f"{PROJECT}/duplicate"): viewer(201),
    ("POST", f"{PROJECT}/send"): owner(201, json={"user": "root"}),
    ("GET", f"{PROJECT}/shares"): viewer(),
    ("PUT", f"{PROJECT}/shares/<user>"): owner(json={"access": "view"}),
    # Vera may give up what was shared with her
    ("DELETE", f"{PROJECT}/shares/<user>"): Case((401, 404, 204, 403, 204, 204)),
    ("GET", f"{PROJECT}/files"): viewer(),
    ("GET", f"{PROJECT}/revisions"): viewer(),
    ("GET", f"{FILE}/revisions"): viewer(),
    ("GET", f"{FILE}/about"): viewer(),
    ("GET", f"{FILE}/header"): viewer(),
    ("GET", FILE): viewer(),
    ("PUT", FILE): editor(201, data=topography()),
    ("DELETE", FILE): editor(204),
    ("POST", f"{FILE}/restore"): editor(json={"revision": 1}),
    ("GET", f"{PROJECT}/recipe"): viewer(),
    ("GET", f"{PROJECT}/archive.zip"): viewer(),
    ("GET", "/compare"): viewer(query="project={project_id}&kind=source"),
    ("POST", "/offers"): anybody(201, data=topography()),
    # an offer is of the one who made it alone, here Ann
    ("GET", OFFER): Case((401, 404, 404, 404, 200, 404)),
    ("POST", f"{OFFER}/look"): Case((401, 404, 404, 404, 200, 404), json={"reading": {}}),
    ("DELETE", OFFER): Case((401, 404, 404, 404, 204, 404)),
    ("GET", "/steps"): anybody(),
    ("GET", STEP): viewer(),
    ("PATCH", f"{STEP}/parameters"): editor(json={"parameters": {}}),
    ("PUT", f"{STEP}/parameters"): editor(json={"parameters": {}}),
    ("GET", f"{STEP}/edits"): viewer(),
    ("PUT", f"{STEP}/edits"): editor(json={"edits": [EDIT]}),
    ("POST", f"{PROJECT}/run"): editor(202),
    ("POST", f"{PROJECT}/cancel"): editor(202, json={"steps": ["internal_oceans"]}),
    ("POST", f"{PROJECT}/retry"): editor(409),  # nothing failed
    ("GET", f"{PROJECT}/runs"): viewer(),
    ("GET", f"{STEP}/log"): viewer(),
    ("GET", f"{PROJECT}/checks"): viewer(),
    ("GET", f"{PROJECT}/report"): viewer(),
    ("GET", "/users"): anybody(query="beginning=ve"),
    ("GET", "/admin/users"): admin(),
    ("POST", "/admin/users"): admin(201, json={"name": "new"}),
    ("GET", "/admin/overview"): admin(),
    ("GET", "/admin/disk"): admin(),
    ("GET", "/admin/users/<user>"): Case((401, 403, 200, 403, 403, 200)),  # of Vera
    ("PATCH", "/admin/users/<user>"): admin(json={"active": True}),
}
BY_THE_SERVER = {("GET", f"{PROJECT}/events")}  # see test_api_served.py


@pytest.fixture(scope="module")
def api(newest_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("rights")
    shutil.copy(newest_sqlite, folder / "gondwana.sqlite")
    database = Database(f"sqlite:///{folder / 'gondwana.sqlite'}")
    with pytest.MonkeyPatch.context() as patch:
        yield new_api(database, folder, patch)
    database.close()


@pytest.fixture(scope="module")
def document(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = api.get("/openapi.json", NOBODY)
    return found


@pytest.fixture(scope="module")
def ran(api: Api) -> str:
    """Return a project in which something was run."""
    made = api.project("Ran")
    api.place.work()
    return made


@pytest.fixture(scope="module")
def template(api: Api) -> str:
    """Return a project of which others are copied; nothing was run in it."""
    made = api.project("Template")
    api.place.give(made, "soil_map", b"a file that can be taken away", author=ANN)
    return made


def test_the_table_has_every_route() -> None:
    routes = {(route.method, route.path) for route in ROUTES}
    assert set(TABLE) == routes - BY_THE_SERVER


@pytest.mark.parametrize("who", range(len(PEOPLE)), ids=lambda who: PEOPLE[who] or "nobody")
@pytest.mark.parametrize(("method", "path"), TABLE, ids=map(" ".join, TABLE))
def test_who_may_do_what(
    api: Api,
    ran: str,
    template: str,
    document: dict[str, Any],
    method: str,
    path: str,
    who: int,
) -> None:
    case, name = TABLE[method, path], PEOPLE[who]
    ann = users.acting_as(api.platform, api.place.admin, ANN)
    parts = {
        "project_id": ran if path.endswith("/log") else fresh(api, template),
        "offer_id": offer(api.platform, ann, "source", upload()).id if "offer" in path else "",
        "token_id": tokens.make(api.platform, ann, "x", 1).info.id if "token" in path else "",
        "kind": "soil_map" if (method, path) == ("DELETE", FILE) else "source",
        "step": "regrid" if path.endswith("/log") else "internal_oceans",
        "user": VERA,
    }
    if path.endswith("/undelete"):
        projects.delete(api.platform, ann, parts["project_id"])
    whole = path.replace("<", "{").replace(">", "}").format(**parts)
    query = case.query.format(**parts)
    more: dict[str, Any] = {"json": case.json} if case.json is not None else {"data": case.data}
    if case.form:
        more = {"data": {"name": f"of {name}", "source": (BytesIO(topography()), "a.nc")}}
    answer = api.ask(method, f"{whole}?{query}" if query else whole, name, **more)
    assert answer.status_code == case.statuses[who], answer.text[:500]
    check_form(document, method, path, answer)
    if answer.status_code >= 400:
        assert parts["project_id"] not in answer.text


def check_form(document: dict[str, Any], method: str, path: str, answer: TestResponse) -> None:
    """Make sure that an answer has the form that the document tells."""
    operation = document["paths"][path.replace("<", "{").replace(">", "}")][method.lower()]
    told = operation["responses"][str(answer.status_code)]
    if answer.status_code == 204:
        assert "content" not in told
        return
    (media, content), *_ = told["content"].items()
    assert answer.mimetype == media
    if "schema" in content:
        whole = {**content["schema"], "components": document["components"]}
        OAS31Validator(whole, format_checker=OAS31Validator.FORMAT_CHECKER).validate(answer.json)


def fresh(api: Api, template: str) -> str:
    """Return a copy of a project, shared as it is."""
    ann = users.acting_as(api.platform, api.place.admin, ANN)
    copy = projects.duplicate(api.platform, ann, template).id
    for name, access in ((VERA, "view"), (ED, "edit")):
        assert api.ask("PUT", f"/projects/{copy}/shares/{name}", json={"access": access}).json
    return copy
