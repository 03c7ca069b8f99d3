"""A project on the terminal, at any width, with colours and without."""

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from gondwana.accounts.permissions import Right
from gondwana.cli.printing import as_json, counted, lasting
from gondwana.cli.tree import remark, tree
from gondwana.services.projects import ProjectInfo
from gondwana.services.status import ProjectStatus, StepStatus, next_thing
from gondwana.steps.registry import STEPS
from gondwana.storage.words import Role
from gondwana.workflow.graph import Graph

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def step(name: str, before: str, shown: str, **more: object) -> StepStatus:
    known = {
        "title": name, "interactive": False, "tag": "python", "progress": 0.0, "waits_for": "",
        "reason": "", "hint": "", "attempt": 1, "worker": "", "started": None, "seconds": None,
        "retry_at": None,
    }  # fmt: skip
    told = {**known, "name": name, "before": tuple(before.split()), "shown": shown, **more}
    return StepStatus(**told)  # type: ignore[arg-type]


STEPS_SHOWN = (
    step("regrid", "", "fresh", seconds=1.23),
    step("internal_oceans", "regrid", "awaiting you"),
    step("routing", "internal_oceans", "running", progress=0.45, seconds=754.2),
    step("soils", "internal_oceans", "failed", reason="a [red] map has no 'lat'", hint="name it"),
    step("bathymetry", "internal_oceans", "queued", reason="the disk is full", retry_at=NOW),
    step("passage_problems", "bathymetry internal_oceans", "never run", waits_for="waits for x"),
    step("weights", "passage_problems", "no worker", waits_for="waits for a worker"),
)


def status(steps: tuple[StepStatus, ...] = STEPS_SHOWN) -> ProjectStatus:
    project = ProjectInfo(
        "id", "Eocene", "Ada", "60Ma.nc", "lon", "lat", "", Right.OWN, NOW, NOW, None
    )
    return ProjectStatus(project, NOW, steps, next_thing(steps), 0, None)


def drawn(width: int, *, terminal: bool = True, encoding: str = "utf-8") -> list[str]:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(
        file=stream, width=width, force_terminal=terminal, color_system=None, legacy_windows=False
    )
    return [line.plain for line in tree(status(), console)]


def test_the_tree_at_a_usual_width() -> None:
    again = f"{NOW.astimezone():%H:%M:%S}"
    assert drawn(80) == [
        "Eocene  60Ma.nc · of Ada",
        "regrid                  fresh         1.2 s",
        "└ internal_oceans       awaiting you  save edits, or run it as it is",
        "  ├ routing             running       #####.......  45%  12 min 34 s",
        "  ├ soils               failed        a [red] map has no 'lat'; name it",
        f"  └ bathymetry          queued        again at {again}: the disk is full",
        "    └ passage_problems  never run",
        "      └ weights         no worker     waits for a worker",
        "next: soils failed: mend the cause, then try it again",
    ]


@pytest.mark.parametrize("width", [20, 30, 36, 44, 60, 79, 200])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_left_out(width: int) -> None:
    lines = drawn(width)
    assert max(map(len, lines)) <= max(width, 29)
    words = " ".join(" ".join(lines).split())
    for one in STEPS_SHOWN:
        assert one.name in words
        assert one.shown in words
    assert "has no 'lat'; name it" in words


def test_where_no_person_looks_lines_are_whole() -> None:
    lines = drawn(40, terminal=False)
    assert len(lines) == len(STEPS_SHOWN) + 2
    assert any(line.endswith("a [red] map has no 'lat'; name it") for line in lines)


def test_guides_are_plain_where_the_terminal_knows_no_others() -> None:
    lines = drawn(80, encoding="latin-1")
    assert lines[2].startswith("`-internal_oceans")
    assert lines[3].startswith("  |-routing")
    "\n".join(lines).encode("latin-1")


def test_all_steps_stand_in_the_tree_once() -> None:
    graph = Graph.of(STEPS.values())
    steps = tuple(step(name, " ".join(graph.depends_on(name)), "stale") for name in graph.order)
    lines = tree(status(steps), Console(width=100, force_terminal=True))[1:-1]
    named = [line.plain.split("stale")[0].split()[-1] for line in lines]
    assert sorted(named) == sorted(graph.order)
    for name in graph.order:
        assert all(named.index(before) < named.index(name) for before in graph.depends_on(name))


def test_remarks() -> None:
    assert remark(step("a", "", "cancelled")) == "until it is tried again"
    assert remark(step("a", "", "queued")) == ""
    assert (
        remark(step("a", "", "stale", waits_for="needs a file: source")) == "needs a file: source"
    )
    assert remark(step("a", "", "running", seconds=3.0)) == "3.0 s"


def test_times_and_numbers_in_words() -> None:
    assert [lasting(value) for value in (None, 0.04, 59.9, 60, 3600 * 3 + 61)] == [
        "", "0.0 s", "59.9 s", "1 min 00 s", "3 h 01 min",
    ]  # fmt: skip
    assert (counted(1, "file"), counted(2, "file")) == ("1 file", "2 files")


def test_values_of_the_services_as_json() -> None:
    value = {"role": Role.ADMIN, "right": Right.VIEW, "when": NOW, "step": (1, None)}
    assert as_json(value) == {
        "role": "admin", "right": "view", "when": "2026-11-22T12:00:00+00:00", "step": [1, None],
    }  # fmt: skip
    assert as_json(status())["project"]["right"] == "own"
