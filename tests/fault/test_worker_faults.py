"""Workers on a real RabbitMQ: killed, cut off, or busy when the next task comes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from gondwana.messaging.messages import Done, Failed, Progress, Started
from gondwana.messaging.rabbitmq import RabbitMQTransport
from gondwana.messaging.topology import DEAD_LETTERS, dispatcher_queue, worker_queue
from gondwana.messaging.transport import UnroutableError
from gondwana.steps.contract import Step
from gondwana.steps.declaration import read_declaration
from private_rabbitmq import PrivateRabbitMQ, eventually
from worker_steps import ACT, NOTHING
from worker_world import SOON, Desk, kinds

WAITER = """#!/bin/sh
# says which process it is, leaves another one beside it, and waits
sleep 1000 &
echo "$$ $!" > "$GONDWANA_STEP_NOTE"
sleep 1000
"""


@pytest.fixture
def steps(rabbitmq: PrivateRabbitMQ) -> Iterator[list[Step]]:
    """Return the steps of the tests, for which no other test has queues."""
    tag = f"t{uuid4().hex[:12]}"
    shared = (DEAD_LETTERS.name, dispatcher_queue([]).name)
    rabbitmq.delete_queues(*shared)  # other tests may have left something in them
    yield [_tagged(ACT, tag), _tagged(NOTHING, tag)]
    rabbitmq.delete_queues(*shared, f"preprocessing.worker.{tag}")


def _tagged(step: Step, tag: str) -> Step:
    return replace(step, worker=tag)


@pytest.fixture
def desk(rabbitmq: PrivateRabbitMQ, tmp_path: Path, steps: list[Step]) -> Iterator[Desk]:
    with ExitStack() as connections:

        def connect() -> RabbitMQTransport:
            return connections.enter_context(RabbitMQTransport(rabbitmq.url, patience=2.0))

        yield Desk(tmp_path, steps, connect=connect)


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def tag_of(desk: Desk) -> str:
    return desk.steps["act"].worker


def registered(rabbitmq: PrivateRabbitMQ, desk: Desk) -> bool:
    steps = desk.steps.values()
    queues = (dispatcher_queue(steps), worker_queue(tag_of(desk), steps), DEAD_LETTERS)
    return rabbitmq.has_registered(*(queue.name for queue in queues))


def test_jobs_over_rabbitmq(desk: Desk) -> None:
    with desk.worker(tag_of(desk), jobs=2) as worker:
        assert worker.wait_ready()
        tasks = [desk.ask("nothing") for _ in range(20)]
        for task in tasks:
            assert isinstance(desk.ending(task), Done)
            assert kinds(desk.said_of(task)) == ["started", "done"]
        assert desk.ending(desk.ask(act="segfault")).code == "crash"
        hanging = desk.ask(act="hang")
        desk.wait_for(Started, hanging)
        desk.cancel(hanging)
        assert desk.ending(hanging).name == "cancelled"


def test_who_is_busy_is_not_sent_the_next_task(desk: Desk) -> None:
    with desk.worker(tag_of(desk)) as busy:
        assert busy.wait_ready()
        long = desk.ask(act="sleep", seconds=1000.0)
        desk.wait_for(Started, long)
        queue = worker_queue(tag_of(desk), desk.steps.values()).name
        assert eventually(lambda: desk.transport.backlog(queue).consumers == 0)
        waiting = [desk.ask("nothing") for _ in range(3)]
        with desk.worker(tag_of(desk)) as idle:
            assert idle.wait_ready()
            for task in waiting:
                assert isinstance(desk.ending(task), Done)
                assert desk.source_of(task) == set(idle.names)
        desk.cancel(long)
        desk.ending(long)
        assert isinstance(desk.ending(desk.ask("nothing")), Done)


def test_the_broker_restarts_in_the_middle_of_two_jobs(
    desk: Desk, rabbitmq: PrivateRabbitMQ
) -> None:
    with desk.worker(tag_of(desk), jobs=2, heartbeat=0.3) as worker:
        assert worker.wait_ready()
        assert eventually(lambda: registered(rabbitmq, desk))
        short = desk.ask(act="sleep", seconds=2.0)
        long = desk.ask(act="sleep", seconds=1000.0)
        for task in (short, long):
            desk.wait_for(Started, task)
        rabbitmq.kill()
        time.sleep(2.5)  # the short one ends while nobody can be told
        rabbitmq.start()
        assert isinstance(desk.ending(short), Done)
        assert len({told.id for told in desk.heard if isinstance(told.data, Done)}) == 1
        before = len(desk.said_of(long))
        assert eventually(lambda: desk.hear(0.5) and len(desk.said_of(long)) > before + 2, SOON)
        # cancelling works over the new connection
        assert eventually(lambda: _cancelled(desk, long), SOON)
        assert isinstance(desk.ending(desk.ask("nothing")), Done)


def _cancelled(desk: Desk, task: Any) -> bool:
    with suppress(UnroutableError):
        desk.cancel(task)
    desk.hear(0.5)
    return any(said.name == "cancelled" for said in desk.said_of(task))


def test_a_time_limit_holds_while_the_broker_is_frozen(
    desk: Desk, rabbitmq: PrivateRabbitMQ, tmp_path: Path
) -> None:
    note = tmp_path / "note"
    with desk.worker(tag_of(desk), heartbeat=0.2) as worker:
        assert worker.wait_ready()
        task = desk.ask(act="hang", note=str(note), timeout=1.5)
        desk.wait_for(Progress, task)
        rabbitmq.freeze()
        try:
            process = int(note.read_text())
            assert eventually(lambda: not alive(process), 5.0)
        finally:
            rabbitmq.thaw()
        failed: Failed = desk.ending(task)
        assert failed.code == "timeout"


@pytest.fixture
def waiter(tmp_path: Path) -> Path:
    """Declare a step whose program waits."""
    folder = tmp_path / "steps" / "waiter"
    folder.mkdir(parents=True)
    declared = {
        "name": "waiter",
        "version": 1,
        "title": "Waiter",
        "about": "Waits.",
        "worker": f"t{uuid4().hex[:12]}",
        "outputs": ["waited"],
        "kinds": [{"name": "waited", "filename": "waited.txt", "title": "nothing"}],
        "timeout": 1000,
    }
    (folder / "step.json").write_text(json.dumps(declared))
    (folder / "run").write_text(WAITER)
    (folder / "run").chmod(0o755)
    return folder


def test_a_killed_worker_leaves_nothing_behind(
    rabbitmq: PrivateRabbitMQ, tmp_path: Path, waiter: Path
) -> None:
    step = read_declaration(waiter).step
    note = tmp_path / "note"
    (tmp_path / "tmp").mkdir()
    environment = {
        **os.environ,
        "GONDWANA_BROKER_URL": rabbitmq.url,
        "GONDWANA_FILE_STORE_URL": str(tmp_path / "store"),
        "GONDWANA_STEPS": str(waiter),
        "GONDWANA_STEP_NOTE": str(note),
        "TMPDIR": str(tmp_path / "tmp"),
    }
    words = [sys.executable, "-m", "gondwana", "worker", "--tag", step.worker]
    with RabbitMQTransport(rabbitmq.url) as transport:
        desk = Desk(tmp_path, [step], connect=lambda: transport)
        with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as worker:
            assert worker.stdout is not None
            assert "is ready" in worker.stdout.readline()
            task = desk.ask("waiter")
            desk.wait_for(Started, task)
            queue = worker_queue(step.worker, [step]).name
            assert eventually(lambda: desk.transport.backlog(queue).consumers == 0)
            assert eventually(lambda: note.exists() and len(note.read_text().split()) == 2)
            worker.kill()
        assert eventually(lambda: not any(alive(int(one)) for one in note.read_text().split()))
        # the broker has forgotten the task: the lease of the run decides what becomes of it
        backlog = desk.transport.backlog(queue)
        assert backlog is not None
        assert backlog.messages == 0
        # the child takes its own folder with it; that of its worker goes with the next one
        (left,) = (tmp_path / "tmp").iterdir()
        assert eventually(lambda: [path.name for path in left.iterdir()] == ["lock"])
        with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as worker:
            assert worker.stdout is not None
            assert "is ready" in worker.stdout.readline()
            assert not left.exists()
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(30) == 0
        assert list((tmp_path / "tmp").iterdir()) == []
    rabbitmq.delete_queues(DEAD_LETTERS.name, dispatcher_queue([]).name, queue)
