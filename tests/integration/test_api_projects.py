"""Projects, steps and runs through the API, and what is told of everything that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from api_world import BOB, ED, EVE, LARGEST, NOBODY, VERA, Api, new_api, told
from gondwana.steps.registry import STEPS
from gondwana.storage.database import Database


@pytest.fixture
def api(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Api:
    return new_api(database, tmp_path, monkeypatch)


@pytest.fixture
def project(api: Api) -> str:
    return api.project()


def names(api: Api, query: str, name: str = "ann") -> list[str]:
    page = api.get(f"/projects{query}", name)
    return [one["project"]["name"] for one in page["projects"]]


def test_a_project_from_upload_to_status(api: Api) -> None:
    made = api.create()
    assert made.status_code == 201
    project = made.get_json()["project"]
    assert made.headers["Location"] == f"/api/v1/projects/{project['id']}"
    assert made.get_json()["files"]["source"]["found"]["rows"] == 18
    api.place.work()
    found = api.get(f"/projects/{project['id']}")
    shown = {step["name"]: step["shown"] for step in found["steps"]}
    assert set(shown) == set(STEPS)
    assert shown["regrid"] == "fresh"
    asked = api.ask("POST", f"/projects/{project['id']}/run", json={"steps": ["internal_oceans"]})
    assert (asked.status_code, asked.get_json()["steps"]) == (202, ["internal_oceans"])
    api.place.work()
    runs = api.get(f"/projects/{project['id']}/runs?step=internal_oceans")
    assert [(one["step"], one["status"], one["author"]) for one in runs] == [
        ("internal_oceans", "done", "ann")
    ]
    assert api.get(f"/projects/{project['id']}/steps/regrid/log")["run"]["attempt"] == 1
    assert {one["step"] for one in api.get(f"/projects/{project['id']}/checks")} >= {"regrid"}


def test_lists_are_searched_sorted_and_paged(api: Api) -> None:
    api.project()
    for name in ("Albian", "Miocene"):
        assert api.create(name=name, info="warm").status_code == 201
    assert names(api, "?order=name") == ["Albian", "Eocene", "Miocene"]
    assert names(api, "?order=name&search=WARM") == ["Albian", "Miocene"]
    assert names(api, "?order=name&size=2&page=2") == ["Miocene"]
    assert api.get("/projects?size=2")["total"] == 3
    assert names(api, "?scope=shared", VERA) == ["Eocene"]
    assert names(api, "", BOB) == []
    assert len(names(api, "?scope=everybody", EVE)) == 3
    told(api.ask("GET", "/projects?scope=everybody"), 403, "forbidden")
    for query in ("scope=nonsense", "page=0", "page=x", "page=1e99", "size=1000", "nonsense=1",
                  "search=%00", "page=99999999999999999999"):  # fmt: skip
        told(api.ask("GET", f"/projects?{query}"), 422, "bad_parameter")


def test_a_project_is_changed_deleted_and_taken_back(api: Api, project: str) -> None:
    one = f"/projects/{project}"
    changed = api.ask("PATCH", one, json={"name": "Ypresian", "info": "hot"}).get_json()
    assert (changed["name"], changed["info"]) == ("Ypresian", "hot")
    assert api.ask("PATCH", one, ED, json={"info": "hotter"}).get_json()["info"] == "hotter"
    told(api.ask("PATCH", one, ED, json={"name": "mine", "info": "x"}), 403, "forbidden")
    assert api.get(one)["project"]["info"] == "hotter"
    assert api.ask("DELETE", one).get_json()["deleted"] is not None
    told(api.ask("GET", one), 404, "not_found")
    assert names(api, "?scope=deleted") == ["Ypresian"]
    again = api.ask("POST", f"{one}/undelete", json={"name": "Eocene"})
    assert again.get_json()["name"] == "Eocene"
    assert names(api, "") == ["Eocene"]


def test_a_project_is_copied_sent_and_shared(api: Api, project: str) -> None:
    one = f"/projects/{project}"
    copy = api.ask("POST", f"{one}/duplicate", VERA)
    assert (copy.status_code, copy.get_json()["owner"]) == (201, "vera")
    assert api.ask("POST", f"{one}/send", json={"user": "bob"}).get_json()["owner"] == "bob"
    told(api.ask("POST", f"{one}/send", json={"user": "nobody"}), 404, "not_found")
    assert api.ask("PUT", f"{one}/shares/bob", json={"access": "edit"}).status_code == 200
    shares = {share["user"]: share["access"] for share in api.get(f"{one}/shares")}
    assert shares == {"vera": "view", "ed": "edit", "bob": "edit"}
    gone = api.ask("DELETE", f"{one}/shares/bob", BOB)
    assert (gone.status_code, gone.data) == (204, b"")
    told(api.ask("GET", one, BOB), 404, "not_found")
    told(api.ask("PUT", f"{one}/shares/bob", json={"access": "own"}), 422, "bad_parameter")


def test_parameters_are_changed_by_one_at_a_time(api: Api, project: str) -> None:
    one = f"/projects/{project}/steps/soils"
    before = api.get(one)
    change = {"parameters": {"colour": 7}, "mark": before["mark"]}
    after = api.ask("PATCH", f"{one}/parameters", json=change).get_json()
    assert after["parameters"]["colour"] == 7
    told(api.ask("PATCH", f"{one}/parameters", ED, json=change), 409, "conflict")
    default = api.ask("PUT", f"{one}/parameters", json={"parameters": {}}).get_json()
    assert default["parameters"] == before["parameters"]
    for wrong in ({"colour": 99}, {"nonsense": 1}, {"colour": None}, {"colour": "x" * 9999}):
        answer = api.ask("PATCH", f"{one}/parameters", json={"parameters": wrong})
        told(answer, 422, "bad_parameter")


def test_edits_are_kept_with_who_and_when(api: Api, project: str) -> None:
    one = f"/projects/{project}/steps/internal_oceans"
    edit = {"operation": "fill", "at": {"point": [10.0, 20.0]}, "reason": "too small"}
    body = {"edits": [edit], "based_on": 0, "note": "a pond"}
    saved = api.ask("PUT", f"{one}/edits", ED, json=body)
    (kept,) = saved.get_json()["edits"]
    assert (kept["author"], kept["reason"]) == ("ed", "too small")
    (listed,) = api.get(f"{one}/edits")
    assert (listed["number"], listed["note"]) == (1, "a pond")
    told(api.ask("PUT", f"{one}/edits", json={"edits": [], "based_on": 0}), 409, "conflict")
    wrong = {"operation": "fill", "at": {"point": [10.0, 200.0]}}
    told(api.ask("PUT", f"{one}/edits", json={"edits": [wrong]}), 422, "bad_parameter")
    soils = f"/projects/{project}/steps/soils/edits"
    told(api.ask("PUT", soils, json={"edits": [edit]}), 422, "bad_parameter")


def test_steps_are_stopped_and_tried_again(api: Api, project: str) -> None:
    one = f"/projects/{project}"
    assert api.ask("POST", f"{one}/cancel", json={"steps": ["regrid"]}).status_code == 202
    api.place.work()
    assert api.ask("POST", f"{one}/retry").status_code == 202
    api.place.work()
    told(api.ask("POST", f"{one}/retry", json={"steps": ["regrid"]}), 409, "conflict")
    told(api.ask("POST", f"{one}/cancel", json={"steps": ["nonsense"]}), 422, "bad_parameter")


@pytest.mark.parametrize(
    "body",
    [
        {"steps": ["nonsense"]},
        {"steps": [1]},
        {"steps": "regrid"},
        {"stepz": []},
        {"steps": ["a\0b"]},
        [],
        "text",
        {"parameters": {"regrid": {"nonsense": 1}}},
        {"parameters": {"regrid": {"method": "guess"}}},
        {"parameters": {"regrid": {"variable": "a\0b"}}},
        {"parameters": {"nonsense": {}}},
    ],
)
def test_a_wrong_body_is_told(api: Api, body: object) -> None:
    project = api.create().get_json()["project"]["id"]
    told(api.ask("POST", f"/projects/{project}/run", json=body), 422, "bad_parameter")


def test_hostile_bodies_are_told(api: Api, project: str) -> None:
    run = f"/projects/{project}/run"
    form = "application/json"
    deep = b'{"parameters": {"regrid": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_002
    for data in (b"{", b"\xff", b'{"steps": ["\\ud800"]}', deep, b'{"a": 1} {"a": 1}'):
        told(api.ask("POST", run, data=data, content_type=form), 422, "bad_parameter")
    nan = b'{"parameters": {"internal_oceans": {"smallest": NaN}}}'
    told(api.ask("POST", run, data=nan, content_type=form), 422, "bad_parameter")
    told(api.ask("POST", run, data=b"{}"), 415, "unsupported_media_type")
    large = b'{"steps": ["' + b"x" * 5_000_000 + b'"]}'
    answer = api.ask("POST", run, data=large, content_type=form)
    told(answer, 413, "request_entity_too_large")


def test_what_makes_no_project_is_told(api: Api) -> None:
    api.project()
    told(api.create(b"no netcdf at all", name="other"), 400, "bad_input")
    told(api.create(b"<html><script>alert(1)</script>", name="other"), 400, "bad_input")
    told(api.create(), 409, "name_taken")
    told(api.create(name=""), 422, "bad_parameter")
    told(api.create(name="a/b"), 422, "bad_parameter")
    told(api.create(name="a\0b"), 422, "bad_parameter")
    told(api.create(nonsense="x"), 422, "bad_parameter")
    told(api.ask("POST", "/projects", data={"name": "x"}), 415, "unsupported_media_type")
    body = {"data": b"x" * (LARGEST + 2_000_000), "content_type": "multipart/form-data; boundary=x"}
    told(api.ask("POST", "/projects", **body), 413, "request_entity_too_large")
    told(api.create(b"x" * (LARGEST + 10), name="other"), 413, "file_too_large")
    assert names(api, "") == ["Eocene"]


def test_addresses_that_lead_nowhere_are_told(api: Api, project: str) -> None:
    for path in ("f" * 32, "..%2f..", "%00", "x" * 5000, "é"):
        answer = api.ask("GET", f"/projects/{path}")
        assert answer.status_code in (404, 422)
        assert answer.get_json()["error"]["message"]
    told(api.ask("GET", f"/projects/{project}/steps/nonsense"), 422, "bad_parameter")
    told(api.ask("GET", "/nonsense"), 404, "not_found")
    wrong = api.ask("PUT", "/projects")
    told(wrong, 405, "method_not_allowed")
    assert "POST" in wrong.headers["Allow"]


def test_what_nobody_foresaw_tells_nothing_of_the_inside(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("gondwana.services.listing.page", broken)
    assert "secret" not in str(told(api.ask("GET", "/projects"), 500, "unexpected"))


def test_the_declarations_of_steps(api: Api) -> None:
    declared = {step["name"]: step for step in api.get("/steps")}
    assert set(declared) == set(STEPS)
    colour = declared["soils"]["parameters"]["properties"]["colour"]
    assert (colour["minimum"], colour["maximum"], colour["default"]) == (1, 9, 4)
    told(api.ask("GET", "/steps", NOBODY), 401, "sign_in")
