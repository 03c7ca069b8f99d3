"""The page about recipes names every operation and every place, as they are understood."""

import re
from pathlib import Path
from typing import get_args

import yaml

from gondwana.steps.edits import Edit, Operation, Place

PAGE = (Path(__file__).parents[2] / "docs" / "recipe.md").read_text(encoding="utf-8")


def examples() -> list[Edit]:
    """Read the list of edits on the page."""
    (text,) = re.findall(r"```yaml\n(- .*?)```", PAGE, re.DOTALL)
    return [Edit.model_validate(one) for one in yaml.safe_load(text)]


def test_every_operation_is_shown() -> None:
    assert {one.operation for one in examples()} | {"fill"} == set(get_args(Operation))
    for name in get_args(Operation):
        assert f"`{name}`" in PAGE


def test_every_place_is_shown_and_understood() -> None:
    shown = {name for one in examples() for name in one.at.model_fields_set}
    assert shown == set(Place.model_fields)
    for name, text in re.findall(r"^\| `(\w+): (.+?)` \|", PAGE, re.MULTILINE):
        Place.model_validate({name: yaml.safe_load(text)})
