"""Jobs of a worker on a broker in memory: how they end, and what the dispatcher is told."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from gondwana.formats.netcdf import open_netcdf
from gondwana.formats.provenance import arrays_sha256
from gondwana.messaging.messages import LOG_LIMIT, InputFile
from gondwana.messaging.topology import DEAD_LETTERS, worker_queue
from gondwana.messaging.transport import Message
from gondwana.worker.worker import Worker
from private_rabbitmq import eventually
from worker_steps import ACT, NOTHING
from worker_world import Cancelled, Desk, Done, Failed, Progress, Started, kinds

pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Worker]]:
    """Return one worker with two slots for the whole module."""
    with Desk(tmp_path_factory.mktemp("desk")) as desk, desk.worker(jobs=2) as worker:
        assert worker.wait_ready()
        yield desk, worker


@pytest.fixture
def desk(served: tuple[Desk, Worker]) -> Desk:
    return served[0]


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def threads(process: int) -> int:
    tasks = Path(f"/proc/{process}/task")
    return len(list(tasks.iterdir())) if tasks.exists() else 0


def test_a_job_is_begun_and_done(desk: Desk, served: tuple[Desk, Worker], tmp_path: Path) -> None:
    task = desk.ask(size=5)
    done: Done = desk.ending(task)
    assert kinds(desk.said_of(task)) == ["started", "done"]
    started = desk.said_of(task)[0]
    assert isinstance(started, Started)
    assert desk.source_of(task) == {started.worker}
    assert started.worker in served[1].names
    file = done.outputs["soils"]
    desk.store.fetch(file.sha256, tmp_path / "soils.nc")
    assert (tmp_path / "soils.nc").stat().st_size == file.size
    assert file.uri == desk.store.uri(file.sha256)
    written = open_netcdf(tmp_path / "soils.nc")
    assert written["numbers"].size == 5
    assert written.attrs["date_created"] == "2026-11-22T12:00:00Z"
    assert file.arrays_sha256 == arrays_sha256(written)
    assert done.notes == ("done",)
    assert done.checks[0].table == ({"n": 5, "share": "nan", "good": "yes"},)
    assert (done.changes[0].cells, done.changes[0].lon) == (1, 1.5)
    assert done.seconds > 0


def test_two_slots_have_names_of_their_own(served: tuple[Desk, Worker]) -> None:
    desk, worker = served
    tasks = [desk.ask(act="sleep", seconds=0.3) for _ in range(2)]
    for task in tasks:
        assert isinstance(desk.ending(task), Done)
    assert desk.source_of(tasks[0]) | desk.source_of(tasks[1]) == set(worker.names)


ENDINGS: list[tuple[str, str, str, bool]] = [
    ("bad input", "bad_input", "source.nc: is upside down", False),
    ("bug", "unexpected", "nobody foresaw (ZeroDivisionError)", False),
    ("memory", "crash", "not enough memory", True),
    ("exit", "crash", "ended with the exit status 3", True),
    ("segfault", "crash", "ended by SIGSEGV", True),
]


@pytest.mark.parametrize(("act", "code", "reason", "retryable"), ENDINGS)
def test_a_failure_is_told_in_a_sentence_and_a_log(
    desk: Desk, act: str, code: str, reason: str, retryable: bool
) -> None:
    task = desk.ask(act=act, inputs={"source": b"topography"})
    failed: Failed = desk.ending(task)
    assert kinds(desk.said_of(task)) == ["started", "failed"]
    assert (failed.code, failed.retryable) == (code, retryable)
    assert reason in failed.reason
    assert "Traceback" not in failed.reason
    assert "gondwana-worker" not in failed.reason
    assert failed.remedy
    word = {"bug": "nobody thought of this", "segfault": "about to fall"}.get(act, "")
    assert word in failed.log


def test_what_a_step_prints_is_not_taken_for_what_it_tells(desk: Desk) -> None:
    assert isinstance(desk.ending(desk.ask(act="shout")), Done)


def test_a_parameter_out_of_bounds(desk: Desk) -> None:
    failed: Failed = desk.ending(desk.ask(seconds=-1.0, speed=3))
    assert (failed.code, failed.retryable) == ("bad_parameter", False)
    assert "'seconds'" in failed.reason
    assert "no parameter 'speed'" in failed.reason


def test_a_step_of_another_version_is_refused(desk: Desk) -> None:
    failed: Failed = desk.ending(desk.ask(step_version=1))
    assert (failed.code, failed.retryable) == ("version", False)
    assert "version 2 of 'act', and version 1 is wanted" in failed.reason
    other = desk.ending(desk.ask(outputs=("soils", "routing")))
    assert other.code == "version"


def test_an_input_that_is_another_file(desk: Desk, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.nc"
    elsewhere.write_bytes(b"something else")
    wrong = InputFile(uri=f"file://{elsewhere}", sha256="ab" * 32)
    failed: Failed = desk.ending(desk.ask(inputs={"source": wrong}))
    assert (failed.code, failed.retryable) == ("wrong_checksum", True)
    assert failed.reason.startswith("source.nc: is not the file that was meant")


@pytest.mark.parametrize("uri", ["file:///nowhere/x.nc", "memory://nowhere", "moon://x", "s p"])
def test_an_input_that_cannot_be_reached(desk: Desk, uri: str) -> None:
    failed: Failed = desk.ending(desk.ask(inputs={"source": InputFile(uri=uri, sha256="ab" * 32)}))
    assert (failed.code, failed.retryable) == ("input_unreachable", True)
    assert failed.reason.startswith("source.nc: ")


def test_an_input_from_elsewhere_on_this_machine(desk: Desk, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.nc"
    elsewhere.write_bytes(b"topography from elsewhere")
    sha256 = desk.store.put(BytesIO(b"topography from elsewhere")).sha256
    desk.store.remove(sha256)
    given = InputFile(uri=f"file://{elsewhere}", sha256=sha256)
    assert isinstance(desk.ending(desk.ask(inputs={"source": given})), Done)
    damaged = desk.file(b"a map")
    path = Path(damaged.uri.removeprefix("file://"))
    path.chmod(0o644)
    path.write_bytes(b"a mop")
    assert desk.ending(desk.ask(inputs={"source": damaged})).code == "wrong_checksum"


def test_progress_is_told_but_not_too_often(desk: Desk) -> None:
    task = desk.ask(act="tell", seconds=2.0)
    done = desk.ending(task)
    assert isinstance(done, Done)
    told = [said for said in desk.said_of(task) if isinstance(said, Progress)]
    assert 1 <= len(told) <= done.seconds / 0.5 + 1
    fractions = [said.fraction for said in told]
    assert fractions == sorted(fractions)
    assert told[-1].note.startswith("part ")


def test_one_that_takes_too_long_is_ended(desk: Desk, tmp_path: Path) -> None:
    note = tmp_path / "note"
    task = desk.ask(act="hang", note=str(note), timeout=0.4)
    failed: Failed = desk.ending(task)
    assert (failed.code, failed.retryable) == ("timeout", False)
    assert "limit of 0.4 s" in failed.reason
    assert not alive(int(note.read_text()))


def test_one_that_is_cancelled_is_ended_with_all_it_started(desk: Desk, tmp_path: Path) -> None:
    note = tmp_path / "note"
    task = desk.ask(act="spawn", seconds=1000.0, note=str(note))
    desk.wait_for(Started, task)
    assert eventually(lambda: note.exists() and note.read_text().count("\n") == 2)
    desk.cancel(task)
    assert desk.ending(task) == Cancelled(step="act", reason="nobody wants it")
    assert kinds(desk.said_of(task)) == ["started", "cancelled"]
    assert not any(alive(int(process)) for process in note.read_text().split())
    assert isinstance(desk.ending(desk.ask()), Done)


def test_a_cancellation_of_another_attempt_changes_nothing(desk: Desk) -> None:
    task = desk.ask(act="sleep", seconds=0.5)
    desk.wait_for(Started, task)
    desk.cancel(desk.task(run=task.runid, attempt=2))
    desk.cancel(desk.task())
    assert isinstance(desk.ending(task), Done)


def test_a_task_that_comes_twice_is_run_once(desk: Desk, tmp_path: Path) -> None:
    note = tmp_path / "note"
    task = desk.task(act="sleep", seconds=0.3, note=str(note))
    desk.send(task, task)
    desk.ending(task)
    desk.send(task)
    last = desk.ask()
    desk.ending(last)
    assert kinds(desk.said_of(task)) == ["started", "done"]
    assert note.read_text().count("\n") == 1
    again = desk.ask(run=task.runid, attempt=2, note=str(note))
    desk.ending(again)
    assert note.read_text().count("\n") == 2


def test_a_message_that_is_no_task_is_buried(desk: Desk) -> None:
    key = "preprocessing.act.python"
    with desk.transport.consume(DEAD_LETTERS) as dead:
        desk.transport.publish(Message("1", key, b"{"), Message("2", key, b"\xff"))
        for _ in range(2):
            delivery = dead.receive(60.0)
            assert delivery is not None
            assert delivery.death is not None
            assert delivery.death.reason == "rejected"
            dead.ack(delivery)
    assert isinstance(desk.ending(desk.ask()), Done)


def test_an_input_that_the_step_does_not_know_is_left_alone(desk: Desk) -> None:
    done: Done = desk.ending(desk.ask("nothing", inputs={"routing": b"not wanted"}))
    assert done.outputs.keys() == {"routing"}


Serve = Callable[..., tuple[Desk, Worker]]


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Start a worker that is a test's own, with a folder for temporary files of its own."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    started: list[tuple[Desk, Worker]] = []

    def serving(largest: int | None = None, **options: Any) -> tuple[Desk, Worker]:
        desk = Desk(tmp_path, largest=largest)
        worker = desk.worker(**options)
        started.append((desk, worker))
        worker.start()
        assert worker.wait_ready()
        return desk, worker

    yield serving
    for desk, worker in started:
        worker.stop(0.0)
        desk.transport.close()


def test_a_silent_job_gives_signs_of_life(serve: Serve) -> None:
    desk, _ = serve(heartbeat=0.1)
    task = desk.ask(act="sleep", seconds=1.0)
    done: Done = desk.ending(task)
    beats = [said for said in desk.said_of(task) if isinstance(said, Progress)]
    assert 2 <= len(beats) <= done.seconds / 0.1 + 1
    assert all(beat.fraction is None for beat in beats)


def test_the_folders_of_jobs_are_removed(serve: Serve, tmp_path: Path) -> None:
    desk, worker = serve(jobs=2)
    for act in ("work", "bug", "segfault", "hang"):
        desk.ending(desk.ask(act=act, inputs={"source": b"x"}, timeout=0.3))
    (folder,) = (tmp_path / "tmp").iterdir()
    inside = lambda: [path for child in folder.glob("*/") for path in child.iterdir()]  # noqa: E731
    assert eventually(lambda: inside() == [])
    worker.stop()
    assert not folder.exists()


def test_what_a_killed_worker_left_is_removed(serve: Serve, tmp_path: Path) -> None:
    left, young = tmp_path / "tmp" / "gondwana-worker-1", tmp_path / "tmp" / "gondwana-worker-2"
    left.mkdir()
    young.mkdir()
    (left / "lock").touch()
    (left / "file").touch()
    serve()
    assert not left.exists()
    assert young.exists()


def test_an_output_that_is_too_large(serve: Serve) -> None:
    desk, _ = serve(largest=100_000)
    failed: Failed = desk.ending(desk.ask(size=1_000_000))
    assert (failed.code, failed.retryable) == ("file_too_large", False)
    assert "100000 bytes" in failed.reason
    assert isinstance(desk.ending(desk.ask()), Done)


def test_a_store_that_cannot_be_written_may_be_so_again(serve: Serve, tmp_path: Path) -> None:
    desk, _ = serve()
    (tmp_path / "store").write_bytes(b"not a folder")
    failed: Failed = desk.ending(desk.ask())
    assert (failed.code, failed.retryable) == ("file_store_unavailable", True)


def test_a_worker_that_stops_lets_jobs_end_in_time(serve: Serve) -> None:
    desk, worker = serve()
    task = desk.ask(act="sleep", seconds=0.5)
    desk.wait_for(Started, task)
    worker.stop()
    while desk.hear():
        pass
    assert kinds(desk.said_of(task)) == ["started", "done"]


def test_a_worker_that_stops_falls_silent_about_the_others(serve: Serve, tmp_path: Path) -> None:
    desk, worker = serve(jobs=2)
    note = tmp_path / "note"
    task = desk.ask(act="spawn", seconds=1000.0, note=str(note))
    desk.wait_for(Started, task)
    assert eventually(lambda: note.exists() and note.read_text().count("\n") == 2)
    waiting = desk.ask("nothing", run="ab" * 16)
    desk.ending(waiting)
    began = time.monotonic()
    worker.stop(0.2)
    assert time.monotonic() - began < 20
    while desk.hear():
        pass
    assert kinds(desk.said_of(task)) == ["started"]
    assert not any(alive(int(process)) for process in note.read_text().split())
    assert list((tmp_path / "tmp").iterdir()) == []
    task = desk.ask()
    backlog = desk.transport.backlog(worker_queue("python", desk.steps.values()).name)
    assert backlog is not None
    assert (backlog.messages, backlog.consumers) == (1, 0)


def test_an_idle_child_that_dies_is_replaced(serve: Serve, tmp_path: Path) -> None:
    desk, _ = serve()
    note = tmp_path / "note"
    for _ in range(3):
        assert isinstance(desk.ending(desk.ask(note=str(note))), Done)
        process = int(note.read_text().split()[-1])
        os.kill(process, signal.SIGKILL)
        assert eventually(lambda: not alive(process) and threads(process) < 2)  # noqa: B023
    assert isinstance(desk.ending(desk.ask(note=str(note))), Done)
    assert len(set(note.read_text().split())) == 4


def test_one_program_may_do_the_steps(serve: Serve, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text(
        "#!/bin/sh\n"
        'case "$(grep act "$(dirname "$2")/parameters.nml")" in\n'
        '*bad*) echo "error: it is upside down" >&2; exit 65;;\n'
        '*later*) echo "no licence" >&2; exit 75;;\n'
        "*fall*) kill -KILL $$;;\n"
        "*forget*) exit 0;;\n"
        "*hang*) echo hanging >&2; sleep 1000;;\n"
        "esac\n"
        'echo progress 0.5 half\nsleep 0.2\necho progress 0.6\ncp "$1/source.nc" "$3/soils.nc"\n'
    )
    program.chmod(0o755)
    desk, _ = serve(program=program)
    source = open_file(tmp_path)
    task = desk.ask(inputs={"source": source})
    done: Done = desk.ending(task)
    assert done.outputs["soils"].arrays_sha256 == arrays_sha256(open_netcdf(tmp_path / "in.nc"))
    for act, code, retryable, word in [
        ("bad", "bad_input", False, "error: it is upside down"),
        ("later", "program_busy", True, "no licence"),
        ("fall", "crash", True, ""),
        ("forget", "bad_output", False, ""),
    ]:
        failed: Failed = desk.ending(desk.ask(act=act, inputs={"source": source}))
        assert (failed.code, failed.retryable) == (code, retryable), failed
        assert word in failed.log
        assert len(failed.log) <= LOG_LIMIT
    late: Failed = desk.ending(desk.ask(act="hang", timeout=0.5, inputs={"source": source}))
    assert late.code == "timeout"
    assert "hanging" in late.log


def open_file(folder: Path) -> bytes:
    """Return the bytes of a small NetCDF file."""
    xr.Dataset({"a": (("x",), [1.0, 2.0])}).to_netcdf(folder / "in.nc", format="NETCDF3_64BIT")
    return (folder / "in.nc").read_bytes()


def test_steps_of_other_tags_are_not_its_own(tmp_path: Path) -> None:
    with Desk(tmp_path, [NOTHING, replace(ACT, worker="ada")]) as desk, desk.worker() as worker:
        assert worker.wait_ready()
        assert isinstance(desk.ending(desk.ask("nothing")), Done)
        queue = desk.transport.backlog("preprocessing.worker.ada")
        assert queue is None
