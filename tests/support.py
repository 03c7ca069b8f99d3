"""What several tests need: where the shared data lies, and how its absence is told."""

import os
from pathlib import Path

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
