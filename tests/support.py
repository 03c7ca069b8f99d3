"""What several tests need: where the shared data lies, and how its absence is told."""

import asyncio
import os
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared_file(name: str) -> Path:
    """Path of a shared data file; skip the test where it is absent, fail in CI."""
    path = SHARED_DATA / name
    if not path.exists():
        reason = f"the shared data file {name} is not here ({SHARED_DATA})"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def in_a_loop(work: Coroutine[Any, Any, Any]) -> Any:
    """Do something asynchronous in a thread: that of the tests may have a browser's loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
