"""A worker on a broker in memory, with a dispatcher played by the test."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from gondwana.messaging.envelope import Envelope, decode, encode
from gondwana.messaging.memory import MemoryBroker, MemoryTransport
from gondwana.messaging.messages import (
    Cancelled,
    CancelTask,
    Data,
    Done,
    Failed,
    InputFile,
    Progress,
    Started,
    Task,
)
from gondwana.messaging.topology import DEAD_LETTERS, dispatcher_queue
from gondwana.messaging.transport import Transport
from gondwana.steps.contract import Step
from gondwana.storage.files import FileStore
from gondwana.worker.worker import Worker
from worker_steps import SOURCE, STEPS

HERE = Path(__file__).parent
SOON = 60.0
"""Seconds for what must come; a test that passes does not use them up."""
ENDINGS = (Done, Failed, Cancelled)


class Desk:
    """Sends tasks, and hears what workers say of them."""

    def __init__(
        self,
        folder: Path,
        steps: Iterable[Step] = STEPS.values(),
        connect: Callable[[], Transport] | None = None,
        largest: int | None = None,
    ) -> None:
        self.steps = {step.name: step for step in steps}
        self.store = FileStore(str(folder / "store"), largest=largest)
        if connect is None:
            broker = MemoryBroker()
            connect = lambda: MemoryTransport(broker)  # noqa: E731
        self.connect = connect
        self.transport = connect()
        queue = dispatcher_queue(self.steps.values())
        self.transport.declare(queue, DEAD_LETTERS)
        self.consumer = self.transport.consume(queue, prefetch=1000)
        self.heard: list[Envelope[Data]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.transport.close()

    def worker(self, tag: str = "python", **options: Any) -> Worker:
        """Make a worker whose children know the steps of the tests."""
        os.environ["PYTHONPATH"] = str(HERE)
        options.setdefault("source", SOURCE)
        return Worker(self.connect(), self.store, self.steps.values(), tag, **options)

    def task(
        self,
        step: str = "act",
        *,
        inputs: Mapping[str, bytes | InputFile] | None = None,
        run: str | None = None,
        attempt: int = 1,
        **more: Any,
    ) -> Envelope[Task]:
        """Write a task; parameters that are not those of a task are those of its step."""
        declared = self.steps[step]
        known = {name: more.pop(name) for name in list(more) if name in Task.model_fields}
        files = {kind: self.file(content) for kind, content in (inputs or {}).items()}
        task = Task(
            **{
                "step": step,
                "worker": declared.worker,
                "step_version": declared.version,
                "parameters": more,
                "inputs": files,
                "outputs": declared.outputs,
                "created": datetime(2026, 11, 22, 12, tzinfo=UTC),
                "timeout": declared.timeout,
                **known,
            }
        )
        return Envelope.of(
            task,
            source="dispatcher",
            project=uuid4().hex,
            run=run or uuid4().hex,
            attempt=attempt,
        )

    def file(self, content: bytes | InputFile) -> InputFile:
        if isinstance(content, InputFile):
            return content
        stored = self.store.put(BytesIO(content))
        return InputFile(uri=self.store.uri(stored.sha256), sha256=stored.sha256)

    def send(self, *tasks: Envelope[Any]) -> None:
        self.transport.publish(*(encode(task) for task in tasks))

    def ask(self, step: str = "act", **more: Any) -> Envelope[Task]:
        task = self.task(step, **more)
        self.send(task)
        return task

    def cancel(self, task: Envelope[Task]) -> None:
        told = CancelTask(step=task.data.step, worker=task.data.worker, reason="nobody wants it")
        self.send(
            Envelope.of(
                told,
                source="dispatcher",
                project=task.subject,
                run=task.runid,
                attempt=task.attempt,
            )
        )

    def hear(self, timeout: float = 0.0) -> bool:
        delivery = self.consumer.receive(timeout)
        if delivery is None:
            return False
        self.heard.append(decode(delivery.message))
        self.consumer.ack(delivery)
        return True

    def wait_for(self, kind: type[Data], task: Envelope[Task], limit: float = SOON) -> Any:
        """Wait until a worker says something of a task, and return what it says first."""
        deadline = time.monotonic() + limit
        while True:
            found = [said for said in self.said_of(task) if isinstance(said, kind)]
            if found:
                return found[0]
            left = deadline - time.monotonic()
            assert left > 0, f"no {kind.__name__} came; heard {self.said_of(task)}"
            self.hear(min(left, 0.5))

    def ending(self, task: Envelope[Task], limit: float = SOON) -> Any:
        """Wait until a task has ended, however it did."""
        deadline = time.monotonic() + limit
        while True:
            found = [said for said in self.said_of(task) if isinstance(said, ENDINGS)]
            if found:
                return found[0]
            left = deadline - time.monotonic()
            assert left > 0, f"it did not end; heard {self.said_of(task)}"
            self.hear(min(left, 0.5))

    def said_of(self, task: Envelope[Task]) -> list[Data]:
        """Return what was heard of an attempt, in order."""
        wanted = (task.runid, task.attempt)
        return [told.data for told in self.heard if (told.runid, told.attempt) == wanted]

    def source_of(self, task: Envelope[Task]) -> set[str]:
        wanted = (task.runid, task.attempt)
        return {told.source for told in self.heard if (told.runid, told.attempt) == wanted}


def kinds(said: Iterable[Data]) -> list[str]:
    """Return the names of messages, without signs of life."""
    return [one.name for one in said if not isinstance(one, Progress)]


__all__ = ["Cancelled", "Desk", "Done", "Failed", "Progress", "Started", "kinds"]
