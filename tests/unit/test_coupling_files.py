"""Files of the coupling: masks the right way round, addresses, round trips, the step as a whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from coupling_world import ocean_grid, small_exchange, wet_cells
from gondwana.errors import InputError, ParameterError
from gondwana.formats.figures import figures_as_json
from gondwana.formats.netcdf import open_netcdf
from gondwana.formats.oasis import (
    areas_dataset,
    grids_dataset,
    masks_dataset,
    ocean_fraction_dataset,
)
from gondwana.formats.provenance import Provenance, arrays_sha256
from gondwana.formats.scrip import weights_dataset
from gondwana.formats.writer import write_dataset
from gondwana.reports.page import write_report
from gondwana.science.coupling import to_atmosphere, to_ocean
from gondwana.science.ocean_grid import OceanGrid, coordinates_dataset
from gondwana.science.sphere import EARTH_RADIUS
from gondwana.steps.execute import Record, StoredFile, execute, validated
from gondwana.steps.registry import STEPS, depends_on
from small_grids import plain_grid

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ORIGIN = Provenance("calculate_weights 2", {"esmf": False}, {}, (), NOON)
STEP = STEPS["calculate_weights"]


# --- OASIS -----------------------------------------------------------------------------------


def test_masks_are_0_where_points_are_active() -> None:
    shared = small_exchange(halo=True)
    masks = masks_dataset(shared.ocean, shared.atmosphere)
    ocean = masks["torc.msk"]
    assert ocean.dims == ("y_torc", "x_torc") and ocean.dtype == np.int32
    assert np.array_equal(ocean.values == 0, shared.ocean.active)
    assert (ocean.values[:, 0] == 1).all() and (ocean.values[:, -1] == 1).all()
    assert np.array_equal(masks["tlmd.msk"].values == 0, shared.fraction >= 1e-10)
    assert set(np.unique(masks["tlmd.msk"])) == {0, 1}


def test_grids_and_areas() -> None:
    shared = small_exchange()
    grids = grids_dataset(shared.ocean, shared.atmosphere)
    assert grids["tlmd.clo"].dims == ("crn_tlmd", "y_tlmd", "x_tlmd")
    assert grids["tlmd.clo"].values[:, 4, 0].tolist() == [-195.0, -165.0, -165.0, -195.0]
    assert grids["tlmd.cla"].values[:, 4, 0] == pytest.approx([0.0, 0.0, 20.0, 20.0], abs=1e-12)
    assert grids["torc.lon"].dtype == np.float64
    areas = areas_dataset(shared.ocean, shared.atmosphere, meaning="exact")
    assert areas["tlmd.srf"].values.sum() == pytest.approx(4 * np.pi * EARTH_RADIUS**2)
    assert areas.attrs["areas_of_the_ocean"] == "exact"
    fraction = ocean_fraction_dataset(shared.atmosphere, shared.fraction)["OceMask"]
    assert fraction.dims == ("y", "x") and fraction.dtype == np.float64
    assert fraction.values.min() >= 0.0 and fraction.values.max() <= 1.0
    assert fraction.values == pytest.approx(shared.fraction, abs=1e-12)


# --- SCRIP and ESMF --------------------------------------------------------------------------


@pytest.mark.parametrize("file_format", ["netcdf3", "netcdf4"])
@pytest.mark.parametrize("esmf", [False, True])
def test_weights_there_and_back(file_format: Any, esmf: bool, tmp_path: Path) -> None:
    shared = small_exchange()
    mapping = to_ocean(shared)
    dataset = weights_dataset(mapping, shared.fraction, shared.covered, esmf=esmf)
    path = tmp_path / "rmp.nc"
    write_dataset(dataset, path, ORIGIN, file_format)
    file = open_netcdf(path)
    assert arrays_sha256(file) == arrays_sha256(dataset)
    assert file["src_grid_dims"].values.tolist() == [12, 10]
    assert file["dst_grid_dims"].values.tolist() == [18, 7]
    assert file["remap_matrix"].dims == ("num_links", "num_wgts")
    assert file["src_address"].values.min() >= 1 and file["dst_address"].dtype == np.int32
    assert (file.attrs["normalization"], file.attrs["conventions"]) == ("destarea", "SCRIP")
    rng = np.random.default_rng(5)
    flux = rng.normal(size=(10, 12))
    sent = file["remap_matrix"].values[:, 0] * flux.ravel()[file["src_address"].values - 1]
    arrived = np.bincount(file["dst_address"].values - 1, sent, minlength=18 * 7)
    assert np.array_equal(arrived.reshape(7, 18), mapping.apply(flux))
    assert np.array_equal(file["dst_grid_imask"].values.reshape(7, 18) == 1, shared.ocean.active)
    # of a row at a pole only the first point sends
    assert file["src_grid_imask"].values[:12].sum() <= 1
    assert file["dst_grid_area"].values * EARTH_RADIUS**2 == pytest.approx(
        shared.ocean.area.ravel()
    )
    assert ("S" in file) == esmf
    if esmf:
        assert np.array_equal(file["S"], file["remap_matrix"][:, 0])
        assert np.array_equal(file["row"], file["dst_address"])
        assert np.array_equal(file["col"], file["src_address"])
        assert file["xv_a"].dims == ("n_a", "nv_a")


def test_what_the_coupler_asks_for_is_there(tmp_path: Path) -> None:
    """Names, types and ranges as oasis_map and oasis_io of OASIS3-MCT read them."""
    shared = small_exchange(halo=True)
    for mapping in (to_atmosphere(shared), to_ocean(shared)):
        ones = [np.ones(grid.shape) for grid in (mapping.source, mapping.target)]
        dataset = weights_dataset(mapping, *ones)
        assert set(dataset.sizes) >= {"num_links", "num_wgts", "src_grid_size", "dst_grid_size"}
        for side, cells in (("src", mapping.source_cell), ("dst", mapping.target_cell)):
            size = dataset.sizes[f"{side}_grid_size"]
            assert int(np.prod(dataset[f"{side}_grid_dims"].values)) == size
            assert dataset[f"{side}_grid_area"].shape == (size,)
            address = dataset[f"{side}_address"].values
            assert address.dtype == np.int32 and np.array_equal(address, cells + 1)
            assert address.min() >= 1 and address.max() <= size
        assert dataset["remap_matrix"].dtype == np.float64
        # in Fortran (num_wgts, num_links)
        assert dataset["remap_matrix"].shape == (mapping.weight.size, 1)
    for made, names in (
        (grids_dataset(shared.ocean), {"torc.lon", "torc.lat", "torc.clo", "torc.cla"}),
        (masks_dataset(shared.ocean), {"torc.msk"}),
        (areas_dataset(shared.ocean, meaning="exact"), {"torc.srf"}),
    ):
        write_dataset(made, tmp_path / "made.nc", ORIGIN)
        file = open_netcdf(tmp_path / "made.nc")
        assert set(file.variables) == names
        assert {file[name].dims[-2:] for name in names} == {("y_torc", "x_torc")}


# --- figures as JSON -------------------------------------------------------------------------


def test_figures_are_nested_by_their_names() -> None:
    dataset = xr.Dataset(
        {"a/b": ((), 3.0), "a/c": ((), np.nan), "word": ((), "yes"), "list": (("k",), [1.5, 2.0])}
    )
    told = json.loads(figures_as_json(dataset, ORIGIN))
    assert told["a"] == {"b": 3, "c": None}
    assert (told["word"], told["list"]) == ("yes", [1.5, 2])
    assert told["origin"]["gondwana_step"] == "calculate_weights 2"


# --- the step --------------------------------------------------------------------------------


@pytest.fixture
def given_files(tmp_path: Path) -> dict[str, StoredFile]:
    """Bathymetry, coordinates and routing of the small world."""
    grid = ocean_grid()
    wet = wet_cells(grid)
    lon, lat = np.arange(-175.0, 180.0, 10.0), np.arange(-85.0, 90.0, 10.0)
    x, y = np.meshgrid(lon, lat[::-1])
    land = (x > -80) & (x < 0) & (np.abs(y) < 30)
    land |= np.abs(y) > 70
    row = np.cumsum(land.any(axis=1))[:, None] * np.ones_like(x)
    first = np.zeros_like(land)
    first[np.arange(18)[land.any(axis=1)], np.argmax(land, axis=1)[land.any(axis=1)]] = True
    routing = {
        "nav_lon": x, "nav_lat": y,
        "trip": np.where(land, np.where(first, 98.0, 7.0), np.nan),
        "basins": np.where(land, row, np.nan),
    }  # fmt: skip
    datasets = {
        "bathy": xr.Dataset({"Bathymetry": (("y", "x"), np.where(wet, 4000.0, 0.0))}),
        "coordinates": coordinates_dataset(grid),
        "routing": xr.Dataset({name: (("y", "x"), v) for name, v in routing.items()}),
    }
    files = {}
    for kind, dataset in datasets.items():
        path = tmp_path / f"{kind}.nc"
        dataset.to_netcdf(path)
        files[kind] = StoredFile.of(kind, path)
    return files


def carried_out(files: dict[str, StoredFile], folder: Path, **parameters: Any) -> Record:
    folder.mkdir(exist_ok=True)
    small = {"atmosphere_longitudes": 12, "atmosphere_latitudes": 9}
    return execute(STEP, files, validated(STEP, small | parameters), folder, created=NOON)


def test_the_step_is_declared_for_its_own_worker() -> None:
    assert STEP.worker == "coupling" and STEP.can_run
    assert {step.name for step in depends_on(STEP)} >= {"passage_problems", "ocean_grid", "routing"}
    for name, field in STEP.parameters.model_fields.items():
        assert field.title and field.description, name


def test_the_step_writes_all_its_files(given_files: dict[str, StoredFile], tmp_path: Path) -> None:
    record = carried_out(given_files, tmp_path / "out")
    assert set(record.outputs) == set(STEP.outputs)
    assert {check.status for check in record.checks} == {"pass"}
    certificate = json.loads(record.outputs["weights_certificate"].path.read_text())
    assert certificate["status"] == "pass"
    assert certificate["to_ocean"]["largest_relative_conservation_error"] <= 1e-12
    assert certificate["checks"]["coverage"]["status"] == "pass"
    assert certificate["origin"]["gondwana_step"] == "calculate_weights 2"
    weights = open_netcdf(record.outputs["weights_to_atmosphere"].path)
    shared = small_exchange()
    mapping = to_atmosphere(shared)
    assert np.array_equal(weights["src_address"], mapping.source_cell + 1)
    # corners come back from the coordinates of F points
    assert weights["remap_matrix"].values[:, 0] == pytest.approx(mapping.weight, abs=1e-12)
    again = carried_out(given_files, tmp_path / "again")
    assert again.arrays == record.arrays


def test_names_and_ways_can_be_chosen(given_files: dict[str, StoredFile], tmp_path: Path) -> None:
    record = carried_out(
        given_files, tmp_path / "out", ocean_name="tnem", atmosphere_name="tatm",
        atmosphere="regular", runoff="distance", runoff_distance=1.0, esmf=True,
        ocean_area="model", calving_bands=[-90, 0, 90], calving_in_closed_seas=True,
        normalisation="destarea",
    )  # fmt: skip
    grids = open_netcdf(record.outputs["grids"].path)
    assert {"tnem.lon", "tatm.clo"} <= set(grids.variables)
    assert grids["tatm.lat"].shape == (9, 12)
    assert "S" in open_netcdf(record.outputs["weights_calving"].path)
    certificate = json.loads(record.outputs["weights_certificate"].path.read_text())
    assert certificate["to_atmosphere"]["largest_relative_conservation_error"] <= 1e-12
    assert certificate["to_atmosphere"]["smallest_row_sum"] < 0.9
    assert certificate["there_and_back"]["cosine_bell_mean_relative_error"] < 0.1
    (ways,) = [check for check in record.checks if check.name == "runoff_ways"]
    assert ways.status == "warn"
    assert "e1t x e2t" in open_netcdf(record.outputs["areas"].path).attrs["areas_of_the_ocean"]


def test_closed_seas_take_no_calving(given_files: dict[str, StoredFile], tmp_path: Path) -> None:
    wet = wet_cells(ocean_grid())
    wet[3, 6] = True  # a lake in the middle of the continent
    path = tmp_path / "lake.nc"
    xr.Dataset({"Bathymetry": (("y", "x"), np.where(wet, 4000.0, 0.0))}).to_netcdf(path)
    files = given_files | {"bathy": StoredFile.of("bathy", path)}
    lake = 3 * 18 + 6 + 1
    for allowed in (False, True):
        record = carried_out(files, tmp_path / "out", calving_in_closed_seas=allowed)
        weights = open_netcdf(record.outputs["weights_calving"].path)
        assert (lake in weights["dst_address"].values) == allowed


def test_an_atmosphere_of_ones_own(given_files: dict[str, StoredFile], tmp_path: Path) -> None:
    path = tmp_path / "atmosphere_grid.nc"
    axes = {"lon": np.arange(4.0, 360.0, 8.0), "lat": np.arange(-84.0, 90.0, 8.0)}
    xr.Dataset(coords=axes).to_netcdf(path)
    files = given_files | {"atmosphere_grid": StoredFile.of("atmosphere_grid", path)}
    record = carried_out(files, tmp_path / "out")
    fraction = open_netcdf(record.outputs["ocean_fraction"].path)
    assert fraction["OceMask"].shape == (22, 45)


def cells_with_areas(path: Path, areas: np.ndarray | None) -> StoredFile:
    """Write the ocean grid as a file of cells that declares areas."""
    grid = ocean_grid()
    data = {
        name: (("y", "x"), values, {"bounds": f"{name}_bnds"})
        for name, values in (("lon", grid.lon), ("lat", grid.lat))
    } | {
        "lon_bnds": (("y", "x", "c"), grid.corner_lon),
        "lat_bnds": (("y", "x", "c"), grid.corner_lat),
    }  # fmt: skip
    if areas is not None:
        data["area"] = (("y", "x"), areas, {"units": "m2"})
    xr.Dataset(data).to_netcdf(path)
    return StoredFile.of("ocean_grid_file", path)


def test_areas_of_the_file(given_files: dict[str, StoredFile], tmp_path: Path) -> None:
    """Fluxes are kept in the areas that areas.nc holds, here 2 % off in every other column."""
    grid = ocean_grid()
    areas = grid.area * np.where(np.arange(18) % 2, 1.02, 0.98)
    files = given_files | {"ocean_grid_file": cells_with_areas(tmp_path / "own.nc", areas)}
    record = carried_out(files, tmp_path / "out", ocean_area="file")
    assert {check.status for check in record.checks} == {"pass"}
    written = open_netcdf(record.outputs["areas"].path)
    assert np.array_equal(written["torc.srf"], areas)
    assert "file of the ocean grid" in written.attrs["areas_of_the_ocean"]
    weights = open_netcdf(record.outputs["weights_to_ocean"].path)
    target = weights["dst_address"].values - 1
    sent = weights["remap_matrix"].values[:, 0] * areas.ravel()[target]
    exact = open_netcdf(carried_out(files, tmp_path / "exact").outputs["weights_to_ocean"].path)
    there = exact["remap_matrix"].values[:, 0] * grid.area.ravel()[target]
    assert sent == pytest.approx(there, rel=1e-9)
    in_km2 = cells_with_areas(tmp_path / "km2.nc", grid.area / 1e6)
    record = carried_out(files | {"ocean_grid_file": in_km2}, tmp_path / "c", ocean_area="file")
    (check,) = [check for check in record.checks if check.status != "pass"]
    assert check.name == "areas_of_ocean" and "by up to 100 %" in check.summary


def test_areas_that_a_file_does_not_hold(
    given_files: dict[str, StoredFile], tmp_path: Path
) -> None:
    with pytest.raises(ParameterError, match="no file of the ocean grid is given"):
        carried_out(given_files, tmp_path / "a", ocean_area="file")
    files = given_files | {"ocean_grid_file": cells_with_areas(tmp_path / "own.nc", None)}
    with pytest.raises(InputError, match=r"own.nc: declares no areas of its cells"):
        carried_out(files, tmp_path / "b", ocean_area="file")
    areas = ocean_grid().area.copy()
    areas[0, 0] = 0.0
    files |= {"ocean_grid_file": cells_with_areas(tmp_path / "zero.nc", areas)}
    with pytest.raises(InputError, match="the areas of 1 ocean cells are not above 0"):
        carried_out(files, tmp_path / "c", ocean_area="file")
    coordinates = StoredFile.of("ocean_grid_file", given_files["coordinates"].path)
    with pytest.raises(InputError, match="declares no areas"):
        carried_out(files | {"ocean_grid_file": coordinates}, tmp_path / "d", ocean_area="file")


def test_what_does_not_fit_is_told(given_files: dict[str, StoredFile], tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="both named torc"):
        carried_out(given_files, tmp_path / "a", atmosphere_name="torc")
    with pytest.raises(ParameterError, match="atmosphere_name"):
        validated(STEP, {"atmosphere_name": "../x"})
    path = tmp_path / "short.nc"
    xr.Dataset({"Bathymetry": (("y", "x"), np.full((5, 18), 9.0))}).to_netcdf(path)
    files = given_files | {"bathy": StoredFile.of("bathy", path)}
    with pytest.raises(InputError, match="5 x 18 cells and the ocean grid 7 x 18"):
        carried_out(files, tmp_path / "b")
    xr.Dataset({"trip": (("y", "x"), np.zeros((2, 2)))}).to_netcdf(path)
    files = given_files | {"routing": StoredFile.of("routing", path)}
    with pytest.raises(InputError, match="has no nav_lon and nav_lat and basins"):
        carried_out(files, tmp_path / "c")
    xr.Dataset({"Bathymetry": (("y", "x"), np.full((7, 18), 9.0))}).to_netcdf(path)
    files = given_files | {"bathy": StoredFile.of("bathy", path)}
    with pytest.raises(InputError, match="no coast"):
        carried_out(files, tmp_path / "d")


def test_maps_in_the_report(given_files: dict[str, StoredFile], tmp_path: Path) -> None:
    folder = tmp_path / "out"
    carried_out(given_files, folder)
    for kind in ("bathy", "coordinates", "routing"):
        (folder / f"{kind}.nc").write_bytes(given_files[kind].path.read_bytes())
    write_report(folder, title="small")
    page = (folder / "report.html").read_text()
    names = ["ocean-fraction", "exchange", "runoff-coast", "row-sums"]
    names += [
        f"{what}-{field}"
        for field in ("cosine-bell", "two-waves", "sixteen-waves")
        for what in ("there-and-back", "error")
    ]
    for name in names:
        assert f'id="map-{name}"' in page, name
    fraction = open_netcdf(folder / "o2a.nc")["OceMask"].values
    ocean = int(np.count_nonzero(fraction > 1.0 - 1e-10))
    assert f"ocean ({ocean})" in page and "land without a way" not in page
    (folder / "o2a.nc").unlink()
    (folder / "rmp_tlmd_to_torc_CONSERV.nc").unlink()
    write_report(folder, title="small")
    page = (folder / "report.html").read_text()
    assert 'id="map-row-sums"' not in page and 'id="map-ocean-fraction"' not in page


@pytest.mark.parametrize(("lean", "lost"), [(0.0, 0), (0.2, 36)])
def test_maps_of_an_atmosphere_with_copies(
    given_files: dict[str, StoredFile], tmp_path: Path, lean: float, lost: int
) -> None:
    """They neither lie on the maps nor among the numbers; columns may be straight or lean.

    Where they lean, slivers at 70° between the two ways of drawing the row are no coast.
    """
    folder = tmp_path / "out"
    plain = plain_grid(step=10.0, limit=80.0, halo=True)
    lon, corner_lon = plain.lon + lean * plain.lat, plain.corner_lon + lean * plain.corner_lat
    grid = OceanGrid.from_cells(lon, plain.lat, corner_lon, plain.corner_lat)
    path = tmp_path / "atmosphere_grid.nc"
    coordinates_dataset(grid).to_netcdf(path)
    files = given_files | {"atmosphere_grid": StoredFile.of("atmosphere_grid", path)}
    record = carried_out(files, folder)
    for kind in ("bathy", "coordinates", "routing"):
        (folder / f"{kind}.nc").write_bytes(given_files[kind].path.read_bytes())
    write_report(folder, title="small")
    page = (folder / "report.html").read_text()
    for name in ("ocean-fraction", "exchange", "row-sums"):
        assert f'id="map-{name}"' in page, name
    certificate = json.loads(record.outputs["weights_certificate"].path.read_text())
    assert certificate["runoff"]["source_cells_without_way"] == lost
    assert (f"land without a way for its runoff ({lost})" in page) == (lost > 0)
    assert ("land without a way" in page) == (lost > 0)
    fraction = open_netcdf(record.outputs["ocean_fraction"].path)["OceMask"].values
    ocean = int(np.count_nonzero(fraction > 1.0 - 1e-10))
    assert f"ocean ({ocean})" in page
