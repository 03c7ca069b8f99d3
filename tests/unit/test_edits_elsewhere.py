"""A list of edits on another grid and at another age: what does not fit is told, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import xarray as xr
import yaml

import gondwana
from editor_world import PARAMETERS, Browser, FakeDoor, globe_surface, opened_globe
from gondwana.editors.history import Entry, History
from gondwana.editors.overlays import look
from gondwana.errors import ParameterError
from gondwana.maps.fields import read_field
from gondwana.science.components import label
from gondwana.steps.apply import apply_edits
from gondwana.steps.edits import Edit
from gondwana.steps.surfaces import Surface

Float = npt.NDArray[np.float64]
DATA = Path(gondwana.__file__).parent / "data"
STRAITS = tuple(
    Edit.model_validate(plain)
    for plain in yaml.safe_load((DATA / "earth_recipe.yaml").read_text(encoding="utf-8"))["edits"][
        "internal_oceans"
    ]
)


@pytest.fixture(scope="module")
def earth() -> Float:
    """Heights of the bundled Earth, 180 by 360, south first and from 180 degrees west."""
    field = read_field(DATA / "earth_1deg.nc")
    order = np.argsort((field.grid.lon + 180.0) % 360.0)
    values = field.values[np.argsort(field.grid.lat)][:, order]
    assert values.shape == (180, 360)
    return np.asarray(values, dtype=np.float64)


@pytest.fixture(scope="module")
def paleocene(topography_60ma: xr.DataArray) -> Float:
    """Heights at 60 Ma on the same grid."""
    lon = topography_60ma.lon.values
    return np.asarray(topography_60ma.values[:, np.argsort((lon + 180.0) % 360.0)])


def finer(values: Float, times: int) -> tuple[Float, Surface]:
    """Bring a field to so many times its resolution."""
    fine = values.repeat(times, axis=0).repeat(times, axis=1)
    return fine, globe_surface(*fine.shape)


def coarser(values: Float, block: int) -> tuple[Float, Surface]:
    """Take the means of blocks of cells."""
    ny, nx = values.shape[0] // block, values.shape[1] // block
    return values.reshape(ny, block, nx, block).mean(axis=(1, 3)), globe_surface(ny, nx)


def is_connected(values: Float, surface: Surface, *points: tuple[float, float]) -> bool:
    """Tell whether water gets from one point to the others."""
    labels, _ = label(values <= 0.0, surface.topology)
    found = {int(labels.flat[surface.places.nearest([point])[0]]) for point in points}
    return len(found) == 1 and 0 not in found


@pytest.mark.parametrize("times", [1, 2, 3])
def test_straits_are_open_at_any_finer_resolution(earth: Float, times: int) -> None:
    values, surface = finer(earth, times)
    done = apply_edits(values, surface, STRAITS).values
    atlantic = (-30.0, 30.0)
    for sea in ((18.5, 34.5), (34.5, 43.5), (38.5, 19.5), (19.5, 57.5), (51.5, 27.5)):
        assert is_connected(done, surface, atlantic, sea), sea


def test_a_strait_that_a_coarser_grid_leaves_closed_is_told(earth: Float) -> None:
    values, surface = coarser(earth, 2)
    done = apply_edits(values, surface, STRAITS).values
    sea = (18.5, 34.5)
    assert not is_connected(done, surface, (-30.0, 30.0), sea)
    found = look(done, surface, PARAMETERS)
    assert found.labels["seas"].flat[surface.places.nearest([sea])[0]] > 0


def by_hand(values: Float) -> list[Edit]:
    """Make edits of every kind of place in an editor of the Earth of today."""
    page = Browser(FakeDoor(opened_globe(values)))
    on_map: dict[str, Any] = {"in": "map"}
    page.ask("apply", operation="add", value=-20.0, shape={"region": [-30.0, 30.0]}, **on_map)
    page.ask("apply", operation="set", value=35.0, shape={"cell": [100.2, 60.3]}, **on_map)
    page.ask(
        "apply", operation="add", value=5.0, shape={"box": [95.0, 55.0, 110.0, 65.0]}, **on_map
    )
    page.ask("select", how="new", shape={"region": [134.5, -24.5]}, **on_map)  # Australia
    page.ask("apply", operation="multiply", value=1.1)
    line = {"line": [[-80.5, 12.5], [-79.5, 5.5]]}
    page.ask("apply", operation="channel", value=60.0, shape=line, **on_map)
    sea = page.told["problems"][[one["kind"] for one in page.told["problems"]].index("sea")]
    page.ask("fix", problem=sea["id"], fix="fill")
    return page.session._work.history.edits


KINDS = ["region of sea", "cell", "box", "region of land", "channel", "fill"]


def test_what_does_not_fit_another_resolution_is_told(earth: Float) -> None:
    edits = by_hand(earth)
    assert len(edits) == len(KINDS)
    values, surface = finer(earth, 2)
    history = History(values, surface)
    history.take("again", [Entry(edit) for edit in edits])
    assert history.conflicts == [1 + KINDS.index("cell")]
    assert "1 degrees wide" not in history.entries[0].conflict
    assert "degrees wide" in history.entries[1].conflict

    # what fits does the same: twice as fine, each cell is four of them
    left = [edit for k, edit in enumerate(edits) if k not in (1, 4)]
    fine = apply_edits(values, surface, left).values
    coarse = apply_edits(earth, globe_surface(180, 360), left).values
    assert np.array_equal(fine, coarse.repeat(2, axis=0).repeat(2, axis=1))


def test_what_does_not_fit_another_age_is_told(earth: Float, paleocene: Float) -> None:
    edits = by_hand(earth)
    surface = globe_surface(180, 360)
    history = History(paleocene, surface)
    history.take("again", [Entry(edit) for edit in edits])
    for number, entry in enumerate(history.entries, start=1):
        if entry.conflict:
            assert number in history.conflicts
            assert entry.applied is None
            assert "; " in entry.conflict  # what, and what to do
            continue
        if entry.edit.at.of is not None:  # what was changed is what was meant
            cells = entry.applied.cells
            is_sea = entry.applied.before <= 0.0
            assert cells.size and is_sea.all() == (entry.edit.at.of == "ocean")
    conflicts = [KINDS[number - 1] for number in history.conflicts]
    assert "fill" in conflicts
    with pytest.raises(ParameterError, match=f"edit {history.conflicts[0]} of the recipe"):
        apply_edits(paleocene, surface, edits)


def test_another_age_in_the_editor_shows_conflicts_and_does_not_save_them(
    earth: Float, paleocene: Float
) -> None:
    plain = tuple(edit.model_dump(mode="json", exclude_defaults=True) for edit in by_hand(earth))
    page = Browser(FakeDoor(opened_globe(paleocene, edits=plain)))
    told = {one["number"]: one["conflict"] for one in page.told["edits"]}
    assert any(told.values()) and not all(told.values())
    assert "cannot be applied" in page.try_to("save", note="")["error"]["problem"]
    for number in [number for number, conflict in told.items() if conflict]:
        page.ask("switch", number=number, off=True)
    page.ask("save", note="what fits")
    assert len(page.door.lists) == 1
