"""Files through the API: down whole and in parts, up with their checksum, and earlier ones."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from io import BytesIO
from pathlib import Path

import pytest

from api_world import ED, LARGEST, VERA, Api, new_api, told, topography
from gondwana.storage.database import Database
from services_world import globe, netcdf


@pytest.fixture
def api(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Api:
    return new_api(database, tmp_path, monkeypatch)


@pytest.fixture
def files(api: Api) -> str:
    """Return the address of the files of a project whose first steps were run."""
    project = api.project()
    api.place.work()
    return f"/projects/{project}/files"


def warmer() -> bytes:
    changed = globe()
    changed["topo"][9, 18] = -100.0
    return netcdf(changed)


def digest(content: bytes) -> str:
    return f"sha-256=:{b64encode(hashlib.sha256(content).digest()).decode()}:"


def test_a_download_is_the_upload_whole_and_in_parts(api: Api, files: str) -> None:
    content, path = topography(), f"{files}/source"
    whole = api.ask("GET", path)
    assert (whole.status_code, whole.data) == (200, content)
    assert whole.headers["ETag"] == f'"{hashlib.sha256(content).hexdigest()}"'
    assert whole.headers["Repr-Digest"] == digest(content)
    assert whole.headers["Content-Disposition"] == 'attachment; filename="source.nc"'
    head = api.ask("HEAD", path)
    assert (head.status_code, head.data) == (200, b"")
    assert int(head.headers["Content-Length"]) == len(content)
    part = api.ask("GET", path, headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.data) == (206, content[1000:2000])
    assert part.headers["Content-Range"] == f"bytes 1000-1999/{len(content)}"
    assert part.headers["Repr-Digest"] == digest(content)
    rest = api.ask("GET", path, headers={"Range": f"bytes={len(content) - 10}-"})
    assert rest.data == content[-10:]
    assert api.ask("GET", path, headers={"Range": "bytes=-5"}).data == content[-5:]
    beyond = api.ask("GET", path, headers={"Range": f"bytes={len(content)}-"})
    assert beyond.status_code == 416


def test_a_download_that_broke_off_is_taken_up_only_if_it_is_the_same(api: Api, files: str) -> None:
    content, path = topography(), f"{files}/source"
    mark = api.ask("HEAD", path).headers["ETag"]
    again = api.ask("GET", path, headers={"If-None-Match": mark})
    assert (again.status_code, again.data) == (304, b"")
    resumed = {"Range": "bytes=100-", "If-Range": mark}
    assert api.ask("GET", path, headers=resumed).data == content[100:]
    assert api.ask("PUT", path, data=warmer()).status_code == 201
    anew = api.ask("GET", path, headers=resumed)
    assert (anew.status_code, anew.data) == (200, warmer())
    assert api.ask("GET", path, headers={"If-None-Match": mark}).status_code == 200
    earlier = api.ask("GET", f"{path}?revision=1", headers=resumed)
    assert (earlier.status_code, earlier.data) == (206, content[100:])


def test_an_upload_has_to_be_the_file_that_was_meant(api: Api, files: str) -> None:
    path, content = f"{files}/source", warmer()
    wrong = {"Repr-Digest": digest(b"other")}
    assert (
        "sha256"
        in told(api.ask("PUT", path, data=content, headers=wrong), 400, "bad_input")["message"]
    )
    told(api.ask("PUT", f"{path}?sha256={'0' * 64}", data=content), 400, "bad_input")
    for header in ("sha-512=:AAAA:", "sha-256=:AAAA:", "nonsense", ""):
        answer = api.ask("PUT", path, data=content, headers={"Repr-Digest": header})
        told(answer, 422, "bad_parameter")
    right = {"Repr-Digest": f"sha-512=:AAAA:, {digest(content)}"}
    made = api.ask("PUT", f"{path}?name=warm.nc&note=warmer&based_on=1", ED, data=content,
                   headers=right)  # fmt: skip
    assert made.status_code == 201
    revision = made.get_json()["revision"]
    assert (revision["number"], revision["author"], revision["note"]) == (2, "ed", "warmer")
    assert made.headers["Location"] == f"/api/v1{path}?revision=2"
    told(api.ask("PUT", f"{path}?based_on=1", data=topography()), 409, "conflict")
    told(api.ask("PUT", path, VERA, data=content), 403, "forbidden")


def test_an_upload_that_is_too_large_is_refused_before_it_is_read(api: Api, files: str) -> None:
    class Unread(BytesIO):
        def read(self, *_: object) -> bytes:
            raise AssertionError("it was read")

        readinto = readline = read  # type: ignore[assignment]

    path = f"{files}/source"
    for length in (LARGEST + 1, 10**12):
        said = {"CONTENT_LENGTH": str(length)}
        answer = api.ask("PUT", path, input_stream=Unread(), environ_overrides=said)
        assert told(answer, 413, "file_too_large")["remedy"]
    unknown = api.ask(
        "PUT", path, input_stream=BytesIO(b"x" * (LARGEST + 1)),
        environ_overrides={"wsgi.input_terminated": True},
    )  # fmt: skip
    told(unknown, 413, "file_too_large")


def test_what_is_no_netcdf_changes_nothing(api: Api, files: str) -> None:
    path = f"{files}/source"
    for content in (b"", b"CDF\x01", b"<html><script>alert(1)</script></html>", topography()[:500]):
        told(api.ask("PUT", path, data=content), 400, "bad_input")
    told(api.ask("PUT", f"{files}/nonsense", data=warmer()), 422, "bad_parameter")
    told(api.ask("GET", f"{files}/nonsense"), 422, "bad_parameter")
    told(api.ask("GET", f"{files}/calculate_weights"), 422, "bad_parameter")
    told(api.ask("GET", f"{files}/pft"), 404, "not_found")
    for query in ("revision=7", "revision=2147483647"):
        told(api.ask("GET", f"{path}?{query}"), 404, "not_found")
    for query in ("revision=0", "revision=x", "revision=99999999999999999999", "based_on=1"):
        told(api.ask("GET", f"{path}?{query}"), 422, "bad_parameter")
    assert [one["number"] for one in api.get(f"{path}/revisions")] == [1]


def test_an_earlier_file_comes_back(api: Api, files: str) -> None:
    path = f"{files}/source"
    api.ask("PUT", path, data=warmer())
    again = api.ask("POST", f"{path}/restore", json={"revision": 1, "note": "as it was"}).get_json()
    assert (again["number"], again["restored_from"]) == (3, 1)
    assert api.ask("GET", path).data == topography()
    assert [one["number"] for one in api.get(f"{path}/revisions")] == [3, 2, 1]
    assert api.get(f"{path}/about?revision=2")["size"] == len(warmer())
    project = files.split("/")[2]
    compared = api.get(f"/compare?project={project}&kind=source&revision=1&other_revision=2")
    (topo,) = (one for one in compared["variables"] if one["name"] == "topo")
    assert (topo["outcome"], topo["changed"]) == ("differs", 1)
    told(api.ask("DELETE", path), 409, "conflict")


def test_lists_tell_every_attribute(api: Api, files: str) -> None:
    source = api.get(files)[0]
    assert (source["kind"], source["number"], source["is_current"]) == ("source", 1, True)
    assert source["sha256"] == hashlib.sha256(topography()).hexdigest()
    project = files.split("/")[2]
    kinds = {one["kind"] for one in api.get(f"/projects/{project}/revisions")}
    assert {"source", "regridded"} <= kinds


def test_all_files_and_the_recipe(api: Api, files: str) -> None:
    project = files.rsplit("/", 1)[0]
    recipe = api.ask("GET", f"{project}/recipe")
    assert recipe.mimetype == "application/yaml"
    assert hashlib.sha256(topography()).hexdigest() in recipe.text
