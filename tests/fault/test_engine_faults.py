"""What the engine must survive: processes killed, services restarted, at any moment.

``GONDWANA_FAULT_ROUNDS`` says how many times processes are killed at random; few by default, so
that the suite is quick. ``make faults`` runs a hundred.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from gondwana.messaging.envelope import Envelope, encode
from gondwana.messaging.messages import Done, Progress, Started
from gondwana.messaging.rabbitmq import RabbitMQTransport
from gondwana.messaging.topology import DEAD_LETTERS, dispatcher_queue, tags, worker_queue
from gondwana.messaging.transport import Message
from gondwana.storage import runs
from gondwana.storage.migrations import upgrade
from gondwana.storage.words import RunStatus
from gondwana.workflow.model import Phase
from installation import DIAMOND, READY, TAG, Installation, kill
from private_postgres import PrivatePostgres
from private_rabbitmq import PrivateRabbitMQ, eventually, server_script

ROUNDS = int(os.environ.get("GONDWANA_FAULT_ROUNDS", "8"))


@pytest.fixture
def distributed(
    tmp_path: Path, rabbitmq: PrivateRabbitMQ, postgres: PrivatePostgres
) -> Iterator[Installation]:
    with installed(tmp_path, rabbitmq, postgres) as installation:
        steps = installation.platform.graph.steps.values()
        workers = [worker_queue(tag, steps) for tag in tags(steps)]
        queues = [queue.name for queue in (DEAD_LETTERS, dispatcher_queue(steps), *workers)]
        rabbitmq.delete_queues(*queues)  # other tests may have left something in them
        yield installation
    rabbitmq.delete_queues(*queues)


@contextmanager
def installed(
    folder: Path, rabbitmq: PrivateRabbitMQ, postgres: PrivatePostgres
) -> Iterator[Installation]:
    url = postgres.borrow_database()
    with closing(Installation(folder, database_url=url, broker_url=rabbitmq.url)) as installation:
        yield installation
    postgres.give_back_database(url)


@pytest.fixture
def young_rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateRabbitMQ]:
    """Run a broker in which no queue was ever deleted: its register is then to be trusted."""
    script = server_script()
    if script is None:
        pytest.fail("RabbitMQ is not installed (Debian: rabbitmq-server)")
    broker = PrivateRabbitMQ(script, tmp_path_factory.mktemp("young"))
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Installation]:
    url = f"sqlite:///{tmp_path / 'gondwana.sqlite'}"
    upgrade(url)
    installation = Installation(tmp_path, database_url=url)
    yield installation
    installation.close()


def slow_down(installation: Installation, seconds: float) -> None:
    (installation.steps / "pace").write_text(str(seconds))


def running(installation: Installation, project: str) -> bool:
    state = installation.state(project)
    return any(state.steps[name].phase is Phase.RUNNING for name in DIAMOND)


def test_the_diamond_runs_once(distributed: Installation) -> None:
    distributed.dispatcher()
    distributed.worker(2)
    project = distributed.project("Eocene")
    distributed.give(project, b"one")
    distributed.wait_done([project])
    distributed.check()
    assert set(distributed.traces().values()) == {1}


def test_a_worker_is_killed_in_the_middle_of_a_job(distributed: Installation) -> None:
    distributed.dispatcher()
    victim = distributed.worker()
    project = distributed.project("Eocene")
    slow_down(distributed, 20)
    distributed.give(project, b"one")
    assert eventually(lambda: distributed.traces()["trace_a begins"] == 1)
    assert eventually(lambda: running(distributed, project))
    kill(victim)
    slow_down(distributed, 0.02)
    distributed.worker()
    distributed.wait_done([project])
    distributed.check()
    traces = distributed.traces()
    assert (traces["trace_a begins"], traces["trace_a ends"]) == (2, 1), "no orphan went on"
    with distributed.database.reading() as session:
        (second, first) = runs.history(session, project, "trace_a")
    assert (first.status, second.status) == (RunStatus.LOST, RunStatus.DONE)


def test_a_dispatcher_is_killed_between_commit_and_publish(distributed: Installation) -> None:
    """The service has committed, and nobody is there to publish it; later two are."""
    project = distributed.project("Eocene")
    distributed.give(project, b"one")
    first = distributed.dispatcher()
    kill(first)
    distributed.worker()
    distributed.dispatcher()
    distributed.dispatcher()
    distributed.wait_done([project])
    distributed.check()


def test_two_dispatchers_and_three_workers_do_everything_once(distributed: Installation) -> None:
    for _ in range(2):
        distributed.dispatcher()
    for _ in range(3):
        distributed.worker()
    made = [distributed.project(f"p{n}", owner=f"user {n % 3}") for n in range(12)]
    for number, project in enumerate(made):
        distributed.give(project, f"{number}".encode())
    distributed.wait_done(made)
    distributed.check()
    assert set(distributed.traces().values()) == {12}


def test_rabbitmq_is_restarted_in_the_middle_of_a_job_and_under_load(
    tmp_path: Path, young_rabbitmq: PrivateRabbitMQ, postgres: PrivatePostgres
) -> None:
    with installed(tmp_path, young_rabbitmq, postgres) as installation:
        installation.dispatcher()
        installation.worker(2)
        made = [installation.project(f"p{n}") for n in range(6)]
        slow_down(installation, 1.0)
        for number, project in enumerate(made):
            installation.give(project, f"{number}".encode())
        assert eventually(lambda: installation.traces()["trace_a begins"] >= 2)
        steps = installation.platform.graph.steps.values()
        # a queue that is killed in its first second is lost, which happens once in its life
        queues = (dispatcher_queue(steps).name, worker_queue(TAG, steps).name, DEAD_LETTERS.name)
        assert eventually(lambda: young_rabbitmq.has_registered(*queues))
        young_rabbitmq.kill()
        slow_down(installation, 0.02)
        young_rabbitmq.start()
        installation.wait_done(made, limit=120)
        installation.check()


def test_postgresql_is_restarted_under_load(
    distributed: Installation, postgres: PrivatePostgres
) -> None:
    distributed.dispatcher()
    distributed.worker(2)
    made = [distributed.project(f"p{n}") for n in range(10)]
    for number, project in enumerate(made):
        distributed.give(project, f"{number}".encode())
    postgres.stop(signal.SIGQUIT)
    postgres.start()
    distributed.wait_done(made, limit=90)
    distributed.check()


def test_messages_come_twice_and_in_any_order(
    distributed: Installation, rabbitmq: PrivateRabbitMQ
) -> None:
    distributed.dispatcher()
    project = distributed.project("Eocene")
    with RabbitMQTransport(rabbitmq.url, name="test") as transport:
        distributed.worker()
        distributed.give(project, b"one")
        distributed.wait_done([project])
        with distributed.database.reading() as session:
            history = runs.history(session, project)
        outputs = distributed.state(project).files
        messages = []
        for run in history:
            _, output = DIAMOND[run.step]
            file = outputs[output]
            told = {"uri": distributed.store.uri(file.sha256), "sha256": file.sha256, "size": 3}
            for said in (
                Done.model_validate({"step": run.step, "outputs": {output: told}, "seconds": 1.0}),
                Progress(step=run.step, fraction=0.5),
                Started(step=run.step, worker=run.owner or "w"),
            ):
                envelope = Envelope.of(
                    said,
                    source=run.owner or "w",
                    project=project,
                    run=run.id,
                    attempt=run.attempt,
                )
                messages += [encode(envelope)] * 3
        nonsense = [
            Message(f"{n:032x}", "preprocessing.trace_a.done", body)
            for n, body in enumerate((b"", b"{}", b"\xff" * 100, b"[" * 10_000))
        ]
        messages += nonsense
        random.Random(1).shuffle(messages)
        transport.publish(*messages)
        queue = dispatcher_queue(distributed.platform.graph.steps.values()).name
        assert eventually(lambda: (transport.backlog(queue) or _NONE).messages == 0)
        distributed.give(project, b"two")
        distributed.wait_done([project])
    distributed.check()


class _None:
    messages = -1


_NONE = _None()


def test_a_job_that_hangs_is_stopped_and_delays_nobody_else(distributed: Installation) -> None:
    declared = distributed.steps / "trace_a" / "step.json"
    declared.write_text(declared.read_text().replace('"timeout": 30', '"timeout": 3'))
    slow_down(distributed, 1000)
    distributed.dispatcher()
    distributed.worker(2)
    stuck = distributed.project("stuck", owner="ada")
    distributed.give(stuck, b"one")
    assert eventually(lambda: distributed.traces()["trace_a begins"] == 1)
    slow_down(distributed, 0.02)
    other = distributed.project("other", owner="bob")
    began = time.monotonic()
    distributed.give(other, b"two")
    distributed.wait_done([other])
    assert time.monotonic() - began < 3.0
    assert eventually(lambda: distributed.state(stuck).steps["trace_a"].phase is Phase.FAILED)
    assert "limit of 3 s" in distributed.state(stuck).steps["trace_a"].reason


def test_serve_is_killed_at_random_and_loses_nothing(embedded: Installation) -> None:
    chance = random.Random(7)
    projects = []
    for number in range(max(3, ROUNDS // 4)):
        served = embedded.serve()
        projects.append(embedded.project(f"p{number}"))
        embedded.give(projects[-1], f"{number}".encode())
        embedded.give(chance.choice(projects), f"again {number}".encode())
        time.sleep(chance.uniform(0.0, 0.4))
        kill(served)
    embedded.serve()
    embedded.wait_done(projects)
    embedded.check()


def test_everything_is_killed_at_random_and_nothing_is_lost(distributed: Installation) -> None:
    chance = random.Random(11)
    start = {"dispatcher": distributed.dispatcher, "worker": distributed.worker}
    alive = {name: begin() for name, begin in start.items()}
    projects = [distributed.project(f"p{n}", owner=f"user {n % 2}") for n in range(4)]
    for number in range(ROUNDS):
        for project in chance.sample(projects, 2):
            distributed.give(project, f"{number} {project}".encode())
        time.sleep(chance.uniform(0.0, 0.5))
        victims = chance.choice((["dispatcher"], ["worker"], ["dispatcher", "worker"]))
        for name in victims:
            kill(alive[name])
        for name in victims:
            # the next blow comes sometimes before it has begun, and sometimes after
            alive[name] = start[name](ready=chance.choice(("", READY, READY)))
    distributed.wait_done(projects, limit=120)
    distributed.check()
