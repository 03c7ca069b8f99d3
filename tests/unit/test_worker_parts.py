"""Parts of a worker by themselves: files, reports, limits of what is told, ending sessions."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from threading import Event, Lock
from uuid import uuid4

import fsspec
import numpy as np
import pytest

from gondwana.errors import InputError, TargetError
from gondwana.messaging.memory import MemoryBroker, MemoryTransport
from gondwana.messaging.messages import LOG_LIMIT, InputFile
from gondwana.messaging.transport import (
    BrokerUnavailableError,
    Message,
    Queue,
    UnroutableError,
)
from gondwana.science.checks import Change, Check
from gondwana.steps.execute import Record
from gondwana.storage.files import FileStore
from gondwana.worker.files import (
    UnreachableInputError,
    WrongChecksumError,
    lay_inputs,
    store_outputs,
)
from gondwana.worker.ledger import Ledger
from gondwana.worker.reports import Reports, Ticket
from gondwana.worker.sessions import end_session
from gondwana.worker.setup import place_of
from gondwana.worker.telling import MOST_ROWS, done, failed
from private_rabbitmq import eventually
from worker_steps import ACT

STEP = replace(ACT, inputs=("source",), optional_inputs=("soil_map",))


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(str(tmp_path / "store"))


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    folder = tmp_path / "inputs"
    folder.mkdir()
    return folder


def stored(store: FileStore, content: bytes) -> InputFile:
    file = store.put(BytesIO(content))
    return InputFile(uri=store.uri(file.sha256), sha256=file.sha256)


def test_what_is_in_the_store_is_linked(store: FileStore, inputs: Path) -> None:
    given = stored(store, b"a map")
    laid = lay_inputs(STEP, {"source": given, "routing": given}, inputs, store)
    assert laid.keys() == {"source"}
    assert laid["source"].path == inputs / "source.nc"
    assert laid["source"].path.is_symlink()
    assert laid["source"].path.read_bytes() == b"a map"
    assert laid["source"].sha256 == given.sha256


def test_the_store_goes_before_the_place_that_is_told(store: FileStore, inputs: Path) -> None:
    """The same store may stand under another path on another machine."""
    given = stored(store, b"a map").model_copy(update={"uri": "file:///elsewhere/there"})
    lay_inputs(STEP, {"source": given}, inputs, store)
    assert (inputs / "source.nc").read_bytes() == b"a map"


def test_what_is_elsewhere_is_fetched(store: FileStore, inputs: Path) -> None:
    given = stored(store, b"a map")
    store.remove(given.sha256)
    away = given.model_copy(update={"uri": f"memory://{uuid4().hex}/map"})
    with pytest.raises(UnreachableInputError) as caught:
        lay_inputs(STEP, {"source": away}, inputs, store)
    assert caught.value.retryable
    with fsspec.open(away.uri, "wb") as file:
        file.write(b"a mop")
    with pytest.raises(WrongChecksumError) as wrong:
        lay_inputs(STEP, {"source": away}, inputs, store)
    assert wrong.value.retryable
    with fsspec.open(away.uri, "wb") as file:
        file.write(b"a map")
    laid = lay_inputs(STEP, {"source": away}, inputs, store)
    assert not laid["source"].path.is_symlink()
    assert laid["source"].path.read_bytes() == b"a map"


def test_an_input_that_is_not_named(store: FileStore, inputs: Path) -> None:
    with pytest.raises(InputError, match="no 'source' to work on"):
        lay_inputs(STEP, {"soil_map": stored(store, b"x")}, inputs, store)


def test_a_store_is_found_again_by_its_place(store: FileStore, tmp_path: Path) -> None:
    given = stored(store, b"a map")
    for place in (place_of(store), place_of(FileStore(str(tmp_path / "store") + "/"))):
        assert FileStore(place).verify(given.sha256) == 5
    assert place_of(FileStore("memory://bucket/folder")) == "memory:///bucket/folder"


def record(**more: object) -> Record:
    nothing = Record(ACT, {}, {}, {}, (), (), (), 0.0)
    return replace(nothing, **more)  # type: ignore[arg-type]


def test_outputs_of_a_step_that_has_none(store: FileStore) -> None:
    assert store_outputs(record(), store) == {}


def test_long_tables_and_texts_are_cut() -> None:
    table = [{"n": np.float32(n), "inf": np.inf, "ok": np.bool_(False)} for n in range(2000)]
    changes = tuple(Change("c" * 5000, "w", 1, 0.0, 0.0) for _ in range(MOST_ROWS + 1))
    check = Check("c", "fail", "s" * 5000, table, fix="f" * 5000)
    told = done("act", record(checks=(check,), changes=changes, notes=("n" * 5000,)), {}, 1.0)
    assert len(told.checks[0].table) == len(told.changes) == MOST_ROWS
    assert told.checks[0].table[1] == {"n": 1.0, "inf": "inf", "ok": "no"}
    assert len(told.checks[0].summary) == len(told.notes[0]) == 2000
    assert told.notes[1] == f"the first {MOST_ROWS} of {MOST_ROWS + 1} changes are told"


def test_a_full_disk_may_pass() -> None:
    error = TargetError("the disk is full", remedy="free some space", where="/job/outputs/x.nc")
    error.add_note("l" * (2 * LOG_LIMIT))
    told = failed("act", error, Path("/job"))
    assert (told.code, told.reason, told.remedy, told.retryable) == (
        "bad_target", "x.nc: the disk is full", "free some space", True,
    )  # fmt: skip
    assert len(told.log) == LOG_LIMIT


QUEUE = Queue("preprocessing.t", ("preprocessing.t",))


class Moody(MemoryTransport):
    """A transport whose broker is away when a test wants it."""

    def __init__(self) -> None:
        super().__init__(MemoryBroker())
        self.declare(QUEUE)
        self.away = Event()
        self.tried = 0
        self.lock = Lock()

    def publish(self, *messages: Message) -> None:
        self.tried += 1
        with self.lock:
            if self.away.is_set():
                raise BrokerUnavailableError("it is away")
        super().publish(*messages)

    def received(self) -> list[str]:
        with self.consume(QUEUE, prefetch=1000) as consumer:
            found = []
            while (delivery := consumer.receive(0.0)) is not None:
                found.append(delivery.message.id)
                consumer.ack(delivery)
            return found


@pytest.fixture
def transport() -> Moody:
    return Moody()


@pytest.fixture
def reports(transport: Moody) -> Iterator[Reports]:
    reports = Reports(transport)
    reports.start()
    yield reports
    transport.away.clear()
    reports.stop(5.0)


def say(reports: Reports, *names: str, sender: str = "s") -> Ticket:
    return reports.say(sender, *(message(name) for name in names), then=lambda: None)


def message(name: str) -> Message:
    return Message(name, QUEUE.name, b"{}")


def test_reports_arrive_in_order_after_an_outage(transport: Moody, reports: Reports) -> None:
    transport.away.set()
    first = say(reports, "1", "2")
    assert eventually(lambda: transport.tried > 1)
    second = say(reports, "3")
    for beat in range(5):
        reports.beat("other", message(f"beat {beat}"))
    assert not (first.arrived or second.arrived)
    transport.away.clear()
    assert eventually(lambda: first.arrived and second.arrived)
    assert eventually(lambda: transport.backlog(QUEUE.name).messages == 4)
    assert transport.received() == ["1", "2", "3", "beat 4"]


def test_signs_of_life_that_come_too_late_are_dropped(transport: Moody, reports: Reports) -> None:
    transport.away.set()
    reports.beat("s", message("beat"))
    assert eventually(lambda: transport.tried > 0)
    reports.beat("t", message("other"))
    last = say(reports, "end")
    transport.away.clear()
    assert eventually(lambda: last.arrived)
    reports.stop(5.0)
    assert sorted(transport.received()) == ["end", "other"]


def test_what_no_queue_takes_is_tried_again(transport: Moody, reports: Reports) -> None:
    nowhere = Message("n", "preprocessing.nowhere", b"{}")
    ticket = reports.say("s", nowhere, message("1"), then=lambda: None)
    reports.beat("s", nowhere)
    with pytest.raises(UnroutableError):
        transport.publish(nowhere)
    assert eventually(lambda: ticket.arrived)
    later = Queue("preprocessing.nowhere", ("preprocessing.nowhere",))
    transport.declare(later)
    assert eventually(lambda: transport.backlog(later.name).messages == 1)


def test_reports_are_given_up_when_the_time_is_over(transport: Moody) -> None:
    reports = Reports(transport)
    reports.start()
    transport.away.set()
    say(reports, "1")
    began = time.monotonic()
    reports.stop(0.2)
    assert time.monotonic() - began < 5


class Stopped:
    def __init__(self) -> None:
        self.reason = ""

    def cancel(self, reason: str) -> None:
        self.reason = reason


def test_the_ledger() -> None:
    ledger, job = Ledger(), Stopped()
    assert ledger.begin(("r", 1), job)
    assert not ledger.begin(("r", 1), job)
    ledger.cancel(("r", 2), "no")
    assert job.reason == ""
    ledger.cancel(("r", 1), "yes")
    assert job.reason == "yes"
    ledger.end(("r", 1), told=False)
    assert ledger.begin(("r", 1), job)
    ledger.end(("r", 1), told=True)
    assert not ledger.begin(("r", 1), job)


def test_a_session_is_ended_with_all_its_groups() -> None:
    script = (
        "import subprocess, time\n"
        "one = subprocess.Popen(['sleep', '1000'], process_group=0)\n"
        "print(one.pid, flush=True)\n"
        "time.sleep(1000)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], start_new_session=True, stdout=subprocess.PIPE, text=True
    ) as leader:
        assert leader.stdout is not None
        other = int(leader.stdout.readline())
        end_session(leader.pid)
        assert leader.wait(10) == -9
        assert eventually(lambda: not Path(f"/proc/{other}").exists() or zombie(other))


def zombie(process: int) -> bool:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
