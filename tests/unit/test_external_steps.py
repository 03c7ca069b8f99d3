"""Steps declared by a step.json: what becomes of a good one, and what is told of a bad one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from gondwana.steps import external
from gondwana.steps.contract import Kind, Step, StepParameters
from gondwana.steps.declaration import Declaration, DeclarationError, read_declaration
from gondwana.steps.execute import validated
from gondwana.steps.external import join_kinds, join_steps

GOOD: dict[str, Any] = {
    "name": "tides",
    "version": 3,
    "title": "Tides",
    "about": "Computes tides.",
    "worker": "fortran",
    "inputs": ["topography"],
    "optional_inputs": ["bathy"],
    "outputs": ["tides"],
    "kinds": [{"name": "tides", "filename": "tides.nc", "title": "tides of the moon"}],
    "parameters": [
        {
            "name": "days", "type": "number", "default": 30.0, "above": 0, "at_most": 400,
            "unit": "d", "title": "Days", "about": "How long.",
        },
        {
            "name": "waves", "type": "integer", "required": True, "at_least": 1,
            "title": "Waves", "about": "How many.",
        },
        {
            "name": "moon", "type": "choice", "choices": ["near", "far"], "default": "far",
            "title": "Moon", "about": "Where it is.",
        },
        {
            "name": "remark", "type": "text", "default": "", "longest": 10,
            "title": "Remark", "about": "Anything.",
        },
        {
            "name": "friction", "type": "yes/no", "default": True,
            "title": "Friction", "about": "Whether there is any.",
        },
    ],
    "timeout": 60,
    "retries": 2,
}  # fmt: skip

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a declaration, changed in some fields (None takes one away)."""

    def written(folder: str = "tides", **changes: Any) -> Path:
        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        fields = {name: value for name, value in (GOOD | changes).items() if value is not None}
        (place / "step.json").write_text(json.dumps(fields))
        return place

    return written


def made_up(name: str, needs: str, makes: str) -> Step:
    return Step(
        name=name,
        version=1,
        title=name,
        about=name,
        inputs=tuple(needs.split()),
        outputs=tuple(makes.split()),
        parameters=StepParameters,
    )


OURS = (made_up("regrid", "source", "topography"), made_up("depth", "topography", "bathy"))
KINDS = (
    Kind("source", "source.nc", "source"),
    Kind("topography", "topography.nc", "topography"),
    Kind("bathy", "bathy.nc", "bathymetry"),
    Kind("soil", "soil.nc", "soil"),
)


def joined(*declarations: Declaration) -> dict[str, Step]:
    return join_steps(OURS, declarations, join_kinds(KINDS, declarations))


def test_a_good_one_is_a_step_like_any_other(write: Write) -> None:
    declared = read_declaration(write())
    step = declared.step
    assert (step.name, step.version, step.worker, step.timeout, step.retries) == (
        "tides", 3, "fortran", 60.0, 2,
    )  # fmt: skip
    assert (step.inputs, step.optional_inputs, step.outputs) == (
        ("topography",), ("bathy",), ("tides",),
    )  # fmt: skip
    assert declared.kinds == (Kind("tides", "tides.nc", "tides of the moon"),)
    assert not step.can_run
    fields = step.parameters.model_fields
    assert fields["days"].title == "Days"
    assert fields["days"].description == "How long."
    assert fields["days"].json_schema_extra == {"unit": "d"}
    assert fields["waves"].is_required()
    schema = step.parameters.model_json_schema()
    assert schema["properties"]["days"]["exclusiveMinimum"] == 0
    assert schema["properties"]["moon"]["enum"] == ["near", "far"]


def test_its_parameters_are_held_to_their_bounds(write: Write) -> None:
    step = read_declaration(write()).step
    chosen = validated(step, {"waves": 4, "days": 1})
    assert chosen.model_dump() == {
        "days": 1.0, "waves": 4, "moon": "far", "remark": "", "friction": True,
    }  # fmt: skip
    for wrong in (
        {},
        {"waves": 0},
        {"waves": 1.5},
        {"waves": 1, "days": 0},
        {"waves": 1, "days": 401},
        {"waves": 1, "moon": "close"},
        {"waves": 1, "remark": "12345678901"},
        {"waves": 1, "friction": "perhaps"},
        {"waves": 1, "sun": 1},
    ):
        with pytest.raises(ValidationError):
            step.parameters.model_validate(wrong)


def test_a_program_beside_it_runs_it_if_it_may(write: Write) -> None:
    folder = write()
    program = folder / "run"
    program.write_text("#!/bin/sh\n")
    assert read_declaration(folder).step.program is None
    program.chmod(0o755)
    step = read_declaration(folder).step
    assert step.program == program
    assert step.can_run
    assert step.run is None


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"name": None}, "'name': field required"),
    ({"nam": "x"}, "there is no field 'nam'"),
    ({"name": "Tides"}, "'name': string should match"),
    ({"name": "t" * 64}, "'name': string should match"),
    ({"version": 0}, "'version': input should be greater"),
    ({"version": "1"}, "'version': input should be a valid integer"),
    ({"worker": "a.b"}, "'worker': string should match"),
    ({"outputs": []}, "'outputs': tuple should have at least 1"),
    ({"outputs": ["tides", "tides"]}, "'tides' is named twice"),
    ({"inputs": ["bathy"]}, "'bathy' is named twice"),
    ({"timeout": 0}, "'timeout': input should be greater"),
    ({"retries": -1}, "'retries'"),
    ({"kinds": [{"name": "other", "filename": "o.nc", "title": "o"}]}, "'other' is not among"),
    ({"kinds": [{"name": "tides", "filename": "../o.nc", "title": "o"}]}, "filename"),
    ({"kinds": [{"name": "tides", "filename": "recipe.yaml", "title": "o"}]}, "recipe.yaml"),
]
PARAMETER = {"name": "days", "type": "number", "default": 1, "title": "Days", "about": "Days."}
BROKEN += [
    ({"parameters": [PARAMETER | change]}, told)
    for change, told in [
        ({"type": "float"}, "parameters.0"),
        ({"type": None}, "parameters.0"),
        ({"atleast": 1}, "there is no field 'parameters.0.number.atleast'"),
        ({"default": "much"}, "parameters.0.number.default"),
        ({"default": 5, "at_most": 4}, "'days': input should be less"),
        ({"default": None}, 'either a default or "required"'),
        ({"required": True}, 'either a default or "required"'),
        ({"title": ""}, "title"),
        ({"type": "choice", "choices": []}, "choices"),
        ({"type": "choice", "choices": ["a"], "default": "b"}, "'days': input should be 'a'"),
        ({"name": "json"}, "'json' cannot be the name"),
        ({"name": "model_days"}, "'model_days' cannot be the name"),
        ({"name": "_days"}, "parameters.0.number.name"),
    ]
]
BROKEN.append(({"parameters": [PARAMETER, PARAMETER]}, "'days' is named twice"))


@pytest.mark.parametrize(("changes", "told"), BROKEN, ids=[told for _, told in BROKEN])
def test_a_broken_one_is_told_with_its_file(
    write: Write, changes: dict[str, Any], told: str
) -> None:
    folder = write(**changes)
    with pytest.raises(DeclarationError) as caught:
        read_declaration(folder)
    assert told in caught.value.problem
    assert caught.value.where == str(folder / "step.json")
    assert "docs/workers.md" in caught.value.remedy
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"version": NaN}'])
def test_one_that_is_not_json_is_told(write: Write, content: bytes) -> None:
    folder = write()
    (folder / "step.json").write_bytes(content)
    with pytest.raises(DeclarationError):
        read_declaration(folder)


def test_one_that_is_not_there_or_too_large_is_told(write: Write, tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="cannot be read"):
        read_declaration(tmp_path)
    folder = write()
    (folder / "step.json").write_bytes(b" " * 1_000_001)
    with pytest.raises(DeclarationError, match="larger than"):
        read_declaration(folder)


def test_it_joins_the_others(write: Write) -> None:
    steps = joined(read_declaration(write()))
    assert list(steps) == ["regrid", "depth", "tides"]


def test_one_may_need_what_another_makes_in_any_order(write: Write) -> None:
    waves = {"name": "waves", "filename": "waves.nc", "title": "waves"}
    first = read_declaration(write("a", name="a", inputs=["waves"]))
    second = read_declaration(write("b", name="b", outputs=["waves"], kinds=[waves]))
    assert list(joined(first, second)) == ["regrid", "depth", "a", "b"]


CLASHES: list[tuple[dict[str, Any], str]] = [
    ({"name": "regrid"}, "there is a step 'regrid' already"),
    ({"inputs": ["moon"]}, "there is no kind of file 'moon'"),
    ({"kinds": []}, "'tides' is no kind of file yet"),
    ({"outputs": ["tides", "bathy"], "optional_inputs": []}, "the step 'depth' makes 'bathy'"),
    ({"outputs": ["tides", "source"]}, "'source' is given by a person"),
    (
        {"kinds": [{"name": "tides", "filename": "bathy.nc", "title": "t"}]},
        "bathy.nc is the file of the kind 'bathy'",
    ),
    (
        {"outputs": ["soil"], "kinds": [{"name": "soil", "filename": "s.nc", "title": "t"}]},
        "there is a kind 'soil' already",
    ),
    ({"inputs": ["tides"]}, "in a circle"),
]


@pytest.mark.parametrize(("changes", "told"), CLASHES, ids=[told for _, told in CLASHES])
def test_clashes_are_told(write: Write, changes: dict[str, Any], told: str) -> None:
    declared = read_declaration(write(**changes))
    with pytest.raises(DeclarationError) as caught:
        joined(declared)
    assert told in caught.value.problem
    assert caught.value.where == str(declared.where)
    assert caught.value.remedy


def test_folders_are_found_by_the_environment(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _two = write("one", name="one"), write("two", name="two")
    names = lambda: [one.step.name for one in external.declared.__wrapped__()]  # noqa: E731
    ours = names()
    assert "hypsometry" in ours
    monkeypatch.setenv(external.VARIABLE, str(tmp_path))
    assert names() == [*ours, "one", "two"]
    monkeypatch.setenv(external.VARIABLE, os.pathsep.join([str(one), "", str(tmp_path)]))
    assert names() == [*ours, "one", "two"]
    monkeypatch.setenv(external.VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(
        DeclarationError, match=r"nowhere: holds no step\.json; mend GONDWANA_STEPS"
    ):
        names()


def test_the_example_of_the_page_is_a_good_one(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "workers.md").read_text("utf-8")
    example = page.partition("```json\n")[2].partition("```")[0]
    (tmp_path / "step.json").write_text(example)
    declared = read_declaration(tmp_path)
    assert declared.step.name == "tides"
    assert "days" in declared.step.parameters.model_fields
