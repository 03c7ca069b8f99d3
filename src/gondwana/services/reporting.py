"""Reports as they are drawn in another process, for `asking`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def draw_report(folder: Path, title: str) -> bytes:
    """Compose the report about the files of a folder (see `reports.page.write_report`)."""
    from gondwana.reports.page import page  # noqa: PLC0415 - most questions are about other things
    from gondwana.reports.results import Results  # noqa: PLC0415

    return page(Results(folder), title).encode()


QUESTIONS: dict[str, Callable[[Mapping[str, Any]], tuple[dict[str, Any], bytes]]] = {
    "report": lambda asked: ({}, draw_report(Path(asked["folder"]), asked["title"])),
}
