"""Recipes: both ways, and what is refused."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gondwana.errors import InputError, ParameterError
from gondwana.recipes.recipe import Recipe, locate, read_recipe, source, write_recipe
from gondwana.steps.edits import Edit, Place


def test_a_recipe_survives_being_written(tmp_path: Path) -> None:
    given = tmp_path / "topo.nc"
    given.write_bytes(b"some bytes")
    edit = Edit(
        operation="channel",
        at=Place(line=((-6.5, 36.0), (-4.5, 36.0))),
        value=300.0,
        width=2,
        reason="Gibraltar is open",
        author="Ada",
        time=datetime(2026, 1, 2, tzinfo=UTC),
    )
    recipe = Recipe(
        given={"source": source(given, tmp_path / "out")},
        steps={"regrid": {"resolution": 0.5}},
        edits={"internal_oceans": (edit,)},
    )
    path = tmp_path / "out" / "recipe.yaml"
    path.parent.mkdir()
    write_recipe(recipe, path)
    again = read_recipe(path)
    assert again == recipe
    assert locate(again.given["source"], path).samefile(given)


BAD = {
    "recipe: 1\nstep: {}": "no parameter 'step'",
    "recipe: 2": "'recipe'",
    "- 1\n- 2": "holds no recipe",
    "a: [1": "is not YAML",
    "!!python/object/apply:os.system ['true']": "is not YAML",
    "edits: {internal_oceans: [{operation: fill, at: {box: [1, 2, 3, 4]}}]}": "needs a point",
    "edits: {internal_oceans: [{operation: set, at: {point: [1, 2]}}]}": "needs a value",
    "edits: {internal_oceans: [{operation: fill, at: {point: [1, 95]}}]}": "less than or equal",
    "edits: {internal_oceans: [{operation: fill, at: {}}]}": "exactly one of",
    "edits: {internal_oceans: [{operation: explode, at: {point: [1, 2]}}]}": "operation",
    "edits: {internal_oceans: [{operation: add, value: .inf, at: {point: [1, 2]}}]}": "finite",
}


@pytest.mark.parametrize("text", BAD)
def test_a_bad_recipe_is_told_in_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    with pytest.raises((InputError, ParameterError), match=BAD[text]) as told:
        read_recipe(path)
    assert str(path) in str(told.value)
    assert "\n" not in str(told.value)


def test_a_recipe_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="is not YAML"):
        read_recipe(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_recipe(tmp_path / "absent.yaml")


def test_a_file_that_changed_or_went_is_told(tmp_path: Path) -> None:
    given = tmp_path / "topo.nc"
    given.write_bytes(b"some bytes")
    wanted = source(given, tmp_path)
    given.write_bytes(b"other bytes")
    with pytest.raises(InputError, match="sha256 differs"):
        locate(wanted, tmp_path / "recipe.yaml")
    given.unlink()
    with pytest.raises(InputError, match="not there"):
        locate(wanted, tmp_path / "recipe.yaml")
