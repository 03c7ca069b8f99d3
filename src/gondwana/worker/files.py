"""The files of a job: inputs laid out and checked, outputs put into the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import fsspec
from fsspec.implementations.local import LocalFileSystem

from gondwana.errors import GondwanaError, InputError
from gondwana.messaging.messages import InputFile, OutputFile
from gondwana.steps.contract import Step
from gondwana.steps.execute import Record, StoredFile
from gondwana.steps.kinds import KINDS
from gondwana.storage.disk import told_of_disk
from gondwana.storage.errors import FileDamagedError
from gondwana.storage.files import FileStore

_CHUNK = 1 << 20


class UnreachableInputError(GondwanaError):
    """An input that cannot be read where the task says that it is."""

    code: ClassVar[str] = "input_unreachable"
    http_status: ClassVar[int] = 503
    retryable: ClassVar[bool] = True


class WrongChecksumError(GondwanaError):
    """An input whose bytes are not those that the task names."""

    code: ClassVar[str] = "wrong_checksum"
    http_status: ClassVar[int] = 500
    retryable: ClassVar[bool] = True


def lay_inputs(
    step: Step, files: Mapping[str, InputFile], folder: Path, store: FileStore
) -> dict[str, StoredFile]:
    """Make the inputs of a step readable in a folder, under the names of their kinds.

    What lies on this machine is linked and not copied.

    Parameters
    ----------
    step : Step
    files : mapping of str to InputFile
        By kind, as a task names them.
    folder : Path
    store : FileStore
        Where most of them are.

    Raises
    ------
    InputError
        The task names no file for an input.
    UnreachableInputError, WrongChecksumError
        A file cannot be read, or is another one.
    TargetError
        The disk is full.
    """
    missing = [kind for kind in step.inputs if kind not in files]
    if missing:
        raise InputError(
            f"there is no '{missing[0]}' to work on", remedy="make it first, or give it"
        )
    laid = {}
    for kind in (*step.inputs, *step.optional_inputs):
        if kind in files:
            path = folder / KINDS[kind].filename
            _lay(files[kind], path, store)
            laid[kind] = _checked(kind, path, files[kind].sha256)
    return laid


def _lay(file: InputFile, path: Path, store: FileStore) -> None:
    """Link or copy a file: from the store by its checksum, or from wherever the task says."""
    if store.find(file.sha256) is not None:
        try:
            store.lay(file.sha256, path)
        except FileDamagedError:
            raise _wrong(path) from None
        return
    try:
        system, name = fsspec.core.url_to_fs(file.uri)
    except (ValueError, ImportError) as error:
        raise UnreachableInputError(
            f"lies in a place of a kind that is not known here ({error})",
            remedy="install what fsspec needs for it",
            where=path.name,
        ) from error
    if isinstance(system, LocalFileSystem):
        path.symlink_to(Path(name).absolute())
        return
    with told_of_disk(path), path.open("wb") as target:
        target.writelines(_chunks(system, name, path))


def _chunks(system: Any, name: str, path: Path) -> Iterator[bytes]:
    """Read a file piece by piece; each file system raises errors of its own library."""
    try:
        with system.open(name, "rb") as source:
            while chunk := source.read(_CHUNK):
                yield chunk
    except Exception as error:
        raise UnreachableInputError(
            f"cannot be fetched ({error})", remedy="try again later", where=path.name
        ) from error


def _checked(kind: str, path: Path, sha256: str) -> StoredFile:
    try:
        found = StoredFile.of(kind, path)
    except InputError as error:
        raise UnreachableInputError(
            error.problem, remedy="check that the store of files is reachable", where=path.name
        ) from error
    if found.sha256 != sha256:
        raise _wrong(path)
    return found


def _wrong(path: Path) -> WrongChecksumError:
    return WrongChecksumError(
        "is not the file that was meant: its checksum differs",
        remedy="try again; if it stays so, the store of files is damaged",
        where=path.name,
    )


def store_outputs(record: Record, store: FileStore) -> dict[str, OutputFile]:
    """Put what a step has made into the store.

    Raises
    ------
    FileTooLargeError
        A file has more bytes than are taken.
    TargetError, StoreUnavailableError
        The store cannot take it now.
    """
    outputs = {}
    for kind, file in record.outputs.items():
        stored = store.put_file(file.path)
        outputs[kind] = OutputFile(
            uri=store.uri(stored.sha256),
            sha256=stored.sha256,
            size=stored.size,
            arrays_sha256=record.arrays.get(kind),
        )
    return outputs
