"""Many at once: nobody gets what another has, nothing is numbered twice, nothing is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event, Lock, Thread

import pytest
from sqlalchemy.exc import IntegrityError

from gondwana.dispatcher.desk import Desk
from gondwana.dispatcher.perform import Said, Scene, perform
from gondwana.dispatcher.platform import Platform
from gondwana.storage import (
    cleanup,
    edits,
    inbox,
    outbox,
    projects,
    revisions,
    runs,
    shares,
    users,
)
from gondwana.storage.database import Database
from gondwana.storage.errors import ConflictError, FileMissingError, NameTakenError
from gondwana.storage.files import FileStore, StoredFile
from gondwana.storage.marks import new_id
from gondwana.storage.models import File, Outgoing, Run
from gondwana.storage.words import Access, RunStatus
from gondwana.workflow.actions import MarkCancelled, MarkFailed, MarkRunning, RunAction
from storage_samples import DAY, LATER, NOON, add_run, at_once, new_project, put
from workflow_steps import DIAMOND

Databases = tuple[Database, Database]
ROUNDS = 20
HEAD_START = 0.3


@pytest.fixture
def databases(new_database_url: Callable[[], str]) -> Iterator[Databases]:
    """Open one database twice, as two processes would."""
    url = new_database_url()
    opened = Database(url), Database(url)
    yield opened
    for one in opened:
        one.close()


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(str(tmp_path / "store"))


def told(task: Callable[[], object], *errors: type[Exception]) -> bool:
    """Tell whether something was done; False where another was quicker."""
    try:
        task()
    except errors:
        return False
    return True


def test_revisions_are_numbered_without_gaps(databases: Databases, store: FileStore) -> None:
    project = new_project(databases[0])

    def add(place: int) -> None:
        for number in range(10):
            sha256 = put(store, f"{place} {number}".encode())
            with databases[place % 2].transaction() as session:
                revisions.add(session, store, project, "source", sha256)

    at_once(partial(add, place) for place in range(6))
    with databases[0].reading() as session:
        history = revisions.history(session, project)
        assert sorted(one.number for one in history) == list(range(1, 61))


def test_no_two_claim_the_same_message_and_none_overtakes(databases: Databases) -> None:
    with databases[0].transaction() as session:
        for number in range(150):
            subject = "abcde"[number * number % 5]
            outbox.add(session, message_id=new_id(), subject=subject, key="k", body=b"")
    published: list[tuple[str, int]] = []
    writing = Lock()

    def publish(place: int) -> None:
        database, owner = databases[place % 2], f"p{place}"
        while True:
            with database.transaction() as session:
                claim = outbox.claim(session, owner, now=NOON, until=LATER, limit=7)
            for message in claim:
                with writing:
                    published.append((message.subject, message.number))
            numbers = [message.number for message in claim]
            with database.transaction() as session:
                assert len(outbox.mark_published(session, owner, numbers, now=NOON)) == len(claim)
                if session.query(Outgoing).filter(Outgoing.published.is_(None)).count() == 0:
                    return

    at_once(partial(publish, place) for place in range(4))
    assert len(published) == len(set(published)) == 150
    for subject in "abcde":
        numbers = [number for other, number in published if other == subject]
        assert numbers == sorted(numbers)


def test_messages_written_meanwhile_leave_in_the_order_of_their_subject(
    databases: Databases,
) -> None:
    subjects = [new_project(databases[0], name) for name in ("a", "b")]
    done = Event()
    order: list[tuple[str, int]] = []

    def write(place: int) -> None:
        for _ in range(25):
            with databases[place % 2].transaction() as session:
                # two messages of one change, and another writer in between if it could
                project = projects.lock(session, subjects[place // 2])
                count = project.state.get("count", 0)
                for number in (count + 1, count + 2):
                    body = f"{number}".encode()
                    outbox.add(session, message_id=new_id(), subject=project.id, key="k", body=body)
                project.state = {"count": count + 2}

    def publish() -> None:
        while True:
            last = done.is_set()
            with databases[0].transaction() as session:
                claim = outbox.claim(session, "p", now=NOON, until=LATER, limit=5)
            order.extend((message.subject, int(message.body)) for message in claim)
            with databases[1].transaction() as session:
                outbox.mark_published(session, "p", [one.number for one in claim], now=NOON)
            if last and not claim:
                return

    def write_all() -> None:
        at_once(partial(write, place) for place in range(4))
        done.set()

    at_once([write_all, publish])
    for subject in subjects:
        assert [number for other, number in order if other == subject] == list(range(1, 101))


def act(database: Database, store: FileStore, project: str, action: RunAction) -> Run:
    """Do an action about the run of a step, as a dispatcher does, and return the run as it is."""
    with database.transaction() as session:
        desk = Desk(Platform(database, store, DIAMOND), session, [project])
        row = desk.project(project).project
        perform(action, Scene(desk, row, NOON, Said(), row.owner_id))
        desk.store()
        run = desk.run_of(project, action.step, 1)
        assert run is not None
        return run


def test_no_two_get_a_lease_of_the_same_run(databases: Databases, store: FileStore) -> None:
    project = new_project(databases[0])
    steps = [f"step{number}" for number in range(25)]
    with databases[0].transaction() as session:
        for step in steps:
            add_run(session, project, step, RunStatus.QUEUED)

    def take(place: int) -> list[str | None]:
        database, worker = databases[place % 2], f"w{place}"
        return [act(database, store, project, MarkRunning(s, 1, worker)).owner for s in steps]

    seen = at_once(partial(take, place) for place in range(6))
    with databases[0].reading() as session:
        owners = {run.step: run.owner for run in runs.history(session, project)}
    assert set(owners.values()) <= {f"w{place}" for place in range(6)}
    assert seen == [[owners[step] for step in steps]] * 6


def test_no_two_queue_the_same_run(databases: Databases) -> None:
    project = new_project(databases[0])
    with databases[0].transaction() as session:
        for number in range(40):
            add_run(session, project, f"step{number}", tag="python")

    def feed(place: int) -> list[str]:
        got = []
        while True:
            with databases[place % 2].transaction() as session:
                for run in runs.next_waiting(session, "python", 3):
                    run.status, run.queued = RunStatus.QUEUED, NOON
                    got.append(run.id)
                if not runs.tags_waiting(session):
                    return got

    got = [run for some in at_once(partial(feed, place) for place in range(4)) for run in some]
    assert len(got) == len(set(got)) == 40


def test_a_run_is_closed_by_one(databases: Databases, store: FileStore) -> None:
    project = new_project(databases[0])
    with databases[0].transaction() as session:
        add_run(session, project, "routing", RunStatus.RUNNING)

    def close(place: int) -> tuple[RunStatus, str]:
        action: RunAction = MarkFailed("routing", 1, f"reason {place}", "")
        if place % 3 == 0:
            action = MarkCancelled("routing", 1)
        run = act(databases[place % 2], store, project, action)
        return run.status, run.reason

    seen = at_once(partial(close, place) for place in range(6))
    with databases[0].reading() as session:
        (run,) = runs.history(session, project)
    assert set(seen) == {(run.status, run.reason)}
    assert run.status in (RunStatus.FAILED, RunStatus.CANCELLED)


def test_one_open_run_of_a_step(databases: Databases) -> None:
    project = new_project(databases[0])

    def create(place: int) -> None:
        with databases[place % 2].transaction() as session:
            add_run(session, project, attempt=place + 1)

    done = at_once(partial(told, partial(create, n), IntegrityError) for n in range(6))
    assert sum(done) == 1


def test_a_message_is_dealt_with_once_even_if_the_first_fails(databases: Databases) -> None:
    def deal(place: int) -> bool:
        with databases[place % 2].transaction() as session:
            return inbox.is_new(session, "m")

    def fail() -> bool:
        with databases[0].transaction() as session:
            inbox.is_new(session, "m")
            raise ZeroDivisionError

    tasks = [partial(deal, place) for place in range(5)]
    done = at_once([*tasks, partial(told, fail, ZeroDivisionError)])
    assert sum(done[:5]) == 1


def test_a_name_is_given_once(databases: Databases) -> None:
    new_project(databases[0])

    def user(place: int) -> None:
        with databases[place % 2].transaction() as session:
            users.create(session, "Bob")

    def project(place: int) -> None:
        with databases[place % 2].transaction() as session:
            projects.create(session, users.named(session, "Ada").id, "Miocene")

    for task in (user, project):
        done = at_once(partial(told, partial(task, n), NameTakenError) for n in range(6))
        assert sum(done) == 1


def test_copies_made_at_once_have_different_names(databases: Databases) -> None:
    project = new_project(databases[0])

    def copy(place: int) -> str:
        with databases[place % 2].transaction() as session:
            return projects.duplicate(session, project).name

    names = at_once(partial(copy, place) for place in range(5))
    assert sorted(names) == [f"Eocene ({number})" for number in range(2, 7)]


def test_one_of_many_who_save_the_same_edits_is_kept(databases: Databases) -> None:
    project = new_project(databases[0])

    def save(place: int) -> None:
        with databases[place % 2].transaction() as session:
            edits.save(session, project, "bathymetry", [{"by": place}], based_on=0)

    done = at_once(partial(told, partial(save, n), ConflictError) for n in range(6))
    assert sum(done) == 1


def test_no_two_wait_for_each_other(databases: Databases, store: FileStore) -> None:
    of_ada, of_bob = (new_project(databases[0], owner=owner) for owner in ("Ada", "Bob"))
    with databases[0].reading() as session:
        ada, bob = (users.named(session, name).id for name in ("Ada", "Bob"))
    sha256 = put(store, b"source")

    def use(place: int) -> None:
        mine, other = (of_ada, of_bob) if place % 2 else (of_bob, of_ada)
        me, them = (ada, bob) if place % 2 else (bob, ada)
        for number in range(6):
            for task in (
                lambda s: revisions.add(s, store, mine, "source", sha256, author_id=them),
                lambda s: projects.send(s, mine, them),
                lambda s, n=number: projects.rename(s, other, f"{place} {n}"),
                lambda s: shares.share(s, mine, them, Access.EDIT),
                lambda s: projects.take_back(s, projects.remove(s, mine).id),
            ):
                with databases[place % 2].transaction() as session:
                    task(session)
        assert me

    at_once(partial(use, place) for place in range(4))
    with databases[0].reading() as session:
        assert len(revisions.history(session, of_ada)) == 12


def test_the_same_file_put_by_many_is_whole(store: FileStore) -> None:
    content = b"x" * 300_000
    sums = set(at_once([lambda: put(store, content)] * 6))
    assert len(sums) == 1
    assert store.verify(sums.pop()) == len(content)


def test_a_clean_up_never_takes_what_is_being_named(databases: Databases, store: FileStore) -> None:
    project = new_project(databases[0])
    named = Event()

    def name(place: int) -> int:
        missed = 0
        for number in range(ROUNDS):
            content = f"{number % 3}".encode()
            while True:
                sha256 = put(store, content)
                try:
                    with databases[place % 2].transaction() as session:
                        if number % 3 == 0:
                            other = projects.duplicate(session, project).id
                            projects.remove(session, other)
                        revisions.add(session, store, project, f"kind{place}", sha256)
                    break
                except FileMissingError:
                    missed += 1
        return missed

    def name_all() -> None:
        at_once(partial(name, place) for place in range(3))
        named.set()

    def clean() -> None:
        future = datetime.now(UTC) + DAY  # no age protects a file
        while not named.is_set():
            with databases[1].transaction() as session:
                projects.purge(session, future)
            cleanup.remove(databases[1], store, cleanup.survey(databases[1], store, before=future))

    at_once([name_all, clean, clean])
    with databases[0].reading() as session:
        history = revisions.history(session, project)
    assert len(history) == 3 * ROUNDS
    for sha256 in {one.sha256 for one in history}:
        assert store.verify(sha256) == 1


class Interrupted(FileStore):
    """A store in which something else begins when a file was looked for so many times."""

    def __init__(self, url: str, look: int, meanwhile: Callable[[], object]) -> None:
        super().__init__(url)
        self._left = look
        self._other = Thread(target=meanwhile)

    def find(self, sha256: str) -> StoredFile | None:
        found = super().find(sha256)
        self._left -= 1
        if self._left == 0:
            self._other.start()
            self._other.join(HEAD_START)  # it may have to wait for us
        return found

    def join(self) -> None:
        self._other.join()


@pytest.mark.parametrize("look", [1, 2])
@pytest.mark.parametrize("known", [False, True])
def test_a_clean_up_in_the_midst_of_naming(
    databases: Databases, store: FileStore, tmp_path: Path, look: int, known: bool
) -> None:
    project, sha256 = new_project(databases[0]), put(store, b"file")
    if known:  # once it was named by a project that is gone
        with databases[0].transaction() as session:
            session.add(File(sha256=sha256, size=4))
    found = cleanup.survey(databases[1], store, before=datetime.now(UTC) + DAY)
    clean = partial(cleanup.remove, databases[1], store, found)
    interrupted = Interrupted(str(tmp_path / "store"), look, clean)

    def name() -> None:
        with databases[0].transaction() as session:
            revisions.add(session, interrupted, project, "source", sha256)

    named = told(name, FileMissingError)
    interrupted.join()
    assert (store.find(sha256) is not None) == named
    with databases[0].reading() as session:
        assert len(revisions.history(session, project)) == named


def test_naming_in_the_midst_of_a_clean_up(
    databases: Databases, store: FileStore, tmp_path: Path
) -> None:
    project, sha256 = new_project(databases[0]), put(store, b"file")
    named: list[bool] = []

    def name() -> None:
        with databases[0].transaction() as session:
            revisions.add(session, store, project, "source", sha256)

    interrupted = Interrupted(
        str(tmp_path / "store"), 1, lambda: named.append(told(name, FileMissingError))
    )
    found = cleanup.survey(databases[1], store, before=datetime.now(UTC) + DAY)
    assert len(cleanup.remove(databases[1], interrupted, found).files) == 1
    interrupted.join()
    assert named == [False]
    with databases[0].reading() as session:
        assert revisions.history(session, project) == []
