"""Every branch of both plate models by hand."""

import numpy as np
import pytest
import xarray as xr

from gondwana.errors import InputError, ParameterError
from gondwana.science.heatflow import MODELS, age_from_depth, flux_from_age, heat_flow


def flux_at(depth: float, **options: object) -> float:
    field = xr.DataArray([[depth]], dims=("y", "x"))
    return float(heat_flow(field, **options)[0, 0])  # type: ignore[arg-type]


GDH1_BEND = 2600.0 + 365.0 * np.sqrt(20.0)


@pytest.mark.parametrize(
    ("depth", "age"),
    [
        (0.0, 0.0),
        (2600.0, 0.0),
        (2965.0, 1.0),
        (2600.0 + 365.0 * 3.0, 9.0),
        (GDH1_BEND, 20.0),
        (5651.0 - 2473.0 * np.exp(-0.0278 * 100.0), 100.0),
        (5651.0, np.inf),
        (9000.0, np.inf),
    ],
)
def test_age_of_gdh1(depth: float, age: float) -> None:
    assert age_from_depth(depth) == pytest.approx(age, rel=1e-12)


def test_age_goes_on_at_the_bend() -> None:
    # the branches of the published curve miss each other by 0.4 m there
    assert age_from_depth(np.nextafter(GDH1_BEND, 1e9)) == 20.0
    assert age_from_depth(GDH1_BEND + 0.5) == pytest.approx(20.0, abs=0.01)
    assert age_from_depth(GDH1_BEND + 0.5) > 20.0


@pytest.mark.parametrize(
    ("age", "flux"),
    [
        (0.0, 400.0),
        (1.0, 400.0),
        (510.0**2 / 400.0**2, 400.0),
        (4.0, 255.0),
        (25.0, 102.0),
        (55.0, 510.0 / np.sqrt(55.0)),
        (55.000001, 48.0 + 96.0 * np.exp(-0.0278 * 55.000001)),
        (100.0, 48.0 + 96.0 * np.exp(-2.78)),
        (np.inf, 48.0),
    ],
)
def test_flux_of_gdh1(age: float, flux: float) -> None:
    assert flux_from_age(age) == pytest.approx(flux, rel=1e-12)


@pytest.mark.parametrize(
    ("depth", "flux"),
    [
        (0.0, 0.0),
        (10.0, 48.0),
        (2499.999, 48.0),
        (2500.0, 400.0),
        (2550.0, 400.0),
        (2600.0, 400.0),
        (2600.0 + 365.0 * 2.0, 255.0),
        (GDH1_BEND, 510.0 / np.sqrt(20.0)),
        (5651.0, 48.0),
        (5651.001, 48.0),
        (8000.0, 48.0),
    ],
)
def test_heat_flow_of_gdh1(depth: float, flux: float) -> None:
    assert flux_at(depth) == pytest.approx(flux, rel=1e-12)


@pytest.mark.parametrize(
    ("depth", "flux"),
    [
        (2499.0, 48.0),
        (2500.0, 400.0),
        (2500.0 + 350.0 * 5.0, 473.0 / 5.0),
        (2500.0 + 350.0 * np.sqrt(70.0), 473.0 / np.sqrt(70.0)),
        (6400.0 - 3200.0 * np.exp(-100.0 / 62.8), 47.3),
        (6400.0 - 3200.0 * np.exp(-160.0 / 62.8), 33.5 + 67.0 * np.exp(-160.0 / 62.8)),
        (6400.0, 33.5),
        (7000.0, 33.5),
    ],
)
def test_heat_flow_of_parsons_and_sclater(depth: float, flux: float) -> None:
    assert flux_at(depth, model="parsons_sclater") == pytest.approx(flux, rel=1e-12)


def test_parsons_and_sclater_in_their_own_unit() -> None:
    # the abstract gives 11.3 / √t in 1e-6 cal cm⁻² s⁻¹, which is 41.84 mW m⁻²
    plate = MODELS["parsons_sclater"]
    assert plate.young_flux == pytest.approx(11.3 * 41.84, rel=1e-3)
    # the leading term of the plate solution is twice the flux in equilibrium
    assert plate.plate_excess == 2.0 * plate.plate_flux
    assert MODELS["gdh1"].plate_excess == 2.0 * MODELS["gdh1"].plate_flux


@pytest.mark.parametrize("model", ["gdh1", "parsons_sclater"])
def test_age_rises_and_flux_falls_with_depth(model: str) -> None:
    depth = np.linspace(2500.0, 7000.0, 200_001)
    age = age_from_depth(depth, model)  # type: ignore[arg-type]
    flux = flux_from_age(age, model)  # type: ignore[arg-type]
    assert np.all(age[1:] >= age[:-1])
    # the published branches of the flux miss each other by less than 0.3 mW m⁻²
    jumps = np.diff(flux)
    assert jumps.max() < 0.3
    assert np.count_nonzero(jumps > 0.0) <= 1


def test_branches_nearly_meet() -> None:
    assert flux_at(GDH1_BEND + 0.5) == pytest.approx(flux_at(GDH1_BEND), abs=0.03)
    old, young = flux_from_age([55.0, np.nextafter(55.0, 100.0)])
    assert old == pytest.approx(young, abs=0.05)


def test_mean_of_a_triangular_age_distribution() -> None:
    # sea floor is consumed at all ages alike: area per age falls linearly to 0 at 180 Ma
    age = (np.arange(1_800_000) + 0.5) * 1e-4
    weight = 1.0 - age / 180.0
    mean = np.sum(flux_from_age(age) * weight) / np.sum(weight)
    assert mean == pytest.approx(95.6, abs=0.05)


def test_shelf_and_cap_are_parameters() -> None:
    assert flux_at(100.0, shelf=60.0) == 60.0
    assert flux_at(2600.0, cap=300.0) == 300.0
    assert flux_at(2600.0 + 365.0 * 2.0, cap=300.0) == pytest.approx(255.0)


def test_all_ocean_and_no_land_has_heat_flow() -> None:
    depth = np.concatenate([[0.0, 0.0], np.geomspace(1e-3, 12_000.0, 5000)])
    field = heat_flow(xr.DataArray(depth[None, :], dims=("y", "x"), attrs={"units": "m"}))
    assert field.name == "heatflow"
    assert field.dims == ("y", "x")
    assert field.attrs == {}
    assert np.array_equal(field.values[0] > 0.0, depth > 0.0)


@pytest.mark.parametrize("bad", [np.nan, -5.0, np.inf])
def test_unusable_depths_are_refused(bad: float) -> None:
    with pytest.raises(InputError, match="1 cells"):
        flux_at(bad)


@pytest.mark.parametrize("options", [{"shelf": 0.0}, {"cap": -1.0}, {"shelf": np.nan}])
def test_parameters_that_leave_ocean_cold_are_refused(options: dict[str, float]) -> None:
    depth = xr.DataArray([[100.0, 3000.0]], dims=("y", "x"))
    with pytest.raises(ParameterError, match="without heat flow"):
        heat_flow(depth, **options)  # type: ignore[arg-type]


def test_unknown_model() -> None:
    with pytest.raises(ParameterError, match="gdh1, parsons_sclater"):
        flux_at(3000.0, model="half_space")
