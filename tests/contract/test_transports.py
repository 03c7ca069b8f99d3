"""What every transport promises: the same tests over memory and over a real RabbitMQ."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from threading import Thread
from uuid import uuid4

import pytest

from gondwana.messaging.memory import MemoryBroker, MemoryTransport
from gondwana.messaging.rabbitmq import RabbitMQTransport
from gondwana.messaging.topology import DEAD_LETTERS, cancel_queue, dispatcher_queue, worker_queue
from gondwana.messaging.transport import (
    Backlog,
    BrokerRefusedError,
    BrokerUnavailableError,
    Consumer,
    Death,
    Delivery,
    Message,
    Queue,
    Transport,
    UnroutableError,
)
from private_rabbitmq import eventually

Connect = Callable[[], Transport]
SOON = 30.0
"""Seconds for what must come; a test that passes does not use them up."""
NOTHING = 0.3
"""Seconds to see that nothing comes."""


@pytest.fixture(params=["memory", "rabbitmq"])
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Open connections to one broker; all are closed at the end."""
    if request.param == "memory":
        broker = MemoryBroker()
        open_one: Connect = lambda: MemoryTransport(broker)  # noqa: E731
    else:
        url = request.getfixturevalue("rabbitmq").url
        open_one = lambda: RabbitMQTransport(url, patience=SOON)  # noqa: E731
    with ExitStack() as connections:
        yield lambda: connections.enter_context(open_one())


@pytest.fixture
def transport(connect: Connect) -> Transport:
    return connect()


@pytest.fixture
def queue() -> Queue:
    return new_queue()


def new_queue(*, limit: int | None = 2, lasting: bool = True) -> Queue:
    """Declare a queue that no other test knows, with one key of the same name."""
    name = f"preprocessing.t{uuid4().hex}"
    dead = f"{name}.dead" if lasting else None
    return Queue(name, (name,), dead, limit if lasting else None, lasting)


def message(queue: Queue, body: bytes = b"{}") -> Message:
    return Message(uuid4().hex, queue.keys[0], body)


def next_from(consumer: Consumer) -> Delivery:
    delivery = consumer.receive(SOON)
    assert delivery is not None
    return delivery


def dead_letters(transport: Transport, queue: Queue) -> Consumer:
    assert queue.dead_letters is not None
    return transport.consume(Queue(queue.dead_letters))


def test_a_message_arrives_as_it_was_sent(transport: Transport, queue: Queue) -> None:
    transport.declare(queue)
    sent = message(queue, bytes(range(256)))
    transport.publish(sent)
    with transport.consume(queue) as consumer:
        delivery = next_from(consumer)
        assert (delivery.message, delivery.returned, delivery.death) == (sent, 0, None)
        assert consumer.ack(delivery)
        assert consumer.receive(NOTHING) is None


def test_an_empty_message_and_a_large_one(transport: Transport, queue: Queue) -> None:
    transport.declare(queue)
    for body in (b"", b"x" * 4_000_000):
        transport.publish(message(queue, body))
    with transport.consume(queue) as consumer:
        for size in (0, 4_000_000):
            delivery = next_from(consumer)
            assert len(delivery.message.body) == size
            consumer.ack(delivery)


def test_many_messages_keep_their_order(transport: Transport, queue: Queue) -> None:
    transport.declare(queue)
    sent = [message(queue) for _ in range(300)]
    transport.publish(*sent)
    with transport.consume(queue, prefetch=20) as consumer:
        for one in sent:
            delivery = next_from(consumer)
            assert delivery.message == one
            assert consumer.ack(delivery)


def test_what_no_queue_takes_is_named_and_the_rest_arrives(
    transport: Transport, queue: Queue
) -> None:
    transport.declare(queue)
    taken, lost = message(queue), message(new_queue())
    with pytest.raises(UnroutableError, match=lost.key) as caught:
        transport.publish(taken, lost)
    assert caught.value.messages == (lost,)
    with transport.consume(queue) as consumer:
        assert next_from(consumer).message == taken
        assert consumer.receive(NOTHING) is None


def test_publishing_nothing(transport: Transport) -> None:
    transport.publish()


def test_every_queue_with_the_key_gets_a_copy(transport: Transport, queue: Queue) -> None:
    other = Queue(f"{queue.name}.other", queue.keys)
    transport.declare(queue, other)
    sent = message(queue)
    transport.publish(sent)
    for one in (queue, other):
        with transport.consume(one) as consumer:
            assert next_from(consumer).message == sent


def test_a_queue_can_be_given_more_keys(transport: Transport, queue: Queue) -> None:
    more = Queue(queue.name, (*queue.keys, f"{queue.name}.more"), queue.dead_letters, 2)
    transport.declare(queue)
    transport.declare(more)
    transport.declare(more)
    transport.publish(*(Message(uuid4().hex, key, b"") for key in more.keys))
    assert eventually(lambda: transport.backlog(queue.name) == Backlog(2, 0))


def test_a_queue_declared_otherwise_is_refused(transport: Transport, queue: Queue) -> None:
    transport.declare(queue)
    other = Queue(queue.name, queue.keys, queue.dead_letters, 7)
    with pytest.raises(BrokerRefusedError):
        transport.declare(other)
    with pytest.raises(BrokerRefusedError):
        transport.consume(other)
    transport.publish(message(queue))


def test_one_message_at_a_time(transport: Transport, queue: Queue) -> None:
    transport.declare(queue)
    first, second = message(queue), message(queue)
    transport.publish(first, second)
    with transport.consume(queue) as consumer:
        held = next_from(consumer)
        assert held.message == first
        assert consumer.receive(NOTHING) is None
        with transport.consume(queue) as another:
            assert next_from(another).message == second
        assert consumer.ack(held)
        assert next_from(consumer).message == second


def test_as_many_at_a_time_as_wanted(transport: Transport, queue: Queue) -> None:
    transport.declare(queue)
    transport.publish(*(message(queue) for _ in range(4)))
    with transport.consume(queue, prefetch=3) as consumer:
        held = [next_from(consumer) for _ in range(3)]
        assert consumer.receive(NOTHING) is None
        assert all(consumer.ack(delivery) for delivery in held)
        next_from(consumer)


def test_who_pauses_is_sent_nothing(connect: Connect, queue: Queue) -> None:
    busy = connect().consume(queue)
    other = connect()
    other.publish(*(message(queue, body) for body in (b"1", b"2", b"3")))
    for body in (b"1", b"2"):
        delivery = next_from(busy)
        assert delivery.message.body == body
        if body == b"2":
            busy.pause()
        assert busy.ack(delivery)
    with other.consume(queue) as idle:
        delivery = next_from(idle)
        assert (delivery.message.body, delivery.returned) == (b"3", 0)
        assert idle.ack(delivery)
    other.publish(message(queue, b"4"))
    delivery = next_from(busy)
    assert (delivery.message.body, delivery.returned) == (b"4", 0)
    assert busy.ack(delivery)


def test_unacknowledged_messages_come_again_in_order(transport: Transport, queue: Queue) -> None:
    transport.declare(queue)
    sent = [message(queue) for _ in range(3)]
    transport.publish(*sent)
    with transport.consume(queue, prefetch=2) as consumer:
        for _ in range(2):
            next_from(consumer)
    with transport.consume(queue, prefetch=3) as consumer:
        again = [next_from(consumer) for _ in sent]
    assert [delivery.message for delivery in again] == sent
    assert [delivery.returned for delivery in again] == [1, 1, 0]


def test_an_acknowledged_message_is_gone(transport: Transport, queue: Queue) -> None:
    transport.declare(queue)
    transport.publish(message(queue))
    with transport.consume(queue) as consumer:
        delivery = next_from(consumer)
        assert consumer.ack(delivery)
        assert not consumer.ack(delivery)
        assert not consumer.requeue(delivery)
        assert not consumer.reject(delivery)
    with transport.consume(queue) as consumer:
        assert consumer.receive(NOTHING) is None


def test_what_is_handed_back_comes_first_and_counted(transport: Transport, queue: Queue) -> None:
    transport.declare(queue)
    first, second = message(queue), message(queue)
    transport.publish(first, second)
    with transport.consume(queue) as consumer:
        assert consumer.requeue(next_from(consumer))
        again = next_from(consumer)
        assert (again.message, again.returned) == (first, 1)
        consumer.ack(again)
        assert next_from(consumer).message == second


def test_too_many_returns_make_a_dead_letter(transport: Transport, queue: Queue) -> None:
    transport.declare(queue)
    sent = message(queue, b"poison")
    transport.publish(sent)
    with transport.consume(queue) as consumer:
        for returned in range(3):
            delivery = next_from(consumer)
            assert delivery.returned == returned
            consumer.requeue(delivery)
        assert consumer.receive(NOTHING) is None
    with dead_letters(transport, queue) as consumer:
        delivery = next_from(consumer)
        assert delivery.message == sent
        assert delivery.death == Death("delivery_limit", queue.name)
        assert consumer.ack(delivery)


def test_consumers_that_go_away_make_a_dead_letter(transport: Transport, queue: Queue) -> None:
    transport.declare(queue)
    sent = message(queue, b"poison")
    transport.publish(sent)
    for returned in range(3):
        with transport.consume(queue) as consumer:
            assert next_from(consumer).returned == returned
    with dead_letters(transport, queue) as consumer:
        delivery = next_from(consumer)
        assert (delivery.message, delivery.death) == (sent, Death("delivery_limit", queue.name))


def test_a_rejected_message_is_a_dead_letter(transport: Transport, queue: Queue) -> None:
    transport.declare(queue)
    sent = message(queue, b"\xff not JSON")
    transport.publish(sent)
    with transport.consume(queue) as consumer:
        assert consumer.reject(next_from(consumer))
        assert consumer.receive(NOTHING) is None
    with dead_letters(transport, queue) as consumer:
        delivery = next_from(consumer)
        assert (delivery.message, delivery.death) == (sent, Death("rejected", queue.name))


def test_a_dead_letter_is_handed_back_without_a_limit(transport: Transport, queue: Queue) -> None:
    transport.declare(queue)
    transport.publish(message(queue))
    with transport.consume(queue) as consumer:
        consumer.reject(next_from(consumer))
    with dead_letters(transport, queue) as consumer:
        for returned in range(8):
            delivery = next_from(consumer)
            assert (delivery.returned, delivery.death) == (returned, Death("rejected", queue.name))
            consumer.requeue(delivery)


def test_messages_wait_for_a_consumer_of_another_connection(connect: Connect, queue: Queue) -> None:
    sent = message(queue)
    with connect() as first:
        first.declare(queue)
        first.publish(sent)
    with connect().consume(queue) as consumer:
        assert next_from(consumer).message == sent


def test_closing_the_connection_gives_back(connect: Connect, queue: Queue) -> None:
    first = connect()
    holder = first.consume(queue)
    first.publish(message(queue))
    held = next_from(holder)
    first.close()
    assert not holder.ack(held)
    with connect().consume(queue) as consumer:
        assert next_from(consumer).returned == 1


def test_a_queue_of_one_consumer_goes_with_it(transport: Transport) -> None:
    queue = new_queue(lasting=False)
    with transport.consume(queue) as consumer:
        transport.publish(message(queue), message(queue))
        assert transport.backlog(queue.name) is None
        assert consumer.ack(next_from(consumer))
        assert consumer.reject(next_from(consumer))

    def gone() -> bool:
        try:
            transport.publish(message(queue))
        except UnroutableError:
            return True
        return False

    assert eventually(gone)


def test_a_look_into_queues(transport: Transport, queue: Queue) -> None:
    assert transport.backlog(queue.name) is None
    transport.declare(queue)
    assert transport.backlog(queue.name) == Backlog(0, 0)
    transport.publish(message(queue), message(queue), message(queue))
    assert eventually(lambda: transport.backlog(queue.name) == Backlog(3, 0))
    with transport.consume(queue) as consumer:
        next_from(consumer)
        assert eventually(lambda: transport.backlog(queue.name) == Backlog(2, 1))
    assert eventually(lambda: transport.backlog(queue.name) == Backlog(3, 0))


def test_a_closed_connection_says_so(connect: Connect, queue: Queue) -> None:
    transport = connect()
    consumer = transport.consume(queue)
    transport.close()
    transport.close()
    for action in (
        lambda: transport.publish(message(queue)),
        lambda: transport.declare(queue),
        lambda: transport.backlog(queue.name),
        lambda: transport.consume(queue),
        lambda: consumer.receive(SOON),
    ):
        with pytest.raises(BrokerUnavailableError, match="closed"):
            action()


def test_closing_wakes_a_waiting_consumer(transport: Transport, queue: Queue) -> None:
    consumer = transport.consume(queue)
    ended: list[Exception] = []

    def wait() -> None:
        try:
            consumer.receive(10 * SOON)
        except BrokerUnavailableError as error:
            ended.append(error)

    waiting = Thread(target=wait)
    waiting.start()
    transport.close()
    waiting.join(SOON)
    assert ended


def test_a_waiting_consumer_gets_what_another_thread_publishes(
    transport: Transport, queue: Queue
) -> None:
    with transport.consume(queue) as consumer:
        assert consumer.receive(0.0) is None
        sent = message(queue)
        publisher = Thread(target=transport.publish, args=(sent,))
        publisher.start()
        assert next_from(consumer).message == sent
        publisher.join(SOON)


def test_threads_publish_at_the_same_time(transport: Transport, queue: Queue) -> None:
    transport.declare(queue)
    sent = [[message(queue) for _ in range(25)] for _ in range(4)]

    def publish(messages: list[Message]) -> None:
        for one in messages:
            transport.publish(one)

    threads = [Thread(target=publish, args=(some,)) for some in sent]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(4 * SOON)
    with transport.consume(queue, prefetch=10) as consumer:
        arrived = set()
        for _ in range(100):
            delivery = next_from(consumer)
            arrived.add(delivery.message)
            consumer.ack(delivery)
    assert arrived == {one for some in sent for one in some}


def test_waiting_ends_in_time(transport: Transport, queue: Queue) -> None:
    with transport.consume(queue) as consumer:
        began = time.monotonic()
        assert consumer.receive(NOTHING) is None
        assert NOTHING <= time.monotonic() - began < SOON


def test_the_queues_of_the_engine(connect: Connect) -> None:
    engine, worker = connect(), connect()
    engine.declare(dispatcher_queue())
    task = Message(uuid4().hex, "preprocessing.routing.python", b"")
    with pytest.raises(UnroutableError, match=r"routing\.python"):
        engine.publish(task)
    tasks = worker.consume(worker_queue("python"))
    engine.publish(task)
    assert next_from(tasks).message == task
    workers = [worker.consume(cancel_queue("python", f"w{number}")) for number in range(2)]
    cancel = Message(uuid4().hex, "preprocessing.routing.python.cancel", b"")
    engine.publish(cancel)
    assert [next_from(one).message for one in workers] == [cancel, cancel]
    words = ("", ".started", ".progress", ".done", ".failed", ".cancelled", ".cancel")
    events = [Message(uuid4().hex, f"preprocessing.routing{word}", b"") for word in words]
    worker.publish(*events)
    with engine.consume(dispatcher_queue(), prefetch=10) as dispatcher:
        assert [next_from(dispatcher).message for _ in events] == events
    assert engine.backlog(DEAD_LETTERS.name) is not None
