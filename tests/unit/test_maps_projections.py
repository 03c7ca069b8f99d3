"""Map projections: by hand, against PROJ, and there and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Proj

from gondwana.errors import ParameterError
from gondwana.maps.projections import (
    NAMES,
    Extent,
    Mollweide,
    PlateCarree,
    Polar,
    projection,
)

ROOT2 = np.sqrt(2.0)


def test_plate_carree_turns_around_its_centre() -> None:
    shown = PlateCarree(180.0)
    assert shown.extent == Extent(0.0, -90.0, 360.0, 90.0)
    x, y = shown.forward([-180.0, -1.0, 0.0, 1.0], 10.0)
    assert x.tolist() == [180.0, 359.0, 0.0, 1.0]
    assert y.tolist() == [10.0] * 4
    lon, lat = shown.inverse([180.0, 359.0, 361.0, 10.0], [0.0, 0.0, 0.0, 90.5])
    np.testing.assert_array_equal(lon, [-180.0, -1.0, np.nan, np.nan])
    np.testing.assert_array_equal(lat, [0.0, 0.0, np.nan, np.nan])


def test_mollweide_by_hand() -> None:
    shown = Mollweide()
    x, y = shown.forward([0.0, 90.0, -180.0, 77.0], [0.0, 0.0, 0.0, 90.0])
    np.testing.assert_allclose(x, [0.0, ROOT2, -2 * ROOT2, 0.0], atol=1e-12)
    np.testing.assert_allclose(y, [0.0, 0.0, 0.0, ROOT2], atol=1e-12)
    # half of the area of a hemisphere lies below 30 degrees: theta is where 2t + sin 2t = pi / 2
    _, y30 = shown.forward(0.0, 30.0)
    theta = np.arcsin(y30 / ROOT2)
    assert 2 * theta + np.sin(2 * theta) == pytest.approx(np.pi / 2, abs=1e-12)
    lon, lat = shown.inverse([0.0, ROOT2, 2.0, 0.0], [0.0, 0.0, 1.4, ROOT2])
    np.testing.assert_allclose(lon, [0.0, 90.0, np.nan, 0.0], atol=1e-12)
    np.testing.assert_allclose(lat, [0.0, 0.0, np.nan, 90.0], atol=1e-6)


def test_poles_by_hand() -> None:
    north, south = Polar(rim=0.0), Polar(north=False, rim=0.0)
    for shown, pole in ((north, 90.0), (south, -90.0)):
        assert np.hypot(*shown.forward(33.0, pole)) == pytest.approx(0.0, abs=1e-12)
        # a hemisphere has the area 2 pi, the disc around it pi r2 with r = root 2
        assert shown.extent.east == pytest.approx(ROOT2)
    x, y = north.forward([0.0, 90.0, 0.0], [0.0, 0.0, -1.0])
    np.testing.assert_allclose(x, [0.0, ROOT2, np.nan], atol=1e-12)
    np.testing.assert_allclose(y, [-ROOT2, 0.0, np.nan], atol=1e-12)
    x, y = south.forward([0.0, 90.0], [0.0, 0.0])
    np.testing.assert_allclose(x, [0.0, ROOT2], atol=1e-12)
    np.testing.assert_allclose(y, [ROOT2, 0.0], atol=1e-12)


@pytest.mark.parametrize(
    ("shown", "proj"),
    [
        (Mollweide(20.0), "+proj=moll +lon_0=20 +R=1"),
        (Polar(True, -30.0, -89.0), "+proj=laea +lat_0=90 +lon_0=-30 +R=1"),
        (Polar(False, 77.0, -89.0), "+proj=laea +lat_0=-90 +lon_0=77 +R=1"),
    ],
)
def test_as_proj_has_it(shown: Mollweide | Polar, proj: str) -> None:
    random = np.random.default_rng(1)
    lon = random.uniform(-180.0, 180.0, 5000)
    lat = np.rad2deg(np.arcsin(random.uniform(-0.999, 0.999, 5000)))
    x, y = shown.forward(lon, lat)
    wanted_x, wanted_y = Proj(proj)(lon, lat)
    np.testing.assert_allclose(x, wanted_x, atol=1e-9)
    np.testing.assert_allclose(y, wanted_y, atol=1e-9)


@given(
    st.sampled_from(NAMES),
    st.floats(-720.0, 720.0),
    st.floats(-179.0, 179.0),
    st.floats(-89.9, 89.9),
)
def test_there_and_back(name: str, centre: float, lon: float, lat: float) -> None:
    shown = projection(name, centre)
    x, y = shown.forward(lon, lat)
    if np.isnan(x):
        assert name in {"north", "south"}
        return
    extent = shown.extent
    assert extent.west - 1e-9 <= x <= extent.east + 1e-9
    assert extent.south - 1e-9 <= y <= extent.north + 1e-9
    back_lon, back_lat = shown.inverse(x, y)
    assert back_lat == pytest.approx(lat, abs=1e-6)
    away = (float(back_lon) - lon + 180.0) % 360.0 - 180.0
    assert abs(away) * np.cos(np.deg2rad(lat)) < 1e-6


def test_what_is_no_projection() -> None:
    with pytest.raises(ParameterError, match="no projection 'mercator'"):
        projection("mercator")
    with pytest.raises(ParameterError, match="central meridian"):
        projection("mollweide", float("nan"))


def test_extents() -> None:
    whole = Extent(-180.0, -90.0, 180.0, 90.0)
    assert whole.aspect == 2.0
    assert Extent(100.0, 0.0, 300.0, 50.0).within(whole) == Extent(100.0, 0.0, 180.0, 50.0)
    assert Extent(200.0, 0.0, 300.0, 50.0).within(whole) is None
