"""What must hold for the overlaps of any cells: they tile, and neither order nor place matter."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

from gondwana.science.grid_cells import polygon_areas
from gondwana.science.grid_points import from_vectors
from gondwana.science.polygons import Mesh, Overlaps, mesh_overlaps, polygon_overlaps

MESH = Mesh(np.linspace(-180.0, 180.0, 25), np.linspace(-90.0, 90.0, 14))
SEEDS = st.integers(0, 2**32 - 1)


def rotation(seed: int) -> Rotation:
    return Rotation.from_quat(np.random.default_rng(seed).normal(size=4))


def cells_of_a_ball(seed: int, points: int) -> np.ndarray:
    """Triangles that tile the sphere: the hull of random points, corners as vectors (m, 3, 3)."""
    vectors = np.random.default_rng(seed).normal(size=(points, 3))
    vectors /= np.linalg.norm(vectors, axis=1)[:, None]
    cells = vectors[ConvexHull(vectors).simplices]
    inwards = np.einsum("ij,ij->i", cells[:, 0], np.cross(cells[:, 1], cells[:, 2])) < 0
    cells[inwards] = cells[inwards][:, ::-1]
    return cells


def convex_cells(seed: int, count: int, corners: int = 6) -> np.ndarray:
    """Corners on ellipses around random places, as vectors."""
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0.0, 2 * np.pi, (count, corners)), axis=1)
    across, along = rng.uniform(0.01, 0.5, (2, count, 1))
    local = np.stack(
        [across * np.cos(angle), along * np.sin(angle), np.ones((count, corners))], axis=2
    )
    turned = np.stack(
        [Rotation.random(random_state=int(s)).apply(p) for s, p in
         zip(rng.integers(0, 2**31, count), local, strict=True)]
    )  # fmt: skip
    return turned / np.linalg.norm(turned, axis=2)[:, :, None]


def degrees(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    places = from_vectors(vectors)
    return places[..., 0], places[..., 1]


def table(found: Overlaps, one: int, other: int) -> np.ndarray:
    matrix = np.zeros((one, other))
    matrix[found.one, found.other] = found.area
    return matrix


def areas(vectors: np.ndarray) -> np.ndarray:
    return polygon_areas(*degrees(vectors), 1.0)


@settings(max_examples=40)
@given(SEEDS, st.integers(8, 60))
def test_triangles_of_the_sphere_tile_the_cells_of_a_mesh(seed: int, points: int) -> None:
    """Poles and date line lie anywhere in them; large ones have edges of up to 180°."""
    cells = cells_of_a_ball(seed, points)
    size = areas(cells)
    assume(abs(size.sum() - 4.0 * np.pi) < 1e-9)  # else no triangle holds the far side
    fit = size < np.pi  # a triangle must fit into a hemisphere
    found = mesh_overlaps(MESH, *degrees(cells))
    matrix = table(found, size.size, MESH.areas.size)
    assert np.allclose(matrix.sum(axis=1)[fit], size[fit], rtol=1e-11, atol=1e-14)
    if fit.all():
        assert np.allclose(matrix.sum(axis=0), MESH.areas.ravel(), rtol=1e-11)


@settings(max_examples=25)
@given(SEEDS, SEEDS, st.integers(20, 80))
def test_great_circle_cells_tile_each_other(one: int, other: int, points: int) -> None:
    a, b = cells_of_a_ball(one, points), cells_of_a_ball(other, 40)
    for cells in (a, b):
        assume(abs(areas(cells).sum() - 4.0 * np.pi) < 1e-9 and areas(cells).max() < 2.0)
    found = polygon_overlaps(*degrees(a), *degrees(b))
    matrix = table(found, len(a), len(b))
    assert np.allclose(matrix.sum(axis=1), areas(a), rtol=1e-10, atol=1e-13)
    assert np.allclose(matrix.sum(axis=0), areas(b), rtol=1e-10, atol=1e-13)


@settings(max_examples=25)
@given(SEEDS, SEEDS)
def test_neither_order_nor_rotation_matter(seed: int, turn: int) -> None:
    a, b = convex_cells(seed, 40), cells_of_a_ball(seed, 50)
    assume(abs(areas(b).sum() - 4.0 * np.pi) < 1e-9 and areas(b).max() < 2.0)
    straight = table(polygon_overlaps(*degrees(a), *degrees(b)), len(a), len(b))
    swapped = table(polygon_overlaps(*degrees(b), *degrees(a)), len(b), len(a))
    assert np.allclose(straight, swapped.T, atol=1e-13)
    turned = [rotation(turn).apply(c.reshape(-1, 3)).reshape(c.shape) for c in (a, b)]
    moved = table(polygon_overlaps(*map_degrees(turned)), len(a), len(b))
    assert np.allclose(straight, moved, atol=1e-13)
    assert np.allclose(straight.sum(axis=1), areas(a), rtol=1e-10, atol=1e-13)


def map_degrees(cells: list[np.ndarray]) -> list[np.ndarray]:
    return [part for one in cells for part in degrees(one)]


@settings(max_examples=30)
@given(SEEDS, st.integers(1, 23))
def test_turning_about_the_axis_turns_the_overlaps(seed: int, columns: int) -> None:
    lon, lat = degrees(convex_cells(seed, 30))
    here = table(mesh_overlaps(MESH, lon, lat), 30, MESH.areas.size)
    there = table(mesh_overlaps(MESH, lon + 15.0 * columns, lat), 30, MESH.areas.size)
    rolled = np.roll(here.reshape(30, *MESH.shape), columns, axis=2).reshape(30, -1)
    assert np.allclose(rolled, there, atol=1e-14)


@settings(max_examples=30)
@given(SEEDS)
def test_mirrored_at_the_equator(seed: int) -> None:
    lon, lat = degrees(convex_cells(seed, 30))
    here = table(mesh_overlaps(MESH, lon, lat), 30, MESH.areas.size)
    there = table(mesh_overlaps(MESH, lon, -lat), 30, MESH.areas.size)
    flipped = here.reshape(30, *MESH.shape)[:, ::-1].reshape(30, -1)
    assert np.allclose(flipped, there, atol=1e-14)


@settings(max_examples=20)
@given(SEEDS)
def test_the_walk_and_the_clipping_agree_where_both_apply(seed: int) -> None:
    """Meridians are great circles; on a mesh with one parallel, the equator, all edges are."""
    mesh = Mesh(np.linspace(-180.0, 180.0, 13), np.array([-90.0, 0.0, 90.0]))
    west, east = mesh.west_to_east[:-1], mesh.west_to_east[1:]
    lon = np.concatenate([np.stack([west, east, west], axis=1)] * 2)
    lat = np.repeat([[0.0, 0.0, -90.0], [0.0, 0.0, 90.0]], 12, axis=0)
    cells = convex_cells(seed, 50)
    walked = table(mesh_overlaps(mesh, *degrees(cells)), 50, 24)
    clipped = table(polygon_overlaps(*degrees(cells), lon, lat), 50, 24)
    assert np.allclose(walked, clipped, atol=1e-13)


@settings(max_examples=15)
@given(SEEDS)
def test_against_points_thrown_at_random(seed: int) -> None:
    """An estimate that shares nothing with either way of computing."""
    rng = np.random.default_rng(seed)
    cell = convex_cells(seed, 1)[0]
    points = rng.normal(size=(20_000, 3))
    points /= np.linalg.norm(points, axis=1)[:, None]
    normals = np.cross(cell, np.roll(cell, -1, axis=0))
    inside = np.all(points @ normals.T > 0, axis=1)
    lon, lat = degrees(points[inside])
    row = np.searchsorted(MESH.south_to_north, lat, side="right") - 1
    column = np.searchsorted(MESH.west_to_east, lon, side="right") - 1
    thrown = np.bincount(row * 24 + column, minlength=MESH.areas.size) * 4 * np.pi / 20_000
    found = table(mesh_overlaps(MESH, *degrees(cell[None])), 1, MESH.areas.size)[0]
    # five standard deviations of a count, and one point
    spread = 5.0 * np.sqrt(found * 4 * np.pi / 20_000) + 4 * np.pi / 20_000
    assert np.all(np.abs(thrown - found) <= spread)
