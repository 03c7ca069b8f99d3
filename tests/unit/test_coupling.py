"""Mappings between ocean and atmosphere: grids, masks, weights, runoff, calving, certificate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from coupling_world import LAND, ocean_grid, small_exchange, wet_cells
from gondwana.errors import InputError, ParameterError
from gondwana.science.coupling import (
    ANALYTIC,
    Links,
    RiverBasins,
    calving,
    certify,
    coastal_cells,
    curvilinear_points,
    exchange,
    lmdz_points,
    ocean_points,
    regular_points,
    river_links,
    runoff,
    to_atmosphere,
    to_ocean,
    upside_down,
)
from gondwana.science.coupling.fields import cosine_bell, sixteen_waves, two_waves
from gondwana.science.sphere import EARTH_RADIUS, great_circle
from gondwana.science.topology import Topology
from small_grids import plain_grid

SPHERE = 4.0 * np.pi * EARTH_RADIUS**2


# --- grids -----------------------------------------------------------------------------------


def test_lmdz_by_its_two_numbers() -> None:
    points = lmdz_points(96, 95)
    assert points.shape == (96, 96)
    assert points.lon[0, :3].tolist() == [-180.0, -176.25, -172.5]
    assert points.lat[:, 0] == pytest.approx(90.0 - np.arange(96) * 180.0 / 95)
    assert points.corner_lon[5, 0].tolist() == [-181.875, -178.125, -178.125, -181.875]
    # a row at a pole has half the height of the others, and is one cell
    assert points.corner_lat[0, 0] == pytest.approx([90 - 90 / 95, 90 - 90 / 95, 90.0, 90.0])
    assert points.corner_lat[-1, 7] == pytest.approx([-90.0, -90.0, -90 + 90 / 95, -90 + 90 / 95])
    assert points.owned().sum() == 94 * 96 + 2
    cap = 2.0 * np.pi * EARTH_RADIUS**2 * (1.0 - np.cos(np.deg2rad(90 / 95)))
    assert points.exact_of_owners()[0] == pytest.approx(cap, rel=1e-12)
    assert points.area.sum() == pytest.approx(SPHERE, rel=1e-14)
    assert lmdz_points(144, 142).shape == (143, 144)


@pytest.mark.parametrize("numbers", [(3, 95), (96, 2)])
def test_numbers_that_make_no_grid(numbers: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="there is no LMDZ grid"):
        lmdz_points(*numbers)


def test_a_regular_grid_either_way_up() -> None:
    lon, lat = np.arange(5.0, 360.0, 10.0), np.arange(-85.0, 90.0, 10.0)
    south, north = regular_points(lon, lat), regular_points(lon, lat[::-1])
    assert not south.north_first and north.north_first
    assert np.array_equal(south.corner_lat[::-1], north.corner_lat)
    one, other = small_exchange(atmosphere=south), small_exchange(atmosphere=north)
    assert np.allclose(one.fraction[::-1], other.fraction, atol=1e-14)
    edges = np.append(lat - 5.0, 90.0)
    same = regular_points(lon, lat[::-1], np.arange(0.0, 361.0, 10.0), edges[::-1])
    assert np.array_equal(same.corner_lat, north.corner_lat)
    with pytest.raises(InputError, match="do not fit 18 x 36 centres"):
        regular_points(lon, lat, lat_edges=edges[1:])


def test_copies_and_land_do_not_exchange() -> None:
    grid = ocean_grid(halo=True)
    points = ocean_points(grid, wet_cells(grid))
    assert not points.active[:, 0].any() and not points.active[:, -1].any()
    assert points.active.sum() == 7 * 18 - 12
    assert points.area[:, 1:-1].sum() == pytest.approx(points.exact[:, 1:-1].sum())


def test_areas_of_the_model() -> None:
    grid = ocean_grid()
    e1e2 = grid.coordinates["e1t"].values * grid.coordinates["e2t"].values
    points = ocean_points(grid, wet_cells(grid), area="model")
    assert np.array_equal(points.area, e1e2)
    shared = exchange(points, lmdz_points(12, 9))
    mapping = to_ocean(shared)
    # whichever area: what leaves the atmosphere arrives
    kept = mapping.areas_by_source()
    expected = shared.atmosphere.exact_of_owners().reshape(10, 12) * shared.fraction
    owners = shared.atmosphere.owned()
    assert kept[owners] == pytest.approx(expected[owners], rel=1e-13)


def test_clockwise_corners_are_turned() -> None:
    grid = ocean_grid()
    turned = replace(
        grid, corner_lon=grid.corner_lon[..., ::-1], corner_lat=grid.corner_lat[..., ::-1]
    )
    wet = wet_cells(grid)
    points = ocean_points(turned, wet)
    assert points.turned == grid.lon.size
    assert np.array_equal(points.corner_lon, grid.corner_lon)
    one, other = exchange(points, lmdz_points(12, 9)), small_exchange()
    assert np.array_equal(one.share, other.share)
    certificate = certificate_of(one)
    (check,) = [c for c in certificate.checks if c.name == "corners_of_ocean"]
    assert check.status == "warn"
    assert "126 cells of the ocean had their corners clockwise" in check.summary


def test_an_ocean_without_water_or_of_another_size() -> None:
    grid = ocean_grid()
    with pytest.raises(InputError, match="holds no water"):
        ocean_points(grid, np.zeros(grid.shape, dtype=np.bool_))
    with pytest.raises(InputError, match="3 x 4 cells and the ocean grid 7 x 18"):
        ocean_points(grid, np.ones((3, 4), dtype=np.bool_))


# --- what is shared --------------------------------------------------------------------------


def test_fractions_by_hand() -> None:
    """Edges of the ocean's rows are great circles, so the coast in the east is the exact one."""
    shared = small_exchange()
    fraction = shared.fraction
    assert fraction.shape == (10, 12)
    assert fraction[1:3].max() <= 1.0 + 1e-12  # 80 and 60°N; the grid ends at 70°N
    # 20°S to 20°N, LMDZ rows at ±10 and ±30: columns at -180 + 30 i, 30° wide
    land = [i for i in range(12) if fraction[4, i] < 1e-10]
    assert [-180 + 30 * i for i in land] == [-60, -30]
    # the column at 0° has land from -15° to 0°: half of it, but for the bulge of great circles
    assert fraction[4, 6] == pytest.approx(0.5, abs=1e-12)
    assert fraction[4, 0] == pytest.approx(1.0, abs=1e-12)
    assert np.all(fraction[0] == fraction[0, 0]) and np.all(fraction[-1] == fraction[-1, 0])


@pytest.mark.parametrize("halo", [False, True])
def test_conservation_and_sums(halo: bool) -> None:
    shared = small_exchange(halo)
    up, down = to_atmosphere(shared), to_ocean(shared)
    atmosphere, ocean = shared.atmosphere, shared.ocean
    assert up.sums_by_target()[atmosphere.active] == pytest.approx(1.0, abs=1e-14)
    assert up.sums_by_target()[~atmosphere.active].max(initial=0.0) == 0.0
    assert down.sums_by_target()[ocean.active] == pytest.approx(1.0, abs=1e-13)
    assert down.sums_by_target()[~ocean.active].max(initial=0.0) == 0.0
    rng = np.random.default_rng(3)
    flux = rng.normal(size=atmosphere.shape)
    flux[0], flux[-1] = flux[0, 0], flux[-1, 0]
    sent = np.sum(flux * atmosphere.exact * shared.fraction)
    arrived = np.sum(down.apply(flux) * ocean.area)
    assert arrived == pytest.approx(sent, rel=1e-12)
    warm = rng.normal(size=ocean.shape)
    assert np.sum(up.apply(warm) * atmosphere.exact * shared.fraction) == pytest.approx(
        np.sum((warm * ocean.exact)[ocean.active]), rel=1e-12
    )
    assert up.apply(np.full(ocean.shape, 7.0))[atmosphere.active] == pytest.approx(7.0, abs=1e-13)


def test_destarea_gives_the_fraction() -> None:
    shared = small_exchange()
    sums = to_atmosphere(shared, "destarea").sums_by_target()
    assert sums == pytest.approx(shared.fraction, abs=1e-13)


def test_rows_at_the_poles() -> None:
    """The same links to all points of the row; links back leave from the first alone."""
    lat = np.arange(-80.0, 90.0, 20.0)
    grid = ocean_grid()
    # an ocean up to the pole: the mesh of the atmosphere's caps lies in its last row
    lon = np.arange(-170.0, 180.0, 20.0)
    x, y = np.meshgrid(lon, lat)
    corner_lon = np.stack([x - 10, x + 10, x + 10, x - 10], axis=-1)
    corner_lat = np.stack([y - 10, y - 10, y + 10, y + 10], axis=-1)
    whole = type(grid).from_cells(x, y, corner_lon, corner_lat)
    shared = exchange(ocean_points(whole, np.ones(x.shape, bool)), lmdz_points(12, 9))
    up, down = to_atmosphere(shared), to_ocean(shared)
    links = [
        dict(zip(up.source_cell[up.target_cell == i], up.weight[up.target_cell == i], strict=True))
        for i in range(12)
    ]
    assert len(links[0]) == 18 and all(one == links[0] for one in links[1:])
    assert set(down.source_cell[down.source_cell < 12]) == {0}
    cap = 2 * np.pi * EARTH_RADIUS**2 * (1 - np.cos(np.deg2rad(10.0)))
    assert down.areas_by_source()[0, 0] == pytest.approx(cap, rel=1e-12)


def test_links_are_ordered_and_each_pair_is_there_once() -> None:
    shared = small_exchange()
    for mapping in (to_atmosphere(shared), to_ocean(shared)):
        key = mapping.target_cell * mapping.source.size + mapping.source_cell
        assert np.all(np.diff(key) > 0)
        assert mapping.weight.min() > 0.0


def test_a_curvilinear_atmosphere() -> None:
    """Cells with great-circle edges, which clipping serves: the sums are the same."""
    atmosphere = curvilinear_points(ocean_grid(), "tcub")
    grid = ocean_grid()
    shared = exchange(ocean_points(grid, wet_cells(grid)), atmosphere)
    assert shared.fraction == pytest.approx(wet_cells(grid).astype(float), abs=1e-12)
    assert to_ocean(shared).sums_by_target()[shared.ocean.active] == pytest.approx(1.0, abs=1e-12)
    assert calving(shared, np.zeros(grid.shape, bool)).mapping.weight.size > 0


@pytest.mark.parametrize("upside", [False, True])
def test_copies_in_an_atmosphere_exchange_once(upside: bool) -> None:
    atmosphere = curvilinear_points(ocean_grid(halo=True), "tcub")
    if upside:
        atmosphere = upside_down(atmosphere)
    shared = small_exchange(atmosphere=atmosphere)
    assert not shared.atmosphere.active[:, [0, -1]].any()
    assert to_ocean(shared).sums_by_target()[shared.ocean.active] == pytest.approx(1.0, abs=1e-12)
    certificate = certificate_of(shared)
    assert {check.status for check in certificate.checks} == {"pass"}
    # 12 cells of land in all
    assert certificate.figures["runoff"]["source_cells"] == 12.0
    row = calving(shared, np.zeros(shared.ocean.shape, bool)).row_area
    assert row.sum() == pytest.approx(ocean_grid().area.sum(), rel=1e-12)


# --- runoff ----------------------------------------------------------------------------------


def coast(halo: bool = False) -> np.ndarray:
    grid = ocean_grid(halo)
    return coastal_cells(wet_cells(grid), grid.topology)


def test_coastal_cells() -> None:
    found = coast()
    rows, columns = LAND
    ring = np.zeros(found.shape, dtype=np.bool_)
    ring[rows.start - 1 : rows.stop + 1, columns.start - 1 : columns.stop + 1] = True
    assert np.array_equal(found, ring & wet_cells(ocean_grid()))
    assert np.array_equal(coast(halo=True)[:, 1:-1], found)
    across = coastal_cells(np.array([[True, True, True, False]]), Topology(periodic=True))
    assert across.tolist() == [[True, False, True, False]]
    closed = coastal_cells(np.array([[True, True, True, False]]), Topology(periodic=False))
    assert closed.tolist() == [[False, False, True, False]]


def test_runoff_of_a_coastal_cell_stays_within_it() -> None:
    shared = small_exchange()
    found = runoff(shared, coast(), 20_000.0)
    mapping, ocean = found.mapping, shared.ocean
    assert not found.unrouted.any()
    assert mapping.areas_by_source()[found.sources] == pytest.approx(1.0, abs=1e-14)
    # (row at 10°N, column at 0°): coastal ocean cells share it by area, none beyond
    cell = 4 * 12 + 6
    targets = mapping.target_cell[mapping.source_cell == cell]
    inside = shared.ocean_cell[shared.atmosphere_cell == cell]
    assert set(targets) <= set(inside)
    share = shared.share[(shared.atmosphere_cell == cell) & np.isin(shared.ocean_cell, targets)]
    weights = mapping.weight[mapping.source_cell == cell] * ocean.area.ravel()[targets]
    assert weights == pytest.approx(share / share.sum(), rel=1e-13)


def test_runoff_of_inland_cells_goes_to_the_nearest_coast_within_reach() -> None:
    shared = small_exchange()
    targets = np.flatnonzero(coast())
    far = runoff(shared, coast(), 20_000.0)
    inland = np.flatnonzero(far.sources & (shared.fraction < 1e-10))
    assert inland.size >= 4
    for cell in inland:
        away = great_circle(
            shared.atmosphere.lon.flat[cell], shared.atmosphere.lat.flat[cell],
            shared.ocean.lon.ravel()[targets], shared.ocean.lat.ravel()[targets],
        )  # fmt: skip
        (taken,) = far.mapping.target_cell[far.mapping.source_cell == cell]
        # of cells as near any may be taken
        assert away[targets == taken][0] == pytest.approx(away.min(), rel=1e-12)
    near = runoff(shared, coast(), 1.0)
    assert near.unrouted.sum() >= inland.size
    assert near.farthest_km == 0.0
    reach = runoff(shared, coast(), far.farthest_km + 1.0)
    assert np.array_equal(reach.mapping.target_cell, far.mapping.target_cell)


def test_runoff_by_rivers_ends_where_the_rivers_do() -> None:
    """All land drains to one mouth in the west: every inland cell's water arrives there."""
    shared = small_exchange()
    lon, lat = np.arange(-175.0, 180.0, 10.0), np.arange(-85.0, 90.0, 10.0)
    x, y = np.meshgrid(lon, lat)
    land = (x > -80) & (x < 0) & (np.abs(y) < 30)
    trip = np.where(land, 7.0, np.nan)
    trip[9, 10] = 98.0  # 5°N 75°W
    basins = RiverBasins.of_routing(lon, lat, trip, np.where(land, 1.0, np.nan))
    links = river_links(basins, shared, coast())
    assert np.bincount(links.source, links.share)[np.unique(links.source)] == pytest.approx(1.0)
    (mouth,) = np.unique(links.target)
    assert shared.ocean.lon.flat[mouth] == -90.0 and abs(shared.ocean.lat.flat[mouth]) <= 20.0
    found = runoff(shared, coast(), 1.0, links)
    inland = found.sources & (shared.fraction < 1e-10) & ~found.unrouted
    assert inland.sum() >= 4
    for cell in np.flatnonzero(inland):
        assert found.mapping.target_cell[found.mapping.source_cell == cell].tolist() == [mouth]
    assert found.mapping.areas_by_source()[inland] == pytest.approx(1.0, abs=1e-14)
    # land that no river knows goes to the nearest coast; here the poles, too far away
    assert found.unrouted[0, 0] and found.unrouted[-1, 0]
    assert found.farthest_km == pytest.approx(links.farthest_km)


@pytest.mark.parametrize("step", [4.0, 10.0, 20.0])
def test_rivers_under_an_atmosphere_of_polygons(step: float) -> None:
    """With cells smaller and larger than those of the rivers, and copies among them."""
    atmosphere = curvilinear_points(plain_grid(step=step, limit=60.0, halo=True), "tcub")
    shared = small_exchange(atmosphere=atmosphere)
    lon, lat = np.arange(-175.0, 180.0, 10.0), np.arange(-85.0, 90.0, 10.0)
    x, y = np.meshgrid(lon, lat)
    land = (x > -80) & (x < 0) & (np.abs(y) < 30)
    trip = np.where(land, 7.0, np.nan)
    trip[9, 10] = 98.0
    basins = RiverBasins.of_routing(lon, lat, trip, np.where(land, 1.0, np.nan))
    links = river_links(basins, shared, coast())
    inside = (shared.fraction < 1e-10) & (atmosphere.exact > 0.0)
    assert inside.sum() >= 8
    assert set(np.flatnonzero(inside)) <= set(links.source)
    assert not (atmosphere.exact == 0.0).flat[links.source].any()
    assert np.bincount(links.source, links.share)[np.unique(links.source)] == pytest.approx(1.0)
    found = runoff(shared, coast(), 1.0, links)
    assert not (found.unrouted & inside).any()


def test_two_rivers_share_the_water_of_a_cell_by_area() -> None:
    shared = small_exchange()
    lon, lat = np.arange(-175.0, 180.0, 10.0), np.arange(-85.0, 90.0, 10.0)
    x, y = np.meshgrid(lon, lat)
    land = (x > -80) & (x < 0) & (np.abs(y) < 30)
    number = np.where(x < -30, 1.0, 2.0)  # the watershed: the middle of LMDZ's column at -30°
    trip = np.where(land, 7.0, np.nan)
    trip[9, 10], trip[9, 17] = 98.0, 98.0
    basins = RiverBasins.of_routing(lon, lat, trip, np.where(land, number, np.nan))
    links = river_links(basins, shared, coast())
    cell = 4 * 12 + 5
    assert links.share[links.source == cell] == pytest.approx([0.5, 0.5], rel=1e-12)


def test_routings_that_cannot_be_used() -> None:
    lon, lat = np.arange(-170.0, 180.0, 20.0), np.arange(-80.0, 90.0, 20.0)
    trip = np.full((9, 18), np.nan)
    trip[4, 4:6] = 98.0
    with pytest.raises(InputError, match="one outlet each"):
        RiverBasins.of_routing(lon, lat, trip, np.where(np.isfinite(trip), 1.0, np.nan))
    with pytest.raises(InputError, match="do not fit 9 x 18"):
        RiverBasins.of_routing(lon, lat, trip[:5], trip[:5])


def test_an_ocean_without_coast() -> None:
    shared = small_exchange()
    with pytest.raises(InputError, match="no coast") as caught:
        runoff(shared, np.zeros(shared.ocean.shape, bool), 400.0)
    assert caught.value.remedy == "give a bathymetry with land"


def test_no_rivers_at_all() -> None:
    shared = small_exchange()
    empty = np.empty(0, dtype=np.int64)
    none = runoff(shared, coast(), 20_000.0, Links(empty, empty, np.empty(0)))
    plain = runoff(shared, coast(), 20_000.0)
    assert np.array_equal(none.mapping.weight, plain.mapping.weight)


# --- calving ---------------------------------------------------------------------------------


def test_calving_keeps_the_ice_of_each_row_in_its_band() -> None:
    shared = small_exchange()
    closed = np.zeros(shared.ocean.shape, dtype=np.bool_)
    closed[6, 3] = True
    found = calving(shared, closed)
    mapping, ocean = found.mapping, shared.ocean
    rows = mapping.source_cell // 12
    assert np.all(mapping.source_cell % 12 == 0)
    lat = 90.0 - 20.0 * rows
    target_lat = ocean.lat.ravel()[mapping.target_cell]
    edges = np.array([-90.0, -55.0, 40.0, 90.0])
    assert np.array_equal(
        np.minimum(np.searchsorted(edges, lat, "right"), 3),
        np.searchsorted(edges, target_lat, "right"),
    )
    assert found.dry == ()
    row_area = shared.atmosphere.exact.sum(axis=1)
    assert mapping.areas_by_source()[:, 0] == pytest.approx(row_area, rel=1e-13)
    assert 6 * 18 + 3 not in mapping.target_cell
    # uniform: one weight for a row
    for row in range(10):
        weights = mapping.weight[rows == row]
        assert np.ptp(weights) == 0.0
    # the bands hold their southern edge: a cell at 40°N lies in the northern one
    assert 40.0 in np.unique(target_lat[lat == 90.0])


def test_a_band_without_ocean_is_told() -> None:
    shared = small_exchange()
    found = calving(shared, np.zeros(shared.ocean.shape, bool), (-90.0, -75.0, 75.0, 90.0))
    assert found.dry == ((-90.0, -75.0), (75.0, 90.0))
    assert found.row_area[0] == 0.0 and found.row_area[5] > 0.0
    certificate = certify(
        shared, to_atmosphere(shared), to_ocean(shared), runoff(shared, coast(), 2e4), found
    )
    (check,) = [c for c in certificate.checks if c.name == "calving_bands"]
    assert check.status == "warn" and "-90 to -75 and 75 to 90" in check.summary


@pytest.mark.parametrize("bands", [(-90.0,), (-90.0, 95.0), (-80.0, 90.0), (-90.0, 0.0, 0.0, 90.0)])
def test_bands_that_cannot_be(bands: tuple[float, ...]) -> None:
    shared = small_exchange()
    with pytest.raises(ParameterError, match="do not ascend from -90 to 90"):
        calving(shared, np.zeros(shared.ocean.shape, bool), bands)


# --- certificate -----------------------------------------------------------------------------


def certificate_of(shared):
    return certify(
        shared,
        to_atmosphere(shared),
        to_ocean(shared),
        runoff(shared, coast(), 2e4),
        calving(shared, np.zeros(shared.ocean.shape, bool)),
    )


def test_fields_at_places_known_by_hand() -> None:
    assert cosine_bell(0.0, 0.0) == pytest.approx(1.0)
    assert cosine_bell(180.0, 0.0) == pytest.approx(2.0 - np.cos(np.pi / 1.2))
    assert two_waves(0.0, 0.0) == pytest.approx(3.0)
    assert two_waves(90.0, 60.0) == pytest.approx(1.75)
    assert sixteen_waves(0.0, 45.0) == pytest.approx(3.0)
    assert sixteen_waves(11.25, -45.0) == pytest.approx(1.0)
    assert set(ANALYTIC) == {"cosine_bell", "two_waves", "sixteen_waves"}


def test_the_certificate_of_good_weights() -> None:
    certificate = certificate_of(small_exchange())
    status = {check.name: check.status for check in certificate.checks}
    # this ocean ends at 70°, and polar land has no coast nearby but within reach
    assert set(status.values()) == {"pass"}
    figures = certificate.figures
    assert figures["to_ocean"]["largest_relative_conservation_error"] <= 1e-12
    assert figures["to_atmosphere"]["two_waves_mean_relative_error"] < 0.15
    assert figures["runoff"]["source_cells_without_way"] == 0


@pytest.mark.parametrize("which", ["to_atmosphere", "to_ocean", "runoff", "calving"])
def test_a_wrong_weight_is_found(which: str) -> None:
    shared = small_exchange()
    water = runoff(shared, coast(), 2e4)
    ice = calving(shared, np.zeros(shared.ocean.shape, bool))
    parts = {
        "to_atmosphere": to_atmosphere(shared), "to_ocean": to_ocean(shared),
        "runoff": water.mapping, "calving": ice.mapping,
    }  # fmt: skip
    weight = parts[which].weight.copy()
    weight[weight.size // 2] *= 1.0 + 1e-7
    parts[which] = replace(parts[which], weight=weight)
    certificate = certify(
        shared, parts["to_atmosphere"], parts["to_ocean"],
        replace(water, mapping=parts["runoff"]), replace(ice, mapping=parts["calving"]),
    )  # fmt: skip
    failed = {check.name for check in certificate.checks if check.status == "fail"}
    expected = {f"conservation_{which}"}
    if which == "to_atmosphere":
        expected |= {"weights_of_a_cell"}
    assert failed == expected


def test_overlapping_ocean_cells_are_found() -> None:
    grid = ocean_grid(halo=True)
    points = ocean_points(grid, wet_cells(grid))
    # as if the halo were not known for what it is
    doubled = points.with_active(wet_cells(grid))
    certificate = certificate_with(doubled)
    (check,) = [c for c in certificate.checks if c.name == "coverage"]
    assert check.status == "fail"
    assert "overlap" in check.summary and "2.0" in check.summary


def certificate_with(ocean):
    shared = exchange(ocean, lmdz_points(12, 9))
    none = np.zeros(shared.ocean.shape, bool)
    return certify(
        shared, to_atmosphere(shared), to_ocean(shared),
        runoff(shared, coast(halo=True), 2e4), calving(shared, none),
    )  # fmt: skip


def test_an_atmosphere_whose_cells_overlap_is_told() -> None:
    grid = ocean_grid(halo=True)
    atmosphere = curvilinear_points(grid, "tcub")
    # as if the halo were not known for what it is
    doubled = replace(atmosphere, active=np.ones_like(atmosphere.active), exact=grid.area)
    shared = small_exchange(atmosphere=doubled)
    certificate = certificate_of(shared)
    (check,) = [c for c in certificate.checks if c.name == "coverage"]
    assert check.status == "fail"
    assert "cells of the atmosphere overlap" in check.summary and "2.0" in check.summary


def test_shares_too_small_for_a_large_cell_are_not_missing() -> None:
    """Below 1e-10 of half the globe; it may be more than 1e-9 of an ocean cell."""
    shared = small_exchange()
    covered = shared.covered - 2e-8 * shared.ocean.active
    certificate = certificate_of(replace(shared, covered=covered))
    (check,) = [c for c in certificate.checks if c.name == "coverage"]
    assert check.status == "pass"


def test_an_atmosphere_that_is_too_small_is_told() -> None:
    region = regular_points(np.arange(-85.0, 90.0, 10.0), np.arange(-85.0, 90.0, 10.0))
    shared = small_exchange(atmosphere=region)
    assert shared.covered[3, 0] == 0.0
    certificate = certificate_of(shared)
    (check,) = [c for c in certificate.checks if c.name == "coverage"]
    assert check.status == "warn" and "outside the atmosphere's grid" in check.summary


def test_land_without_a_way_is_told() -> None:
    shared = small_exchange()
    certificate = certify(
        shared, to_atmosphere(shared), to_ocean(shared), runoff(shared, coast(), 1.0),
        calving(shared, np.zeros(shared.ocean.shape, bool)),
    )  # fmt: skip
    (check,) = [c for c in certificate.checks if c.name == "runoff_ways"]
    assert check.status == "warn"
    assert 0.0 < certificate.figures["runoff"]["land_area_without_way_share"] < 1.0
    assert len(check.table) == certificate.figures["runoff"]["source_cells_without_way"]
    assert "by rivers" in str(check.fix)
    dry = Links(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    certificate = certify(
        shared, to_atmosphere(shared), to_ocean(shared), runoff(shared, coast(), 1.0, dry),
        calving(shared, np.zeros(shared.ocean.shape, bool)),
    )  # fmt: skip
    (check,) = [c for c in certificate.checks if c.name == "runoff_ways"]
    assert "by rivers" not in str(check.fix)
