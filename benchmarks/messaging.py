"""Messages a second through memory and RabbitMQ, beside the libraries that could have been used.

Run ``python -m benchmarks.messaging``. A private RabbitMQ is started; quorum queues, publisher
confirms, mandatory, 900 bytes a message. The other libraries (kombu, pika, aio-pika) are measured
if they are installed, as their documentation uses them. Medians of alternating rounds; processor
time is that of this process, not of the broker.
"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from gondwana.messaging.memory import MemoryBroker, MemoryTransport
from gondwana.messaging.rabbitmq import RabbitMQTransport
from gondwana.messaging.transport import Consumer, Message, Queue, Transport

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from private_rabbitmq import PrivateRabbitMQ, server_script

ROUNDS = 5
COUNT = 1500
BODY = b"x" * 900
QUEUE = Queue("preprocessing.benchmark", ("preprocessing.benchmark",), "benchmark.dead", 5)


def main() -> None:
    """Print messages a second and processor time of each way."""
    with MemoryTransport(MemoryBroker()) as transport:
        report("memory", ours(transport))
    script = server_script()
    if script is None:
        print("RabbitMQ is not installed")
        return
    with TemporaryDirectory() as folder:
        broker = PrivateRabbitMQ(script, Path(folder))
        try:
            broker.start()
            with RabbitMQTransport(broker.url) as transport:
                report("RabbitMQ", {**ours(transport), **peers(broker.url)})
        finally:
            broker.stop()


def report(where: str, ways: dict[str, Callable[[], int]]) -> None:
    """Alternate all ways, so that a busy machine slows all."""
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            busy, began = time.process_time(), time.perf_counter()
            count = way()
            took, busy = time.perf_counter() - began, time.process_time() - busy
            rates[name].append((count / took, 1e6 * busy / count))
    print(f"{where}: median of {ROUNDS} rounds")
    for name, found in rates.items():
        rate, busy = (median(values) for values in zip(*found, strict=True))
        print(f"  {name:<44}{rate:10.0f} /s {busy:8.0f} µs of processor each")


def ours(transport: Transport) -> dict[str, Callable[[], int]]:
    """Each publishing is followed by the consuming of the same messages."""
    transport.declare(QUEUE)
    first = transport.consume(QUEUE)
    first.close()

    def one_by_one() -> int:
        for message in messages():
            transport.publish(message)
        return COUNT

    def many() -> int:
        transport.publish(*messages())
        return COUNT

    def back_and_forth() -> int:
        with transport.consume(QUEUE) as consumer:
            for message in messages():
                transport.publish(message)
                take(consumer, 1)
        return COUNT

    def consume(prefetch: int) -> int:
        with transport.consume(QUEUE, prefetch) as consumer:
            return take(consumer, COUNT)

    return {
        "publish one by one": one_by_one,
        "consume and acknowledge, prefetch 1": lambda: consume(1),
        "publish many": many,
        "consume and acknowledge, prefetch 32": lambda: consume(32),
        "publish one and consume it": back_and_forth,
    }


def messages() -> list[Message]:
    return [Message(uuid4().hex, QUEUE.name, BODY) for _ in range(COUNT)]


def take(consumer: Consumer, count: int) -> int:
    for _ in range(count):
        delivery = consumer.receive(30.0)
        if delivery is None:
            raise RuntimeError("a message was lost")
        consumer.ack(delivery)
    return count


def peers(url: str) -> dict[str, Callable[[], int]]:
    """Publish and consume as other libraries do it, where they are installed."""
    address = url.removesuffix("/") + "%2F"
    found: dict[str, Callable[[], int]] = {}
    if importlib.util.find_spec("kombu"):
        found["kombu: publish one by one"] = lambda: kombu_publish(address)
        found["kombu: consume, prefetch 1"] = lambda: kombu_consume(address)
    if importlib.util.find_spec("pika"):
        found["pika: publish one by one"] = lambda: pika_publish(address)
        found["pika: consume, prefetch 1"] = lambda: pika_consume(address)
    if importlib.util.find_spec("aio_pika"):
        found["aio-pika: publish one by one"] = lambda: asyncio.run(aio_publish(address, 1))
        found["aio-pika: consume, prefetch 1"] = lambda: asyncio.run(aio_consume(address, 1))
        found["aio-pika: publish many"] = lambda: asyncio.run(aio_publish(address, 125))
        found["aio-pika: consume, prefetch 32"] = lambda: asyncio.run(aio_consume(address, 32))
    return found


def kombu_publish(url: str) -> int:
    import kombu  # noqa: PLC0415

    with kombu.Connection(url, transport_options={"confirm_publish": True}) as connection:
        producer = connection.Producer(serializer=None)
        for _ in range(COUNT):
            producer.publish(
                BODY,
                routing_key=QUEUE.name,
                mandatory=True,
                content_type="application/json",
                content_encoding="binary",
            )
    return COUNT


def kombu_consume(url: str) -> int:
    import kombu  # noqa: PLC0415

    taken = 0

    def on_message(message: Any) -> None:
        nonlocal taken
        message.ack()
        taken += 1

    with kombu.Connection(url) as connection:
        queue = kombu.Queue(QUEUE.name, no_declare=True)
        with connection.Consumer(queue, on_message=on_message, prefetch_count=1):
            while taken < COUNT:
                connection.drain_events(timeout=30)
    return COUNT


def pika_publish(url: str) -> int:
    import pika  # noqa: PLC0415

    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    channel.confirm_delivery()
    for _ in range(COUNT):
        properties = pika.BasicProperties(delivery_mode=2)
        channel.basic_publish("", QUEUE.name, BODY, properties, mandatory=True)
    connection.close()
    return COUNT


def pika_consume(url: str) -> int:
    import pika  # noqa: PLC0415

    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    channel.basic_qos(prefetch_count=1)
    for taken, (method, _, _) in enumerate(channel.consume(QUEUE.name, inactivity_timeout=30), 1):
        channel.basic_ack(method.delivery_tag)
        if taken == COUNT:
            break
    connection.close()
    return COUNT


async def aio_publish(url: str, at_once: int) -> int:
    import aio_pika  # noqa: PLC0415

    connection = await aio_pika.connect_robust(url)
    exchange = (await connection.channel()).default_exchange
    for _ in range(0, COUNT, at_once):
        await asyncio.gather(
            *(
                exchange.publish(aio_pika.Message(BODY, delivery_mode=2), QUEUE.name)
                for _ in range(at_once)
            )
        )
    await connection.close()
    return COUNT


async def aio_consume(url: str, prefetch: int) -> int:
    import aio_pika  # noqa: PLC0415

    connection = await aio_pika.connect_robust(url)
    channel = await connection.channel()
    await channel.set_qos(prefetch)
    queue = await channel.get_queue(QUEUE.name)
    taken = 0
    async with queue.iterator(timeout=30) as arriving:
        async for message in arriving:
            await message.ack()
            taken += 1
            if taken == COUNT:
                break
    await connection.close()
    return COUNT


if __name__ == "__main__":
    main()
