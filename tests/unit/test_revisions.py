"""Revisions and saved edits: numbered, never changed, and named files that are there."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from gondwana.errors import ParameterError
from gondwana.storage import edits, revisions
from gondwana.storage.database import Database
from gondwana.storage.errors import ConflictError, FileMissingError, NotFoundError
from gondwana.storage.files import FileStore
from gondwana.storage.models import Revision
from storage_samples import add_run, new_project, put


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(str(tmp_path / "store"))


@pytest.fixture
def project(database: Database) -> str:
    return new_project(database)


def add(database: Database, store: FileStore, project: str, kind: str, content: bytes) -> Revision:
    sha256 = put(store, content)
    with database.transaction() as session:
        return revisions.add(session, store, project, kind, sha256)


def test_revisions_of_a_kind_are_numbered(
    database: Database, store: FileStore, project: str
) -> None:
    made = [add(database, store, project, kind, kind.encode()) for kind in "aabab"]
    assert [one.number for one in made] == [1, 2, 1, 3, 2]
    with database.reading() as session:
        assert {k: one.number for k, one in revisions.current(session, project).items()} == {
            "a": 3,
            "b": 2,
        }
        assert [one.number for one in revisions.history(session, project, "a")] == [3, 2, 1]
        assert len(revisions.history(session, project)) == 5


def test_a_number_is_not_used_up_by_what_failed(
    database: Database, store: FileStore, project: str
) -> None:
    add(database, store, project, "a", b"1")
    sha256 = put(store, b"2")
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        revisions.add(session, store, project, "a", sha256)
        raise ZeroDivisionError
    assert add(database, store, project, "a", b"3").number == 2


def test_everything_said_of_a_revision_is_kept(
    database: Database, store: FileStore, project: str
) -> None:
    sha256 = put(store, b"1")
    said = {"arrays_sha256": "a" * 64, "step": "routing", "fingerprint": "f", "note": "n\0te"}
    with database.transaction() as session:
        revisions.add(session, store, project, "routing", sha256, **said)
    with database.reading() as session:
        kept = revisions.get(session, project, "routing", 1)
        assert {name: getattr(kept, name) for name in said} == {**said, "note": "n\ufffdte"}


def test_an_earlier_revision_is_restored_as_a_new_one(
    database: Database, store: FileStore, project: str
) -> None:
    first = add(database, store, project, "a", b"1")
    add(database, store, project, "a", b"2")
    with database.transaction() as session:
        restored = revisions.restore(session, project, "a", 1, note="better")
        assert (restored.number, restored.sha256) == (3, first.sha256)
        assert (restored.restored_from, restored.note) == (1, "better")
        assert revisions.current(session, project)["a"].id == restored.id
        assert revisions.get(session, project, "a", 1).id == first.id
        with pytest.raises(NotFoundError, match="no revision 9 of 'a'"):
            revisions.restore(session, project, "a", 9)
    assert len(list(store)) == 2


def test_a_revision_is_never_changed(database: Database, store: FileStore, project: str) -> None:
    add(database, store, project, "a", b"1")
    with pytest.raises(TypeError, match="immutable"), database.transaction() as session:
        revisions.get(session, project, "a", 1).note = "other"
    with database.reading() as session:
        assert revisions.get(session, project, "a", 1).note == ""


def test_a_file_that_is_not_there_cannot_be_named(
    database: Database, store: FileStore, project: str
) -> None:
    with pytest.raises(FileMissingError), database.transaction() as session:
        revisions.add(session, store, project, "a", "0" * 64)
    with pytest.raises(ParameterError), database.transaction() as session:
        revisions.add(session, store, project, "a", "../passwd")
    with database.reading() as session:
        assert revisions.current(session, project) == {}


def test_a_project_that_is_not_there_has_no_revisions(database: Database, store: FileStore) -> None:
    sha256 = put(store, b"1")
    with pytest.raises(NotFoundError), database.transaction() as session:
        revisions.add(session, store, "none", "a", sha256)


def test_a_run_gives_one_revision_of_a_kind(
    database: Database, store: FileStore, project: str
) -> None:
    sha256, other = put(store, b"1"), put(store, b"2")
    with database.transaction() as session:
        run = add_run(session, project).id
        first = revisions.add(session, store, project, "routing", sha256, run_id=run)
        again = revisions.add(session, store, project, "routing", other, run_id=run)
        assert again.id == first.id
        assert revisions.add(session, store, project, "soils", other, run_id=run).number == 1
    values = {"project_id": project, "kind": "routing", "number": 2, "sha256": sha256}
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add(Revision(run_id=run, **values))


def test_many_revisions_are_added_at_once(
    database: Database, store: FileStore, project: str
) -> None:
    other = new_project(database, "Miocene")
    add(database, store, project, "a", b"0")
    one, two = put(store, b"1"), put(store, b"2")
    wanted = [(project, "a", one), (other, "a", one), (project, "b", two), (project, "a", two)]
    with database.transaction() as session:
        revisions.add_all(session, store, [])
        revisions.add_all(session, store, [revisions.New(*about) for about in wanted])
    with database.reading() as session:
        mine = revisions.history(session, project)
        assert {(r.kind, r.number): r.sha256 for r in mine} == {
            ("a", 1): put(store, b"0"),
            ("a", 2): one,
            ("a", 3): two,
            ("b", 1): two,
        }
        assert [r.number for r in revisions.history(session, other)] == [1]


def test_of_many_revisions_none_is_added_if_one_lacks_its_file(
    database: Database, store: FileStore, project: str
) -> None:
    new = [revisions.New(project, "a", sha256) for sha256 in (put(store, b"1"), "0" * 64)]
    with pytest.raises(FileMissingError), database.transaction() as session:
        revisions.add_all(session, store, new)
    with database.reading() as session:
        assert revisions.history(session, project) == []


def test_edits_are_saved_one_after_the_other(database: Database, project: str) -> None:
    fill = {"operation": "fill", "at": {"point": [1.5, -2.0]}}
    with database.transaction() as session:
        assert edits.current(session, project, "bathymetry") is None
        edits.save(session, project, "bathymetry", [fill], based_on=0)
        edits.save(session, project, "bathymetry", [fill, fill], based_on=1)
        edits.save(session, project, "sub_basins", [], based_on=0)
    with database.reading() as session:
        saved = edits.history(session, project, "bathymetry")
        assert [(one.number, one.edits) for one in saved] == [(2, [fill, fill]), (1, [fill])]
        current = edits.current(session, project, "bathymetry")
        assert current is not None
        assert current.number == 2


def test_the_second_of_two_who_saved_is_told(database: Database, project: str) -> None:
    with database.transaction() as session:
        edits.save(session, project, "bathymetry", [], based_on=0)
    for based_on in (0, 2):
        with pytest.raises(ConflictError, match="somebody else"), database.transaction() as session:
            edits.save(session, project, "bathymetry", [], based_on=based_on)


def test_saved_edits_are_never_changed(database: Database, project: str) -> None:
    with database.transaction() as session:
        edits.save(session, project, "bathymetry", [], based_on=0)
    with pytest.raises(TypeError, match="immutable"), database.transaction() as session:
        saved = edits.current(session, project, "bathymetry")
        assert saved is not None
        saved.edits = [{}]
