"""Whose turn it is among those who wait: fair, and quick however long somebody's line is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, update
from sqlalchemy.orm import Session

from gondwana.storage import projects, runs, users
from gondwana.storage.database import Database
from gondwana.storage.marks import new_id
from gondwana.storage.models import Run
from gondwana.storage.words import RunStatus
from storage_samples import LATER, NOON, SECOND


class Lines:
    """Authors with one project each, and their runs."""

    def __init__(self, database: Database, *names: str) -> None:
        with database.transaction() as session:
            self.authors = {name: users.create(session, name).id for name in names}
            self.projects = {
                name: projects.create(session, author, "Eocene").id
                for name, author in self.authors.items()
            }

    def add(
        self,
        session: Session,
        name: str,
        status: RunStatus,
        created: list[timedelta],
        tag: str = "python",
    ) -> list[str]:
        """Add runs that were created so long after noon."""
        about = {
            "project_id": self.projects[name],
            "author_id": self.authors[name],
            "tag": tag,
            "attempt": 1,
            "status": status,
            "owner": "w" if status is RunStatus.RUNNING else None,
            "lease_until": LATER if status is RunStatus.RUNNING else None,
        }
        rows = [{**about, "id": new_id(), "step": new_id(), "created": NOON + t} for t in created]
        if rows:
            session.execute(insert(Run), rows)
        return [str(row["id"]) for row in rows]

    def wait(self, session: Session, name: str, count: int, **about: Any) -> list[str]:
        created = [place * SECOND for place in range(count)]
        return self.add(session, name, RunStatus.WAITING, created, **about)


def stand(session: Session, run_id: str, status: RunStatus, **about: Any) -> None:
    """Let a run stand otherwise than before."""
    session.execute(update(Run).where(Run.id == run_id).values(status=status, **about))


def next_ones(session: Session, limit: int, tag: str = "python") -> list[str]:
    return [run.id for run in runs.next_waiting(session, tag, limit)]


def test_authors_take_turns(database: Database) -> None:
    lines = Lines(database, "Ada", "Bob", "Eve")
    with database.transaction() as session:
        ada, bob, eve = (
            lines.wait(session, name, n) for name, n in zip(lines.authors, (5, 2, 1), strict=True)
        )
        first = next_ones(session, 5)
        assert set(first[:3]) == {ada[0], bob[0], eve[0]}
        assert set(first[3:]) == {ada[1], bob[1]}
        assert next_ones(session, 100)[5:] == ada[2:]


def test_who_has_less_at_work_comes_first(database: Database) -> None:
    lines = Lines(database, "Ada", "Bob")
    with database.transaction() as session:
        ada, bob = (lines.wait(session, name, 3) for name in lines.authors)
        lease = {"owner": "w", "lease_until": LATER}
        for run, status, about in (
            (ada[0], RunStatus.RUNNING, lease),
            (ada[1], RunStatus.QUEUED, {}),
        ):
            stand(session, run, status, **about)
        assert next_ones(session, 2) == bob[:2]
        for run in ada[:2]:
            stand(session, run, RunStatus.DONE, lease_until=None, finished=NOON)
        assert set(next_ones(session, 2)) == {ada[2], bob[0]}


def test_of_equal_ones_who_waits_the_longest_comes_first(database: Database) -> None:
    lines = Lines(database, "Ada", "Bob", "Eve")
    waiting = RunStatus.WAITING
    with database.transaction() as session:
        (ada,) = lines.add(session, "Ada", waiting, [2 * SECOND])
        (bob,) = lines.add(session, "Bob", waiting, [1 * SECOND])
        (eve,) = lines.add(session, "Eve", waiting, [3 * SECOND])
        assert next_ones(session, 3) == [bob, ada, eve]


def test_tags_do_not_touch_each_other(database: Database) -> None:
    lines = Lines(database, "Ada", "Bob")
    with database.transaction() as session:
        assert runs.tags_waiting(session) == []
        ada = lines.wait(session, "Ada", 2, tag="python")
        bob = lines.wait(session, "Bob", 1, tag="coupling")
        lines.add(session, "Ada", RunStatus.RUNNING, [SECOND] * 3, tag="coupling")
        lines.add(session, "Ada", RunStatus.QUEUED, [SECOND] * 2, tag="other")
        assert runs.tags_waiting(session) == ["coupling", "python"]
        assert next_ones(session, 5, "python") == ada
        assert next_ones(session, 5, "coupling") == bob
        assert next_ones(session, 5, "other") == []
        assert [runs.count_queued(session, tag) for tag in ("python", "other")] == [0, 2]


@pytest.mark.parametrize("seed", range(3))
def test_the_order_is_that_of_taking_turns_one_by_one(database: Database, seed: int) -> None:
    random = Random(seed)
    lines = Lines(database, *(f"author {n}" for n in range(random.randint(1, 6))))
    at_work: Counter[str] = Counter()
    left: dict[str, list[tuple[timedelta, str]]] = {}
    times = [n * SECOND for n in range(1000)]
    random.shuffle(times)
    with database.transaction() as session:
        for name in lines.authors:
            for status in (RunStatus.QUEUED, RunStatus.RUNNING):
                some = [times.pop() for _ in range(random.randint(0, 4))]
                at_work[name] += len(lines.add(session, name, status, some))
            some = sorted(times.pop() for _ in range(random.choice([0, 3, 80])))
            made = lines.add(session, name, RunStatus.WAITING, some)
            left[name] = list(zip(some, made, strict=True))
        since = {name: line[0][0] for name, line in left.items() if line}
        expected = []
        while any(left.values()):
            name = min((n for n in left if left[n]), key=lambda n: (at_work[n], since[n]))
            expected.append(left[name].pop(0)[1])
            at_work[name] += 1
        for limit in (1, 7, 1000):
            assert next_ones(session, limit) == expected[:limit]


def queries_of(database: Database, use: Callable[[Session], object]) -> list[tuple[str, Any]]:
    """Return the queries that something needs."""
    queries: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, query: str, given: Any, *more: Any) -> None:
        del connection, cursor, more
        if query.lstrip().startswith(("SELECT", "WITH")):
            queries.append((query, given))

    event.listen(database.engine, "before_cursor_execute", note)
    with database.transaction() as session:
        use(session)
    event.remove(database.engine, "before_cursor_execute", note)
    return queries


def effort(connection: Connection, query: str, given: Any) -> int:
    """Count the rows that PostgreSQL goes through, or the steps of SQLite's machine."""
    if connection.dialect.name == "postgresql":
        explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {query}"
        return _rows_of(connection.exec_driver_sql(explain, given).scalar_one()[0]["Plan"])
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(step, 1)
    connection.exec_driver_sql(query, given).all()
    driver.set_progress_handler(None, 1)
    return steps


def _rows_of(plan: dict[str, Any]) -> int:
    rows = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    return int(rows * plan["Actual Loops"]) + sum(map(_rows_of, plan.get("Plans", [])))


@pytest.mark.parametrize(
    "use",
    [
        partial(runs.next_waiting, tag="python", limit=8),
        partial(runs.count_queued, tag="python"),
        runs.tags_waiting,
    ],
)
def test_a_long_line_of_one_author_does_not_have_to_be_read(
    database: Database, use: Callable[[Session], object]
) -> None:
    lines = Lines(database, "Ada", "Bob", "Eve")
    efforts = []
    for more in (100, 5000):
        with database.transaction() as session:
            for name in lines.authors:
                lines.wait(session, name, more if name == "Ada" else 3)
            lines.add(session, "Ada", RunStatus.QUEUED, [SECOND] * 10)
        queries = queries_of(database, use)
        with database.engine.connect() as connection:
            efforts.append(sum(effort(connection, *query) for query in queries))
    few, many = efforts
    assert 0 < many < 2 * few, "fifty times as many wait"
