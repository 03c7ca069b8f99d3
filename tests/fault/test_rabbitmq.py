"""RabbitMQ is killed, restarted and frozen, and consumers are killed: nothing is lost."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from threading import Event, Thread
from uuid import uuid4

import pytest

from gondwana.messaging import link
from gondwana.messaging import rabbitmq as over_rabbitmq
from gondwana.messaging.rabbitmq import RabbitMQTransport
from gondwana.messaging.transport import (
    BrokerRefusedError,
    BrokerUnavailableError,
    Consumer,
    Death,
    Delivery,
    Message,
    Queue,
    UnroutableError,
)
from private_rabbitmq import PrivateRabbitMQ, eventually

SOON = 60.0
"""Seconds for what must come, a start of the broker included."""

# takes one message and holds it until it is killed
HOLDER = """
import sys
from gondwana.messaging.rabbitmq import RabbitMQTransport
from gondwana.messaging.transport import Queue

url, name, dead = sys.argv[1:]
consumer = RabbitMQTransport(url).consume(Queue(name, (name,), dead, 1))
delivery = consumer.receive(60.0)
print(delivery.returned if delivery else "nothing", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def transport(rabbitmq: PrivateRabbitMQ) -> Iterator[RabbitMQTransport]:
    with RabbitMQTransport(rabbitmq.url, patience=SOON) as transport:
        yield transport


@pytest.fixture
def queue(rabbitmq: PrivateRabbitMQ, transport: RabbitMQTransport) -> Queue:
    """Declare a queue that would survive a kill of the broker."""
    word = uuid4().hex
    name, dead = f"preprocessing.{word}", f"dead.{word}"
    queue = Queue(name, (name,), dead, 1)
    transport.declare(queue)
    assert eventually(lambda: rabbitmq.has_registered(name, dead))
    return queue


def message(queue: Queue) -> Message:
    return Message(uuid4().hex, queue.name, b"{}")


def dead_letters(queue: Queue) -> Queue:
    assert queue.dead_letters is not None
    return Queue(queue.dead_letters)


def next_from(consumer: Consumer) -> Delivery:
    delivery = consumer.receive(SOON)
    assert delivery is not None
    return delivery


def restart(broker: PrivateRabbitMQ, how: signal.Signals = signal.SIGKILL) -> None:
    if how == signal.SIGKILL:
        broker.kill()
    else:
        broker.stop()
    broker.start()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_published_message_survives_a_restart(
    rabbitmq: PrivateRabbitMQ, transport: RabbitMQTransport, queue: Queue, how: signal.Signals
) -> None:
    sent = [message(queue) for _ in range(20)]
    transport.publish(*sent)
    restart(rabbitmq, how)
    with transport.consume(queue) as consumer:
        for one in sent:
            delivery = next_from(consumer)
            assert delivery.message == one
            consumer.ack(delivery)


def test_a_held_message_comes_again_after_a_restart(
    rabbitmq: PrivateRabbitMQ, transport: RabbitMQTransport, queue: Queue
) -> None:
    sent = message(queue)
    with transport.consume(queue) as consumer:
        transport.publish(sent)
        held = next_from(consumer)
        restart(rabbitmq)
        again = next_from(consumer)
        assert again.message == sent
        assert not consumer.ack(held)
        assert consumer.ack(again)
        transport.publish(message(queue))
        assert next_from(consumer).message != sent


def test_a_queue_of_one_consumer_is_made_anew_after_a_restart(
    rabbitmq: PrivateRabbitMQ, transport: RabbitMQTransport
) -> None:
    name = f"preprocessing.t{uuid4().hex}"
    queue = Queue(name, (name,), lasting=False)
    with transport.consume(queue) as consumer:
        restart(rabbitmq)
        sent = message(queue)

        def published() -> bool:
            assert consumer.receive(0.1) is None
            try:
                transport.publish(sent)
            except UnroutableError:
                return False
            return True

        assert eventually(published, SOON)
        assert next_from(consumer).message == sent


def test_nothing_is_lost_when_the_broker_is_killed_under_load(
    rabbitmq: PrivateRabbitMQ, transport: RabbitMQTransport, queue: Queue
) -> None:
    published: list[Message] = []
    over = Event()

    def publish() -> None:
        while not over.is_set():
            some = [message(queue) for _ in range(10)]
            transport.publish(*some)
            published.extend(some)

    arrived: set[Message] = set()
    with transport.consume(queue, prefetch=5) as consumer:
        publisher = Thread(target=publish)
        publisher.start()
        try:
            for _ in range(200):
                delivery = next_from(consumer)
                arrived.add(delivery.message)
                consumer.ack(delivery)
            restart(rabbitmq)
            before = len(published)
            deadline = time.monotonic() + SOON
            while len(published) < before + 100 and time.monotonic() < deadline:
                time.sleep(0.02)
            assert len(published) >= before + 100
        finally:
            over.set()
            publisher.join(2 * SOON)
        while (delivery := consumer.receive(3.0)) is not None:
            arrived.add(delivery.message)
            consumer.ack(delivery)
    with transport.consume(dead_letters(queue), prefetch=5) as consumer:
        while (delivery := consumer.receive(1.0)) is not None:
            arrived.add(delivery.message)
    assert set(published) <= arrived


def test_publishing_gives_up_in_time_and_works_again(
    rabbitmq: PrivateRabbitMQ, queue: Queue
) -> None:
    with RabbitMQTransport(rabbitmq.url, patience=0.5) as transport:
        sent = message(queue)
        rabbitmq.kill()
        try:
            began = time.monotonic()
            with pytest.raises(BrokerUnavailableError, match="does not answer"):
                transport.publish(sent)
            assert time.monotonic() - began < SOON
            waiting = transport.consume(queue)
            assert waiting.receive(0.2) is None
        finally:
            rabbitmq.start()
        assert waiting.receive(0.0) is None
    with RabbitMQTransport(rabbitmq.url, patience=SOON) as transport:
        transport.publish(sent)
        assert next_from(transport.consume(queue)).message == sent


def test_a_frozen_broker_is_noticed(
    rabbitmq: PrivateRabbitMQ, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "ANSWER_LIMIT", 2.0)
    monkeypatch.setattr(over_rabbitmq, "ANSWER_LIMIT", 2.0)
    with RabbitMQTransport(rabbitmq.url, patience=1.0) as transport:
        transport.publish(message(queue))
        rabbitmq.freeze()
        try:
            began = time.monotonic()
            with pytest.raises(BrokerUnavailableError):
                transport.publish(message(queue))
            with pytest.raises(BrokerUnavailableError):
                transport.declare(queue)
            assert time.monotonic() - began < SOON
        finally:
            rabbitmq.thaw()


def test_a_killed_consumer_gives_back_until_the_limit(
    rabbitmq: PrivateRabbitMQ, transport: RabbitMQTransport, queue: Queue
) -> None:
    sent = message(queue)
    transport.publish(sent)
    for returned in range(2):
        command = [sys.executable, "-c", HOLDER, rabbitmq.url, queue.name, dead_letters(queue).name]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == f"{returned}\n"
            holder.kill()
    with transport.consume(dead_letters(queue)) as consumer:
        delivery = next_from(consumer)
        assert (delivery.message, delivery.death) == (sent, Death("delivery_limit", queue.name))


def test_heartbeats_go_on_while_nobody_calls(rabbitmq: PrivateRabbitMQ, queue: Queue) -> None:
    with (
        RabbitMQTransport(rabbitmq.url, heartbeat=3) as transport,
        transport.consume(queue) as consumer,
    ):
        transport.publish(message(queue))
        held = next_from(consumer)
        # the broker hangs up on a client that was silent for two heartbeats
        time.sleep(11.0)
        assert consumer.link.epoch == 1
        assert consumer.ack(held)
        transport.publish(message(queue))
        assert next_from(consumer).returned == 0


def test_a_wrong_password_is_refused_at_once(rabbitmq: PrivateRabbitMQ, queue: Queue) -> None:
    url = rabbitmq.url.replace("guest:guest", "guest:secret")
    with RabbitMQTransport(url, patience=SOON) as transport:
        for action in (
            lambda: transport.publish(message(queue)),
            lambda: transport.consume(queue),
        ):
            with pytest.raises(BrokerRefusedError) as caught:
                action()
            assert "secret" not in str(caught.value)


def test_an_unknown_virtual_host_is_refused(rabbitmq: PrivateRabbitMQ, queue: Queue) -> None:
    with (
        RabbitMQTransport(f"{rabbitmq.url[:-1]}nowhere") as transport,
        pytest.raises(BrokerRefusedError, match="nowhere"),
    ):
        transport.publish(message(queue))
