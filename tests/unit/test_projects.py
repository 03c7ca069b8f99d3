"""Projects, their owners, and who else may see them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from gondwana.errors import ParameterError
from gondwana.storage import edits, projects, revisions, runs, shares, users
from gondwana.storage.database import Database
from gondwana.storage.errors import ConflictError, NameTakenError, NotFoundError
from gondwana.storage.files import FileStore
from gondwana.storage.marks import utc_now
from gondwana.storage.models import Project, User
from gondwana.storage.names import free_name
from gondwana.storage.words import Access, Role, RunStatus
from storage_samples import DAY, NOON, add_run, new_project, put


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(str(tmp_path / "store"))


@pytest.fixture
def ada(database: Database) -> str:
    with database.transaction() as session:
        return users.create(session, "Ada").id


@pytest.fixture
def bob(database: Database) -> str:
    with database.transaction() as session:
        return users.create(session, "Bob").id


def names_of(database: Database, owner_id: str, *, deleted: bool = False) -> list[str]:
    with database.reading() as session:
        return [one.name for one in projects.of_owner(session, owner_id, deleted=deleted)]


def test_users_are_found_in_any_letter_case(database: Database) -> None:
    with database.transaction() as session:
        made = users.create(session, " Ada  Lovelace ", email="a@b.c", role=Role.ADMIN)
        assert (made.name, made.role, made.active) == ("Ada Lovelace", Role.ADMIN, True)
        assert users.named(session, "ADA lovelace").id == made.id
        with pytest.raises(NameTakenError):
            users.create(session, "ada LOVELACE")
        with pytest.raises(NotFoundError, match="no user 'Bob'"):
            users.named(session, "Bob")
        with pytest.raises(NotFoundError):
            users.get(session, "nobody")
        with pytest.raises(NotFoundError):
            users.lock(session, "nobody")
    with database.reading() as session:
        assert [user.name for user in users.everybody(session)] == ["Ada Lovelace"]


def test_a_project_is_created_and_found(database: Database, ada: str) -> None:
    with database.transaction() as session:
        made = projects.create(
            session, ada, "  Eocene  60 Ma ", file_name="e.nc", longitude="lon", state={"a": [1]}
        )
    with database.reading() as session:
        found = projects.named(session, ada, "Eocene 60 Ma")
        assert found.id == made.id == projects.get(session, made.id).id
        assert (found.file_name, found.longitude, found.state) == ("e.nc", "lon", {"a": [1]})
        assert found.created == made.created
        with pytest.raises(NotFoundError, match="no project 'Miocene'"):
            projects.named(session, ada, "Miocene")
        with pytest.raises(NotFoundError):
            projects.get(session, "none")


@pytest.mark.parametrize("name", ["", "  ", "a/b", "a\\b", "a\0b", "a\u202eb", "\ud800", "x" * 101])
def test_what_is_no_name_is_refused(database: Database, ada: str, name: str) -> None:
    with pytest.raises(ParameterError), database.transaction() as session:
        projects.create(session, ada, name)


def test_a_name_belongs_to_one_project_of_an_owner(database: Database, ada: str, bob: str) -> None:
    with database.transaction() as session:
        projects.create(session, ada, "Eocene")
        projects.create(session, bob, "Eocene")
        with pytest.raises(NameTakenError):
            projects.create(session, ada, "Eocene")
        other = projects.create(session, ada, "Miocene")
        with pytest.raises(NameTakenError):
            projects.rename(session, other.id, "Eocene")
        assert projects.rename(session, other.id, "Miocene").name == "Miocene"
        assert projects.rename(session, other.id, "Pliocene").name == "Pliocene"
    assert names_of(database, ada) == ["Eocene", "Pliocene"]


def test_the_database_itself_guards_names_and_owners(database: Database, ada: str) -> None:
    new_project(database)
    for owner, name in ((ada, "Eocene"), ("nobody", "Miocene"), (ada, "")):
        with pytest.raises(IntegrityError), database.transaction() as session:
            session.add(Project(owner_id=owner, name=name))


def test_a_project_of_nobody_cannot_be(database: Database) -> None:
    with pytest.raises(NotFoundError), database.transaction() as session:
        projects.create(session, "nobody", "Eocene")


def test_a_copy_has_the_rows_and_no_bytes_more(
    database: Database, store: FileStore, ada: str
) -> None:
    original = new_project(database)
    with database.transaction() as session:
        run = add_run(session, original)
        for content in (b"one", b"two"):
            sha256 = put(store, content)
            revisions.add(session, store, original, "source", sha256, author_id=ada, note="mine")
        made = revisions.add(
            session, store, original, "routing", put(store, b"three"), run_id=run.id, step="routing"
        )
        edits.save(session, original, "bathymetry", [{"operation": "fill"}], based_on=0)
        projects.lock(session, original).state = {"routing": "running"}
    files = list(store)
    with database.transaction() as session:
        copy = projects.duplicate(session, original)
        again = projects.duplicate(session, original, state={"fresh": True})
        named = projects.duplicate(session, original, name="Other")
        assert (copy.name, again.name, named.name) == ("Eocene (2)", "Eocene (3)", "Other")
        assert (copy.owner_id, copy.copied_from) == (ada, original)
        assert (copy.state, again.state) == ({}, {"fresh": True})
    assert list(store) == files
    with database.reading() as session:
        old, new = revisions.history(session, original), revisions.history(session, copy.id)
        told = ("kind", "number", "sha256", "step", "author_id", "note", "created")
        assert [[getattr(one, name) for name in told] for one in new] == [
            [getattr(one, name) for name in told] for one in old
        ]
        assert {one.run_id for one in new} == {None}
        assert not {one.id for one in new} & {one.id for one in old}
        saved = edits.current(session, copy.id, "bathymetry")
        assert saved is not None
        assert saved.edits == [{"operation": "fill"}]
        assert runs.history(session, copy.id) == []
        assert revisions.current(session, original)["routing"].id == made.id


def test_projects_in_which_something_is_due_are_found(database: Database) -> None:
    made = [new_project(database, name) for name in "abcd"]
    with database.transaction() as session:
        for project, wait in zip(made, (3, 1, 2), strict=False):
            projects.lock(session, project).due = NOON + wait * DAY
    with database.reading() as session:
        assert projects.due(session, now=NOON) == []
        assert projects.due(session, now=NOON + 2 * DAY) == [made[1], made[2]]
        assert projects.due(session, now=NOON + 9 * DAY, limit=1) == [made[1]]


def test_several_projects_are_locked_at_once(database: Database) -> None:
    made = [new_project(database, name) for name in "abc"]
    with database.transaction() as session:
        projects.remove(session, made[0])
        assert projects.lock_all(session, []) == []
        found = projects.lock_all(session, [*made[:2], made[1], "none"])
        assert [one.id for one in found] == sorted(made[:2])


def test_what_happens_to_a_copy_leaves_the_original(database: Database, store: FileStore) -> None:
    original = new_project(database)
    with database.transaction() as session:
        revisions.add(session, store, original, "source", put(store, b"one"))
        copy = projects.duplicate(session, original).id
        revisions.add(session, store, copy, "source", put(store, b"two"))
        projects.remove(session, original)
    with database.transaction() as session:
        assert projects.purge(session, utc_now() + DAY) == 1
    with database.reading() as session:
        assert [one.number for one in revisions.history(session, copy)] == [2, 1]
        assert projects.get(session, copy).copied_from is None


def test_an_empty_project_can_be_copied(database: Database) -> None:
    with database.transaction() as session:
        user = users.create(session, "Ada")
        project = projects.create(session, user.id, "x" * 100)
        assert projects.duplicate(session, project.id).name == "x" * 96 + " (2)"


def test_a_copy_under_a_taken_name_is_refused(database: Database, ada: str) -> None:
    project = new_project(database)
    with pytest.raises(NameTakenError), database.transaction() as session:
        projects.duplicate(session, project, name="Eocene")
    assert names_of(database, ada) == ["Eocene"]


def test_free_names_are_numbered() -> None:
    assert free_name("a", {"b"}) == "a"
    assert free_name("a", {"a", "a (2)", "a (4)"}) == "a (3)"
    assert free_name("a (2)", {"a (2)"}) == "a (2) (2)"
    assert free_name("a", {"a", *(f"a ({n})" for n in range(2, 12))}) == "a (12)"


def test_a_project_is_sent(database: Database, ada: str, bob: str) -> None:
    project = new_project(database)
    with database.transaction() as session:
        first = projects.send(session, project, bob, state={"at": "rest"})
        second = projects.send(session, project, bob)
        assert (first.owner_id, first.state) == (bob, {"at": "rest"})
        with pytest.raises(ConflictError):
            projects.send(session, project, ada)
        with pytest.raises(NotFoundError):
            projects.send(session, project, "nobody")
    assert second.name == "Eocene (2)"
    assert names_of(database, bob) == ["Eocene", "Eocene (2)"]
    assert names_of(database, ada) == ["Eocene"]


def test_a_deleted_project_is_gone_and_can_be_taken_back(database: Database, ada: str) -> None:
    project = new_project(database)
    with database.transaction() as session:
        assert projects.remove(session, project).deleted is not None
    with database.transaction() as session:
        for use in (projects.get, projects.lock, projects.remove, projects.duplicate):
            with pytest.raises(NotFoundError):
                use(session, project)
        assert projects.get(session, project, deleted=True).id == project
    assert names_of(database, ada) == []
    assert names_of(database, ada, deleted=True) == ["Eocene"]
    with database.transaction() as session:
        assert projects.take_back(session, project).deleted is None
        assert projects.take_back(session, project).deleted is None
    assert names_of(database, ada) == ["Eocene"]


def test_a_deleted_name_can_be_given_again(database: Database, ada: str) -> None:
    project = new_project(database)
    with database.transaction() as session:
        projects.remove(session, project)
        projects.remove(session, projects.create(session, ada, "Eocene").id)
        projects.create(session, ada, "Eocene")
        with pytest.raises(NameTakenError):
            projects.take_back(session, project)
        projects.take_back(session, project, name="Eocene as it was")
    assert names_of(database, ada) == ["Eocene", "Eocene as it was"]


def test_only_what_was_deleted_long_ago_and_is_at_rest_is_removed_for_good(
    database: Database, store: FileStore, ada: str, bob: str
) -> None:
    old, busy, fresh = (new_project(database, name) for name in ("old", "busy", "fresh"))
    kept = new_project(database, "kept")
    with database.transaction() as session:
        for project in (old, busy, fresh):
            status = RunStatus.WAITING if project == busy else RunStatus.FAILED
            run = add_run(session, project, status=status)
            sha256 = put(store, project.encode())
            revisions.add(session, store, project, "routing", sha256, run_id=run.id)
            edits.save(session, project, "bathymetry", [], based_on=0)
            shares.share(session, project, bob, Access.VIEW)
            projects.remove(session, project)
        long_ago = update(Project).where(Project.id.in_((old, busy)))
        session.execute(long_ago.values(deleted=NOON - 30 * DAY))
        session.execute(update(Project).where(Project.id == fresh).values(deleted=NOON))
    with database.transaction() as session:
        assert projects.purge(session, NOON - DAY) == 1
    with database.transaction() as session:
        (run,) = runs.unfinished(session)
        run.status, run.finished = RunStatus.CANCELLED, NOON
        session.flush()
        assert projects.purge(session, NOON - DAY) == 1
        assert projects.purge(session, NOON - DAY) == 0
        assert revisions.history(session, old) == []
        assert runs.history(session, busy) == []
    assert names_of(database, ada) == ["kept"]
    assert names_of(database, ada, deleted=True) == ["fresh"]
    assert kept


def test_shares(database: Database, ada: str, bob: str) -> None:
    project = new_project(database)
    with database.transaction() as session:
        shares.share(session, project, bob, Access.VIEW)
        shares.share(session, project, bob, Access.EDIT)
        assert shares.access_of(session, project, bob) is Access.EDIT
        assert shares.access_of(session, project, ada) is None
        assert [one.user_id for one in shares.of_project(session, project)] == [bob]
        assert [one.id for one in projects.seen_by(session, bob)] == [project]
        assert [one.id for one in projects.seen_by(session, ada)] == [project]
        with pytest.raises(ConflictError):
            shares.share(session, project, ada, Access.EDIT)
        with pytest.raises(NotFoundError):
            shares.share(session, project, "nobody", Access.EDIT)
        shares.unshare(session, project, bob)
        shares.unshare(session, project, bob)
        assert projects.seen_by(session, bob) == []


def test_a_user_with_projects_cannot_be_dropped(database: Database) -> None:
    new_project(database)
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.delete(users.named(session, "Ada"))
        session.flush()
    with database.reading() as session:
        assert session.get(User, users.named(session, "Ada").id) is not None
