"""Soils as constants and as maps."""

import numpy as np

from gondwana.science.soils import soils
from small_grids import topography

Z = topography([[-5.0, 1.0, 300.0, 0.0], [2.0, -1.0, 9.0, 4.0]])


def test_constants_on_land() -> None:
    fields, checks = soils(Z)
    assert fields.soilcolor.values.tolist() == [[0, 4, 4, 0], [4, 0, 4, 4]]
    assert fields.soiltext.values.tolist() == [[0, 3, 3, 0], [3, 0, 3, 3]]
    assert fields.soilcolor.dims == ("lat", "lon")
    assert np.array_equal(fields.lat, Z.lat)
    assert checks == []
    fields, _ = soils(Z, colour=7, texture=1)
    assert (fields.soilcolor.max(), fields.soiltext.max()) == (7, 1)


def test_maps_of_other_resolution_with_gaps() -> None:
    colour = topography(np.kron(np.arange(1.0, 9.0).reshape(2, 4), np.ones((3, 3))))
    texture = topography(np.full((4, 8), np.nan))
    texture[0, 0] = 2.0
    fields, checks = soils(Z, colour=colour, texture=texture)
    assert fields.soilcolor.values.tolist() == [[0, 2, 3, 0], [5, 0, 7, 8]]
    assert fields.soiltext.values.tolist() == [[0, 2, 2, 0], [2, 0, 2, 2]]
    assert [check.status for check in checks] == ["pass", "warn"]
    assert "soil texture" in checks[1].summary
