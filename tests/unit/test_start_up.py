"""What a start loads, and what it leaves for later."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from gondwana.steps.contract import Later, Outcome, Task
from gondwana.steps.registry import STEPS

COMPUTING = {"xarray", "numba", "scipy", "netCDF4", "pandas"}
LOADED = "\nimport sys\nprint(*{name.partition('.')[0] for name in sys.modules})"

LIST = """
from gondwana.cli.main import cli
cli.main(["project", "list", "--data-folder", {folder!r}], standalone_mode=False)
"""


def loaded_by(program: str) -> set[str]:
    """Run a program in a process of its own and return the packages it has loaded."""
    run = subprocess.run(
        [sys.executable, "-c", program + LOADED], capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


def test_to_know_the_steps_loads_nothing_that_computes() -> None:
    loaded = loaded_by("import gondwana.steps.registry")
    assert "pydantic" in loaded
    assert not loaded & COMPUTING


def test_to_list_projects_loads_what_is_needed_and_no_more(tmp_path: Path) -> None:
    program = LIST.format(folder=str(tmp_path))
    first, again = loaded_by(program), loaded_by(program)
    assert "alembic" in first
    assert "sqlalchemy" in again
    assert not again & {*COMPUTING, "alembic", "psycopg"}


@pytest.mark.parametrize("name", [name for name, step in STEPS.items() if step.run is not None])
def test_what_a_step_does_is_found_when_it_is_run(name: str) -> None:
    function = STEPS[name].run
    assert isinstance(function, Later)
    assert function.module == f"gondwana.steps.running.{name}"
    types = inspect.get_annotations(function.load(), eval_str=True)
    assert types == {"task": Task, "return": Outcome}


def test_a_step_can_be_loaded_before_it_is_run() -> None:
    program = "from gondwana.steps.registry import STEPS\nSTEPS['routing'].load()"
    assert loaded_by(program) >= {"xarray", "numba"}


def test_loading_asks_nothing_of_a_step_that_is_a_program() -> None:
    assert STEPS["hypsometry"].run is None
    STEPS["hypsometry"].load()
