"""What holds for every field and every polygon: closure, additivity, and turning the planet."""

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from gondwana.science.cell_means import polygon_integrals
from gondwana.science.grid_cells import polygon_areas
from gondwana.science.sphere import EARTH_RADIUS, latitude_edges, longitude_edges

Array = npt.NDArray[np.float64]
SEEDS = st.integers(0, 2**32 - 1)


def random_source(rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Draw a global field with rows and columns of unequal size."""
    ny, nx = rng.integers(4, 40, 2)
    lat = (np.arange(ny) + rng.uniform(0.2, 0.8, ny)) * 180.0 / ny - 90.0
    lat[[0, -1]] = 90.0 / ny - 90.0, 90.0 - 90.0 / ny
    gaps = rng.uniform(0.4, 1.0, nx)
    gaps[[0, nx // 2]] = 1.0  # no single gap is wider than all others: that would be an end
    lon = np.cumsum(gaps) * 360.0 / gaps.sum() - 180.0 - gaps[-1]
    return rng.normal(size=(ny, nx)), lat, lon


def rotation(rng: np.random.Generator) -> Array:
    axes, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return axes * np.sign(np.linalg.det(axes))


def to_degrees(vectors: Array) -> tuple[Array, Array]:
    lon = np.rad2deg(np.arctan2(vectors[..., 1], vectors[..., 0]))
    lat = np.rad2deg(np.arctan2(vectors[..., 2], np.hypot(vectors[..., 0], vectors[..., 1])))
    return lon, lat


def random_polygon(rng: np.random.Generator) -> Array:
    """Convex polygon (n, 3) anywhere, of any size up to 75° from its middle, either way round."""
    angle = np.sort(rng.uniform(0.0, 2.0 * np.pi, rng.integers(3, 8)))[:: rng.choice([-1, 1])]
    radius = np.deg2rad(10.0 ** rng.uniform(-2.0, np.log10(75.0)))
    circle = [
        np.sin(radius) * np.cos(angle),
        np.sin(radius) * np.sin(angle),
        np.full(angle.size, np.cos(radius)),
    ]
    return np.stack(circle, axis=-1) @ rotation(rng).T


@settings(max_examples=50, deadline=None)
@given(SEEDS)
def test_area(seed: int) -> None:
    rng = np.random.default_rng(seed)
    field, lat, lon = random_source(rng)
    polygon = to_degrees(random_polygon(rng))
    area = float(polygon_areas(*polygon)) / EARTH_RADIUS**2
    found = polygon_integrals([np.ones_like(field)], lat, lon, *polygon)[0]
    assert abs(found - area) <= 1e-12 + 1e-11 * abs(area)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_cut_in_two_it_adds_up(seed: int) -> None:
    rng = np.random.default_rng(seed)
    field, lat, lon = random_source(rng)
    polygon = random_polygon(rng)
    first, last = polygon[:3], np.concatenate([polygon[2:], polygon[:1]])
    whole = polygon_integrals([field], lat, lon, *to_degrees(polygon))[0]
    parts = polygon_integrals([field], lat, lon, *to_degrees(first))[0]
    if polygon.shape[0] > 3:
        parts += polygon_integrals([field], lat, lon, *to_degrees(last))[0]
    assert abs(whole - parts) < 1e-11


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_cells_of_a_tilted_grid_miss_and_double_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    field, lat, lon = random_source(rng)
    n, m = rng.integers(3, 20, 2)
    x, y = np.meshgrid(np.arange(2 * n + 1) * np.pi / n, np.linspace(0.0, np.pi, m + 1)[::-1])
    globe = np.stack([np.sin(y) * np.cos(x), np.sin(y) * np.sin(x), np.cos(y)], axis=-1)
    globe = globe @ rotation(rng).T
    corners = np.stack([globe[:-1, :-1], globe[:-1, 1:], globe[1:, 1:], globe[1:, :-1]], axis=-2)
    integrals = polygon_integrals([field, np.ones_like(field)], lat, lon, *to_degrees(corners))
    area = np.diff(np.sin(np.deg2rad(closed(latitude_edges(lat)))))[:, None]
    area = area * np.deg2rad(np.diff(longitude_edges(lon)))
    assert abs(integrals[1].sum() - 4.0 * np.pi) < 1e-11
    assert abs(integrals[0].sum() - np.sum(field * area)) < 1e-11


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_turning_planet_and_polygon_together_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    field, lat, lon = random_source(rng)
    east, north = to_degrees(random_polygon(rng))
    before = polygon_integrals([field], lat, lon, east, north)[0]
    k = int(rng.integers(lon.size))
    shift = float(rng.uniform(-200.0, 200.0))
    rolled = np.roll(field, -k, axis=1), lat, np.concatenate([lon[k:], lon[:k] + 360.0])
    for source, to_east in ((rolled, 0.0), ((field, lat, lon + shift), shift)):
        after = polygon_integrals([source[0]], *source[1:], east + to_east, north)[0]
        assert abs(after - before) < 1e-10
    flipped = polygon_integrals([field[::-1]], -lat[::-1], lon, east, -north)[0]
    assert abs(flipped + before) < 1e-11


def closed(edges: Array) -> Array:
    """Let the outermost rows reach the poles."""
    return np.concatenate([[-90.0], edges[1:-1], [90.0]])
