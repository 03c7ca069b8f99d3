"""Steps that are programs: what they are given, what they may say, and what is made of it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any, Literal

import pytest
import xarray as xr

from gondwana.errors import GondwanaError, InputError
from gondwana.formats.netcdf import open_netcdf
from gondwana.formats.provenance import arrays_sha256
from gondwana.steps.contract import Step, StepParameters, parameter
from gondwana.steps.execute import NoWorkerError, Record, StoredFile, execute
from gondwana.steps.process import (
    LOG_LIMIT,
    OutputTooLargeError,
    ProgramBusyError,
    ProgramCrashedError,
    ProgramFailedError,
    StoppedError,
    TimeLimitError,
)
from gondwana.steps.programs import BadOutputError, Watch

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SHELL = "#!/bin/sh\nset -eu\n"
PYTHON = f"#!{sys.executable}\n"


class Values(StepParameters):
    days: float = parameter(1.5, title="Days", about="Days.")
    waves: int = parameter(2, title="Waves", about="Waves.")
    moon: Literal["near", "far"] = parameter("far", title="Moon", about="Moon.")
    remark: str = parameter("it's\nhere", title="Remark", about="Remark.")
    friction: bool = parameter(False, title="Friction", about="Friction.")
    points: tuple[float, ...] = parameter((1.0, 2.0), title="Points", about="Points.")


Run = Callable[..., Record]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def run(tmp_path: Path, out: Path) -> Run:
    """Run a script as a step that makes a table, or other kinds."""

    def running(
        script: str, *outputs: str, inputs: dict[str, Path] | None = None, **more: Any
    ) -> Record:
        program = tmp_path / "program"
        program.write_text(script if script.startswith("#!") else SHELL + script)
        program.chmod(0o755)
        step = step_of(program, *outputs, timeout=more.pop("timeout", 60.0))
        given = {kind: StoredFile.of(kind, path) for kind, path in (inputs or {}).items()}
        return execute(step, given, Values(), out, created=NOON, **more)

    return running


def step_of(program: Path | None, *outputs: str, timeout: float = 60.0) -> Step:
    return Step(
        name="tides",
        version=3,
        title="Tides",
        about="Tides.",
        inputs=(),
        optional_inputs=("topography", "bathy"),
        outputs=outputs or ("hypsometric_curve",),
        parameters=Values,
        program=program,
        worker="ada",
        timeout=timeout,
    )


def log_of(error: BaseException) -> str:
    return "\n".join(getattr(error, "__notes__", []))


def test_it_is_given_three_places(run: Run, tmp_path: Path, out: Path) -> None:
    given = tmp_path / "my map.nc"
    given.write_bytes(b"something")
    script = """
    test $# = 3
    test "$(ls "$1")" = topography.nc
    test "$(cat "$1/topography.nc")" = something
    test -z "$(ls -A "$3")"
    test -z "$(ls -A .)"
    { cat "$2" "$(dirname "$2")/parameters.nml"; pwd; env; } > "$3/hypsometric_curve.csv"
    """
    record = run(script, inputs={"topography": given})
    told = (out / "hypsometric_curve.csv").read_text()
    parameters, end = json.JSONDecoder().raw_decode(told)
    assert parameters == {
        "step": "tides",
        "version": 3,
        "created": "2026-11-22T12:00:00Z",
        "file_format": "netcdf3",
        "parameters": {
            "days": 1.5, "waves": 2, "moon": "far", "remark": "it's\nhere", "friction": False,
            "points": [1.0, 2.0],
        },
        "edits": [],
        "inputs": {"topography": "topography.nc"},
        "outputs": {"hypsometric_curve": "hypsometric_curve.csv"},
    }  # fmt: skip
    namelist = told[end:].split("\n")
    assert namelist[:15] == [
        "&task", "  step = 'tides'", "  version = 3", "  created = '2026-11-22T12:00:00Z'",
        "  file_format = 'netcdf3'", "/",
        "&parameters", "  days = 1.5", "  waves = 2", "  moon = 'far'", "  remark = 'it''s here'",
        "  friction = .false.", "/", namelist[13], namelist[14],
    ]  # fmt: skip
    assert record.outputs["hypsometric_curve"].path == out / "hypsometric_curve.csv"
    assert record.arrays == {}
    assert [path.name for path in out.iterdir()] == ["hypsometric_curve.csv"]


def test_its_environment_is_small(run: Run, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONDWANA_STEP_LICENCE", "42")
    monkeypatch.setenv("GONDWANA_SECRET", "nobody's business")
    monkeypatch.setenv("LANG", "C.UTF-8")
    run(f"{PYTHON}import json, os, sys\njson.dump(dict(os.environ), "
        "open(sys.argv[3] + '/hypsometric_curve.csv', 'w'))")  # fmt: skip
    seen = json.loads((out / "hypsometric_curve.csv").read_text())
    assert seen.pop("GONDWANA_STEP_LICENCE") == "42"
    assert Path(seen["TMPDIR"]).parent.parent == out
    assert set(seen) <= {"PATH", "HOME", "LANG", "TMPDIR", "LC_CTYPE"}


def test_it_tells_its_progress(run: Run) -> None:
    heard: list[tuple[float, str]] = []
    script = """
    echo progress 0.25 reading the map
    echo 'progress 1e-1'
    echo progress 7 far too far
    echo progress -1
    echo progress nan
    echo progress much
    echo 'progress 0.5 \001 bell \007'
    echo something else
    touch "$3/hypsometric_curve.csv"
    """
    run(script, watch=Watch(lambda fraction, note: heard.append((fraction, note))))
    assert heard == [
        (0.25, "reading the map"), (0.1, ""), (1.0, "far too far"), (0.0, ""), (0.5, "bell"),
    ]  # fmt: skip


ENDINGS = [
    (65, InputError, False),
    (75, ProgramBusyError, True),
    (1, ProgramFailedError, False),
    (3, ProgramFailedError, False),
]


@pytest.mark.parametrize(("status", "kind", "retryable"), ENDINGS)
def test_its_exit_status_tells_how_it_ended(
    run: Run, status: int, kind: type[GondwanaError], retryable: bool
) -> None:
    script = f"""
    echo 'error: this comes first' >&2
    echo 'error: the sea is empty.' >&2
    echo 'some more' >&2
    exit {status}
    """
    with pytest.raises(kind) as caught:
        run(script)
    assert caught.value.problem == "the sea is empty"
    assert caught.value.where == "step tides"
    assert caught.value.retryable is retryable
    assert log_of(caught.value) == (
        "error: this comes first\nerror: the sea is empty.\nsome more\n"
    )
    with pytest.raises(kind) as silent:
        run(f"exit {status}")
    assert silent.value.problem


def test_a_crash_may_pass(run: Run) -> None:
    with pytest.raises(ProgramCrashedError, match="SIGSEGV") as caught:
        run("echo falling >&2; kill -SEGV $$")
    assert caught.value.retryable
    assert log_of(caught.value) == "falling\n"


def test_a_long_log_keeps_its_end(run: Run) -> None:
    script = f"{PYTHON}import sys\nsys.stderr.write('x' * 1_000_000 + '\\nthe end\\n')\nsys.exit(1)"
    with pytest.raises(ProgramFailedError) as caught:
        run(script)
    assert len(log_of(caught.value)) <= LOG_LIMIT
    assert log_of(caught.value).endswith("the end\n")


def test_one_that_cannot_be_started(tmp_path: Path, out: Path) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"\x00\x01\x02")
    program.chmod(0o755)
    for path in (program, tmp_path / "none"):
        with pytest.raises(ProgramFailedError, match="cannot be started"):
            execute(step_of(path), {}, Values(), out, created=NOON)
    with pytest.raises(NoWorkerError, match="needs a worker for 'ada'"):
        execute(step_of(None), {}, Values(), out, created=NOON)
    assert list(out.iterdir()) == []


BAD_OUTPUTS = [
    ("true", "has not written hypsometric_curve.csv"),
    ('mkdir "$3/hypsometric_curve.csv"', "not a file of its own"),
    ('ln -s /etc/hostname "$3/hypsometric_curve.csv"', "not a file of its own"),
    ('echo > ./x; ln ./x "$3/hypsometric_curve.csv"', "not a file of its own"),
    ('mkfifo "$3/hypsometric_curve.csv"', "not a file of its own"),
    ('rmdir "$3"; mkdir x; echo > x/hypsometric_curve.csv; ln -s "$PWD/x" "$3"', "moved its"),
]


@pytest.mark.parametrize(("script", "told"), BAD_OUTPUTS, ids=[told for _, told in BAD_OUTPUTS])
def test_outputs_are_files_of_their_own(run: Run, out: Path, script: str, told: str) -> None:
    with pytest.raises(BadOutputError, match=told):
        run(script)
    assert list(out.iterdir()) == []


def test_a_file_that_grows_too_large_is_stopped(run: Run, out: Path) -> None:
    script = 'exec dd if=/dev/zero of="$3/hypsometric_curve.csv" bs=1000 count=100000'
    with pytest.raises(OutputTooLargeError, match="more than 50000 bytes"):
        run(script, watch=Watch(largest=50_000))
    assert list(out.iterdir()) == []


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_one_that_takes_too_long_is_ended_with_all_it_started(run: Run, tmp_path: Path) -> None:
    note = tmp_path / "note"
    began = time.monotonic()
    with pytest.raises(TimeLimitError, match=r"limit of 0\.5 s") as caught:
        run(f"sleep 1000 & echo $! > {note}; echo waiting >&2; wait", timeout=0.5)
    assert time.monotonic() - began < 20
    assert not caught.value.retryable
    assert log_of(caught.value) == "waiting\n"
    assert not alive(int(note.read_text()))


def test_what_it_leaves_running_is_ended(run: Run, tmp_path: Path) -> None:
    note = tmp_path / "note"
    run(f'sleep 1000 & echo $! > {note}; touch "$3/hypsometric_curve.csv"')
    assert not alive(int(note.read_text()))


def test_somebody_else_may_stop_it(run: Run, tmp_path: Path) -> None:
    stopped, note = Event(), tmp_path / "note"

    def stop() -> None:
        while not note.exists():
            time.sleep(0.01)
        stopped.set()

    stopper = Thread(target=stop)
    stopper.start()
    with pytest.raises(StoppedError):
        run(f"touch {note}; sleep 1000", watch=Watch(stopped=stopped))
    stopper.join()


def test_it_may_report_checks_changes_and_notes(run: Run) -> None:
    report = {
        "checks": [
            {"name": "tides", "status": "warn", "summary": "high", "fix": "wait",
             "table": [{"lon": 1.5, "what": "wave"}]}
        ],
        "changes": [{"what": "raised", "why": "it was low", "cells": 3, "lon": 1.0, "lat": 2.0}],
        "notes": ["a note"],
    }  # fmt: skip
    script = f"cat > \"$3/report.json\" <<'E'\n{json.dumps(report)}\nE\n"
    record = run(script + 'touch "$3/hypsometric_curve.csv"')
    (check,), (change,) = record.checks, record.changes
    assert (check.name, check.status, check.fix, check.table[0]["what"]) == (
        "tides", "warn", "wait", "wave",
    )  # fmt: skip
    assert (change.what, change.cells, change.lat) == ("raised", 3, 2.0)
    assert record.notes == ("a note",)


@pytest.mark.parametrize("report", ["{", '{"nots": []}', '{"checks": [{"name": "x"}]}'])
def test_a_bad_report_is_told(run: Run, report: str) -> None:
    with pytest.raises(BadOutputError, match=r"report\.json"):
        run(f'echo \'{report}\' > "$3/report.json"; touch "$3/hypsometric_curve.csv"')


@pytest.mark.parametrize("file_format", ["NETCDF3_64BIT", "NETCDF4"])
def test_its_netcdf_files_tell_where_they_come_from(
    run: Run, tmp_path: Path, out: Path, file_format: Any
) -> None:
    made = tmp_path / "made.nc"
    tides = xr.Dataset({"tide": (("x",), [1.0, 2.0])}, attrs={"history": "by the moon"})
    tides.to_netcdf(made, format=file_format)
    made.chmod(0o444)
    record = run(f'cp -p {made} "$3/hypsometry.nc"', "hypsometry", inputs={"bathy": made})
    found = open_netcdf(out / "hypsometry.nc")
    assert found.attrs["history"] == "by the moon"
    assert found.attrs["gondwana_step"] == "tides 3"
    assert json.loads(found.attrs["gondwana_inputs"]).keys() == {"bathy.nc"}
    assert record.arrays["hypsometry"] == arrays_sha256(tides)
    again = StoredFile.of("hypsometry", out / "hypsometry.nc")
    assert again.sha256 == record.outputs["hypsometry"].sha256
    assert again.origin == record.outputs["hypsometry"].origin


def test_a_netcdf_file_that_is_none_is_told(run: Run) -> None:
    with pytest.raises(BadOutputError, match=r"hypsometry\.nc is not a NetCDF file"):
        run('echo nothing > "$3/hypsometry.nc"', "hypsometry")
