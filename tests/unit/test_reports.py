"""The report: what it must hold, and that its maps show what the files say."""

import base64
import io
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import xarray as xr
from PIL import Image

from gondwana.reports.colours import Classes, Gradual, Relief, image
from gondwana.reports.figure import GLOBE, Raster
from gondwana.reports.lines import edges, polyline, trail
from gondwana.reports.numbers import label, latitude, log_ticks, longitude, round_ticks, size
from gondwana.reports.ocean_view import OceanView, polar_place
from gondwana.reports.page import write_report
from gondwana.reports.rivers import Network, basin_colours, network, river_lines
from gondwana.science.ocean_grid import OceanGrid, coordinates_dataset
from gondwana.science.tripolar import TripolarParameters, tripolar_grid
from support import shared_file

HOSTILE = "</title><script>alert('é')</script> & \"60 Ma\""
KINDS = (
    "topography", "routing", "coordinates", "bathy", "soils", "topo_high_res", "pft", "heatflow",
    "ahmcoef", "subbasins",
)  # fmt: skip
MAPS = {
    "topography": {"map-topography", "chart-hypsometry"},
    "routing": {
        "map-rivers", "map-disto", "map-topoind", "map-hdiff", "map-riverl", "chart-basins",
    },
    "coordinates": {"map-cell-size"},
    "bathy": {"map-bathymetry", "chart-depths"},
    "soils": {"map-soils"},
    "topo_high_res": {"map-relief"},
    "pft": {"map-pft"},
    "heatflow": {"map-heatflow"},
    "ahmcoef": {"map-icof"},
    "subbasins": {"map-subbasins"},
}  # fmt: skip
"""Figures that a file brings to the page; those of the ocean also need the coordinates."""


def decoded(uri: str) -> np.ndarray:
    """Colours of a data URI, (ny, nx, 4)."""
    data = base64.b64decode(uri.removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))


def parsed(folder: Path) -> ET.Element:
    """Read the page as a tree: it is written so that an XML parser takes it too."""
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    without_script = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    return ET.fromstring(without_script.removeprefix("<!DOCTYPE html>"))  # noqa: S314


def figures(tree: ET.Element) -> set[str]:
    return {figure.get("id", "") for figure in tree.iter("figure")}


# --- a folder of results ---------------------------------------------------------------------


@pytest.fixture(scope="session")
def ocean_grid() -> OceanGrid:
    return tripolar_grid(TripolarParameters(resolution=10.0))


@pytest.fixture(scope="session")
def datasets(ocean_grid: OceanGrid) -> dict[str, xr.Dataset]:
    """Files of a planet with one round continent in 5° cells, whose rivers all run west."""
    lat, lon = np.arange(-87.5, 90, 5.0), np.arange(-177.5, 180, 5.0)
    height = 3000 - 100 * np.hypot(lon[None, :] - 20, lat[:, None] - 30)
    z = np.where(height > 0, height, np.maximum(height, -5500.0))
    north = z[::-1]
    land = north > 0
    nav_lon, nav_lat = np.meshgrid(lon, lat[::-1])
    column = np.broadcast_to(np.arange(72), land.shape)
    first = np.where(land.any(axis=1), np.argmax(land, axis=1), 0)[:, None]
    distance = np.where(land, (column - first + 1) * 500.0, np.nan)
    outlet = land & (column == first)
    row = np.cumsum(land.any(axis=1))[:, None]
    depth = np.interp(ocean_grid.lat, [-78, 30, 90], [5000.0, 0.0, 3000.0])
    sea = (depth > 300) & (np.arange(depth.shape[0])[:, None] > 0)
    depth = np.where(sea, depth, 0.0)

    def plane(values: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
        return ("y", "x"), np.asarray(values, dtype=np.float32)

    axes = {"nav_lon": plane(nav_lon), "nav_lat": plane(nav_lat)}
    sea_axes = {"nav_lon": plane(ocean_grid.lon), "nav_lat": plane(ocean_grid.lat)}
    fraction = np.full((1, 13, *land.shape), np.nan, dtype=np.float32)
    fraction[0][:, land] = 0.0
    fraction[0, 1, land], fraction[0, 9, land] = 0.75, 0.25
    trip = np.where(outlet, np.where(row <= 3, 99, 98), np.where(land, 7, np.nan))
    return {
        "topography": xr.Dataset({"topography": (("lat", "lon"), z)}, {"lat": lat, "lon": lon}),
        "routing": xr.Dataset(
            {
                **axes,
                "trip": plane(trip),
                "basins": plane(np.where(land, row, np.nan)),
                "disto": plane(distance),
                "topoind": plane(np.where(land, 1000.0 + column, np.nan)),
                "hdiff": plane(np.where(land, 5.0 + column, 0.0)),
                "riverl": plane(np.where(land, 5e5, np.nan)),
                "topo": plane(north),
            }
        ),
        "coordinates": coordinates_dataset(ocean_grid),
        "bathy": xr.Dataset({**sea_axes, "Bathymetry": plane(depth)}),
        "soils": xr.Dataset({**axes, "soilcolor": plane(4 * land), "soiltext": plane(3 * land)}),
        "topo_high_res": xr.Dataset(
            {"RELIEF": (("lat", "lon"), np.maximum(north, 0))}, {"lat": lat[::-1], "lon": lon}
        ),
        "pft": xr.Dataset(
            {"maxvegetfrac": (("time_counter", "veget", "lat", "lon"), fraction)},
            {"lat": lat[::-1], "lon": lon},
        ),
        "heatflow": xr.Dataset(
            {**sea_axes, "heatflow": (("time_counter", "y", "x"), np.where(sea, 90.0, 0.0)[None])}
        ),
        "ahmcoef": xr.Dataset({**sea_axes, "icof": plane(np.where(sea, 4.0, 100.0))}),
        "subbasins": xr.Dataset(
            {
                "navlon": plane(ocean_grid.lon),
                "navlat": plane(ocean_grid.lat),
                "atlmsk": plane(sea & (ocean_grid.lon < 0)),
                "pacmsk": plane(sea & (ocean_grid.lon >= 0)),
                "indmsk": plane(np.zeros(sea.shape)),
            }
        ),
    }


CHECKS = {
    "status": "fail",
    "steps": [
        {
            "step": "internal_oceans",
            "version": 1,
            "title": "Internal oceans",
            "checks": [
                {
                    "name": "internal_oceans",
                    "status": "fail",
                    "summary": "1 internal ocean <here>",
                    "fix": "Fill it & forget it.",
                    "table": [{"cells": 3, "area_km2": 12345.678, "lon": 20.0, "lat": 30.0}],
                },
                {"name": "poles", "status": "pass", "summary": "fine", "fix": "", "table": []},
            ],
            "changes": [
                {
                    "what": "opened a strait",
                    "why": "<img src=x onerror=alert(1)>",
                    "cells": 2,
                    "lon": 170.0,
                    "lat": -40.0,
                }
            ],
            "notes": ["a note with <b>tags</b>"],
        },
        {
            "step": "passage_problems",
            "version": 1,
            "title": "Passages",
            "checks": [
                {
                    "name": "narrow_passages",
                    "status": "warn",
                    "summary": "2 passages",
                    "fix": "",
                    "table": [
                        {"along": "north-south", "lon": -170.0, "lat": 70.0},
                        {"along": "east-west", "lon": 10.0, "lat": -50.0},
                    ],
                }
            ],
            "changes": [],
            "notes": [],
        },
    ],
}
MANIFEST = {
    "created": "2026-01-02T03:04:05+00:00",
    "seconds": None,
    "versions": {"gondwana": "0.1.0"},
    "inputs": {"source": {"file": "my <topography>.nc", "sha256": "ab" * 32}},
    "files": [
        {"file": "routing.nc", "title": "rivers", "bytes": 2593988, "sha256": "0123456789ab" * 5}
    ],
    "steps": [
        {
            "step": "routing",
            "version": 1,
            "title": "Rivers",
            "seconds": 0.25,
            "parameters": {"river_mouths": 199, "endorheic": [[1.5, 2.5]]},
        }
    ],
}


@pytest.fixture
def results(tmp_path: Path, datasets: dict[str, xr.Dataset]) -> Callable[..., Path]:
    """Write a folder with the files of some kinds, and the report on them."""

    def write(*kinds: str, title: str = "60 Ma") -> Path:
        for kind in kinds:
            datasets[kind].to_netcdf(tmp_path / f"{kind}.nc", format="NETCDF3_64BIT")
        (tmp_path / "checks.json").write_text(json.dumps(CHECKS))
        (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
        (tmp_path / "recipe.yaml").write_text("topography: <a&b>.nc\n")
        write_report(tmp_path, title=title)
        return tmp_path

    return write


# --- the page --------------------------------------------------------------------------------


def test_every_file_has_its_figures(results):
    tree = parsed(results(*KINDS))
    assert figures(tree) == set().union(*MAPS.values())


@pytest.mark.parametrize("kind", KINDS)
def test_one_file_alone_gives_its_own_figures_only(results, kind):
    found = figures(parsed(results(kind)))
    if kind in ("bathy", "heatflow", "ahmcoef", "subbasins"):  # not without coordinates
        assert not found
    else:
        assert found == MAPS[kind]


def test_no_file_at_all_still_gives_a_page(tmp_path):
    write_report(tmp_path, title="nothing")
    tree = parsed(tmp_path)
    assert not figures(tree)
    assert "nothing" in "".join(tree.itertext())


def test_nothing_is_fetched_from_elsewhere(results):
    folder = results(*KINDS)
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"https?:|url\(|@import|<link|<script src", text)
    for element in parsed(folder).iter():
        source = element.get("src")
        assert source is None or source.startswith("data:image/png;base64,")
    assert len(text) < 3e6


def test_hostile_texts_are_shown_as_text(results):
    folder = results("topography", title=HOSTILE)
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert text.count("<script") == 1
    assert "alert('" not in text
    assert "onerror=alert(1)>" not in text
    tree = parsed(folder)
    assert tree.findtext(".//h1") == HOSTILE
    shown = "".join(tree.itertext())
    for whole in (
        "<img src=x onerror=alert(1)>", "1 internal ocean <here>.", "Fill it & forget it.",
        "A note with <b>tags</b>.", "my <topography>.nc", "topography: <a&b>.nc",
    ):  # fmt: skip
        assert whole in shown


def test_every_picture_is_described_and_every_part_named(results):
    tree = parsed(results(*KINDS))
    identifiers = Counter(element.get("id") for element in tree.iter() if element.get("id"))
    assert max(identifiers.values()) == 1
    for picture in tree.iter("img"):
        assert picture.get("alt") is not None
    described = [p for p in tree.iter("img") if p.get("class") == "raster"]
    assert described
    assert all(len(p.get("alt", "")) > 20 for p in described)
    for frame in tree.iter("div"):
        if frame.get("role") == "img":
            assert len(frame.get("aria-label", "")) > 20
    for element in tree.iter():
        for attribute in ("aria-labelledby", "href"):
            target = element.get(attribute)
            if target and (attribute != "href" or target.startswith("#")):
                assert target.removeprefix("#") in identifiers
    assert [len(list(tree.iter(name))) for name in ("header", "main", "nav", "h1")] == [1] * 4


def test_status_is_told_in_words_and_leads_to_the_check(results):
    tree = parsed(results("topography"))
    banner = next(div for div in tree.iter("div") if div.get("class") == "status fail")
    text = " ".join("".join(banner.itertext()).split())
    assert "1 check failed: internal oceans." in text
    assert "1 check warned: narrow passages." in text
    assert [a.get("href") for a in banner.iter("a")] == [
        "#internal_oceans-internal_oceans-0", "#passage_problems-narrow_passages-0",
    ]  # fmt: skip
    badges = ["".join(s.itertext()) for s in tree.iter("span") if "badge" in s.get("class", "")]
    assert badges == ["failed", "warning", "passed"]


def test_problems_and_changes_are_marked_where_they_are(results):
    tree = parsed(results(*KINDS))

    def marks(figure: str) -> list[tuple[str, str]]:
        part = next(f for f in tree.iter("figure") if f.get("id") == figure)
        return [
            (element.get("style", ""), element.get("href", ""))
            for element in part.iter()
            if element.get("class") == "mark" and element.tag == "a"
        ]

    assert marks("map-topography") == [
        ("left:55.56%;top:33.33%", "#internal_oceans-internal_oceans-1"),
        ("left:97.22%;top:72.22%", "#changes"),
    ]
    on_globe, second, in_polar_view = marks("map-bathymetry")
    assert on_globe == ("left:2.78%;top:11.11%", "#passage_problems-narrow_passages-1")
    assert second == ("left:52.78%;top:77.78%", "#passage_problems-narrow_passages-2")
    assert in_polar_view[1] == "#passage_problems-narrow_passages-1"


def test_parameters_have_words_and_values(results):
    shown = " ".join(" ".join(parsed(results("topography")).itertext()).split())
    assert "River mouths 199" in shown
    assert "[[1.5, 2.5]]" in shown
    assert "2.59 MB" in shown
    assert "2 January 2026, 03:04 UTC" in shown


def test_rewriting_gives_the_same_bytes(results):
    folder = results(*KINDS)
    before = (folder / "report.html").read_bytes()
    write_report(folder, title="60 Ma", jobs=2)
    assert (folder / "report.html").read_bytes() == before


# --- colours ---------------------------------------------------------------------------------


def test_the_coast_is_exactly_where_the_colours_break():
    z = np.array([[-5000.0, -1e-9, 0.0, 1e-9, 3000.0, np.nan]])
    scale = Relief(-6000.0, 4000.0)
    indices = scale.indices(z)[0]
    assert (indices[:3] <= 127).all()
    assert indices[2] == 127
    assert indices[3] == 128
    assert indices[5] == 0
    sea, land = scale.palette[127].astype(int), scale.palette[128].astype(int)
    assert np.abs(sea - land).sum() > 200


def test_a_picture_holds_the_colours_of_its_values():
    scale = Classes({3: "#102030", 7: "#a0b0c0"})
    pixels = decoded(image(np.array([[3.0, 7.0], [np.nan, 5.0]]), scale))
    assert pixels[0].tolist() == [[16, 32, 48, 255], [160, 176, 192, 255]]
    assert (pixels[1, :, 3] == 0).all()


@pytest.mark.parametrize("log", [False, True])
def test_a_gradual_scale_rises_over_its_range(log):
    scale = Gradual("batlow", 1.0, 100.0, log)
    indices = scale.indices(np.array([0.5, 1.0, 10.0, 100.0, 1e9, np.nan]))
    assert indices[[0, 1]].tolist() == [1, 1]
    assert indices[[3, 4]].tolist() == [255, 255]
    assert indices[2] == (128 if log else 24)
    assert indices[5] == 0
    assert scale.bar("m", np.array([1.0, 200.0])).ticks[-1].text == "≥ 100"


# --- lines -----------------------------------------------------------------------------------


def test_edges_of_a_mask():
    mask = np.zeros((3, 4), dtype=bool)
    mask[1, 1:3] = True
    assert edges(mask) == "M1 1h2M1 2h2M1 1v1M3 1v1"
    known = np.ones_like(mask)
    known[:, 3] = False
    assert edges(mask, known) == "M1 1h2M1 2h2M1 1v1"


def test_a_trail_leaves_out_points_on_its_way():
    points = np.array([[0, 0], [2, 0], [2, 0], [6, 0], [6, -3], [6, 1]])
    assert trail(points) == "M0 0l6 0 0-3 0 4"
    assert trail(points[:1]) == ""
    assert polyline([0, 1, 50, 51, np.nan, 52], [0, 0, 0, 1, 1, 1], 10) == "M0 0l1 0M50 0l1 1"


def test_rasters_turn_the_north_up_whatever_the_order():
    lon, lat = np.array([10.0, 30.0, 50.0, 70.0]), np.array([-30.0, 0.0, 30.0])
    field = lat[:, None] + lon[None, :]
    upright = Raster.over(lon, lat).take(field)
    assert upright[0, 0] == 40.0
    assert upright[2, 3] == 40.0
    turned = Raster.over(lon[::-1], lat[::-1]).take(field[::-1, ::-1])
    assert (turned == upright).all()


def test_places_beyond_the_seam_come_back_in():
    assert GLOBE.place(190.0, 45.0) == pytest.approx((100 * 10 / 360, 25.0))
    assert GLOBE.place(-180.0, -90.0) == (0.0, 100.0)


# --- rivers ----------------------------------------------------------------------------------


def test_upstream_area_by_hand():
    # E E outlet on top; in the middle N, W and NW; ocean below
    trip = np.array([[3, 3, 99], [1, 7, 8], [np.nan] * 3])
    distance = np.array([[3.0, 2.0, 1.0], [4.0, 5.0, 3.0], [np.nan] * 3])
    rivers = network(trip, distance, np.ones((3, 3)))
    assert rivers.area.reshape(3, 3).tolist() == [[3, 5, 6], [2, 1, 1], [0, 0, 0]]
    assert rivers.downstream[:6].tolist() == [1, 2, -1, 0, 3, 1]


def test_a_river_across_the_seam_leaves_and_comes_in_again():
    downstream = np.array([3, -1, -1, 2])  # 0 -> 3 across the seam -> 2
    rivers = Network(downstream, np.array([5e4, 0, 9e4, 7e4]), (1, 4))
    assert river_lines(rivers) == ["M1 1l-2 0M9 1l-2 0M7 1l-2 0", "", "", "", ""]


@pytest.mark.parametrize("seed", range(5))
def test_neighbouring_basins_differ_in_colour(seed):
    ny, nx, count = 30, 60, 80
    random = np.random.default_rng(seed)
    y, x = random.uniform(0, ny, count), random.uniform(0, nx, count)
    rows, columns = np.mgrid[:ny, :nx]
    across = np.abs(columns[..., None] - x)
    away = (rows[..., None] - y) ** 2 + np.minimum(across, nx - across) ** 2
    basins = np.where(away.min(axis=2) < 20, 1 + away.argmin(axis=2), 0)
    colours = basin_colours(basins)
    assert ((colours == 0) == (basins == 0)).all()
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        beside, tints = (
            np.roll(f, (-down, -right), (0, 1))[: ny - down] for f in (basins, colours)
        )
        here, tint = basins[: ny - down], colours[: ny - down]
        touching = (here > 0) & (beside > 0) & (here != beside)
        assert touching.any()
        assert (tint[touching] != tints[touching]).all()


def test_numbers_as_people_write_them():
    thin = "\u202f"
    assert label(1234567.0) == f"1{thin}234{thin}567"
    assert [label(v) for v in (0.0, 12.345, -0.00123, 5.0, float("nan"))] == [
        "0", "12.3", "−0.00123", "5", "–",
    ]  # fmt: skip
    assert [longitude(v) for v in (-180, 0, 12.5, 359.5, 190)] == [
        "180°", "0°", "12.5°E", "0.5°W", "170°W",
    ]  # fmt: skip
    assert [latitude(v) for v in (-78, 0, 59.9)] == ["78°S", "0°", "59.9°N"]
    assert [size(v) for v in (12, 2593988, 13_487_364)] == ["12 bytes", "2.59 MB", "13.5 MB"]


def test_ticks_are_round_and_within():
    assert [t.text for t in round_ticks(0.0, 400.0)] == ["0", "100", "200", "300", "400"]
    assert [round(t.at) for t in log_ticks(10.0, 1000.0)] == [0, 24, 50, 74, 100]


# --- the ocean grid on the globe -------------------------------------------------------------


def test_every_pixel_shows_the_cell_it_lies_in(ocean_grid):
    view = OceanView.of(ocean_grid, jobs=2)
    lat = view.map(ocean_grid.lat)
    rows = 90 - (np.arange(360) + 0.5) / 2
    away = np.abs(lat - rows[:, None])
    assert np.nanmax(away) < 8.0
    southern = ocean_grid.corner_lat.min()
    assert np.isnan(lat[rows < southern - 0.5]).all()
    assert np.isfinite(lat[rows > southern + 0.5]).all()
    assert np.unique(view.on_map[view.on_map >= 0]).size == ocean_grid.owned.sum()
    assert ocean_grid.owned.ravel()[view.on_map[view.on_map >= 0]].all()


def test_the_polar_view_has_the_pole_in_its_middle(ocean_grid):
    lat = OceanView.of(ocean_grid).polar(ocean_grid.lat)
    middle = lat.shape[0] // 2
    assert np.nanmax(lat) - lat[middle, middle] < 8.0
    assert np.isnan(lat[0, 0])
    assert [float(v) for v in polar_place(90.0, 90.0)] == [0.5, 0.5]
    x, y = polar_place(90.0, 60.0)
    assert (x > 0.5) and y == pytest.approx(0.5)
    assert np.isnan(polar_place(0.0, 20.0)[0])


def test_the_poles_of_the_grid_are_found(ocean_grid):
    found = sorted(
        (round(lon % 360, 6), round(lat, 6)) for lon, lat in OceanView.of(ocean_grid).poles()
    )
    assert found == [(106.0, 60.0), (286.0, 60.0)]


def test_the_poles_of_orca2_are_found():
    with xr.open_dataset(shared_file("grids/orca2_coordinates.nc"), decode_times=False) as file:
        grid = OceanGrid.from_coordinates(file.load())
    assert grid.topology.fold == "T"
    east, west = OceanView.of(grid).poles()
    assert east == pytest.approx((80.0, 50.0), abs=0.01)
    assert west == pytest.approx((-100.0, 70.0), abs=0.01)


# --- unusual planets -------------------------------------------------------------------------


def test_a_planet_without_land_has_a_report(tmp_path, datasets):
    sea = {
        kind: datasets[kind].copy() for kind in ("topography", "routing", "topo_high_res", "pft")
    }
    sea["topography"]["topography"] = xr.full_like(datasets["topography"]["topography"], -4000.0)
    sea["topo_high_res"]["RELIEF"] = xr.full_like(datasets["topo_high_res"]["RELIEF"], 0.0)
    sea["pft"]["maxvegetfrac"] = xr.full_like(datasets["pft"]["maxvegetfrac"], np.nan)
    for name in ("trip", "basins", "disto", "topoind", "riverl"):
        sea["routing"][name] = xr.full_like(datasets["routing"][name], np.nan)
    for kind, dataset in sea.items():
        dataset.to_netcdf(tmp_path / f"{kind}.nc")
    write_report(tmp_path, title="waterworld")
    assert {"map-topography", "map-rivers", "map-relief", "map-pft"} <= figures(parsed(tmp_path))


def test_fine_fields_are_thinned_out():
    lon, lat = np.arange(-179.95, 180, 0.1), np.arange(-89.95, 90, 0.1)
    raster = Raster.over(lon, lat)
    assert (raster.rows.size, raster.columns.size) == (540, 1080)
    assert lat[raster.rows[0]] > 89.8
    assert np.all(np.diff(lon[raster.columns]) > 0.2)
