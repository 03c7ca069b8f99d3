"""Whatever people do in whatever order: revisions are kept, and so is every file they name."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from gondwana.storage import cleanup, projects, revisions, users
from gondwana.storage.database import Database
from gondwana.storage.files import FileStore
from gondwana.storage.models import TABLES, Revision
from storage_samples import DAY, put

CONTENTS = st.sampled_from([b"a", b"b", b"c", b"d"])
KINDS = st.sampled_from(["source", "routing"])
Revisions = dict[str, list[bytes]]


def sum_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Keeping(RuleBasedStateMachine):
    """Do something with projects, and remember in plain lists what must come of it."""

    present = Bundle("present")
    deleted = Bundle("deleted")

    def __init__(self, database: Database, folder: Path) -> None:
        super().__init__()
        self.database = database
        self.folder = folder / uuid4().hex
        self.store = FileStore(str(self.folder))
        self.known: dict[str, Revisions] = {}
        self.owners: list[str] = []

    def teardown(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        with self.database.engine.begin() as connection:
            for table in reversed(TABLES.sorted_tables):
                connection.execute(table.delete())

    @initialize(target=present)
    def begin(self) -> str:
        with self.database.transaction() as session:
            self.owners = [users.create(session, name).id for name in ("Ada", "Bob")]
        return self.create(0)

    @rule(target=present, owner=st.integers(0, 1))
    def create(self, owner: int) -> str:
        with self.database.transaction() as session:
            project = projects.create(session, self.owners[owner], uuid4().hex).id
        self.known[project] = {}
        return project

    @rule(project=present, kind=KINDS, content=CONTENTS)
    def add(self, project: str, kind: str, content: bytes) -> None:
        sha256 = put(self.store, content)
        with self.database.transaction() as session:
            revisions.add(session, self.store, project, kind, sha256)
        self.known[project].setdefault(kind, []).append(content)

    @rule(content=CONTENTS)
    def put_without_naming(self, content: bytes) -> None:
        put(self.store, content)

    @rule(project=present, kind=KINDS, content=CONTENTS)
    def add_and_fail(self, project: str, kind: str, content: bytes) -> None:
        sha256 = put(self.store, content)
        with pytest.raises(ZeroDivisionError), self.database.transaction() as session:
            revisions.add(session, self.store, project, kind, sha256)
            raise ZeroDivisionError

    @rule(project=present, data=st.data())
    def restore(self, project: str, data: st.DataObject) -> None:
        places = [(k, n) for k, some in self.known[project].items() for n in range(len(some))]
        if not places:
            return
        kind, place = data.draw(st.sampled_from(places))
        with self.database.transaction() as session:
            revisions.restore(session, project, kind, place + 1)
        self.known[project][kind].append(self.known[project][kind][place])

    @rule(target=present, project=present, owner=st.integers(0, 1))
    def duplicate(self, project: str, owner: int) -> str:
        with self.database.transaction() as session:
            copy = projects.duplicate(session, project, owner_id=self.owners[owner]).id
        self.known[copy] = {kind: list(some) for kind, some in self.known[project].items()}
        return copy

    @rule(target=deleted, project=consumes(present))
    def remove(self, project: str) -> str:
        with self.database.transaction() as session:
            projects.remove(session, project)
        return project

    @rule(target=present, project=consumes(deleted))
    def take_back(self, project: str) -> str:
        with self.database.transaction() as session:
            if project in self.known:
                gone = projects.get(session, project, deleted=True)
                present = projects.of_owner(session, gone.owner_id)
                taken = gone.name in {one.name for one in present}
                projects.take_back(session, project, name=uuid4().hex if taken else None)
                return project
        return self.create(0)

    @rule()
    def purge(self) -> None:
        with self.database.transaction() as session:
            gone = [p for o in self.owners for p in projects.of_owner(session, o, deleted=True)]
            assert projects.purge(session, datetime.now(UTC) + DAY) == len(gone)
        for project in gone:
            del self.known[project.id]

    @rule()
    def clean(self) -> None:
        future = datetime.now(UTC) + DAY
        found = cleanup.survey(self.database, self.store, before=future)
        assert found.missing == ()
        removed = cleanup.remove(self.database, self.store, found)
        assert removed.files == found.unnamed
        assert {file.sha256 for file in self.store} == self.named()

    @invariant()
    def revisions_are_as_remembered(self) -> None:
        with self.database.reading() as session:
            rows = session.execute(
                select(Revision.project_id, Revision.kind, Revision.number, Revision.sha256)
            )
            found = {(row.project_id, row.kind, row.number): row.sha256 for row in rows}
        assert found == {
            (project, kind, number): sum_of(content)
            for project, kinds in self.known.items()
            for kind, some in kinds.items()
            for number, content in enumerate(some, 1)
        }

    @invariant()
    def no_named_file_is_ever_removed(self) -> None:
        assert all(self.store.find(sha256) is not None for sha256 in self.named())

    def named(self) -> set[str]:
        return {
            sum_of(content)
            for kinds in self.known.values()
            for some in kinds.values()
            for content in some
        }


def test_revisions_copies_and_clean_ups_in_any_order(
    new_database_url: Callable[[], str], tmp_path: Path
) -> None:
    database = Database(new_database_url())
    try:
        run_state_machine_as_test(
            lambda: Keeping(database, tmp_path),
            settings=settings(max_examples=25, stateful_step_count=25, deadline=None),
        )
    finally:
        database.close()
