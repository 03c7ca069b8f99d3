"""How the installation stands, as an administrator sees it, on both databases."""

from __future__ import annotations

from dataclasses import astuple
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gondwana.accounts.errors import ForbiddenError
from gondwana.accounts.permissions import Actor
from gondwana.messaging.messages import Failed
from gondwana.services import disk, overview, projects, runs
from gondwana.services.disk import Amount
from gondwana.services.overview import QueueInfo
from gondwana.storage import offers, revisions, users
from gondwana.storage import workers as rows
from gondwana.storage.database import Database
from gondwana.storage.marks import utc_now
from gondwana.storage.models import Project
from gondwana.storage.words import RunStatus
from gondwana.storage.workers import Seen
from services_world import Place, new_place
from storage_samples import add_run, put

MINUTE = timedelta(minutes=1)


@pytest.fixture
def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return new_place(database, tmp_path, monkeypatch)


def queue(place: Place, tag: str = "python") -> QueueInfo:
    found = overview.overview(place.platform, place.admin).queues
    assert len({one.tag for one in found}) == len(found)
    return next(one for one in found if one.tag == tag)


def of(place: Place, owner: str, name: str) -> str:
    """Make a project without anything in it."""
    with place.database.transaction() as session:
        user = users.named(session, owner)
        project = Project(owner_id=user.id, name=name)
        session.add(project)
        session.flush()
        return project.id


def add(place: Place, project: str, step: str, status: RunStatus, **about: Any) -> None:
    with place.database.transaction() as session:
        add_run(session, project, step, status, **{"tag": "python", **about})


def name_file(place: Place, project: str, content: bytes, kind: str = "source") -> None:
    with place.database.transaction() as session:
        revisions.add(session, place.store, project, kind, put(place.store, content))


def offer(place: Place, owner: str, content: bytes, **about: Any) -> None:
    sha256 = put(place.store, content)
    with place.database.transaction() as session:
        user = users.named(session, owner)
        made = offers.add(
            session, place.store, user.id, "source", "a.nc", sha256, reading={}, found={}
        )
        for name, value in about.items():
            setattr(made, name, value)


def test_queues_by_tag(place: Place) -> None:
    project, other = of(place, "Ada", "one"), of(place, "Ada", "two")
    add(place, project, "a", RunStatus.WAITING)
    add(place, project, "b", RunStatus.WAITING)
    add(place, project, "c", RunStatus.QUEUED)
    add(place, project, "d", RunStatus.RUNNING)
    add(place, project, "e", RunStatus.DONE)
    add(place, project, "f", RunStatus.NO_WORKER)
    add(place, project, "g", RunStatus.NO_WORKER)
    add(place, project, "g", RunStatus.WAITING, attempt=2)  # found a worker since
    add(place, other, "a", RunStatus.WAITING, tag="ada")
    now = utc_now()
    with place.database.transaction() as session:
        told = [
            Seen("w1", "python", 4, 3, "", now, now),
            Seen("w2", "python", 2, 1, "", now, now),
            Seen("gone", "python", 8, 8, "", now, now - MINUTE),
            Seen("w3", "cobol", 1, 0, "", now, now),
        ]
        rows.note(session, told)
    assert astuple(queue(place))[1:] == (3, 1, 1, 1, 2, 6, 4)
    # a tag that no step has any more, and one that no step has yet
    assert astuple(queue(place, "ada"))[1:] == (1, 0, 0, 0, 0, 0, 0)
    assert astuple(queue(place, "cobol"))[1:] == (0, 0, 0, 0, 1, 1, 0)
    for step in place.steps:
        assert queue(place, step.worker)
    found = overview.overview(place.platform, place.admin)
    assert {worker.name: worker.silent for worker in found.workers} == {
        "w1": False,
        "w2": False,
        "gone": True,
        "w3": False,
    }


def test_what_nobody_can_start_any_more_waits_for_no_worker(place: Place) -> None:
    project = place.make(name="gone").id
    add(place, project, "f", RunStatus.NO_WORKER)
    assert queue(place).without_worker == 1
    projects.delete(place.platform, place.ada, project)
    assert queue(place).without_worker == 0


def test_a_failure_is_told_with_its_project_and_reason(place: Place) -> None:
    project = place.make()
    place.pump()
    (task,) = place.tasks()
    place.start(task, "w-7")
    said = Failed(
        step="regrid", code="bad_input", reason="no land", remedy="add some", retryable=False
    )
    place.say(task, said, "w-7")
    place.pump()
    (failed,) = overview.overview(place.platform, place.admin).failed
    assert (failed.project_id, failed.project, failed.owner) == (project.id, "Eocene", "Ada")
    assert (failed.step, failed.attempt, failed.worker) == ("regrid", 1, "w-7")
    assert (failed.code, failed.reason, failed.hint) == ("bad_input", "no land", "add some")
    assert not failed.tried_again
    assert failed.finished == runs.history(place.platform, place.ada, project.id)[0].finished
    add(place, project.id, "regrid", RunStatus.WAITING, attempt=2)
    assert overview.failed_runs(place.platform, place.admin)[0].tried_again
    projects.delete(place.platform, place.ada, project.id)
    assert overview.failed_runs(place.platform, place.admin) == ()


def test_the_last_failure_is_the_first(place: Place) -> None:
    place.actor("Mary")
    project, other, now = of(place, "Ada", "one"), of(place, "Mary", "two"), utc_now()
    for number in range(15):
        about = {"finished": now - number * MINUTE, "reason": str(number)}
        add(place, other if number % 2 else project, f"s{number}", RunStatus.FAILED, **about)
    shown = overview.overview(place.platform, place.admin).failed
    assert [failed.reason for failed in shown] == [str(number) for number in range(10)]
    assert [failed.owner for failed in shown[:2]] == ["Ada", "Mary"]
    many = overview.failed_runs(place.platform, place.admin)
    assert [failed.reason for failed in many] == [str(number) for number in range(15)]
    assert len(overview.failed_runs(place.platform, place.admin, limit=3)) == 3


def test_who_and_what_there_is(place: Place) -> None:
    empty = overview.overview(place.platform, place.admin)
    assert (empty.projects, empty.deleted_projects, empty.users, empty.active_users) == (0, 0, 2, 2)
    assert (empty.stored, empty.failed, empty.workers) == (Amount(), (), ())
    place.actor("Mary")
    with place.database.transaction() as session:
        users.named(session, "Mary").active = False
    for name in ("one", "two"):
        of(place, "Ada", name)
    projects.delete(place.platform, place.ada, of(place, "Ada", "three"))
    found = overview.overview(place.platform, place.admin)
    assert (found.projects, found.deleted_projects, found.users, found.active_users) == (2, 1, 3, 2)


def test_each_file_is_counted_in_one_part(place: Place) -> None:
    mary = place.actor("Mary")
    ones, twos, lost = of(place, "Ada", "one"), of(place, "Mary", "two"), of(place, "Mary", "three")
    name_file(place, ones, b"1")
    name_file(place, ones, b"1" * 10, "routing")
    name_file(place, ones, b"1", "routing")  # the same file again
    name_file(place, twos, b"1" * 10)  # of another as well
    name_file(place, lost, b"1" * 10)
    name_file(place, lost, b"1" * 100, "routing")
    projects.delete(place.platform, mary, lost)
    offer(place, "Ada", b"1")  # is in a project already
    offer(place, "Mary", b"2" * 1000)
    offer(place, "Mary", b"3" * 10_000, created=utc_now() - 2 * offers.KEPT)
    with place.database.transaction() as session:
        revisions.name_file(session, place.store, put(place.store, b"4" * 100_000))
    found = disk.disk_use(place.platform, place.admin)
    assert found.in_projects == Amount(2, 11)
    assert found.deleted == Amount(1, 100)
    assert found.offered == Amount(1, 1000)
    assert found.unnamed == Amount(2, 110_000)  # one was offered for too long
    assert found.stored == Amount(6, 111_111)
    assert overview.overview(place.platform, place.admin).stored == found.stored
    by_name = {user.name: user for user in found.users}
    assert [user.name for user in found.users] == ["Mary", "Ada", "root"]
    assert (by_name["Ada"].projects, by_name["Ada"].used) == (1, Amount(2, 11))
    assert (by_name["Mary"].projects, by_name["Mary"].used) == (1, Amount(3, 11_010))
    assert (by_name["root"].projects, by_name["root"].used) == (0, Amount())


@pytest.mark.parametrize("look", [overview.overview, overview.failed_runs, disk.disk_use])
def test_an_administrator_alone_may_look(place: Place, look: Any) -> None:
    with pytest.raises(ForbiddenError, match="administrator"):
        look(place.platform, place.ada)
    with pytest.raises(ForbiddenError):  # what an actor says of their role does not count
        look(place.platform, Actor(place.ada.user_id, "Ada", place.admin.role))
