"""Pictures of fields: the right colour at the right place, lines, legends, sizes."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from gondwana.errors import ParameterError
from gondwana.maps.fields import Field, read_field
from gondwana.maps.grids import Curvilinear, Grid, Indexed, Regular
from gondwana.maps.pictures import THUMBNAIL, draw, thumbnail
from gondwana.maps.projections import NAMES, Extent, projection
from gondwana.maps.rasters import MOST_PIXELS, coast_lines, graticule_lines, raster, rim_line
from gondwana.maps.scales import scale_for
from gondwana.maps.views import View
from gondwana.reports.colours import crameri
from support import shared_file

LAT, LON = np.arange(-85.0, 90.0, 10.0), np.arange(-175.0, 180.0, 10.0)
PLAIN = View(coast=False, graticule=False, width=360)


def made(values: np.ndarray, name: str = "z", grid: Grid | None = None, unit: str = "m") -> Field:
    shape = (values.shape[0], values.shape[1])
    return Field(name, "", unit, values, grid or Regular(LON, LAT), (), shape, 1)


def world() -> Field:
    """One continent of 500 m around (0, 0) in an ocean 4000 m deep."""
    east, north = np.meshgrid(LON, LAT)
    return made(np.where((np.abs(north) < 50) & (np.abs(east) < 60), 500.0, -4000.0))


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


def test_colours_break_at_the_coast_and_north_is_on_top() -> None:
    field = world()
    field.values[-1] = np.nan  # the northernmost row
    drawn = draw(field, PLAIN)
    shown = pixels(drawn.png)
    assert shown.shape == (180, 360, 4)
    land, sea, missing = shown[90, 180], shown[90, 20], shown[4, 180]
    assert land[1] > land[2]  # green more than blue
    assert sea[2] > sea[1]
    assert 0 < missing[3] < 255
    assert (drawn.lowest, drawn.highest, drawn.missing) == (-4000.0, 500.0, 36)
    # the continent reaches from 60 W to 60 E and 50 S to 50 N, to the pixel
    green = shown[..., 1] > shown[..., 2]
    assert np.flatnonzero(green[90]).tolist() == list(range(120, 240))
    assert np.flatnonzero(green[:, 180]).tolist() == list(range(40, 140))


@pytest.mark.parametrize("name", NAMES)
def test_outside_of_the_globe_is_transparent(name: str) -> None:
    shown = pixels(draw(world(), View(projection=name, width=400)).png)
    corners = shown[[0, 0, -1, -1], [0, -1, 0, -1], 3]
    middle = shown[shown.shape[0] // 2, shown.shape[1] // 2, 3]
    assert middle == 255
    assert (corners == (255 if name == "plate_carree" else 0)).all()
    assert shown.shape[:2] == ((400, 400) if name in {"north", "south"} else (200, 400))


def test_a_central_meridian_moves_the_continent() -> None:
    shown = pixels(draw(world(), View(coast=False, graticule=False, width=360, centre=180.0)).png)
    green = shown[..., 1] > shown[..., 2]
    assert np.flatnonzero(green[90]).tolist() == [*range(60), *range(300, 360)]


def test_lines() -> None:
    coast = pixels(draw(world(), View(width=360, graticule=False)).png)
    dark = (coast[..., :3] < 60).all(axis=-1)
    rows, columns = np.nonzero(dark)
    # a closed rectangle around the continent, and nothing else
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (39, 139, 119, 239)
    assert dark.sum() == 2 * 100 + 2 * 120 - 1  # the corner belongs to both
    lined = pixels(draw(world(), View(width=360, coast=False)).png)
    plain = pixels(draw(world(), PLAIN).png)
    changed = (lined != plain).any(axis=-1)
    assert changed[89].all()  # the equator
    assert changed[60:120, 209].all()  # 30 E
    assert not changed[100, 190:205].any()
    flat = made(np.ones((18, 36)), "salt")
    other = pixels(draw(flat, View(width=360, graticule=False), world()).png)
    assert ((other[..., :3] < 60).all(axis=-1) == dark).all()


def test_limits_steps_and_their_legend() -> None:
    values = np.tile(np.arange(36.0), (18, 1))
    drawn = draw(made(values, "salt", unit="psu"), View(low=10.0, high=20.0, steps=5, width=360))
    legend = drawn.legend
    assert (legend["kind"], legend["unit"], legend["low"], legend["high"]) == (
        "gradual", "psu", 10.0, 20.0,
    )  # fmt: skip
    assert (legend["below"], legend["above"], len(legend["colours"])) == (True, True, 5)
    assert [tick["text"] for tick in legend["ticks"]] == ["10", "12", "14", "16", "18", "20"]
    assert legend["ticks"][1]["at"] == 20.0
    json.dumps(legend, allow_nan=False)
    shown = pixels(draw(made(values, "salt"), View(
        low=10.0, high=20.0, steps=5, width=360, coast=False, graticule=False
    )).png)  # fmt: skip
    colours = {tuple(colour) for colour in shown[90, :, :3].tolist()}
    assert len(colours) == 5
    assert (shown[90, 0] == shown[90, 115]).all()  # below 10 as from 10 to 12
    assert (shown[90, 115, :3] == crameri("batlow")[0]).all()
    turned = scale_for(made(values, "salt"), View(low=10.0, high=20.0, reverse=True))
    assert (turned.palette[-1] == crameri("batlow")[0]).all()


def test_logarithms() -> None:
    values = np.tile(10.0 ** np.linspace(0, 4, 36), (18, 1))
    scale = scale_for(made(values, "salt"), View(log=True, low=1.0, high=1e4, steps=4))
    found = scale.indices(np.array([[0.5, 1.5, 15.0, 150.0, 1500.0, 5e4, -1.0, np.nan]]))
    assert found.tolist() == [[0, 0, 1, 2, 3, 3, 0, -1]]
    assert scale_for(made(-values, "salt"), View(log=True)).log  # nothing to show, and no crash


def test_symmetric_limits() -> None:
    scale = scale_for(made(np.linspace(-3.0, 8.0, 648).reshape(18, 36)), View(symmetric=True))
    assert (scale.low, scale.high, scale.colours) == (-scale.high, scale.high, "vik")
    assert scale.high == pytest.approx(8.0, abs=0.1)


def test_classes_and_masks_and_labels() -> None:
    values = np.tile(np.repeat([0.0, 1.0], 18), (18, 1))
    legend = draw(made(values, "atlmsk"), PLAIN).legend
    assert [entry["value"] for entry in legend["entries"]] == [0, 1]
    trip = np.tile(np.arange(36.0) % 8 + 1, (18, 1))
    trip[0, :3] = [97, 98, 99]
    legend = draw(made(trip, "trip"), PLAIN).legend
    assert [entry["value"] for entry in legend["entries"]] == [*range(1, 9), 97, 98, 99]
    assert len({entry["colour"] for entry in legend["entries"]}) == 11
    basins = np.arange(1.0, 649.0).reshape(18, 36)
    drawn = draw(made(basins, "basins"), PLAIN)
    assert drawn.legend["entries"] == []
    shown = pixels(drawn.png)
    assert (shown[95, 100] != shown[95, 110]).any()


def test_zero_on_land_is_no_depth() -> None:
    values = np.full((18, 36), 3000.0)
    values[:, :5] = 0.0
    drawn = draw(made(values, "Bathymetry"), PLAIN)
    assert pixels(drawn.png)[90, 10, 3] < 255
    assert drawn.lowest == 0.0


@pytest.mark.parametrize("value", [0.0, 7.0, np.nan, 1e300, -1e-300])
def test_fields_of_one_value(value: float) -> None:
    for name in ("z", "salt", "heatflow", "basins", "Bathymetry"):
        field = made(np.full((18, 36), value), name)
        for view in (PLAIN, View(width=64, log=True), View(width=64, symmetric=True)):
            drawn = draw(field, view)
            json.dumps(drawn.legend, allow_nan=False)
            assert drawn.png


def test_a_field_without_places() -> None:
    values = np.arange(12.0).reshape(3, 4)
    shown = pixels(draw(made(values, "salt", Indexed((3, 4))), View(width=64, steps=12)).png)
    assert shown.shape[:2] == (48, 64)
    assert (shown[-1, 0, :3] == crameri("batlow")[0]).all()  # row 0 below
    line = draw(made(np.arange(5000.0)[None], "salt", Indexed((1, 5000))), View(width=100))
    assert (line.height, line.width) == (5, 100)


def test_thumbnails_are_small() -> None:
    for field in (read_field(shared_file("topography_60Ma_1deg.nc")), world()):
        png = thumbnail(field)
        assert Image.open(io.BytesIO(png)).size == THUMBNAIL
        assert len(png) < 15_000
    noise = made(np.random.default_rng(1).uniform(-5000, 5000, (18, 36)))
    assert Image.open(io.BytesIO(thumbnail(noise))).size == THUMBNAIL


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 63}, {"width": 10_000}, {"steps": 1}, {"steps": 125}, {"colours": "jet"},
        {"low": float("nan")}, {"high": float("inf")}, {"low": 2.0, "high": 1.0},
        {"log": True, "low": 0.0}, {"projection": "x"}, {"centre": float("nan")},
        {"window": Extent(1.0, 0.0, 0.0, 1.0)}, {"window": Extent(0.0, 0.0, float("nan"), 1.0)},
    ],
)  # fmt: skip
def test_views_that_make_no_sense(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match="of the map cannot be used"):
        View(**wrong)  # type: ignore[arg-type]


def test_views_go_through_json() -> None:
    view = View("z", (("veget", 3),), "oslo", low=1.0, window=Extent(0.0, 1.0, 2.0, 3.0))
    assert View.from_json(json.loads(json.dumps(view.as_json()))) == view


def test_rasters_have_a_value_a_cell_where_grid_and_map_agree() -> None:
    field = world()
    laid = raster(field, View())
    np.testing.assert_array_equal(laid.values, field.values.astype(np.float32))
    assert laid.extent == Extent(-180.0, -90.0, 180.0, 90.0)
    turned = raster(field, View(centre=180.0))
    np.testing.assert_array_equal(turned.values, np.roll(field.values, 18, axis=1))
    other = raster(field, View(centre=3.0, width=720))
    assert other.values.shape == (360, 720)
    part = raster(field, View(width=100, window=Extent(0.0, 0.0, 60.0, 30.0)))
    assert part.values.shape == (50, 100)
    assert (part.values == 500.0).all()
    assert raster(field, View(width=2400, projection="north")).values.size <= MOST_PIXELS
    none = raster(made(np.ones((3, 4)), grid=Indexed((3, 4))), View(width=720))
    assert none.values.shape == (3, 4)


def test_coast_lines_for_the_browser() -> None:
    lines = coast_lines(world(), projection("plate_carree"))
    assert len(lines) == 2 * 12 + 2 * 10
    np.testing.assert_allclose([lines[:, ::2].min(), lines[:, ::2].max()], [-60, 60], atol=1e-3)
    np.testing.assert_allclose([lines[:, 1::2].min(), lines[:, 1::2].max()], [-50, 50], atol=1e-3)
    # across the seam of the map no line is drawn from side to side
    for name in NAMES:
        shown = projection(name, 175.0)
        pieces = np.concatenate([coast_lines(world(), shown), graticule_lines(shown)])
        length = np.abs(pieces[:, 2] - pieces[:, 0])
        assert length.max() < 0.2 * (shown.extent.east - shown.extent.west)
        assert np.isfinite(pieces).all()
    assert len(coast_lines(world(), projection("plate_carree", 180.0))) == len(lines)
    assert rim_line(projection("plate_carree")).size == 0
    assert np.hypot(*rim_line(projection("north")).T) == pytest.approx(1.0)


def test_cells_of_curvilinear_grids_that_are_nowhere() -> None:
    lon, lat = np.meshgrid(LON, LAT)
    lon[0], lat[0] = np.nan, np.nan
    field = made(np.ones((18, 36)), "salt", Curvilinear(lon, lat))
    shown = pixels(draw(field, PLAIN).png)
    assert shown[90, 180, 3] == 255
    assert shown[178, 180, 3] < 255
    nowhere = made(np.ones((18, 36)), "salt", Curvilinear(lon * np.nan, lat))
    assert (pixels(draw(nowhere, PLAIN).png)[..., 3] < 255).all()
