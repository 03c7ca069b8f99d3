"""The command line as a person types it: exit status, one sentence, nothing left behind."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from gondwana.cli.main import main
from gondwana.formats.netcdf import open_netcdf
from gondwana.formats.provenance import arrays_sha256, file_sha256
from gondwana.steps.kinds import KINDS
from gondwana.steps.registry import possible_here

FILES = {
    "topography.nc", "routing.nc", "bathy.nc", "coordinates.nc", "soils.nc", "topo_high_res.nc",
    "pft.nc", "heatflow.nc", "ahmcoef.nc", "subbasins.nc", "recipe.yaml", "manifest.json",
    "checks.json", "report.html", "weights_certificate.json",
}  # fmt: skip
COUPLING = {
    "grids.nc", "masks.nc", "areas.nc", "o2a.nc", "rmp_torc_to_tlmd_CONSERV.nc",
    "rmp_tlmd_to_torc_CONSERV.nc", "rmp_tlmd_to_torc_RUNOFF.nc", "rmp_tlmd_to_torc_CALVING.nc",
}  # fmt: skip
FILES |= COUPLING
# programs in other languages join in once they are built
FILES |= {KINDS[kind].filename for step in possible_here() if step.program for kind in step.outputs}


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def gondwana(*words: object, cwd: Path | None = None) -> Done:
    """Run a command in this process, which saves it the imports."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), chdir(cwd or Path.cwd()):
        try:
            main([str(word) for word in words])
        except SystemExit as status:
            return Done(int(status.code or 0), out.getvalue(), err.getvalue())
    raise AssertionError("the command line always exits with a status")


def numpy_vector_units() -> list[str]:
    """Name what numpy chooses on this machine beyond its baseline."""
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    return [str(name) for name in found]


def gondwana_process(
    *words: object, cwd: Path | None = None, environment: dict[str, str] | None = None
) -> Done:
    """Run a command as a person does, in a process of its own."""
    command = [sys.executable, "-m", "gondwana", *map(str, words)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        timeout=300,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def assert_same_arrays(one: Path, other: Path, but: frozenset[str] = frozenset()) -> None:
    for name in sorted(name for name in FILES - but if name.endswith(".nc")):
        assert arrays_sha256(open_netcdf(one / name)) == arrays_sha256(open_netcdf(other / name)), (
            name
        )


@pytest.fixture(scope="module")
def planet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("planet") / "planet.nc"
    done = gondwana("planet", path, "--step", 3, "--seed", 7)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="module")
def built(planet: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("built") / "out"
    done = gondwana_process("build", planet, "--out", out)
    assert done.returncode in (0, 1), done.stderr
    assert done.stderr == ""
    return out


def test_every_file_appears_and_the_manifest_names_it(built: Path) -> None:
    assert {path.name for path in built.iterdir()} == FILES
    manifest = json.loads((built / "manifest.json").read_text())
    named = {file["file"]: file for file in manifest["files"]}
    assert set(named) | {"manifest.json"} == FILES
    for name, file in named.items():
        assert file["bytes"] == (built / name).stat().st_size
    assert [path.name for path in built.parent.iterdir()] == ["out"]


def test_the_manifest_knows_each_array(built: Path) -> None:
    manifest = json.loads((built / "manifest.json").read_text())
    for file in manifest["files"]:
        if file["file"].endswith(".nc"):
            assert file["arrays_sha256"] == arrays_sha256(open_netcdf(built / file["file"]))


def test_the_exit_status_follows_the_checks(built: Path, planet: Path, tmp_path: Path) -> None:
    done = gondwana("build", planet, "--out", tmp_path / "out", "--json")
    checks = json.loads(done.stdout)["checks"]
    assert done.returncode == (1 if checks["status"] == "fail" else 0)
    assert json.loads((built / "checks.json").read_text())["status"] == checks["status"]


def test_the_recipe_gives_the_same_arrays(built: Path, tmp_path: Path) -> None:
    done = gondwana("build", "--recipe", built / "recipe.yaml", "--out", tmp_path / "again")
    assert done.returncode in (0, 1), done.stderr
    assert_same_arrays(built, tmp_path / "again")


def test_a_plain_processor_gives_the_same_arrays(built: Path, planet: Path, tmp_path: Path) -> None:
    """Compile, and call the mathematical libraries, without the vector units of this machine."""
    plain = {
        "NUMBA_CPU_NAME": "generic",
        "NUMBA_CPU_FEATURES": "",
        "NUMBA_CACHE_DIR": str(tmp_path / "kernels"),
        "NPY_DISABLE_CPU_FEATURES": " ".join(numpy_vector_units()),
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX,-AVX2,-AVX512F,-FMA,-FMA4",
    }
    done = gondwana_process("build", planet, "--out", tmp_path / "out", environment=plain)
    assert done.returncode in (0, 1), done.stderr
    assert_same_arrays(built, tmp_path / "out", but=frozenset(COUPLING))
    for name in COUPLING:  # all digits of a weight are kept, those of sines and cosines too
        one, other = open_netcdf(built / name), open_netcdf(tmp_path / "out" / name)
        xr.testing.assert_allclose(one, other, rtol=1e-12, atol=0)


def test_one_job_gives_the_same_arrays(built: Path, planet: Path, tmp_path: Path) -> None:
    words = ("--jobs", 1, "--format", "netcdf4")
    done = gondwana("build", planet, "--out", tmp_path / "out", *words)
    assert done.returncode in (0, 1), done.stderr
    assert_same_arrays(built, tmp_path / "out")


def test_until_and_only(planet: Path, tmp_path: Path) -> None:
    besides = {"recipe.yaml", "manifest.json", "checks.json", "report.html"}
    gondwana("build", planet, "--out", tmp_path / "until", "--until", "routing")
    assert {p.name for p in (tmp_path / "until").iterdir()} == besides | {
        "topography.nc",
        "routing.nc",
    }
    gondwana("build", planet, "--out", tmp_path / "only", "--only", "soils")
    assert {p.name for p in (tmp_path / "only").iterdir()} == besides | {"soils.nc"}


def test_a_step_alone_gives_the_arrays_of_the_build(built: Path, tmp_path: Path) -> None:
    done = gondwana("step", "routing", built / "topography.nc", "--out", tmp_path / "routing")
    assert done.returncode == 0, done.stderr
    one, other = (open_netcdf(folder / "routing.nc") for folder in (built, tmp_path / "routing"))
    assert arrays_sha256(one) == arrays_sha256(other)


def test_a_parameter_is_used_and_recorded(planet: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    gondwana("build", planet, "--out", out, "--only", "soils", "--set", "soils.colour=7")
    soils = open_netcdf(out / "soils.nc")
    assert set(np.unique(soils["soilcolor"])) == {0.0, 7.0}
    assert json.loads(soils.attrs["gondwana_parameters"])["colour"] == 7


def _field() -> xr.DataArray:
    lat, lon = np.arange(-87.5, 90, 5.0), np.arange(-177.5, 180, 5.0)
    values = np.where(np.cos(np.deg2rad(lon)) > 0, 500.0, -3000.0) + 0 * lat[:, None]
    return xr.DataArray(values, dims=("lat", "lon"), coords={"lat": lat, "lon": lon}, name="topo")


BAD_FILES = {
    "all land": (lambda f: f * 0 + 500.0, [], "no ocean"),
    "partial globe": (lambda f: f.sel(lat=slice(0, 60)), [], "covers only 0 to 60"),
    "part of the longitudes": (lambda f: f.sel(lon=slice(0, 90)), [], "has no columns between"),
    "a part across the date line": (
        lambda f: f.where(abs(f["lon"]) > 60, drop=True),
        [],
        "has no columns between -62.5 and 62.5",
    ),
    "a gap in the rows": (
        lambda f: f.where(abs(f["lat"]) > 30, drop=True),
        [],
        "has no rows between -32.5 and 32.5",
    ),
    "NaN": (lambda f: f.where(f["lon"] > 0), [], "cells are missing"),
    "no such variable": (lambda f: f, ["--variable", "z"], "no variable 'z'"),
    "unknown step": (lambda f: f, ["--set", "rooting.rule=drop"], "no step 'rooting'"),
    "unknown parameter": (lambda f: f, ["--set", "routing.rul=drop"], "no parameter 'rul'"),
    "out of bounds": (lambda f: f, ["--set", "routing.river_mouths=-1"], "greater than or equal"),
    "not a setting": (lambda f: f, ["--set", "routing"], "step.parameter=value"),
    "table that does not sum": (
        lambda f: f,
        ["--set", "pft.bands=[[90, 50, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]"],
        "100",
    ),
    "ocean grid absent": (lambda f: f, ["--ocean-grid", "absent.nc"], "absent.nc"),
    "edits for a step that takes none": (lambda f: f, ["--recipe", "edits.yaml"], "takes no edits"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_input_is_told_in_one_sentence_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    spoil, words, message = BAD_FILES[name]
    spoil(_field()).to_netcdf(tmp_path / "topo.nc")
    (tmp_path / "edits.yaml").write_text(
        "edits: {routing: [{operation: fill, at: {point: [1, 2]}}]}"
    )
    before = sorted(path.name for path in tmp_path.iterdir())
    done = gondwana("build", "topo.nc", "--out", "out", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_an_ocean_grid_without_corners(tmp_path: Path) -> None:
    _field().to_netcdf(tmp_path / "topo.nc")
    lon, lat = np.meshgrid(np.arange(0.0, 360, 10), np.arange(-70.0, 80, 10))
    centres = {"lon": (("y", "x"), lon), "lat": (("y", "x"), lat)}
    xr.Dataset(centres).to_netcdf(tmp_path / "grid.nc")
    words = ("build", "topo.nc", "--out", "out", "--ocean-grid", "grid.nc")
    done = gondwana(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert "grid.nc" in done.stderr
    assert "corner" in done.stderr
    assert not (tmp_path / "out").exists()


def test_an_ocean_grid_whose_corners_run_clockwise(tmp_path: Path) -> None:
    """They are turned, and the person who gave them is told."""
    _field().to_netcdf(tmp_path / "topo.nc")
    lon, lat = np.meshgrid(np.arange(5.0, 360, 10), np.arange(-70.0, 80, 10))
    axes = {
        name: (("y", "x"), values, {"bounds": f"{name}_bnds"})
        for name, values in (("lon", lon), ("lat", lat))
    }
    corners = {
        "lon_bnds": (("y", "x", "c"), np.stack([lon - 5, lon - 5, lon + 5, lon + 5], axis=-1)),
        "lat_bnds": (("y", "x", "c"), np.stack([lat - 5, lat + 5, lat + 5, lat - 5], axis=-1)),
    }
    xr.Dataset(axes | corners).to_netcdf(tmp_path / "grid.nc")
    words = ("build", "topo.nc", "--out", "out", "--ocean-grid", "grid.nc")
    done = gondwana(*words, "--only", "ocean_grid", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "warning: the corners of 540 cells ran clockwise and were turned" in done.stdout
    assert "540 cells ran clockwise" in (tmp_path / "out" / "report.html").read_text("utf-8")
    with xr.open_dataset(tmp_path / "out" / "coordinates.nc") as file:
        assert np.allclose(file["gphif"], lat + 5)


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    done = gondwana_process("build", "absent.nc", "--out", "out", "--debug", cwd=tmp_path)
    assert done.returncode != 0
    assert "Traceback" in done.stderr


def test_a_target_with_other_files_is_refused(planet: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    done = gondwana("build", planet, "--out", tmp_path)
    assert done.returncode == 2
    assert "thesis.tex, which no build has written" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("file_format", ["netcdf3", "netcdf4"])
def test_a_full_disk(planet: Path, tmp_path: Path, file_format: str) -> None:
    """A real file system of 300 kB, mounted in a name space of its own."""
    build = f"{sys.executable} -m gondwana build {planet} --out {tmp_path}/disk/out"
    script = (
        f"mkdir {tmp_path}/disk && mount -t tmpfs -o size=300k none {tmp_path}/disk && "
        f"{{ {build} --format {file_format}; echo status $?; ls -A {tmp_path}/disk; }}"
    )
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", script],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.stdout == "status 2\n", done.stdout + done.stderr
    assert "the disk is full" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "try:\n    from gondwana.cli.main import main; main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('numpy', 'numba', 'xarray', 'matplotlib', 'pydantic', 'rich') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_steps_are_listed_and_described() -> None:
    listed = json.loads(gondwana("steps", "--json").stdout)
    names = [step["name"] for step in listed]
    assert names.index("regrid") < names.index("internal_oceans") < names.index("routing")
    for step in listed:
        for name, field in step["parameters"]["properties"].items():
            assert field.get("title") and field.get("description"), f"{step['name']}.{name}"
        assert step["name"] in gondwana("steps").stdout
    assert "river_mouths" in gondwana("steps", "routing").stdout


def test_an_unknown_command_or_step() -> None:
    assert gondwana("bild").returncode == 2
    done = gondwana("steps", "rooting")
    assert done.returncode == 2
    assert "no step 'rooting'" in done.stderr


def test_the_convention_of_the_file_does_not_matter(
    built: Path, planet: Path, tmp_path: Path
) -> None:
    """North first, 0 to 360, packed, longitude before latitude: the same files."""
    with xr.open_dataset(planet) as file:
        turned = file["topo"].isel(lat=slice(None, None, -1)).roll(lon=60, roll_coords=True).load()
    turned = turned.assign_coords(lon=turned["lon"] % 360.0).transpose()
    packed = {"topo": {"dtype": "int16", "_FillValue": -32768}}
    turned.to_netcdf(tmp_path / "turned.nc", encoding=packed)
    done = gondwana("build", tmp_path / "turned.nc", "--out", tmp_path / "out")
    assert done.returncode in (0, 1), done.stderr
    assert_same_arrays(built, tmp_path / "out")


def test_edits_of_a_recipe_are_applied_recorded_and_told(planet: Path, tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(
        """
        edits:
          internal_oceans:
          - {operation: set, at: {box: [170, -12, -170, 12]}, value: 321.0, author: Ada,
             reason: an island across the date line, time: 2026-01-02T03:04:05Z}
          - {operation: lower_to, at: {polygon: [[-180, 75], [180, 75], [180, 90], [-180, 90]]},
             value: -2000.0, reason: a deep Arctic}
          sub_basins:
          - {operation: assign, at: {polygon: [[0, -60], [360, -60], [360, 90], [0, 90]]},
             basin: indian, reason: one ocean is enough}
        """
    )
    words = ("--recipe", tmp_path / "recipe.yaml", "--out", tmp_path / "out")
    done = gondwana("build", planet, *words)
    assert done.returncode in (0, 1), done.stderr
    topography = open_netcdf(tmp_path / "out" / "topography.nc")
    heights = topography["topography"]
    box = heights.where((abs(heights["lon"]) > 170) & (abs(heights["lat"]) < 12), drop=True)
    assert (box == 321.0).all()
    assert (heights.sel(lat=slice(75, 90)) <= -2000.0).all()
    recorded = json.loads(topography.attrs["gondwana_edits"])
    assert [edit.get("author") for edit in recorded] == ["Ada", None]
    basins = open_netcdf(tmp_path / "out" / "subbasins.nc")
    north = basins["navlat"] > -60
    assert not basins["atlmsk"].where(north, 0).any()
    assert not basins["pacmsk"].where(north, 0).any()
    checks = json.loads((tmp_path / "out" / "checks.json").read_text())
    told = [change["why"] for step in checks["steps"] for change in step["changes"]]
    assert "an island across the date line" in told
    again = gondwana("build", "--recipe", tmp_path / "out" / "recipe.yaml", "--out", tmp_path / "b")
    assert again.returncode == done.returncode
    assert_same_arrays(tmp_path / "out", tmp_path / "b")


def test_a_recipe_cannot_replace_what_a_step_makes(
    built: Path, planet: Path, tmp_path: Path
) -> None:
    sha256 = json.loads((built / "manifest.json").read_text())["files"][0]["sha256"]
    (tmp_path / "recipe.yaml").write_text(
        f"given: {{topography: {{file: {built / 'topography.nc'}, sha256: {sha256}}}}}"
    )
    words = ("--recipe", tmp_path / "recipe.yaml", "--out", tmp_path / "out")
    done = gondwana("build", planet, *words)
    assert done.returncode == 2
    assert "cannot be given" in done.stderr


def test_every_file_names_the_topography_it_goes_back_to(built: Path, planet: Path) -> None:
    for name in sorted(name for name in FILES if name.endswith(".nc")):
        origin = json.loads(open_netcdf(built / name).attrs["gondwana_origin"])
        assert origin["sources"] == {"planet.nc": file_sha256(planet)}, name
        steps = [step["step"].split()[0] for step in origin["steps"]]
        assert steps[0] == "regrid", name
    heatflow = json.loads(open_netcdf(built / "heatflow.nc").attrs["gondwana_origin"])
    assert [step["step"].split()[0] for step in heatflow["steps"]][-1] == "heatflow"
    assert {step["step"].split()[0] for step in heatflow["steps"]} >= {
        "internal_oceans", "ocean_grid", "bathymetry", "passage_problems",
    }  # fmt: skip


WRONG_FILES = {
    "another kind": (lambda d: d.rename(topography="trip"), "has no variable 'topography'"),
    "north first": (lambda d: d.isel(lat=slice(None, None, -1)), "not south first"),
    "missing": (lambda d: d.where(d["lat"] > 0), "missing"),
}


@pytest.mark.parametrize("name", WRONG_FILES)
def test_a_step_refuses_a_file_of_another_form(built: Path, tmp_path: Path, name: str) -> None:
    spoil, message = WRONG_FILES[name]
    spoil(open_netcdf(built / "topography.nc")).to_netcdf(tmp_path / "given.nc")
    done = gondwana("step", "soils", tmp_path / "given.nc", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert message in done.stderr
    assert "given.nc" in done.stderr


def test_an_edit_that_breaks_the_ocean_is_mended_and_told(planet: Path, tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(
        "edits: {passage_problems: [{operation: multiply, value: 0.001, only: ocean,"
        " at: {box: [-180, -60, 180, 60]}}]}"
    )
    words = ("--recipe", tmp_path / "recipe.yaml", "--until", "passage_problems")
    done = gondwana("build", planet, *words, "--out", tmp_path / "out")
    assert done.returncode in (0, 1), done.stderr
    told = (tmp_path / "out" / "checks.json").read_text()
    assert "brought the ocean to at least 10 m" in told
    depth = open_netcdf(tmp_path / "out" / "bathy.nc")["Bathymetry"]
    assert float(depth.where(depth > 0).min()) == 10.0
    assert not depth[0].any()


@pytest.mark.parametrize("signal_name", ["SIGINT", "SIGTERM"])
def test_a_stopped_build_leaves_nothing(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, signal_name: str
) -> None:
    large = tmp_path_factory.mktemp("large") / "planet.nc"  # takes seconds, also beside other work
    assert gondwana("planet", large, "--step", 0.5, "--seed", 7).returncode == 0
    out = tmp_path / "target" / "out"
    command = [sys.executable, "-m", "gondwana", "build", str(large), "--out", str(out)]
    # whoever runs the tests in the background may have turned it off for all processes below
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    signal.signal(signal.SIGINT, before)
    deadline = time.monotonic() + 60.0
    while not list((tmp_path / "target").glob(".out-*/*.nc")) and time.monotonic() < deadline:
        assert process.poll() is None, "the build ended before it could be stopped"
    process.send_signal(getattr(signal, signal_name))
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert told.strip() == "Stopped; nothing was written."
    assert list(tmp_path.iterdir()) == []


def test_files_of_two_ocean_grids_do_not_go_together(built: Path, tmp_path: Path) -> None:
    open_netcdf(built / "bathy.nc").isel(y=slice(0, 50)).to_netcdf(tmp_path / "cut.nc")
    words = (tmp_path / "cut.nc", built / "coordinates.nc", "--out", tmp_path / "out")
    done = gondwana("step", "heatflow", *words)
    assert done.returncode == 2
    assert "has 50 x 182 cells and the ocean grid" in done.stderr


def test_the_folder_one_stands_in_is_not_replaced(planet: Path, tmp_path: Path) -> None:
    done = gondwana("build", planet, "--out", ".", cwd=tmp_path)
    assert done.returncode == 2
    assert "the folder you stand in" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_depths_that_say_so_are_turned_to_heights(planet: Path, tmp_path: Path) -> None:
    with xr.open_dataset(planet) as file:
        depth = (-file["topo"]).load()
    depth.attrs = {"units": "m", "positive": "down"}
    depth.to_netcdf(tmp_path / "depth.nc")
    for source, name in ((planet, "up"), (tmp_path / "depth.nc", "down")):
        gondwana("build", source, "--out", tmp_path / name, "--only", "internal_oceans")
    one, other = (open_netcdf(tmp_path / name / "topography.nc") for name in ("up", "down"))
    assert arrays_sha256(one) == arrays_sha256(other)
