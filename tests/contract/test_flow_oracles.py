"""The filled surface against two programs of others."""

import fastscapelib as fs
import numpy as np
import pytest
import xarray as xr
from skimage.morphology import reconstruction

from flow_fields import rough_planet, to_millimetres
from gondwana.science.flow import analyse

PLANETS = {
    "whole metres": rough_planet(3, (60, 120)),
    "all digits": rough_planet(4, (61, 90), rounding=0.0),
    "little ocean": rough_planet(5, (50, 80), land_fraction=0.97),
    "islands": rough_planet(6, (70, 90), land_fraction=0.1),
}


@pytest.fixture(params=sorted(PLANETS))
def topography(request: pytest.FixtureRequest) -> xr.DataArray:
    return PLANETS[request.param]


def reconstructed(millimetres: np.ndarray) -> np.ndarray:
    """Morphological reconstruction by erosion on seven copies side by side; the middle one."""
    terrain = np.tile(millimetres, (1, 7))
    seed = np.where(terrain == 0, 0, terrain.max())
    filled = reconstruction(seed, terrain, method="erosion", footprint=np.ones((3, 3)))
    width = millimetres.shape[1]
    return filled[:, 3 * width : 4 * width]


def test_it_is_the_morphological_reconstruction(topography: xr.DataArray) -> None:
    terrain = to_millimetres(topography)
    level = analyse(topography).level
    assert np.array_equal(level, reconstructed(terrain))
    assert np.any(level > terrain)


def test_it_is_the_reconstruction_at_60_ma(topography_60ma: xr.DataArray) -> None:
    terrain = to_millimetres(topography_60ma)
    assert np.array_equal(analyse(topography_60ma).level, reconstructed(terrain))


def test_it_is_the_priority_flood_of_fastscapelib(topography: xr.DataArray) -> None:
    status = fs.NodeStatus
    bounds = fs.RasterBoundaryStatus([status.LOOPED, status.LOOPED, status.CORE, status.CORE])
    grid = fs.RasterGrid(topography.shape, [1.0, 1.0], bounds)
    graph = fs.FlowGraph(grid, [fs.PFloodSinkResolver(), fs.SingleFlowRouter()])
    terrain = to_millimetres(topography)
    graph.base_levels = np.flatnonzero(terrain == 0)
    filled = graph.update_routes(terrain.astype(float))
    # it adds the smallest possible slope, step by step
    np.testing.assert_allclose(analyse(topography).level, filled, rtol=1e-9, atol=1e-6)
