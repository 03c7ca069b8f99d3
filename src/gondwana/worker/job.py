"""One task from its beginning to its end: laid out, run in a child, its outputs stored."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

from gondwana.errors import GondwanaError
from gondwana.messaging.messages import (
    LOG_LIMIT,
    Cancelled,
    Done,
    Failed,
    OutputFile,
    Progress,
    Task,
)
from gondwana.steps.contract import Step
from gondwana.steps.kinds import KINDS
from gondwana.storage.files import FileStore
from gondwana.worker.children import Child, ChildDiedError

_LONGEST = 2000  # letters of a sentence in a message
_LOOK = 0.05
_OFTEN = 0.5  # seconds between two messages of progress


Said = Progress | Done | Failed | Cancelled


class UnfitTaskError(GondwanaError):
    """A task that is not for the steps that this worker knows."""

    code = "unfit_task"
    http_status = 500


class Job:
    """A task at work. Its own thread moves it on; any other may ask it to stop."""

    def __init__(
        self, task: Task, steps: Mapping[str, Step], store: FileStore, program: Path | None
    ) -> None:
        self._data = task
        self._steps = steps
        self._store = store
        self._program = program
        self._unwanted = Event()
        self._child: Child | None = None
        self.killed_child = False

    def cancel(self) -> None:
        """Stop it: nobody wants its result."""
        self._unwanted.set()
        child = self._child
        if child is not None:
            child.stop()

    @property
    def unwanted(self) -> bool:
        """Whether it was cancelled."""
        return self._unwanted.is_set()

    def run(self, child: Child, beat: float, soon: float) -> Iterator[Said | None]:
        """Run it, and tell how it goes; the last thing told is how it ended.

        Parameters
        ----------
        child : Child
            Warm and idle.
        beat : float
            Tell at least so often, in seconds, that it is alive.
        soon : float
            After so many seconds without an end, None is told first.
        """
        self._child = child
        try:
            self._check_fit()
            with self._laid_out() as (inputs, outputs):
                child.send(self._for_child(inputs, outputs))
                yield from self._follow(child, outputs, beat, soon)
        except ChildDiedError:
            self.killed_child = True
            yield self._died(child)
        except GondwanaError as error:
            yield self._failed(
                error.code, error.problem, error.remedy, retryable=error.retryable, log=str(error)
            )
        except OSError as error:
            yield self._failed(
                "disk",
                f"the files of the job cannot be written ({error.strerror})",
                "free some space on the worker's disk",
                retryable=True,
                log=str(error),
            )
        finally:
            self._child = None

    def _follow(
        self, child: Child, outputs: Path, beat: float, soon: float
    ) -> Iterator[Said | None]:
        began = told = time.monotonic()
        event = child.next_event(soon)
        while event is not None and event["event"] == "began":
            event = child.next_event(soon)
        if event is None:
            yield None
        said = Progress(step=self._data.step)
        while not self.unwanted:
            now = time.monotonic()
            if event is not None and event["event"] == "progress":
                said = Progress(
                    step=self._data.step, fraction=event["fraction"], note=event["note"]
                )
            elif event is not None and event["event"] in ("done", "failed"):
                yield self._ended(event, outputs, child)
                return
            if now - began > self._data.timeout:
                self._stop(child)
                yield self._too_long(child)
                return
            if now - told >= (beat if said.fraction is None else min(beat, _OFTEN)):
                yield said
                told, said = now, Progress(step=self._data.step)
            event = child.next_event(_LOOK)
        self._stop(child)
        yield Cancelled(step=self._data.step)

    def _check_fit(self) -> None:
        task, step = self._data, self._steps.get(self._data.step)
        if step is None:
            raise UnfitTaskError(
                f"this worker knows no step '{task.step}'", remedy="start a newer one"
            )
        if task.step_version != step.version:
            raise UnfitTaskError(
                f"this worker has version {step.version} of '{task.step}' and not "
                f"{task.step_version}",
                remedy="use the same version of Gondwana everywhere",
            )
        unknown = [kind for kind in (*task.inputs, *task.outputs) if kind not in KINDS]
        if unknown:
            raise UnfitTaskError(
                f"this worker knows no kind of file '{unknown[0]}'", remedy="start a newer one"
            )

    def _stop(self, child: Child) -> None:
        self.killed_child = True
        child.stop()

    @contextmanager
    def _laid_out(self) -> Iterator[tuple[Path, Path]]:
        """Give a folder with the inputs under the names of their kinds, and an empty one."""
        with tempfile.TemporaryDirectory(prefix="gondwana-job-") as name:
            inputs, outputs = Path(name, "inputs"), Path(name, "outputs")
            inputs.mkdir()
            outputs.mkdir()
            for kind, file in self._data.inputs.items():
                self._store.lay(file.sha256, inputs / KINDS[kind].filename)
            yield inputs, outputs

    def _for_child(self, inputs: Path, outputs: Path) -> dict[str, Any]:
        task = self._data
        return {
            "step": task.step,
            "program": str(self._program) if self._program else None,
            "parameters": task.parameters,
            "edits": [edit.model_dump(mode="json") for edit in task.edits],
            "inputs": {kind: file.sha256 for kind, file in task.inputs.items()},
            "input_folder": str(inputs),
            "output_folder": str(outputs),
            "created": task.created.isoformat(),
            "file_format": task.file_format,
        }

    def _ended(self, event: dict[str, Any], outputs: Path, child: Child) -> Done | Failed:
        if event["event"] == "failed":
            log = child.log() + event["log"]
            return self._failed(
                event["code"],
                event["reason"],
                event["remedy"],
                retryable=event["retryable"],
                log=log,
            )
        stored = self._stored(event["outputs"], event["arrays"], outputs)
        told = {name: event[name] for name in ("checks", "changes", "notes", "seconds")}
        files = {kind: file.model_dump() for kind, file in stored.items()}
        return Done.model_validate_json(
            json.dumps({"step": self._data.step, "outputs": files, **told})
        )

    def _stored(
        self, names: Mapping[str, str], arrays: Mapping[str, str], folder: Path
    ) -> dict[str, OutputFile]:
        """Put all outputs into the store."""
        found = {}
        for kind, name in names.items():
            file = self._store.put_file(folder / name)
            found[kind] = OutputFile(
                uri=self._store.uri(file.sha256),
                sha256=file.sha256,
                size=file.size,
                arrays_sha256=arrays.get(kind),
            )
        return found

    def _died(self, child: Child) -> Failed | Cancelled:
        if self.unwanted:
            return Cancelled(step=self._data.step)
        how = child.ending()
        return self._failed(
            "crash",
            f"the process of the step {how}",
            "often it lacked memory; see its log, then try again",
            retryable=True,
            log=f"{child.log()}\n{how}",
        )

    def _too_long(self, child: Child) -> Failed:
        return self._failed(
            "timeout",
            f"it was stopped after its limit of {self._data.timeout:g} s",
            "try again, or with parameters that ask for less",
            retryable=False,
            log=child.log(),
        )

    def _failed(self, code: str, reason: str, remedy: str, *, retryable: bool, log: str) -> Failed:
        return Failed(
            step=self._data.step,
            code=code,
            reason=reason[:_LONGEST] or "it failed",
            remedy=remedy[:_LONGEST],
            retryable=retryable,
            log=log[-LOG_LIMIT:],
        )
