"""The document of the API: valid, complete, and what is answered is what it says."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api_world import API, EVE, VERA, Api, new_api, topography
from gondwana.accounts.permissions import Actor
from gondwana.services import projects, steps, tokens, users
from gondwana.services.offers import offer
from gondwana.storage.database import Database
from gondwana.web.api.routes import ROUTES, Route
from services_world import upload

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
SETTINGS = settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
BY_THE_SERVER = {("get", "/projects/{project_id}/events")}
TRIED = [route for route in ROUTES if not route.path.endswith("/events")]
_PART = re.compile(r"<(?:\w+:)?(\w+)>")


@pytest.fixture(scope="module")
def api(newest_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("openapi")
    shutil.copy(newest_sqlite, folder / "gondwana.sqlite")
    database = Database(f"sqlite:///{folder / 'gondwana.sqlite'}")
    with pytest.MonkeyPatch.context() as patch:
        yield new_api(database, folder, patch)
    database.close()


@pytest.fixture(scope="module")
def document(api: Api) -> dict[str, Any]:
    answer = api.ask("GET", "/openapi.json", "")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


@pytest.fixture(scope="module")
def project(api: Api) -> str:
    """Return a project of which others are copied: some steps were run, with edits."""
    made = api.project("Template")
    api.place.work()
    eve = users.acting_as(api.platform, api.place.admin, EVE)
    steps.run(api.platform, eve, made, ["internal_oceans"])
    api.place.work()
    edit = {"operation": "fill", "at": {"point": [10.0, 20.0]}}
    steps.save_edits(api.platform, eve, made, "internal_oceans", [edit])
    api.ask("PUT", f"/projects/{made}/files/source", data=topography())
    api.place.work()
    return made


@pytest.fixture(scope="module")
def schema(api: Api, document: dict[str, Any]) -> Any:
    found = schemathesis.openapi.from_dict(document)
    found.app = api.app
    return found


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1")


def test_every_route_is_documented_and_every_documented_one_exists(
    api: Api, document: dict[str, Any]
) -> None:
    routed = {
        (method.lower(), _PART.sub(r"{\1}", rule.rule.removeprefix(API)))
        for rule in api.app.url_map.iter_rules()
        if rule.rule.startswith(API)
        for method in rule.methods or ()
        if method not in ("HEAD", "OPTIONS")
    }
    told = {
        (method, path)
        for path, operations in document["paths"].items()
        for method in operations
        if method != "parameters"
    }
    assert told - BY_THE_SERVER == routed
    assert told >= BY_THE_SERVER


def test_every_operation_is_explained(document: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    for path, operations in document["paths"].items():
        for method, told in operations.items():
            if method == "parameters":
                continue
            assert told["summary"], (method, path)
            assert set(told["tags"]) <= tags
            for parameter in told.get("parameters", ()):
                assert parameter["schema"], (method, path, parameter)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("declared", TRIED, ids=lambda one: f"{one.method} {one.path}")
def test_what_is_answered_is_what_the_document_says(
    declared: Route, mode: GenerationMode, api: Api, schema: Any, project: str
) -> None:
    path = _PART.sub(r"{\1}", declared.path)
    eve = users.acting_as(api.platform, api.place.admin, EVE)
    try:
        cases = schema[path][declared.method].as_strategy(generation_mode=mode)

        @settings(SETTINGS)
        @given(case=cases)
        def check(case: Any) -> None:
            _fill(case, api, eve, project)
            case.call_and_validate(headers={"Authorization": api.word(EVE)}, checks=CHECKS)

        check()
    except Unsatisfiable:  # nothing about it can be wrong
        assert mode is GenerationMode.NEGATIVE


def _fill(case: Any, api: Api, eve: Actor, project: str) -> None:
    """Let identifiers lead somewhere: to something new, that may be deleted."""
    given = case.path_parameters or {}
    if re.fullmatch("[0-9a-f]{32}", str(given.get("project_id"))):
        given["project_id"] = projects.duplicate(api.platform, eve, project).id
    if re.fullmatch("[0-9a-f]{32}", str(given.get("offer_id"))):
        given["offer_id"] = offer(api.platform, eve, "source", upload()).id
    if re.fullmatch("[0-9a-f]{32}", str(given.get("token_id"))):
        given["token_id"] = tokens.make(api.platform, eve, "script", 1).info.id
    if "user" in given:
        given["user"] = VERA
