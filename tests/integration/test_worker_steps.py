"""Real steps through a worker, and the command that runs one."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gondwana.cli.main import main
from gondwana.messaging.messages import InputFile
from gondwana.steps.execute import StoredFile, execute, validated
from gondwana.steps.registry import STEPS
from gondwana.worker.setup import REGISTRY
from worker_world import Desk, Done

EARTH = Path(__file__).resolve().parents[2] / "src" / "gondwana" / "data" / "earth_1deg.nc"
CHAIN = ("regrid", "internal_oceans", "routing", "pft")


def test_a_chain_gives_the_same_arrays_as_without_a_worker(tmp_path: Path) -> None:
    created = datetime(2026, 11, 22, 12, tzinfo=UTC)
    here = {"source": StoredFile.of("source", EARTH)}
    with Desk(tmp_path / "desk", STEPS.values()) as desk, desk.worker(source=REGISTRY) as worker:
        assert worker.wait_ready()
        there: dict[str, InputFile] = {"source": desk.file(EARTH.read_bytes())}
        for name in CHAIN:
            step = STEPS[name]
            inputs = {kind: there[kind] for kind in step.inputs}
            done: Done = desk.ending(desk.ask(name, inputs=inputs))
            assert isinstance(done, Done), done
            out = tmp_path / name
            out.mkdir()
            record = execute(step, here, validated(step, {}), out, created=created)
            here.update(record.outputs)
            for kind, file in done.outputs.items():
                assert file.arrays_sha256 == record.arrays[kind]
                there[kind] = InputFile(uri=file.uri, sha256=file.sha256)
            assert [check.name for check in done.checks] == [c.name for c in record.checks]
            assert done.notes == record.notes
            assert len(done.changes) == len(record.changes)


def refused(*words: str) -> str:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as caught:
        main(["worker", *words])
    assert caught.value.code == 2
    assert out.getvalue() == ""
    return err.getvalue()


def test_what_is_missing_or_wrong_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BROKER_URL", "FILE_STORE_URL", "CONFIG"):
        monkeypatch.delenv(f"GONDWANA_{name}", raising=False)
    told = refused()
    assert told.startswith("Error: distributed mode needs file_store_url, broker_url; set GONDWANA")
    monkeypatch.setenv("GONDWANA_BROKER_URL", "amqp://nowhere")
    monkeypatch.setenv("GONDWANA_FILE_STORE_URL", str(tmp_path))
    assert "no step for workers with the tag 'cobol'" in refused("--tag", "cobol")
    assert "does not exist" in refused("--exec", str(tmp_path / "nothing"))
    (tmp_path / "program").write_text("#!/bin/sh\n")
    assert "not executable" in refused("--exec", str(tmp_path / "program"))
    assert "--jobs" in refused("--jobs", "0")
