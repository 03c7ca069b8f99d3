"""Checks and fixes of terrains on small planets worked out by hand."""

import numpy as np
import pytest
import xarray as xr

from gondwana.errors import InputError, ParameterError
from gondwana.science.checks import Check
from gondwana.science.internal_oceans import resolve_internal_oceans
from gondwana.science.sphere import row_areas
from gondwana.science.terrain import Cells, Terrain
from gondwana.science.terrain_checks import check_bathymetry, check_topography
from gondwana.science.terrain_fixes import fix_poles, resolve_passages
from gondwana.science.topology import Topology

HEIGHTS = {"~": -100.0, ".": -10.0, "0": 0.0, "-": 5.0, "#": 100.0, "^": 1000.0}


def planet(*rows: str, south: float = -20.0, step: float = 10.0) -> xr.DataArray:
    """Draw a topography that goes around the globe; the first row is the southernmost."""
    values = np.array([[HEIGHTS[cell] for cell in row] for row in rows])
    ny, nx = values.shape
    lat = south + step * np.arange(ny)
    lon = (2.0 * np.arange(nx) + 1 - nx) * 180.0 / nx
    return xr.DataArray(values, {"lat": lat, "lon": lon}, ("lat", "lon"), name="topography")


def orca(*rows: str, fold: str = "F") -> tuple[xr.DataArray, Cells]:
    """Draw the owned cells of a bathymetry; halo columns and the fold row are added."""
    inner = np.array([[max(0.0, -HEIGHTS[cell]) for cell in row] for row in rows])
    ny, nx = inner.shape[0] + 1, inner.shape[1] + 2
    depth = np.zeros((ny, nx))
    depth[:-1, 1:-1] = inner
    topology = Topology(halo=True, fold=fold)  # type: ignore[arg-type]
    depth = topology.synchronise(depth)
    lon, lat = np.meshgrid(np.linspace(-170, 170, nx), np.linspace(-60, 80, ny))
    field = xr.DataArray(depth, dims=("y", "x"), name="bathymetry")
    return field, Cells(
        topology.synchronise(lon), topology.synchronise(lat), np.full((ny, nx), 1e10), topology
    )


def checks(field: xr.DataArray, grid: Cells | None = None) -> dict[str, Check]:
    if grid is None:
        found = check_topography(field)
    else:
        found = check_bathymetry(field, grid.lon, grid.lat, grid.area, grid.topology)
    return {check.name: check for check in found}


def drawn(mask: xr.DataArray | None) -> list[str]:
    assert mask is not None
    return ["".join("." if k == 0 else str(k) for k in row) for row in mask.values]


class TestInternalOceans:
    def test_table_tells_size_box_depths_and_place(self) -> None:
        world = planet("~~~~~~~~", "#######~", "#~.####~", "########")
        check = checks(world)["internal_oceans"]
        assert check.status == "fail"
        assert drawn(check.mask) == ["........", "........", ".11.....", "........"]
        area = float(row_areas(world.lat, world.lon)[2, 1:3].sum() / 1e6)
        assert check.table == [
            {
                "cells": 2,
                "area_km2": area,
                "west": -112.5,
                "south": 0.0,
                "east": -67.5,
                "north": 0.0,
                "min_depth_m": 10.0,
                "max_depth_m": 100.0,
                "lon": -112.5,
                "lat": 0.0,
            }
        ]
        assert check.summary == f"1 internal ocean (2 cells, {area:.0f} km²)"
        assert check.mask is not None
        assert check.mask.dims == ("lat", "lon")
        assert check.mask.dtype == np.int32

    def test_box_across_the_date_line(self) -> None:
        world = planet("~~~~~~~~", "########", "~~#####~", "~######~")
        (sea,) = checks(world)["internal_oceans"].table
        assert (sea["west"], sea["east"]) == (157.5, -112.5)
        assert (sea["south"], sea["north"]) == (0.0, 10.0)
        assert sea["cells"] == 5

    def test_largest_by_area_is_the_main_ocean(self) -> None:
        # 8 cells at 80°N are smaller than 3 at the equator
        world = planet(
            "########", "###~~~##", "########", "########", "~~~~~~~~", south=-10, step=22.5
        )
        (sea,) = checks(world)["internal_oceans"].table
        assert sea["lat"] == 80.0

    def test_zero_metres_is_ocean(self) -> None:
        world = planet("~~~~", "####", "#0##", "####")
        (sea,) = checks(world)["internal_oceans"].table
        assert (sea["min_depth_m"], sea["max_depth_m"]) == (0.0, 0.0)
        assert not np.signbit(sea["max_depth_m"])

    def test_planet_without_ocean_or_land(self) -> None:
        for world in (planet("####", "####"), planet("~~~~", "~~~~")):
            check = checks(world)["internal_oceans"]
            assert check.status == "pass"
            assert check.table == []
            assert check.fix == ""

    def test_ocean_that_only_the_fold_connects(self) -> None:
        # row 2 touches its mirror image: columns 1 and 4 of the six inner ones
        field, grid = orca("######", "#~##~#", "#~##~#")
        assert checks(field, grid)["internal_oceans"].status == "pass"
        across, grid = orca("######", "#~#~##", "#~#~##")
        check = checks(across, grid)["internal_oceans"]
        assert [sea["cells"] for sea in check.table] == [2]

    def test_ocean_that_only_the_date_line_connects(self) -> None:
        field, grid = orca("######", "~####~", "######")
        assert checks(field, grid)["internal_oceans"].status == "pass"

    def test_copies_count_once_and_carry_the_label(self) -> None:
        field, grid = orca("######", "~~~~~~", "######", "#~##~#")
        check = checks(field, grid)["internal_oceans"]
        (sea,) = check.table
        assert (sea["cells"], sea["area_km2"]) == (2, 2e4)
        assert drawn(check.mask) == ["........", "........", "........", "..1..1..", "..1..1.."]


class TestResolveInternalOceans:
    world = planet("~~~~~~~~", "########", "^~######", "########")

    def test_fill(self) -> None:
        fixed, changes = resolve_internal_oceans(
            self.world, "fill", large_policy="fill", land_height=3.0
        )
        changed = fixed.values != self.world.values
        assert np.argwhere(changed).tolist() == [[2, 1]]
        assert fixed.values[2, 1] == 3.0
        assert fixed.name == "topography"
        (change,) = changes
        assert (change.cells, change.lon, change.lat) == (1, -112.5, 0.0)
        assert change.what.startswith("filled the internal ocean of 1 cell")

    def test_keep(self) -> None:
        fixed, changes = resolve_internal_oceans(self.world, "keep", large_policy="keep")
        assert fixed.identical(self.world)
        assert fixed is not self.world
        assert changes == []

    def test_open_digs_only_as_far_as_the_main_ocean(self) -> None:
        fixed, changes = resolve_internal_oceans(self.world, "open", channel_depth=30.0)
        assert np.argwhere(fixed.values != self.world.values).tolist() == [[1, 1]]
        assert fixed.values[1, 1] == -30.0
        assert changes[0].cells == 1
        assert checks(fixed)["internal_oceans"].status == "pass"

    def test_open_goes_where_least_material_moves(self) -> None:
        world = planet("~~~~~~~~", "^^^^---^", "^~-----^", "^^^^^^^^")
        fixed, _ = resolve_internal_oceans(world, "open")
        # three cells of 55 m each are less than the one of 1050 m in between
        assert np.argwhere(fixed.values != world.values).tolist() == [
            [1, 4],
            [2, 2],
            [2, 3],
            [2, 4],
        ]

    def test_open_may_cross_the_date_line(self) -> None:
        world = planet("~~~~~~~~", "^^^^^^^-", "~-^^^^^-", "^^^^^^^^")
        fixed, _ = resolve_internal_oceans(world, "open")
        assert np.argwhere(fixed.values != world.values).tolist() == [[1, 7], [2, 7]]

    @pytest.mark.parametrize(("north", "row"), [("#", 3), ("^", 1)])
    def test_material_is_height_times_area(self, north: str, row: int) -> None:
        # of two ways one cell long the one at 45°N has the smaller cell
        world = planet(
            "~~~~~~", "~#####", "~##~##", f"~{north * 5}", "~~~~~~", south=0.0, step=15.0
        )
        fixed, _ = resolve_internal_oceans(world, "open")
        assert np.argwhere(fixed.values != world.values).tolist() == [[row, 3]]

    def test_channel_deepens_other_seas_on_its_way_and_opens_them(self) -> None:
        world = planet("~~~~~~~~", "########", "###.####", "########", "###~~###")
        fixed, changes = resolve_internal_oceans(world, "open", channel_depth=50.0)
        assert np.argwhere(fixed.values != world.values).tolist() == [[1, 3], [2, 3], [3, 3]]
        assert (fixed.values[1:4, 3] == -50.0).all()
        assert [change.cells for change in changes] == [3, 0]

    def test_neither_the_sea_itself_nor_the_main_ocean_is_deepened(self) -> None:
        world = planet("~~~~~~~~", "........", "########", "##....##", "##....##", "########")
        fixed, _ = resolve_internal_oceans(world, "open", channel_width=3)
        assert np.argwhere(fixed.values != world.values).tolist() == [
            [2, 1],
            [2, 2],
            [2, 3],
            [3, 1],
        ]

    def test_sea_that_a_channel_touches_is_open_and_stays_as_it_is(self) -> None:
        world = planet("~~~~~~~~", "^^-^^^^^", "^^-.-~~^", "~~~^^^^^", "^^^^^^^^")
        fixed, changes = resolve_internal_oceans(world, "open")
        assert np.argwhere(fixed.values != world.values).tolist() == [[1, 2], [2, 2], [2, 4]]
        assert sorted(change.cells for change in changes) == [0, 1, 2]

    @pytest.mark.parametrize("width", [1, 2, 3, 4])
    def test_width_of_the_channel(self, width: int) -> None:
        world = planet("~" * 12, *["#" * 12] * 5, "#" * 5 + "~" + "#" * 6, "#" * 12, step=8.0)
        fixed, _ = resolve_internal_oceans(world, "open", channel_width=width)
        across = (fixed.values < 0).sum(axis=1)
        assert across.tolist()[1:6] == [width] * 5
        assert checks(fixed)["internal_oceans"].status == "pass"

    def test_large_seas_have_their_own_policy(self) -> None:
        area = float(row_areas(self.world.lat, self.world.lon)[2, 1]) / 1e6
        for limit, expected in ((area * 0.999, "opened"), (area * 1.001, "filled")):
            _, (change,) = resolve_internal_oceans(self.world, "fill", large_area_km2=limit)
            assert change.what.startswith(expected)

    def test_choice_for_one_sea_wins(self) -> None:
        world = planet("~~~~~~~~", "########", "#~##~##~", "########")
        lon = world.lon.values
        fixed, changes = resolve_internal_oceans(
            world,
            "fill",
            large_policy="fill",
            overrides={(lon[4] + 9.0, 3.0): "keep", (lon[7] + 360.0, 0.0): "open"},
        )
        assert fixed.values[2, [1, 4, 7]].tolist() == [1.0, -100.0, -100.0]
        assert [change.what.split()[0] for change in changes] == ["filled", "opened"]
        assert "chosen for the sea at" in changes[1].why
        with pytest.raises(ParameterError, match=r"no internal ocean at 20\.0°S"):
            resolve_internal_oceans(world, overrides={(0.0, -20.0): "open"})

    def test_channel_never_touches_a_kept_sea(self) -> None:
        world = planet("~~~~~~~~", "^^^^^^^^", "^^-.-^^^", "^^-^-^^^", "^^-~-^^^", "^^^^^^^^")
        lon = world.lon.values
        fixed, _ = resolve_internal_oceans(
            world, "open", large_policy="open", overrides={(lon[3], 0.0): "keep"}
        )
        (sea,) = checks(fixed)["internal_oceans"].table
        assert (sea["lat"], sea["lon"], sea["cells"]) == (0.0, lon[3], 1)
        beside = fixed.values[[1, 2, 2, 3], [3, 2, 4, 3]]
        assert (beside > 0).all()

    def test_sea_behind_the_pole_limit_cannot_be_opened(self) -> None:
        world = planet("####", "#~##", "####", "####", "~~~~", south=-90, step=5.0)
        with pytest.raises(ParameterError, match=r"no channel can open .* at 85\.0°S 45\.0°W"):
            resolve_internal_oceans(world, "open")

    def test_sea_behind_a_kept_one_cannot_be_opened(self) -> None:
        ring = ("#~~~~~#", "#~###~#", "#~#~#~#", "#~###~#", "#~~~~~#")
        world = planet(*["~~~~~~~"] * 4, "#######", *ring, "#######", south=-50.0)
        kept = {(float(world.lon[1]), 0.0): "keep"}
        with pytest.raises(ParameterError, match="fill that sea, or open the kept one"):
            resolve_internal_oceans(world, "open", overrides=kept)  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"policy": "drain"},
            {"large_policy": "drain"},
            {"land_height": 0.0},
            {"channel_depth": 0.0},
            {"channel_width": 0},
        ],
    )
    def test_impossible_values_are_refused(self, wrong: dict[str, object]) -> None:
        with pytest.raises(ParameterError):
            resolve_internal_oceans(self.world, **wrong)  # type: ignore[arg-type]

    def test_fill_on_an_ocean_grid_gives_land_of_depth_zero(self) -> None:
        field, grid = orca("######", "~~~~~~", "######", "#~####")
        fixed, _ = resolve_internal_oceans(field, "fill", large_policy="fill", grid=grid)
        assert (fixed.values[3:] == 0).all()
        assert not np.signbit(fixed.values).any()
        assert np.array_equal(fixed.values[:3], field.values[:3])

    def test_channel_takes_the_fold_if_that_is_shortest(self) -> None:
        # south: 3 cells; west or east: 4; across the fold, where 2 and 7 meet: 2
        basin, sound = ("##########", "~~~~~~~~~~"), "#######~##"
        field, grid = orca(*basin, sound, sound, sound, "##~####~##", "##########")
        fixed, (change,) = resolve_internal_oceans(field, "open", large_policy="open", grid=grid)
        lowered = (fixed.values != field.values) & grid.topology.owned((8, 12))
        assert np.argwhere(lowered).tolist() == [[6, 3], [6, 8]]
        assert change.cells == 2
        assert checks(fixed, grid)["internal_oceans"].status == "pass"
        assert np.array_equal(fixed.values, grid.topology.synchronise(fixed.values))

    def test_first_row_of_an_ocean_grid_stays_land(self) -> None:
        field, grid = orca("######", "~#~~#~", "~####~", "######")
        for width in (1, 2, 3):
            fixed, _ = resolve_internal_oceans(
                field, "open", large_policy="open", channel_width=width, grid=grid
            )
            assert (fixed.values[0] == 0).all()
            assert checks(fixed, grid)["internal_oceans"].status == "pass"


class TestPoles:
    def test_south_is_judged_by_the_centre(self) -> None:
        world = planet("~~~~", "~~~~", "~~~~", south=-79.0, step=1.0)
        check = checks(world)["poles"]
        assert check.status == "fail"
        assert drawn(check.mask) == ["1111", "....", "...."]
        assert check.table[0]["ocean_cells"] == 4
        fixed, (change,) = fix_poles(world, land_height=2.0)
        assert fixed.values[0].tolist() == [2.0] * 4
        assert np.array_equal(fixed.values[1:], world.values[1:])
        assert change.cells == 4
        assert checks(fixed)["poles"].status == "pass"

    def test_north_becomes_ocean_of_mean_depth_where_most_is_ocean(self) -> None:
        world = planet("####", "~##.", "~~~~", south=85.0, step=2.0)  # 85, 87, 89
        check = checks(world)["poles"]
        assert drawn(check.mask) == ["....", ".11.", "...."]
        fixed, (change,) = fix_poles(world)
        area = row_areas(world.lat, world.lon)[1:]
        ocean = world.values[1:] <= 0
        mean = (world.values[1:] * area)[ocean].sum() / area[ocean].sum()
        assert fixed.values[1, 1:3] == pytest.approx([mean, mean])
        assert fixed.values[1, [0, 3]].tolist() == [-100.0, -10.0]
        assert change.cells == 2

    def test_north_becomes_land_where_most_is_land_or_half(self) -> None:
        for rows in (("####", "~###", "~#~#"), ("####", "~~##", "~##~")):
            world = planet(*rows, south=85.0, step=2.0)
            fixed, _ = fix_poles(world)
            assert (fixed.values > 0).all()
            assert checks(fixed)["poles"].status == "pass"

    def test_most_means_area_not_cells(self) -> None:
        # four cells against four, of which those at 86.5°N are the larger
        world = planet("~~~~", "####", south=86.5, step=3.0)
        assert (fix_poles(world)[0].values < 0).all()
        upside_down = planet("####", "~~~~", south=86.5, step=3.0)
        assert (fix_poles(upside_down)[0].values > 0).all()

    def test_good_poles_stay(self) -> None:
        world = planet("####", "~~#~", "~~~~", south=-79.0, step=83.0)
        fixed, changes = fix_poles(world)
        assert fixed.identical(world)
        assert changes == []

    def test_flat_land_is_refused(self) -> None:
        with pytest.raises(ParameterError, match="land cannot"):
            fix_poles(planet("~~", "##"), land_height=0.0)


class TestPassages:
    world = planet("~~~~~~", "~~~~~~", "##.-##", "##~##^", "~~~~~~", "~~~~~~")

    def test_table(self) -> None:
        check = checks(self.world)["narrow_passages"]
        assert check.status == "warn"
        assert check.summary == "1 passage one cell wide (2 cells)"
        (row,) = check.table
        assert row == {
            "cells": 2,
            "along": "north-south",
            "min_depth_m": 10.0,
            "lon": -30.0,
            "lat": 10.0,
        }
        assert drawn(check.mask)[2:4] == ["..1...", "..1..."]

    def test_keep_changes_nothing(self) -> None:
        fixed, changes = resolve_passages(self.world)
        assert fixed.identical(self.world)
        assert changes == []

    def test_widen_lowers_the_cheaper_side_to_the_depth_of_the_strait(self) -> None:
        fixed, changes = resolve_passages(self.world, "widen")
        assert np.argwhere(fixed.values != self.world.values).tolist() == [[2, 3], [3, 3]]
        assert fixed.values[2:4, 3].tolist() == [-10.0, -100.0]
        assert [change.cells for change in changes] == [2]
        assert checks(fixed)["narrow_passages"].status == "pass"

    def test_widen_takes_the_western_side_if_even(self) -> None:
        world = planet("~~~~~~", "~~~~~~", "##~###", "~~~~~~", "~~~~~~")
        fixed, _ = resolve_passages(world, "widen")
        assert np.argwhere(fixed.values != world.values).tolist() == [[2, 1]]

    def test_widen_leaves_the_poles_alone(self) -> None:
        world = planet("####", "~~~~", "####", south=-79.0, step=2.0)
        fixed, _ = resolve_passages(world, "widen")
        assert np.argwhere((fixed.values != world.values).any(axis=1)).tolist() == [[2]]
        hemmed = planet("####", "~~~~", south=-79.0, step=2.0)  # the grid ends to the north
        assert resolve_passages(hemmed, "widen")[0].identical(hemmed)

    def test_close_may_leave_internal_oceans(self) -> None:
        world = planet("~~~~~~", "~~~~~~", "##~###", "#~~~##", "#~~~##", "######")
        fixed, changes = resolve_passages(world, "close", land_height=7.0)
        assert fixed.values[2, 2] == 7.0
        assert changes[0].what == "closed a narrow passage"
        assert checks(fixed)["internal_oceans"].status == "fail"
        assert checks(fixed)["narrow_passages"].status == "pass"

    def test_widen_across_the_fold(self) -> None:
        field, grid = orca("######", "~~~~~~", "~~~~~~", "#~##~#")
        assert checks(field, grid)["narrow_passages"].table[0]["cells"] == 2
        fixed, (change,) = resolve_passages(field, "widen", grid=grid)
        assert checks(fixed, grid)["narrow_passages"].status == "pass"
        assert np.array_equal(fixed.values, grid.topology.synchronise(fixed.values))
        # the same side of the strait: (3, 1) and (3, 6) touch across the fold
        lowered = (fixed.values != field.values) & grid.topology.owned((5, 8))
        assert np.argwhere(lowered).tolist() == [[3, 1], [3, 6]]
        assert change.cells == 2

    def test_unknown_policy_is_refused(self) -> None:
        with pytest.raises(ParameterError, match="no policy"):
            resolve_passages(self.world, "blast")  # type: ignore[arg-type]


class TestDiagonalContacts:
    def test_table_and_mask(self) -> None:
        world = planet("~###", "#~##", "####")
        check = checks(world)["diagonal_contacts"]
        assert check.status == "warn"
        assert check.table == [
            {"lon": -135.0, "lat": -20.0, "other_lon": -45.0, "other_lat": -10.0}
        ]
        assert drawn(check.mask) == ["1...", ".1..", "...."]


def test_60_ma_is_as_known(topography_60ma: xr.DataArray) -> None:
    found = checks(topography_60ma)
    assert found["internal_oceans"].status == "pass"
    assert len(found["diagonal_contacts"].table) == 6
    assert [row["place"] for row in found["poles"].table] == ["south of 78°S", "north of 86°N"]
    assert (topography_60ma.values[0] > 0).all()
    assert (topography_60ma.values[-1] <= 0).all()


def test_fields_that_do_not_fit_are_refused() -> None:
    world = planet("~~##", "####")
    with pytest.raises(InputError, match="dimensions"):
        Terrain.of(world.transpose("lon", "lat"))
    with pytest.raises(InputError, match="missing"):
        Terrain.of(world.where(world > 0))
    field, grid = orca("####", "~~~~")
    with pytest.raises(InputError, match="shape"):
        Terrain.of(field[:-1], grid)
