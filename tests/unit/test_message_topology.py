"""Queues follow from the declarations of the steps: one more step is in all of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gondwana.errors import ParameterError
from gondwana.messaging.messages import model_for
from gondwana.messaging.topology import (
    DEAD_LETTERS,
    DELIVERY_LIMIT,
    cancel_queue,
    dispatcher_queue,
    tags,
    worker_queue,
)
from gondwana.steps.registry import STEPS

TIDES = replace(STEPS["routing"], name="tides", worker="ada")
MORE = (*STEPS.values(), TIDES)


def test_every_step_reaches_the_dispatcher_and_its_workers() -> None:
    for name, step in STEPS.items():
        assert f"preprocessing.{name}" in dispatcher_queue().keys
        assert f"preprocessing.{name}.done" in dispatcher_queue().keys
        assert f"preprocessing.{name}.{step.worker}" in worker_queue(step.worker).keys


def test_every_key_is_that_of_a_message() -> None:
    queues = [dispatcher_queue(), *(worker_queue(tag) for tag in tags())]
    queues += [cancel_queue(tag, "w1") for tag in tags()]
    keys = [key for queue in queues for key in queue.keys]
    assert len(keys) == len(set(keys)) == 9 * len(STEPS)
    assert all(model_for(key) for key in keys)


def test_one_more_step_in_another_language() -> None:
    assert tags(MORE) == (*tags(), "ada")
    assert worker_queue("ada", MORE).keys == ("preprocessing.tides.ada",)
    assert cancel_queue("ada", "w1", MORE).keys == ("preprocessing.tides.ada.cancel",)
    assert "preprocessing.tides.failed" in dispatcher_queue(MORE).keys
    assert worker_queue("python", MORE) == worker_queue("python")


def test_lasting_queues_bury_what_comes_back_too_often() -> None:
    for queue in (dispatcher_queue(), worker_queue("python")):
        assert (queue.dead_letters, queue.delivery_limit) == (DEAD_LETTERS.name, DELIVERY_LIMIT)
        assert queue.lasting
    assert not cancel_queue("python", "w1").lasting


def test_a_tag_without_steps_is_told() -> None:
    with pytest.raises(ParameterError, match=r"'cobol'.*python"):
        worker_queue("cobol")


def test_a_tag_that_reads_as_an_event_is_refused() -> None:
    with pytest.raises(ParameterError, match="done"):
        worker_queue("done", (replace(TIDES, worker="done"),))
