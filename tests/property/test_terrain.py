"""Checks and fixes on random planets: one ocean is left, least material is moved."""

import numpy as np
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage.graph import MCP

from gondwana.science.components import label
from gondwana.science.internal_oceans import find_oceans, resolve_internal_oceans
from gondwana.science.passages import narrow_passages
from gondwana.science.planet import random_planet
from gondwana.science.sphere import row_areas
from gondwana.science.terrain import Cells, Terrain
from gondwana.science.terrain_checks import check_topography
from gondwana.science.terrain_fixes import fix_poles, resolve_passages
from gondwana.science.topology import Topology

SEEDS = st.integers(0, 10**6)
ORCA = st.sampled_from([Topology(halo=True, fold=fold) for fold in ("none", "T", "F")])


def planet(seed: int, rounding: float = 1.0) -> xr.DataArray:
    """Make a rough planet of 30 x 60 cells with many lakes and islands."""
    land_fraction = 0.3 + 0.1 * (seed % 4)
    return random_planet(
        shape=(30, 60),
        seed=seed,
        land_fraction=land_fraction,
        spectral_slope=1.8,
        rounding=rounding,
    )


def number_of_oceans(topography: xr.DataArray) -> int:
    """Count with scipy, joining the date line by hand."""
    ocean = topography.values <= 0
    labels, count = ndimage.label(ocean)
    graph = np.eye(count + 1, dtype=bool)
    seam = ocean[:, 0] & ocean[:, -1]
    graph[labels[seam, 0], labels[seam, -1]] = True
    graph |= graph.T
    for _ in range(count):
        graph = (graph.astype(int) @ graph.astype(int)) > 0
    return len({row.tobytes() for row in graph[1:, 1:]})


def ocean_grid(seed: int, topology: Topology) -> tuple[xr.DataArray, Cells]:
    """Make a bathymetry on a grid with halo and fold; the grid need not lie on any globe."""
    world = random_planet(shape=(24, 48), seed=seed, land_fraction=0.55, spectral_slope=1.8)
    depth = np.maximum(-world.values, 0.0)
    depth[0] = 0.0
    field = xr.DataArray(topology.synchronise(depth), dims=("y", "x"))
    lon, lat = np.meshgrid(np.linspace(-175.0, 175.0, 48), np.linspace(-77.0, 85.0, 24))
    area = 1e9 * (1.0 + np.random.default_rng(seed).random(lon.shape))
    synchronise = topology.synchronise
    return field, Cells(synchronise(lon), synchronise(lat), synchronise(area), topology)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_internal_oceans_are_all_but_one(seed: int) -> None:
    world = planet(seed)
    check = check_topography(world)[0]
    assert len(check.table) == number_of_oceans(world) - 1
    areas = [float(row["area_km2"]) for row in check.table]
    assert areas == sorted(areas, reverse=True)
    area = row_areas(world.lat, world.lon)
    for k, row in enumerate(check.table, start=1):
        sea = check.mask.values == k  # type: ignore[union-attr]
        assert np.isclose(area[sea].sum() / 1e6, float(row["area_km2"]), rtol=1e-12)
        assert row["cells"] == sea.sum()
        assert row["max_depth_m"] == -world.values[sea].min()
        assert row["min_depth_m"] == -world.values[sea].max()
        rows, columns = np.nonzero(sea)
        east = float(row["east"]) + (360.0 if float(row["east"]) < float(row["west"]) else 0.0)
        lon = world.lon.values[columns]
        lon = np.where(lon < float(row["west"]), lon + 360.0, lon)
        assert lon.min() == row["west"]
        assert lon.max() == east
        assert world.lat.values[rows].min() == row["south"]
        assert world.lat.values[rows].max() == row["north"]


@settings(max_examples=40, deadline=None)
@given(
    SEEDS, st.sampled_from(["fill", "open"]), st.sampled_from(["fill", "open"]), st.integers(1, 3)
)
def test_one_ocean_is_left(seed: int, policy: str, large: str, width: int) -> None:
    world, _ = fix_poles(planet(seed))
    fixed, changes = resolve_internal_oceans(
        world,
        policy,
        large_policy=large,
        channel_width=width,  # type: ignore[arg-type]
    )
    assert number_of_oceans(fixed) == 1
    assert check_topography(fixed)[0].status == "pass"
    assert check_topography(fixed)[1].status == "pass"
    # nothing but fills to 1 m and channels at 50 m, and every changed cell is accounted for;
    # a channel may cross a sea that was filled before
    changed = fixed.values != world.values
    assert np.isin(fixed.values[changed], [1.0, -50.0]).all()
    told = sum(change.cells for change in changes)
    assert changed.sum() == told if policy == large else changed.sum() <= told
    assert len(changes) == number_of_oceans(world) - 1


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_keep_and_no_seas_change_nothing(seed: int) -> None:
    world = planet(seed)
    kept, _ = resolve_internal_oceans(world, "keep", large_policy="keep")
    assert kept.values.tobytes() == world.values.tobytes()
    filled, _ = resolve_internal_oceans(world, "fill", large_policy="fill")
    again, changes = resolve_internal_oceans(filled, "open")
    assert again.values.tobytes() == filled.values.tobytes()
    assert changes == []


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_channel_moves_least_material(seed: int) -> None:
    """Against the minimum-cost paths of scikit-image on three globes side by side."""
    world, _ = fix_poles(planet(seed))
    # only the largest internal sea stays, to be opened
    seas = find_oceans(Terrain.of(world))
    if not seas.table:
        return
    values = np.where(seas.internal > 1, 1.0, world.values)
    world = world.copy(data=values)
    fixed, _ = resolve_internal_oceans(world, "open", channel_depth=30.0)
    area = row_areas(world.lat, world.lon)
    moved = float(((world.values - fixed.values) * area).sum())

    forbidden = (world.lat.values < -78) | (world.lat.values > 86)
    cost = (world.values + 30.0) * area
    cost[forbidden[:, None] & (values > 0)] = -1.0
    cost[values <= 0] = 0.0
    source = np.tile(seas.internal == 1, 3)
    source[:, :60] = source[:, 120:] = False
    main = np.tile(seas.labels == 1, 3)
    paths = MCP(np.tile(cost, 3), fully_connected=False)
    costs, _ = paths.find_costs(np.argwhere(source))
    assert np.isclose(moved, costs[main].min(), rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(0, 59))
def test_rolling_the_planet_rolls_the_result(seed: int, shift: int) -> None:
    """Without ties: all heights differ, and one internal sea is opened."""
    world, _ = fix_poles(planet(seed, rounding=0.0))
    smaller = find_oceans(Terrain.of(world)).internal > 1
    filler = 10.0 + np.random.default_rng(seed).random(world.shape)
    single = world.copy(data=np.where(smaller, filler, world.values))
    for before, fix in (
        (world, lambda w: resolve_internal_oceans(w, "fill", large_policy="fill")),
        (single, lambda w: resolve_internal_oceans(w, "open", large_policy="open")),
        (world, lambda w: resolve_passages(w, "widen")),
        (world, lambda w: resolve_passages(w, "close")),
    ):
        after, _ = fix(before)
        rolled, _ = fix(before.copy(data=np.roll(before.values, shift, axis=1)))
        assert np.array_equal(np.roll(after.values, shift, axis=1), rolled.values)


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_flipping_the_planet_flips_what_is_found(seed: int) -> None:
    world = planet(seed)
    flipped = world.copy(data=world.values[::-1])
    for name in ("internal_oceans", "narrow_passages", "diagonal_contacts"):
        one, other = (
            next(c for c in check_topography(w) if c.name == name) for w in (world, flipped)
        )
        assert one.mask is not None
        assert other.mask is not None
        assert len(one.table) == len(other.table)
        assert np.array_equal(one.mask.values[::-1] > 0, other.mask.values > 0)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_poles_are_fixed_once_and_for_all(seed: int) -> None:
    world = planet(seed)
    fixed, changes = fix_poles(world)
    assert check_topography(fixed)[1].status == "pass"
    changed = fixed.values != world.values
    lat = world.lat.values
    assert not changed[(lat >= -78) & (lat <= 86)].any()
    assert changed.sum() == sum(change.cells for change in changes)
    assert fix_poles(fixed)[0].identical(fixed)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_passages_are_widened_or_closed(seed: int) -> None:
    world, _ = fix_poles(planet(seed))
    ocean = world.values <= 0
    widened, _ = resolve_passages(world, "widen")
    left = narrow_passages(widened.values <= 0, Topology()).labels > 0
    limits = (world.lat.values < -70) | (world.lat.values > 80)
    assert not left[~limits].any()
    assert not (widened.values[ocean] != world.values[ocean]).any()
    assert (widened.values <= world.values).all()
    assert check_topography(widened)[1].status == "pass"
    closed, changes = resolve_passages(world, "close")
    assert narrow_passages(closed.values <= 0, Topology()).count == 0
    changed = closed.values != world.values
    assert ocean[changed].all()
    assert changed.sum() == sum(change.cells for change in changes)


@settings(max_examples=40, deadline=None)
@given(SEEDS, ORCA, st.sampled_from(["fill", "open"]), st.integers(1, 2))
def test_one_ocean_is_left_on_an_ocean_grid(
    seed: int, topology: Topology, policy: str, width: int
) -> None:
    field, grid = ocean_grid(seed, topology)
    fixed, changes = resolve_internal_oceans(
        field,
        policy,
        large_policy=policy,
        channel_width=width,
        grid=grid,  # type: ignore[arg-type]
    )
    assert label(fixed.values > 0, topology)[1] <= 1
    assert np.array_equal(fixed.values, topology.synchronise(fixed.values))
    assert (fixed.values[0] == 0).all()
    owned = topology.owned((24, 48))
    assert (fixed.values != field.values)[owned].sum() == sum(change.cells for change in changes)


@settings(max_examples=25, deadline=None)
@given(SEEDS, ORCA)
def test_passages_on_an_ocean_grid(seed: int, topology: Topology) -> None:
    field, grid = ocean_grid(seed, topology)
    for policy in ("widen", "close"):
        fixed, _ = resolve_passages(field, policy, grid=grid)  # type: ignore[arg-type]
        found = narrow_passages(fixed.values > 0, topology)
        # along the first row, which stays land, and along a closed last one a strait may remain
        rows = slice(2, None if topology.fold != "none" else -1)
        assert policy == "widen" or found.count == 0
        assert not found.labels[rows].any()
        assert np.array_equal(fixed.values, topology.synchronise(fixed.values))
