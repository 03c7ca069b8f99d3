"""Questions to other processes: answered, refused, or broken down, and never more than that."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from gondwana.errors import InputError, ParameterError
from gondwana.services import asking, children
from gondwana.services.asking import BusyError, Pool
from services_world import globe, netcdf

FAKE = """#!{python} -P
import json, os, struct, sys
sys.path[:] = {path!r}
answers = os.fdopen(int(sys.argv[-1]), "wb")
def say(said, block=b"", sizes=None):
    answers.write(struct.pack("<QQ", *(sizes or (len(said), len(block)))) + said + block)
    answers.flush()
for line in sys.stdin:
    asked = json.loads(line)
    {does}
"""


@pytest.fixture
def topography(tmp_path: Path) -> Path:
    path = tmp_path / "a.nc"
    path.write_bytes(netcdf(globe()))
    return path


@pytest.fixture
def pool() -> Iterator[Pool]:
    with Pool(1) as made:
        yield made


def ask_about(path: Path) -> dict[str, object]:
    return asking.ask("file", kind="source", path=str(path), reading={})[0]


def imitate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, does: str) -> None:
    """Let children be of a kind that does something else."""
    program = tmp_path / "fake"
    program.write_text(FAKE.format(python=sys.executable, path=sys.path, does=does))
    program.chmod(0o755)
    monkeypatch.setattr(children.sys, "executable", str(program))


def test_a_question_without_a_pool_is_answered_by_a_process_of_its_own(topography: Path) -> None:
    assert ask_about(topography)["rows"] == 18
    with pytest.raises(InputError, match="no such file; check the path") as caught:
        ask_about(topography.with_name("b.nc"))
    assert caught.value.where == str(topography.with_name("b.nc"))
    with pytest.raises(ParameterError, match="colour"):
        asking.ask("file", kind="source", path=str(topography), reading={"colour": "red"})


def test_a_pool_answers_one_question_after_the_other(topography: Path, pool: Pool) -> None:
    assert Pool.current is pool
    found = [ask_about(topography) for _ in range(3)]
    assert found[0] == found[2]
    with pytest.raises(InputError, match="no such file"):
        ask_about(topography.with_name("b.nc"))
    began = time.monotonic()
    ask_about(topography)
    assert time.monotonic() - began < 0.5  # a new process takes longer to load what it needs


def test_a_pool_serves_many_threads(topography: Path) -> None:
    answers: list[object] = []
    with Pool(2):
        threads = [Thread(target=lambda: answers.append(ask_about(topography))) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(answers) == 12
    assert Pool.current is None


def test_a_child_that_dies_is_told_and_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dies = "os.kill(os.getpid(), 11) if asked['path'] == 'bad' else say(b'{\"found\": {\"a\": 1}}')"
    imitate(monkeypatch, tmp_path, dies)
    with Pool(1):
        for _ in range(3):
            with pytest.raises(InputError, match=r"breaks down \(signal 11\); open it with"):
                asking.ask("file", path="bad")
            assert asking.ask("file", path="good") == ({"a": 1}, b"")
    with pytest.raises(InputError, match=r"signal 11"):
        asking.ask("file", path="bad")


def test_a_child_that_was_killed_between_questions_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imitate(monkeypatch, tmp_path, "say(json.dumps({'found': {'pid': os.getpid()}}).encode())")
    with Pool(1):
        first = asking.ask("file")[0]["pid"]
        assert asking.ask("file")[0]["pid"] == first
        os.kill(first, signal.SIGKILL)
        os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
        assert asking.ask("file")[0]["pid"] != first


@pytest.mark.parametrize(
    ("does", "told"),
    [
        ("say(b'', sizes=(1 << 40, 0))", "its answer is too long"),
        ("say(b'{}', sizes=(2, 1 << 40))", "its answer is too long"),
        ("say(b'not json')", "answers what nobody understands"),
        ("say(b'[' * 1000000)", "answers what nobody understands"),
        ("say(b'[1]')", "answers what nobody understands"),
        ('say(b\'{"found": {"a": NaN}}\')', "answers what nobody understands"),
        ("say(b'{\"found\": 3}')", "answers in an unknown way"),
        ('say(b\'{"error": {"code": "SystemExit"}}\')', "^$"),
        ("answers.close(); sys.stdin.read()", "it fell silent"),
        ("sys.exit(3)", "status 3"),
    ],
)
def test_nothing_that_a_child_says_is_believed(
    does: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imitate(monkeypatch, tmp_path, does)
    with pytest.raises(InputError, match=told):
        asking.ask("file")


def test_bytes_come_beside_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imitate(monkeypatch, tmp_path, "say(b'{\"found\": {}}', bytes(range(256)) * 4096)")
    assert asking.ask("file") == ({}, bytes(range(256)) * 4096)


def test_who_takes_too_long_is_ended_and_others_are_told_to_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imitate(monkeypatch, tmp_path, "import time; time.sleep(60)")
    with Pool(1, limit=0.5) as pool:
        with pool._child(), pytest.raises(BusyError, match="try again"):
            asking.ask("file")
        with pytest.raises(InputError, match=r"takes more than 0\.5 s to read"):
            asking.ask("file")


def test_the_end_of_a_pool_ends_who_is_still_looking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = tmp_path / "begun"
    imitate(monkeypatch, tmp_path, f"os.mkfifo({str(begun)!r}); sys.stdin.read()")
    told: list[str] = []

    def long() -> None:
        with pytest.raises(InputError) as caught:
            asking.ask("file")
        told.append(str(caught.value))

    with Pool(1):
        thread = Thread(target=long)
        thread.start()
        while not begun.exists():
            time.sleep(0.01)
    thread.join(timeout=10)
    assert "signal 9" in told[0]


def test_a_child_ends_with_its_parent(topography: Path) -> None:
    parent = (
        "from gondwana.services.asking import Pool\n"
        "import os\n"
        "pool = Pool(1)\n"
        "pool.start()\n"
        f"pool.ask('file', kind='source', path={str(topography)!r}, reading={{}})\n"
        "print(next(iter(pool._children))._process.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", parent], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL
    child = Path("/proc", done.stdout.strip())
    deadline = time.monotonic() + 10
    while child.exists() and "\nState:\tZ" not in (child / "status").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_mistake_of_ours_is_no_fault_of_the_one_who_asks() -> None:
    with pytest.raises(InputError, match=r"breaks down \(KeyError: 'no such question'\)"):
        asking.ask("no such question")


def test_children_have_no_secrets_and_a_limit_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONDWANA_SECRET", "x" * 32)
    with Pool(1) as pool:
        with pytest.raises(InputError, match="not a NetCDF file"):
            ask_about(Path(__file__))
        process = Path("/proc", str(next(iter(pool._children))._process.pid))
        limits = (process / "limits").read_text().splitlines()
        (data,) = [line for line in limits if line.startswith("Max data size")]
        assert "unlimited" not in data
        assert b"GONDWANA_SECRET" not in (process / "environ").read_bytes()
