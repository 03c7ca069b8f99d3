"""What stands beside the files: the manifest and the outcome of every check."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from gondwana.formats.provenance import file_sha256, software_versions
from gondwana.formats.writer import write_bytes
from gondwana.science.checks import Change, Check, worst
from gondwana.steps.contract import Step
from gondwana.steps.execute import Record, StoredFile
from gondwana.steps.kinds import KINDS

BESIDES = {
    "recipe.yaml": "recipe, to build the same again",
    "checks.json": "outcome of every check",
    "report.html": "maps, checks and tables",
}
"""What stands beside the files of a build, and what it is."""


def write_checks(records: list[Record], path: Path) -> None:
    """Write the checks, changes and notes of every step as JSON."""
    steps = [
        step_as_json(record.step, record.checks, record.changes, record.notes) for record in records
    ]
    write_bytes(json_bytes({"status": overall(records), "steps": steps}), path)


def step_as_json(
    step: Step, checks: Iterable[Check], changes: Iterable[Change], notes: Iterable[str]
) -> dict[str, Any]:
    """Return what a step has found, changed and noted."""
    return {
        "step": step.name,
        "version": step.version,
        "title": step.title,
        "checks": [check_as_json(check) for check in checks],
        "changes": [asdict(change) for change in changes],
        "notes": list(notes),
    }


def check_as_json(check: Check) -> dict[str, Any]:
    """Return all of a check but its mask, which is a map and stands in the report."""
    return {
        "name": check.name,
        "status": check.status,
        "summary": check.summary,
        "fix": check.fix,
        "table": check.table,
    }


def overall(records: list[Record]) -> str:
    """Return the worst status of all checks: "pass", "warn" or "fail"."""
    return worst(check for record in records for check in record.checks) or "pass"


def write_manifest(
    records: list[Record],
    given: Mapping[str, StoredFile],
    published: Collection[str],
    created: datetime,
    path: Path,
    seconds: float | None = None,
) -> None:
    """Write what was made from what, with checksums, sizes, versions and timings.

    Parameters
    ----------
    records : list of Record
    given : mapping of str to StoredFile
        The person's own files.
    published : collection of str
        Kinds that belong to the results.
    created : datetime
        When the build began.
    path : Path
        Where to; the files described stand in the same folder.
    seconds : float, optional
        Wall time of the whole build.
    """
    folder = path.parent
    files = [
        {
            "file": stored.path.name,
            "kind": kind,
            "title": KINDS[kind].title,
            "step": record.step.name,
            "bytes": stored.path.stat().st_size,
            "sha256": stored.sha256,
            "arrays_sha256": record.arrays.get(kind),
        }
        for record in records
        for kind, stored in record.outputs.items()
        if kind in published
    ]
    files += [
        {
            "file": name,
            "title": title,
            "bytes": (folder / name).stat().st_size,
            "sha256": file_sha256(folder / name),
        }
        for name, title in BESIDES.items()
        if (folder / name).exists()
    ]
    manifest = {
        "created": created.isoformat(),
        "seconds": None if seconds is None else round(seconds, 3),
        "versions": software_versions(),
        "inputs": {
            kind: {"file": stored.path.name, "sha256": stored.sha256}
            for kind, stored in given.items()
        },
        "files": files,
        "steps": [
            {
                "step": record.step.name,
                "version": record.step.version,
                "title": record.step.title,
                "seconds": round(record.seconds, 3),
                "parameters": record.parameters,
            }
            for record in records
        ],
    }
    write_bytes(json_bytes(manifest), path)


def json_bytes(value: Any) -> bytes:
    """Write a value as JSON that a person can read."""
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()
