"""Which queues there are and which keys they take, derived from the declarations of the steps.

One topic exchange, ``preprocessing``. The dispatcher has one queue; the workers of a tag share
one, which the first of them makes, so that a task for a tag that never had a worker is unroutable
and can be shown as such. Every worker has a queue of its own for cancellations, since nobody else
knows which of them runs the job; and every dispatcher one for what workers tell of themselves.
"""

from __future__ import annotations

from collections.abc import Iterable

from gondwana.errors import ParameterError
from gondwana.messaging.messages import CANCEL, EVENTS, EXCHANGE, PRESENT, task_key
from gondwana.messaging.transport import Queue
from gondwana.steps.contract import Step
from gondwana.steps.registry import STEPS

DELIVERY_LIMIT = 5
"""How often a message may come back; messages are acknowledged early, so that few ever do."""

DEAD_LETTERS = Queue(f"{EXCHANGE}.dead")


def dispatcher_queue(steps: Iterable[Step] | None = None) -> Queue:
    """Return the dispatcher's queue: requests, cancellations and everything that workers tell."""
    ends = ("", f".{CANCEL}", *(f".{event}" for event in EVENTS))
    keys = tuple(f"{EXCHANGE}.{step.name}{end}" for step in _known(steps) for end in ends)
    return _lasting(f"{EXCHANGE}.dispatcher", keys)


def worker_queue(tag: str, steps: Iterable[Step] | None = None) -> Queue:
    """Return the queue that all workers with a tag share.

    Raises
    ------
    ParameterError
        No step has this tag.
    """
    keys = tuple(task_key(step.name, tag) for step in _tagged(tag, steps))
    return _lasting(f"{EXCHANGE}.worker.{tag}", keys)


def cancel_queue(tag: str, worker: str, steps: Iterable[Step] | None = None) -> Queue:
    """Return the queue of one worker, by its name, for the cancellation of what it may run.

    Raises
    ------
    ParameterError
        No step has this tag.
    """
    keys = tuple(f"{task_key(step.name, tag)}.{CANCEL}" for step in _tagged(tag, steps))
    return Queue(f"{EXCHANGE}.worker.{tag}.{CANCEL}.{worker}", keys, lasting=False)


def presence_queue(dispatcher: str) -> Queue:
    """Return the queue in which one dispatcher hears which workers there are.

    It goes when the dispatcher goes, so that nothing piles up that is of no use later.
    """
    return Queue(f"{EXCHANGE}.dispatcher.{PRESENT}.{dispatcher}", (PRESENT,), lasting=False)


def tags(steps: Iterable[Step] | None = None) -> tuple[str, ...]:
    """Return all worker tags, in the order of the registry."""
    return tuple(dict.fromkeys(step.worker for step in _known(steps)))


def _lasting(name: str, keys: tuple[str, ...]) -> Queue:
    return Queue(name, keys, dead_letters=DEAD_LETTERS.name, delivery_limit=DELIVERY_LIMIT)


def _known(steps: Iterable[Step] | None) -> Iterable[Step]:
    return STEPS.values() if steps is None else steps


def _tagged(tag: str, steps: Iterable[Step] | None) -> list[Step]:
    steps = list(_known(steps))
    found = [step for step in steps if step.worker == tag]
    if not found:
        raise ParameterError(
            f"there is no step for workers with the tag '{tag}'",
            remedy=f"choose from {', '.join(tags(steps))}",
        )
    return found
