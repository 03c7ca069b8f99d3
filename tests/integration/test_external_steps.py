"""A step that a folder declares is everywhere at once: in the graph, the queues, the commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gondwana.formats.netcdf import open_netcdf

PROGRAM = f"""#!{sys.executable}
# counts the bytes of its input
import json, sys
from pathlib import Path

inputs, parameters, outputs = sys.argv[1:]
told = json.loads(Path(parameters).read_text())
size = Path(inputs, told["inputs"]["topography"]).stat().st_size
if told["parameters"]["strict"]:
    sys.exit("error: nothing is good enough")
Path(outputs, told["outputs"]["count"]).write_text(f"{{size}}\\n")
"""
DECLARED = {
    "name": "count",
    "version": 1,
    "title": "Count",
    "about": "Counts the bytes of the topography.",
    "worker": "counting",
    "inputs": ["topography"],
    "outputs": ["count"],
    "kinds": [{"name": "count", "filename": "count.txt", "title": "bytes of the topography"}],
    "parameters": [
        {"name": "strict", "type": "yes/no", "default": False, "title": "Strict", "about": "Fail."}
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "steps" / "count"
    place.mkdir(parents=True)
    (place / "step.json").write_text(json.dumps(DECLARED))
    (place / "run").write_text(PROGRAM)
    (place / "run").chmod(0o755)
    return place.parent


@pytest.fixture(scope="module")
def planet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("planet") / "planet.nc"
    assert python("-m", "gondwana", "planet", path, "--step", 6, "--seed", 3).returncode == 0
    return path


def python(*words: object, steps: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {name: text for name, text in os.environ.items() if name != "GONDWANA_STEPS"}
    if steps is not None:
        environment["GONDWANA_STEPS"] = str(steps)
    return subprocess.run(
        [sys.executable, *map(str, words)], capture_output=True, text=True, env=environment
    )


def gondwana(*words: object, steps: Path | None = None) -> subprocess.CompletedProcess[str]:
    return python("-m", "gondwana", *words, steps=steps)


def test_it_is_listed_and_in_graph_and_queues(folder: Path) -> None:
    listed = json.loads(gondwana("steps", "--json", steps=folder).stdout)
    by_name = {step["name"]: step for step in listed}
    assert by_name["count"]["runs_here"]
    assert by_name["calculate_weights"]["runs_here"]
    assert by_name["count"]["parameters"]["properties"]["strict"]["default"] is False
    assert "count" not in gondwana("steps").stdout
    script = (
        "from gondwana.workflow.graph import Graph\n"
        "from gondwana.messaging.topology import dispatcher_queue, tags, worker_queue\n"
        "from gondwana.steps.registry import STEPS\n"
        "print(Graph.of(STEPS.values()).depends_on('count'), 'counting' in tags())\n"
        "print(worker_queue('counting').keys, 'preprocessing.count.done' in "
        "dispatcher_queue().keys)\n"
    )
    assert python("-c", script, steps=folder).stdout.splitlines() == [
        "('internal_oceans',) True",
        "('preprocessing.count.counting',) True",
    ]


def test_it_runs_by_itself_and_in_a_build(folder: Path, planet: Path, tmp_path: Path) -> None:
    built = gondwana("build", planet, "--out", tmp_path / "one", "--until", "count", steps=folder)
    assert built.returncode in (0, 1), built.stderr
    topography = tmp_path / "one" / "topography.nc"
    count = (tmp_path / "one" / "count.txt").read_text()
    assert int(count) == topography.stat().st_size
    manifest = json.loads((tmp_path / "one" / "manifest.json").read_text())
    (told,) = [file for file in manifest["files"] if file["file"] == "count.txt"]
    assert (told["step"], told["arrays_sha256"]) == ("count", None)
    assert "count" in (tmp_path / "one" / "recipe.yaml").read_text()
    again = gondwana("step", "count", topography, "--out", tmp_path / "two", steps=folder)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "two" / "count.txt").read_text() == count
    strict = ("step", "count", topography, "--set", "strict=true", "--out", tmp_path / "three")
    failed = gondwana(*strict, steps=folder)
    assert failed.returncode == 2
    assert failed.stderr == "Error: step count: nothing is good enough.\n"
    assert open_netcdf(topography)["topography"].ndim == 2


def test_a_step_that_nothing_here_can_run_is_left_out_or_refused(
    folder: Path, planet: Path, tmp_path: Path
) -> None:
    (folder / "count" / "run").unlink()
    assert "no worker for 'counting' yet" in gondwana("steps", "count", steps=folder).stdout
    assert not {s["name"]: s for s in json.loads(gondwana("steps", "--json", steps=folder).stdout)}[
        "count"
    ]["runs_here"]
    for words in (("--until", "count"), ("--only", "count")):
        refused = gondwana("build", planet, "--out", tmp_path / "out", *words, steps=folder)
        assert refused.returncode == 2
        assert "it needs a worker for" in refused.stderr
    assert not (tmp_path / "out").exists()


def test_a_broken_declaration_is_told_in_one_sentence(folder: Path) -> None:
    (folder / "count" / "step.json").write_text(json.dumps(DECLARED | {"name": "routing"}))
    told = gondwana("steps", steps=folder)
    assert told.returncode == 2
    assert told.stderr == (
        f"Error: {folder}/count/step.json: there is a step 'routing' already; "
        "choose another name.\n"
    )
