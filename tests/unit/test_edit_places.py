"""Which cells are meant by what is drawn: seams, poles, the ocean grid, other grids, bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage
from skimage.measure import points_in_poly

from editor_world import Browser, FakeDoor, browser, globe_surface, opened_globe
from gondwana.errors import ParameterError
from gondwana.science.planet import random_planet
from gondwana.science.tripolar import TripolarParameters, tripolar_grid
from gondwana.steps.apply import apply_edits
from gondwana.steps.edits import Edit, Place
from gondwana.steps.passage_problems import PassageProblemsParameters
from gondwana.steps.placing import cells_place, selected
from gondwana.steps.running.passage_problems import bathymetry_surface
from gondwana.steps.running.sub_basins import codes_surface
from gondwana.steps.surfaces import Surface

Float = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
LAND = globe_surface(18, 36)  # cells of 10 degrees, south first
OCEAN = tripolar_grid(TripolarParameters(resolution=5.0))
DEPTHS = bathymetry_surface(OCEAN, PassageProblemsParameters())
BUMPY = random_planet(10.0, seed=3, land_fraction=0.5).values.astype(np.float64)
WET = OCEAN.topology.synchronise(np.full(OCEAN.lon.shape, 1000.0))


def chosen(at: dict[str, Any], surface: Surface = LAND, values: Float = BUMPY) -> Mask:
    return selected(Place.model_validate(at), surface, values)


def drawn(shape: dict[str, Any], values: Float = BUMPY) -> Mask:
    """Select on the map of degrees."""
    page = browser(values)
    page.ask("select", how="new", shape=shape, **{"in": "map"})
    return page.session._work.selection.mask


def ocean_page(values: Float = WET, surface: Surface = DEPTHS) -> Browser:
    """Open a field on the ocean grid, in columns and rows."""
    face = "sub_basins" if surface.codes else "passage_problems"
    opened = opened_globe(values, surface=surface, axes="index", face=face)
    return Browser(FakeDoor(opened))


def drawn_in_rows(shape: dict[str, Any], page: Browser | None = None) -> Mask:
    """Select on the map of columns and rows."""
    page = page or ocean_page()
    page.ask("select", how="new", shape=shape, **{"in": "map"})
    mask = page.session._work.selection.mask
    assert np.array_equal(mask, mask.flat[DEPTHS.owners])  # the same on all copies
    return mask


# On the map of degrees


@pytest.mark.parametrize(
    "shape",
    [
        {"box": [166.0, -9.0, 194.0, 9.0]},
        {"polygon": [[166.0, -9.0], [194.0, -9.0], [194.0, 9.0], [166.0, 9.0]]},
    ],
)
def test_a_lasso_and_a_box_across_the_date_line(shape: dict[str, Any]) -> None:
    assert np.argwhere(drawn(shape)).tolist() == [[8, 0], [8, 35], [9, 0], [9, 35]]


@pytest.mark.parametrize("wide", [100.0, 170.0, 175.0])
def test_a_polygon_of_a_few_corners_is_as_wide_as_it_was_drawn(wide: float) -> None:
    corners = [[-wide, -30.0], [wide, -30.0], [wide, 30.0], [-wide, 30.0]]
    expected = (np.abs(LAND.lon) < wide) & (np.abs(LAND.lat) < 30.0)
    mask = drawn({"polygon": corners})
    edge = np.isclose(np.abs(LAND.lon), wide)
    assert np.array_equal(mask[~edge], expected[~edge])


def test_a_line_goes_the_way_it_was_drawn() -> None:
    mask = drawn({"line": [[-174.0, 4.0], [174.0, 4.0]]})
    assert mask[9].all()  # along the whole row, not the short way behind the date line
    mask = drawn({"line": [[174.0, 4.0], [186.0, 4.0]]})
    assert np.argwhere(mask).tolist() == [[9, 0], [9, 35]]


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_brush_that_covers_the_pole(sign: float) -> None:
    mask = drawn({"stroke": {"points": [[0.0, sign * 90.0]], "radius": 12.0}})
    assert np.array_equal(mask, sign * LAND.lat > 78.0)


def test_a_region_beside_ndimage() -> None:
    for j, i in [(9, 0), (2, 35), (16, 20), (5, 5)]:
        sea = BUMPY <= 0.0
        alike = sea if sea[j, i] else ~sea
        # twice beside each other, the globe closes in the middle
        labels, _ = ndimage.label(np.concatenate([alike] * 3, axis=1))
        found = labels == labels[j, 36 + i]
        expected = found[:, :36] | found[:, 36:72] | found[:, 72:]
        assert np.array_equal(chosen({"region": [LAND.lon[j, i], LAND.lat[j, i]]}), expected)


def test_values_and_parts_and_what_is_only_land() -> None:
    mask = chosen({"values": [-500.0, 200.0]})
    assert np.array_equal(mask, (BUMPY >= -500.0) & (BUMPY <= 200.0))
    box = {"box": [-50.0, -50.0, 50.0, 50.0]}
    parts = [{"how": "add", "at": box}, {"how": "subtract", "at": {"values": [-500.0, 200.0]}}]
    inside = (np.abs(LAND.lon) < 50.0) & (np.abs(LAND.lat) < 50.0)
    assert np.array_equal(chosen({"parts": parts}), inside & ~mask)
    assert np.array_equal(chosen({"parts": [*parts, {"how": "invert"}]}), ~(inside & ~mask))
    parts[1]["how"] = "intersect"
    assert np.array_equal(chosen({"parts": parts}), inside & mask)
    for only in ("land", "ocean"):
        found = selected(Place(box=(-50.0, -50.0, 50.0, 50.0)), LAND, BUMPY, only)
        assert np.array_equal(found, inside & ((BUMPY <= 0.0) == (only == "ocean")))


# On the ocean grid


def test_a_lasso_in_columns_and_rows_beside_plain_geometry() -> None:
    ny, nx = OCEAN.lon.shape
    rows, columns = np.mgrid[0:ny, 0:nx] + 0.5
    random = np.random.default_rng(4)
    for _ in range(20):
        turn = np.sort(random.uniform(0.0, 2.0 * np.pi, 7))
        far = random.uniform(2.0, 9.0, 7)
        x, y = 30.0 + far * np.cos(turn), 14.0 + far * np.sin(turn)
        corners = np.column_stack([x, y])
        centres = np.column_stack([columns.ravel(), rows.ravel()])
        expected = points_in_poly(centres, corners).reshape(ny, nx)
        if not expected.any():
            continue
        mask = drawn_in_rows({"polygon": corners.tolist()})
        assert np.array_equal(mask, OCEAN.topology.synchronise(expected))


@pytest.mark.parametrize("where", ["row", "column", "corner"])
def test_a_brush_at_the_fold_and_the_halo_paints_all_copies(where: str) -> None:
    ny, nx = OCEAN.lon.shape
    x, y = {"row": (20.5, ny - 0.5), "column": (0.5, 12.5), "corner": (nx - 0.5, ny - 0.5)}[where]
    mask = drawn_in_rows({"stroke": {"points": [[x, y]], "radius": 1.2}})
    touched = np.zeros((ny, nx), dtype=bool)
    for j in range(ny):
        for i in range(nx):
            touched[j, i] = (i + 0.5 - x) ** 2 + (j + 0.5 - y) ** 2 <= 1.2**2
    owners = OCEAN.topology.owners((ny, nx))
    assert set(owners[mask]) == set(owners[touched])
    assert mask.sum() > np.count_nonzero(touched & OCEAN.owned)  # both sides


def test_a_brush_on_the_globe_crosses_the_fold() -> None:
    page = ocean_page()
    shape = {"stroke": {"points": [[60.0, 88.0]], "radius": 12.0}}
    page.ask("select", how="new", shape=shape, **{"in": "globe"})
    mask = page.session._work.selection.mask
    x, y, z = (
        np.cos(np.deg2rad(OCEAN.lat)) * np.cos(np.deg2rad(OCEAN.lon - 60.0)),
        np.cos(np.deg2rad(OCEAN.lat)) * np.sin(np.deg2rad(OCEAN.lon - 60.0)),
        np.sin(np.deg2rad(OCEAN.lat)),
    )
    away = np.arctan2(np.hypot(y, z * np.cos(np.deg2rad(88.0)) - x * np.sin(np.deg2rad(88.0))),
                      x * np.cos(np.deg2rad(88.0)) + z * np.sin(np.deg2rad(88.0)))  # fmt: skip
    assert np.array_equal(mask, OCEAN.topology.synchronise(away <= np.deg2rad(12.0)))


def test_a_patch_is_not_taken_from_beyond_the_grid() -> None:
    values = OCEAN.topology.synchronise(1000.0 + OCEAN.lat * 5.0)
    south = float(OCEAN.lat.min())
    edit = {
        "operation": "paste", "shift": [0.0, 20.0],
        "at": {"box": [-180.0, south - 1.0, 180.0, south + 40.0]},
    }  # fmt: skip
    done = apply_edits(values, DEPTHS, [Edit.model_validate(edit)]).values
    changed = OCEAN.lat[done != values]
    assert changed.size
    assert changed.min() > south + 20.0 - 8.0  # further south it would come from beyond the grid
    assert np.allclose(done[done != values], values[done != values] - 100.0, atol=15.0)


def test_copies_that_a_file_holds_wrongly_follow_once_they_are_edited() -> None:
    values = OCEAN.topology.synchronise(np.full(OCEAN.lon.shape, 800.0))
    values[:, 0] = 5.0  # halo that nobody has filled
    values[:, -1] = np.nan
    owners = DEPTHS.owners
    for operation, more in (("add", {"value": 7.0}), ("smooth", {}), ("set", {"value": 3.0})):
        everywhere = {"box": [-180.0, -90.0, 180.0, 90.0]}
        edit = Edit.model_validate({"operation": operation, "at": everywhere, **more})
        done = apply_edits(values, DEPTHS, [edit]).values
        known = np.isfinite(done)
        assert np.array_equal(known, np.isfinite(values))
        assert np.array_equal(done[known], done.flat[owners][known])


# On another grid, at another age


def test_cells_chosen_one_by_one_are_not_taken_for_smaller_or_larger_ones() -> None:
    place = cells_place(LAND, np.array([9 * 36 + 18, 9 * 36 + 19]))
    assert selected(place, LAND, BUMPY).sum() == 2
    same = globe_surface(20, 40)  # 9 degrees instead of 10
    assert selected(place, same, np.zeros(same.shape)).sum() == 2
    for other in (globe_surface(36, 72), globe_surface(9, 18)):
        with pytest.raises(ParameterError, match="degrees wide") as caught:
            selected(place, other, np.zeros(other.shape))
        assert "choose them again" in caught.value.remedy


def test_a_sea_is_never_taken_for_land() -> None:
    page = browser(BUMPY)
    j, i = np.argwhere(BUMPY < -1000.0)[0]
    point = [float(LAND.lon[j, i]), float(LAND.lat[j, i])]
    page.ask("apply", operation="add", value=-10.0, shape={"region": point}, **{"in": "map"})
    (edit,) = page.session._work.history.edits
    assert edit.at.of == "ocean"
    risen = BUMPY + 9000.0  # another age: there is land
    with pytest.raises(ParameterError, match=r"edit 1 .*means ocean, and there is land"):
        apply_edits(risen, LAND, [edit])


def test_a_place_beyond_the_grid_is_told() -> None:
    south = float(OCEAN.lat.min())
    with pytest.raises(ParameterError, match="beyond the grid"):
        chosen({"cells": [[0.0, south - 8.0]]}, DEPTHS, WET)
    with pytest.raises(ParameterError, match="beyond the grid"):
        chosen({"region": [0.0, -90.0]}, DEPTHS, WET)


# What cannot be


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ({"line": [[0.0, 0.0], [180.0, 0.0]]}, "opposite each other"),
        ({"line": [[0.0, 0.0], [120.0, 1.0], [-120.0, 0.0]] * 3000}, "too long"),
    ],
)
def test_lines_that_nobody_can_follow(at: dict[str, Any], told: str) -> None:
    fine = globe_surface(180, 360)
    with pytest.raises(ParameterError, match=told) as caught:
        chosen(at, fine, np.zeros(fine.shape))
    assert caught.value.remedy


def test_a_stroke_that_would_take_minutes_is_refused() -> None:
    fine = globe_surface(1080, 2160)
    random = np.random.default_rng(1)
    points = np.column_stack([random.uniform(-180, 180, 9999), random.uniform(-90, 90, 9999)])
    with pytest.raises(ParameterError, match="too many corners"):
        fine.places.under_brush(points, 0.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("on_ocean_grid", [False, True])
@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ({"polygon": [[0, 0], [5, 5]]}, "from 3 to 10000 points"),
        ({"polygon": [[0, 0]] * 10_001}, "from 3 to 10000 points"),
        ({"line": [[3, 3]]}, "from 2 to 10000 points"),
        ({"stroke": {"points": [[3, 3]], "radius": 0}}, "no such size"),
        ({"stroke": {"points": [[3, 3]], "radius": float("nan")}}, "no such size"),
        ({"stroke": {"points": [[3, float("nan")]], "radius": 2}}, "no stroke"),
        ({"box": [0, 0, float("inf"), 9]}, "no box"),
        ({"box": [0, 0, 9]}, "no box"),
        ({"cell": [float("nan"), 3]}, "no cell"),
        ({"cell": [3, 1e9]}, "beyond the map"),
        ({"region": [3, -1e9]}, "beyond the map"),
        ({"values": [0, float("nan")]}, "no range of values"),
        ({"spiral": [0, 0]}, "no spiral"),
    ],
)
def test_what_is_no_shape_is_told_and_selects_nothing(
    on_ocean_grid: bool, shape: dict[str, Any], told: str
) -> None:
    page = ocean_page() if on_ocean_grid else browser(BUMPY)
    error = page.try_to("select", how="new", shape=shape, **{"in": "map"})["error"]
    assert told in error["problem"] and error["remedy"]
    assert not page.session._work.selection.mask.any()
    error = page.try_to("apply", operation="smooth", shape=shape, **{"in": "map"})["error"]
    assert told in error["problem"] and error["remedy"]
    assert page.session._work.history.entries == ()


@pytest.mark.parametrize("to", [None, [1], [float("nan"), 0], ["x", 0], [1e9, 1e9]])
def test_what_is_no_place_to_paste_is_told(to: Any) -> None:
    page = browser(BUMPY)
    page.ask("select", how="new", shape={"box": [0, 0, 30, 30]}, **{"in": "map"})
    page.ask("copy")
    for where in ("map", "globe"):
        error = page.try_to("paste", to=to, **{"in": where})["error"]
        assert error["problem"] != "this cannot be understood" and error["remedy"]
    assert page.session._work.history.entries == ()


def test_basins_take_nothing_but_basins() -> None:
    codes = OCEAN.topology.synchronise(np.ones(OCEAN.lon.shape))
    page = ocean_page(codes, codes_surface(codes > 0.0, OCEAN))
    box = {"box": [5, 5, 20, 20]}
    for change in ({"operation": "set", "value": 2.5}, {"operation": "smooth"}):
        error = page.try_to("apply", shape=box, **{"in": "map"}, **change)["error"]
        assert "assigns no basin" in error["problem"]
    page.ask("apply", operation="assign", basin="indian", shape=box, **{"in": "map"})
    assert set(np.unique(page.session._work.history.values)) == {1.0, 3.0}


def test_an_edit_of_a_file_is_no_edit_of_a_step() -> None:
    edit = {
        "operation": "set", "value": 3.0, "at": {"box": [0, 0, 9, 9]},
        "file": "veget", "variable": "frac",
    }  # fmt: skip
    with pytest.raises(ParameterError, match="meant for 'frac' of the file 'veget'"):
        apply_edits(BUMPY, LAND, [Edit.model_validate(edit)])
