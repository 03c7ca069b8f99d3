"""The scripts that drive MOZAIC and MOSAIX, with stand-ins that keep to the names of both.

Neither program is to be had here: what is tested is the order of the calls, what they are given,
that every exit status is looked at, and what is collected.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gondwana.errors import GondwanaError
from gondwana.steps.contract import Task
from gondwana.steps.declaration import read_declaration
from gondwana.steps.execute import validated
from gondwana.steps.kinds import KINDS
from gondwana.steps.programs import Watch, Written, run_program

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

DOMSK = """
test -s bathy_meter.nc && test -s coordinates.nc && test -s subbasins_PALEORCA2.test.nc
grep -q '^jpi = 92$' run.def && grep -q '^nperio = 4$' run.def
echo domain > PALEORCA2.test.nc
"""
DO_LINK = """
mkdir MOZAIC
cp "$STANDIN"/grids.sh "$STANDIN"/mosaic.exe "$STANDIN"/cotes.exe MOZAIC/
cp "$STANDIN"/allwei.sh .
"""
GRIDS = """
echo "grids $*" >> calls
echo grids > grids_orca.nc
"""
MOSAIC = """
echo mosaic >> calls
grep -q '^dist_max = 250000.0$' run.def
echo ' oce -> atm ADRESSE1 WEIGHTS1 Neighbors :          17'
echo ' atm -> oce ADRESSE2 WEIGHTS2 Number of neighbors :   23 .'
"""
COTES = """
echo cotes >> calls
grep -q '^jmo2a = 17$' run.def && grep -q '^jma2o = 23$' run.def
echo ' atm -> oce ADRESSE3 WEIGHTS3 Number of neighbors : 11'
"""
ALLWEI = """
grep -q '^jma2or = 11$' MOZAIC/run.def
test "$(tr '\\n' ' ' < MOZAIC/calls)" = 'grids  mosaic grids -r cotes '
echo weights > rmp_torc_to_tlmd.nc
echo others > grids_orca.nc
"""
WEIGHTS = """
test -s "$R_IN/OCE/NEMO/ORCA2.3/ORCA2.3_coordinates_mask.nc"
test -s "$R_IN/ATM/GRID/LMD9695_grid.nc"
test "$MpiRun" = "mpirun -n 2" && test -d "$TMPDIR" && test -n "$SUBMIT_DIR"
for kind in grids masks areas rmp dia; do echo $kind > ${kind}_ORCA2.3xLMD9695.nc; done
echo mask > LMD9695_grid_maskFrom_ORCA2.3.nc
"""


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nset -eu\n{text}")
    path.chmod(0o755)


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, Path]:
    files = {}
    for kind in ("bathy", "coordinates", "subbasins"):
        files[kind] = tmp_path / f"{kind}.nc"
        files[kind].write_text(kind)
        files[kind].chmod(0o444)
    return files


@pytest.fixture
def mozaic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "mozaic home"
    script(home / "DOMSK" / "bin" / "domsk.exe", DOMSK)
    standin = home / "standin"
    script(home / "util" / "do_link.sh", f"STANDIN='{standin}'\n{DO_LINK}")
    for name, text in (
        ("grids.sh", GRIDS), ("mosaic.exe", MOSAIC), ("cotes.exe", COTES), ("allwei.sh", ALLWEI),
    ):  # fmt: skip
        script(standin / name, text)
    monkeypatch.setenv("GONDWANA_STEP_MOZAIC", str(home))
    return home


@pytest.fixture
def mosaix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home, grids, mask = tmp_path / "MOSAIX", tmp_path / "IGCM", tmp_path / "make_mask"
    script(home / "CreateWeightsMask.bash", WEIGHTS)
    (home / "rmp_ORCA2.3_of_an_older_run.nc").write_text("old")
    (grids / "ATM" / "GRID").mkdir(parents=True)
    (grids / "ATM" / "GRID" / "LMD9695_grid.nc").write_text("grid")
    script(mask, 'test -s "$1" && test -s "$2"\ncat "$1" "$2" > "$3"\n')
    monkeypatch.setenv("GONDWANA_STEP_MOSAIX", str(home))
    monkeypatch.setenv("GONDWANA_STEP_MOSAIX_MASK", str(mask))
    monkeypatch.setenv("GONDWANA_STEP_MOSAIX_GRIDS", str(grids))
    monkeypatch.setenv("GONDWANA_STEP_MOSAIX_MPIRUN", "mpirun -n 2")
    return home


def run(name: str, inputs: dict[str, Path], folder: Path, **parameters: Any) -> Written:
    step = read_declaration(ROOT / "workers" / name / "step").step
    assert step.program is not None
    folder.mkdir(exist_ok=True)
    files = {kind: inputs[kind] for kind in step.inputs}
    task = Task(files, validated(step, parameters))
    # the kinds of these steps are joined only where an institute names their folder
    declared = read_declaration(ROOT / "workers" / name / "step").kinds
    added = {kind.name: kind for kind in declared}
    KINDS.update(added)
    try:
        return run_program(
            step, step.program, task, folder, created=NOON, file_format="netcdf3", watch=Watch()
        )
    finally:
        for kind in added:
            del KINDS[kind]


def contents(path: Path) -> set[str]:
    with tarfile.open(path) as archive:
        return {member.name.removeprefix("./") for member in archive if member.isfile()}


MOZAIC = {"simulation": "test", "columns": 92, "rows": 76, "fold": 4, "runoff_distance": 250.0}


@pytest.mark.usefixtures("mozaic")
def test_mozaic_from_bathymetry_to_weights(inputs: dict[str, Path], tmp_path: Path) -> None:
    written = run("mozaic", inputs, tmp_path / "out", **MOZAIC)
    found = contents(written.files["mozaic_weights"])
    together = "PALEORCA2.testxLMD96x95"
    assert found >= {
        f"{together}/rmp_torc_to_tlmd.nc", f"{together}/grids_orca.nc",
        f"{together}/MOZAIC/grids_orca.nc", "DOMSK/PALEORCA2.test/PALEORCA2.test.nc",
        "run.def", "cotes.log",
    }  # fmt: skip
    assert not any(name.endswith("bathy_meter.nc") for name in found)
    assert "17 to the atmosphere, 23 to the ocean, 11 for runoff" in written.notes[0]


@pytest.mark.parametrize(
    "program", ["domsk.exe", "do_link.sh", "grids.sh", "mosaic.exe", "cotes.exe", "allwei.sh"]
)
def test_mozaic_stops_at_the_first_program_that_fails(
    mozaic: Path, inputs: dict[str, Path], tmp_path: Path, program: str
) -> None:
    (path,) = mozaic.rglob(program)
    script(path, "echo segmentation fault >&2\nexit 3\n")
    with pytest.raises(GondwanaError, match=rf"MOZAIC's {program} ended with status 3") as caught:
        run("mozaic", inputs, tmp_path / "out", **MOZAIC)
    assert "segmentation fault" in "".join(caught.value.__notes__)


def test_mozaic_that_does_not_tell_its_numbers(
    mozaic: Path, inputs: dict[str, Path], tmp_path: Path
) -> None:
    script(mozaic / "standin" / "mosaic.exe", "echo nothing\n")
    with pytest.raises(GondwanaError, match="MOZAIC did not tell 'oce -> atm ADRESSE1"):
        run("mozaic", inputs, tmp_path / "out", **MOZAIC)


def test_mozaic_that_is_not_installed(
    inputs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GONDWANA_STEP_MOZAIC", raising=False)
    with pytest.raises(GondwanaError, match="does not name the folder of MOZAIC"):
        run("mozaic", inputs, tmp_path / "out")
    monkeypatch.setenv("GONDWANA_STEP_MOZAIC", str(tmp_path))
    with pytest.raises(GondwanaError, match=r"MOZAIC has no DOMSK/bin/domsk\.exe"):
        run("mozaic", inputs, tmp_path / "out")


@pytest.mark.usefixtures("mozaic")
@pytest.mark.parametrize("name", ["", "a b", "../up", "x;reboot"])
def test_names_that_are_none(inputs: dict[str, Path], tmp_path: Path, name: str) -> None:
    with pytest.raises(GondwanaError, match="not of letters and digits"):
        run("mozaic", inputs, tmp_path / "out", **(MOZAIC | {"simulation": name}))


def test_mosaix_from_bathymetry_to_weights(
    mosaix: Path, inputs: dict[str, Path], tmp_path: Path
) -> None:
    written = run("mosaix", inputs, tmp_path / "out")
    found = contents(written.files["mosaix_weights"])
    assert found >= {
        "grids_ORCA2.3xLMD9695.nc", "masks_ORCA2.3xLMD9695.nc", "areas_ORCA2.3xLMD9695.nc",
        "rmp_ORCA2.3xLMD9695.nc", "dia_ORCA2.3xLMD9695.nc", "LMD9695_grid_maskFrom_ORCA2.3.nc",
    }  # fmt: skip
    assert not any("older_run" in name for name in found)
    assert "6 NetCDF files by MOSAIX" in written.notes[0]
    # where it is installed nothing was written
    assert {path.name for path in mosaix.iterdir()} == {
        "CreateWeightsMask.bash", "rmp_ORCA2.3_of_an_older_run.nc",
    }  # fmt: skip


def test_mosaix_that_fails_or_writes_nothing(
    mosaix: Path, inputs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(mosaix / "CreateWeightsMask.bash", "exit 7\n")
    with pytest.raises(GondwanaError, match=r"CreateWeightsMask\.bash ended with status 7"):
        run("mosaix", inputs, tmp_path / "out")
    script(mosaix / "CreateWeightsMask.bash", "true\n")
    with pytest.raises(GondwanaError, match=r"MOSAIX has written no grids_\*ORCA2\.3\*\.nc"):
        run("mosaix", inputs, tmp_path / "out")
    script(tmp_path / "make_mask", "exit 1\n")
    with pytest.raises(GondwanaError, match="make_mask ended with status 1"):
        run("mosaix", inputs, tmp_path / "out")
    monkeypatch.delenv("GONDWANA_STEP_MOSAIX_MASK")
    with pytest.raises(GondwanaError, match="MOSAIX_MASK names no program"):
        run("mosaix", inputs, tmp_path / "out")


@pytest.mark.parametrize("name", ["mozaic", "mosaix"])
def test_they_join_only_where_they_are_wanted(name: str) -> None:
    command = [sys.executable, "-m", "gondwana", "steps"]
    plain = {key: value for key, value in os.environ.items() if key != "GONDWANA_STEPS"}
    without = subprocess.run(command, capture_output=True, text=True, env=plain, check=True)
    assert f"{name}_weights" not in without.stdout
    wanted = plain | {"GONDWANA_STEPS": str(ROOT / "workers" / name)}
    with_it = subprocess.run(command, capture_output=True, text=True, env=wanted, check=True)
    assert f"{name}_weights" in with_it.stdout
