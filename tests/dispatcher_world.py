"""A dispatcher whose every move a test makes itself, with workers played by the test."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from gondwana.dispatcher import transitions
from gondwana.dispatcher.feeder import Pace
from gondwana.dispatcher.hearing import Hearing
from gondwana.dispatcher.platform import Platform
from gondwana.dispatcher.relay import Relay
from gondwana.dispatcher.rounds import Rounds
from gondwana.messaging.envelope import Envelope, decode, encode
from gondwana.messaging.memory import MemoryBroker, MemoryTransport
from gondwana.messaging.messages import CancelTask, Data, Done, OutputFile, Started, Task
from gondwana.messaging.topology import DEAD_LETTERS, cancel_queue, dispatcher_queue, worker_queue
from gondwana.messaging.transport import Consumer, Delivery
from gondwana.steps.contract import Step
from gondwana.steps.registry import STEPS
from gondwana.storage import projects, revisions, runs, users
from gondwana.storage.database import Database
from gondwana.storage.errors import NotFoundError
from gondwana.storage.files import FileStore
from gondwana.storage.marks import utc_now
from gondwana.storage.models import Revision, Run
from gondwana.workflow.events import InputChanged, ParametersChanged
from gondwana.workflow.freshness import File
from gondwana.workflow.graph import Graph
from gondwana.workflow.model import ProjectState, shown

LEASE = timedelta(seconds=60)


class World:
    """One dispatcher, and everything around it."""

    def __init__(
        self, database: Database, folder: Path, steps: Iterable[Step] | None = None
    ) -> None:
        self.database = database
        self.steps = list(STEPS.values() if steps is None else steps)
        self.store = FileStore(str(folder / "files"))
        self.platform = Platform(database, self.store, Graph.of(self.steps))
        self.transport = MemoryTransport(MemoryBroker())
        queue = dispatcher_queue(self.steps)
        self.transport.declare(queue, DEAD_LETTERS)
        self.events = self.transport.consume(queue, prefetch=1000)
        self.pace = Pace()
        self.relay = Relay(self.platform, self.transport)
        self.hearing = Hearing(self.platform, self.pace, LEASE)
        self.rounds = Rounds(self.platform, self.transport, queue.name, self.pace, LEASE)
        self.workers: dict[str, Consumer] = {}
        self.cancellations: dict[str, Consumer] = {}

    def user(self, name: str = "ada") -> str:
        with self.database.transaction() as session:
            try:
                return users.named(session, name).id
            except NotFoundError:
                return users.create(session, name).id

    def project(self, name: str = "Eocene", owner: str = "ada") -> str:
        """Make a project, to which nothing was given yet."""
        owner_id = self.user(owner)
        with self.database.transaction() as session:
            state = transitions.new_state(self.platform.graph)
            return projects.create(session, owner_id, name, state=state).id

    def give(self, project: str, kind: str, content: bytes, author: str = "ada") -> None:
        """Do what a service does with a file that a person gives."""
        author_id = self.user(author)
        sha256 = self.store.put(BytesIO(content)).sha256
        with self.database.transaction() as session:
            revisions.add(session, self.store, project, kind, sha256, author_id=author_id)
            event = InputChanged(at=utc_now(), kind=kind, file=File(sha256))
            transitions.tell(self.platform, session, project, event, author_id)

    def request(self, project: str, step: str, author: str = "ada") -> None:
        with self.database.transaction() as session:
            author_id = self.user_in(session, author)
            transitions.request(self.platform, session, project, step, author_id)

    def set(self, project: str, step: str, **values: Any) -> None:
        ada = self.user()
        with self.database.transaction() as session:
            event = ParametersChanged(at=utc_now(), step=step, parameters=values)
            transitions.tell(self.platform, session, project, event, ada)

    def cancel(self, project: str, step: str) -> None:
        with self.database.transaction() as session:
            transitions.cancel(self.platform, session, project, step, self.user_in(session, "ada"))

    @staticmethod
    def user_in(session: Any, name: str) -> str:
        return users.named(session, name).id

    def employ(self, tag: str = "python") -> None:
        """Let there be a worker for a tag, which takes whatever there is."""
        self.workers[tag] = self.transport.consume(worker_queue(tag, self.steps), prefetch=10_000)
        cancel = cancel_queue(tag, "w", self.steps)
        self.cancellations[tag] = self.transport.consume(cancel, prefetch=10_000)

    def pump(self) -> None:
        """Let the dispatcher work until there is nothing left for it to do."""
        while True:
            published = self.relay.flush()
            deliveries = received(self.events)
            if deliveries:
                self.hearing.take(self.events, deliveries)
            if not published and not deliveries:
                return

    def bury(self) -> None:
        with self.transport.consume(DEAD_LETTERS) as consumer:
            while (delivery := consumer.receive(0.0)) is not None:
                self.hearing.bury(consumer, delivery)

    def tasks(self, tag: str = "python") -> list[Envelope[Data]]:
        """Take the tasks that the workers of a tag have been sent."""
        consumer = self.workers[tag]
        found = received(consumer)
        for delivery in found:
            consumer.ack(delivery)
        return [decode(delivery.message) for delivery in found]

    def cancelled(self, tag: str = "python") -> list[Envelope[Data]]:
        consumer = self.cancellations[tag]
        found = received(consumer)
        for delivery in found:
            consumer.ack(delivery)
        told = [decode(delivery.message) for delivery in found]
        assert all(isinstance(one.data, CancelTask) for one in told)
        return told

    def say(self, task: Envelope[Data], data: Data, worker: str = "w-1") -> Envelope[Data]:
        """Publish what a worker says of its task."""
        told = Envelope.of(
            data, source=worker, project=task.subject, run=task.runid, attempt=task.attempt
        )
        self.transport.publish(encode(told))
        return told

    def start(self, task: Envelope[Data], worker: str = "w-1") -> None:
        self.say(task, Started(step=task.data.step, worker=worker), worker)

    def result(self, task: Envelope[Data], content: str = "") -> Done:
        """Store files for all outputs of a task, and tell of them as its worker would."""
        assert isinstance(task.data, Task)
        outputs = {}
        for kind in task.data.outputs:
            file = self.store.put(BytesIO(f"{kind} {content}".encode()))
            outputs[kind] = OutputFile(
                uri=self.store.uri(file.sha256), sha256=file.sha256, size=file.size
            )
        return Done(step=task.data.step, outputs=outputs, seconds=0.1)

    def finish(self, task: Envelope[Data], content: str = "", worker: str = "w-1") -> None:
        self.say(task, self.result(task, content), worker)

    def work(self, content: str = "") -> list[str]:
        """Do all tasks as they come until none is left, and tell which steps they were."""
        done: list[str] = []
        self.pump()
        while tasks := self.tasks():
            for task in tasks:
                self.start(task)
                self.finish(task, content)
                done.append(task.data.step)
            self.pump()
        return done

    def state(self, project: str) -> ProjectState:
        with self.database.reading() as session:
            return transitions.state_of(self.platform, projects.get(session, project, deleted=True))

    def shown(self, project: str) -> dict[str, str]:
        return dict(shown(self.platform.graph, self.state(project)))

    def runs(self, project: str, step: str | None = None) -> list[Run]:
        with self.database.reading() as session:
            return runs.history(session, project, step)

    def revisions(self, project: str, kind: str | None = None) -> list[Revision]:
        with self.database.reading() as session:
            return revisions.history(session, project, kind)


def received(consumer: Consumer) -> list[Delivery]:
    """Return everything that waits."""
    found = []
    while (delivery := consumer.receive(0.0)) is not None:
        found.append(delivery)
    return found
