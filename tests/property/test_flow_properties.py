"""What holds for the routing on every planet."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flow_fields import (
    around,
    awkward_planets,
    downstream,
    planet,
    rough_planet,
    serpentine,
    slowly_filled,
    to_millimetres,
)
from gondwana.science.flow import Flow, analyse
from gondwana.science.planet import random_planet
from gondwana.science.sphere import row_areas

AWKWARD = awkward_planets()

planets = st.one_of(
    st.builds(
        rough_planet,
        seed=st.integers(0, 10_000),
        shape=st.tuples(st.integers(4, 30), st.integers(4, 40)),
        land_fraction=st.floats(0.05, 0.95),
        rounding=st.sampled_from([0.0, 1.0, 50.0]),
    ),
    st.sampled_from(sorted(AWKWARD)).map(AWKWARD.__getitem__),
)
rules = st.sampled_from(["drop", "slope"])
varied = settings(max_examples=40, deadline=None)


def check_invariants(topography: xr.DataArray, flow: Flow) -> None:
    land = topography.values > 0
    assert np.array_equal(flow.direction > 0, land)
    assert np.array_equal(flow.basins > 0, land)

    down = downstream(flow).ravel()
    conditioned = flow.conditioned.ravel()
    moves = (flow.direction > 0) & (flow.direction < 9)
    # strictly descending, hence no cycles and an outlet at every end
    assert np.all(conditioned[down[moves.ravel()]] < conditioned[moves.ravel()])

    final = np.isin(flow.trip, (97, 98, 99))
    to_ocean = land & ((flow.direction == 9) | ~land.ravel()[down].reshape(land.shape))
    assert np.array_equal(final, to_ocean)
    assert np.array_equal(np.sort(flow.outlets), np.flatnonzero(final))
    numbers = flow.basins.ravel()[flow.outlets]
    assert np.array_equal(numbers, np.arange(1, flow.outlets.size + 1))

    inner = land & ~final
    assert np.array_equal(flow.basins.ravel()[down[inner.ravel()]], flow.basins[inner])
    step = flow.river_length / 1000.0
    below = np.where(final, 0.0, flow.distance.ravel()[down].reshape(land.shape))
    np.testing.assert_allclose(flow.distance[land], (step + below)[land], rtol=1e-12)

    area = row_areas(topography["lat"], topography["lon"]) * 1e-6
    sums = np.bincount(flow.basins.ravel(), area.ravel(), minlength=flow.areas.size + 1)[1:]
    np.testing.assert_allclose(flow.areas, sums, rtol=1e-10)
    assert np.all(np.diff(flow.areas) <= 0.0)
    np.testing.assert_allclose(flow.areas.sum(), area[land].sum(), rtol=1e-10)
    drained = flow.upstream_area.ravel()
    np.testing.assert_allclose(drained[flow.outlets], flow.areas, rtol=1e-10)
    assert np.all(drained[down[inner.ravel()]] > drained[inner.ravel()])


@varied
@given(planets, rules)
def test_every_invariant_of_the_routing(topography: xr.DataArray, rule: str) -> None:
    before = topography.values.copy()
    check_invariants(topography, analyse(topography, rule=rule))
    assert np.array_equal(topography.values, before)


@varied
@given(planets)
def test_the_filled_surface_is_the_lowest_that_drains(topography: xr.DataArray) -> None:
    terrain = to_millimetres(topography)
    level = analyse(topography).level
    assert np.array_equal(level, slowly_filled(terrain))
    assert np.all(level >= terrain)


@varied
@given(planets)
def test_what_drains_already_keeps_its_height_exactly(topography: xr.DataArray) -> None:
    flow = analyse(topography)
    terrain = to_millimetres(topography)
    drains = terrain == 0
    grows = True
    while grows:
        before = drains.copy()
        for j, i in np.argwhere(~drains):
            drains[j, i] = any(
                drains[y, x] and terrain[y, x] <= terrain[j, i]
                for _, y, x in around(j, i, terrain.shape)
            )
        grows = bool((drains != before).any())
    assert np.array_equal(flow.level[drains], terrain[drains])
    assert np.array_equal(flow.raised > 0, flow.level > terrain)


@varied
@given(planets)
def test_directions_are_the_first_largest_drop_on_the_conditioned_surface(
    topography: xr.DataArray,
) -> None:
    flow = analyse(topography)
    height = flow.conditioned
    for j, i in np.argwhere(flow.direction > 0):
        near = list(around(j, i, height.shape))
        lowest = min(height[y, x] for _, y, x in near)
        first = next(direction for direction, y, x in near if height[y, x] == lowest)
        assert flow.direction[j, i] == first


@varied
@given(planets)
def test_fronts_count_the_steps_to_the_exit_of_a_flat(topography: xr.DataArray) -> None:
    flow = analyse(topography)
    level, front = flow.level, flow.front.astype(int)
    for j, i in np.argwhere(level > 0):
        near = [(y, x) for _, y, x in around(j, i, level.shape)]
        if min(level[place] for place in near) < level[j, i]:
            assert front[j, i] == 0
        else:
            same = [front[place] for place in near if level[place] == level[j, i]]
            assert front[j, i] == 1 + min(same)
    assert flow.last_front == front.max()
    assert np.all(flow.conditioned - level / 1000.0 < 0.0005)


@varied
@given(planets, st.integers(0, 40), rules)
def test_rolling_the_planet_rolls_the_rivers(
    topography: xr.DataArray, shift: int, rule: str
) -> None:
    flow = analyse(topography, rule=rule)
    turned = analyse(topography.copy(data=np.roll(topography.values, shift, axis=1)), rule=rule)
    for field in ("level", "front", "direction", "distance", "river_length", "hdiff", "topoind"):
        rolled = np.roll(getattr(flow, field), shift, axis=1)
        assert np.array_equal(rolled, getattr(turned, field)), field
    assert np.array_equal(flow.areas, turned.areas)
    pairs = np.stack([np.roll(flow.basins, shift, axis=1).ravel(), turned.basins.ravel()])
    assert np.unique(pairs, axis=1).shape[1] == np.unique(flow.basins).size


@varied
@given(planets, st.sampled_from([0.0, 17.5]))
def test_where_the_longitudes_begin_does_not_matter(topography: xr.DataArray, west: float) -> None:
    flow = analyse(topography)
    other = analyse(topography.assign_coords(lon=topography["lon"] + 180.0 + west))
    assert np.array_equal(flow.trip, other.trip)
    assert np.array_equal(flow.distance, other.distance)


@varied
@given(planets)
def test_the_mirrored_planet_has_the_mirrored_surface(topography: xr.DataArray) -> None:
    flow = analyse(topography)
    mirrored = analyse(topography.copy(data=topography.values[::-1]))
    assert np.array_equal(flow.level[::-1], mirrored.level)
    assert np.array_equal(flow.front[::-1], mirrored.front)


@varied
@given(planets, st.randoms(use_true_random=False))
def test_endorheic_depressions(topography: xr.DataArray, random: object) -> None:
    lakes = np.argwhere(analyse(topography).raised > 0)
    assume(len(lakes) > 0)
    choice: Callable[[object], np.ndarray] = random.choice  # type: ignore[attr-defined]
    chosen = [choice(lakes) for _ in range(2)]
    lat, lon = topography["lat"].values, topography["lon"].values
    flow = analyse(topography, endorheic=[(lon[i], lat[j]) for j, i in chosen])
    check_invariants(topography, flow)
    sinks = np.argwhere(flow.direction == 9)
    assert 1 <= len(sinks) <= 2
    assert np.all(flow.trip[flow.direction == 9] == 97)
    assert np.all(flow.raised[flow.direction == 9] == 0.0)
    expected = slowly_filled(to_millimetres(topography), tuple((j, i) for j, i in sinks))
    assert np.array_equal(flow.level, expected)


@pytest.mark.parametrize("name", sorted(AWKWARD))
@pytest.mark.parametrize("rule", ["drop", "slope"])
def test_awkward_planets(name: str, rule: str) -> None:
    topography = AWKWARD[name]
    flow = analyse(topography, rule=rule)
    check_invariants(topography, flow)
    assert np.array_equal(flow.level, slowly_filled(to_millimetres(topography)))


@pytest.mark.parametrize("descending", [True, False])
def test_a_river_of_twenty_thousand_cells(descending: bool) -> None:
    turns = 105
    topography, cells = serpentine(turns, 200, descending=descending)
    flow = analyse(topography)
    check_invariants(topography, flow)
    # the water cuts the two corners of every turn
    steps = cells - 2 * (turns - 1)
    assert steps > 20_000
    if not descending:
        assert flow.last_front == steps - 1
    river = flow.level < 9_000_000
    assert flow.distance[river].max() > steps * flow.grid.step_km[:, 1:9].min()


def test_a_huge_plateau() -> None:
    plateau = np.full((700, 900), 100.0)
    plateau[350, 450] = 0.0
    flow = analyse(planet(plateau))
    assert flow.last_front == 449
    assert np.all(flow.basins.ravel()[np.arange(plateau.size) != 350 * 900 + 450] > 0)
    assert flow.outlets.size == 8


def test_no_land_is_an_empty_routing() -> None:
    flow = analyse(AWKWARD["no land"])
    assert flow.outlets.size == flow.areas.size == 0
    for field in ("trip", "basins", "distance", "hdiff", "topoind", "conditioned", "raised"):
        assert not getattr(flow, field).any()
    assert flow.rivers(0.0).shape == (0, 2, 2)


@settings(max_examples=10)
@given(seed=st.integers(0, 10_000))
def test_a_mirrored_planet_has_mirrored_rivers_where_the_largest_drop_is_unique(seed: int) -> None:
    planet = random_planet(shape=(24, 48), seed=seed, rounding=0.0)
    mirrored = planet.copy(data=planet.values[::-1])
    one, other = analyse(planet), analyse(mirrored)
    np.testing.assert_array_equal(one.conditioned, other.conditioned[::-1])
    across = np.array([0, 5, 4, 3, 2, 1, 8, 7, 6], dtype=np.uint8)
    unique = has_one_lowest_neighbour(one.conditioned) & (one.direction > 0)
    assert unique.sum() > 0.1 * (one.direction > 0).sum()
    assert np.array_equal(one.direction[unique], across[other.direction[::-1][unique]])


def has_one_lowest_neighbour(surface: np.ndarray) -> np.ndarray:
    """Tell the cells whose lowest of the eight neighbours is lower than the other seven."""
    ring = np.pad(surface, ((1, 1), (0, 0)), constant_values=np.inf)
    ny = surface.shape[0]
    around = np.sort(
        [
            np.roll(ring, turn, axis=1)[1 + up : 1 + up + ny]
            for up in (-1, 0, 1)
            for turn in (-1, 0, 1)
            if up or turn
        ],
        axis=0,
    )
    return np.asarray(around[0] < around[1])
