"""``gondwana check``: what is wrong with a topography, and how to mend it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from gondwana.cli.options import READABLE, given, reading, settings


@click.command("check")
@click.argument("topography", type=READABLE, metavar="TOPO.nc")
@reading
@click.option(
    "--resolution",
    metavar="DEG",
    default="native",
    show_default=True,
    help="Grid to check on, in degrees; a build works on 1.",
)
@click.option("--set", "words", multiple=True, metavar="regrid.PARAMETER=VALUE")
@click.option("--json", "as_json", is_flag=True, help="Print every finding as JSON.")
def command(
    topography: Path,
    variable: str | None,
    lon: str | None,
    lat: str | None,
    resolution: str,
    words: tuple[str, ...],
    as_json: bool,
) -> int:
    """Check a topography: internal oceans, poles, narrow passages and diagonal contacts.

    Exit status: 0 nothing to mend, 1 problems that a build would have to mend, 2 unusable.
    """
    from rich.console import Console  # noqa: PLC0415

    from gondwana.cli.tables import print_checks  # noqa: PLC0415
    from gondwana.recipes.results import check_as_json  # noqa: PLC0415
    from gondwana.science.checks import worst  # noqa: PLC0415
    from gondwana.science.terrain_checks import check_topography  # noqa: PLC0415
    from gondwana.steps.contract import Task  # noqa: PLC0415
    from gondwana.steps.execute import validated  # noqa: PLC0415
    from gondwana.steps.regrid import STEP  # noqa: PLC0415
    from gondwana.steps.running.regrid import run  # noqa: PLC0415

    chosen = given(variable=variable, lon=lon, lat=lat, resolution=resolution)
    told = settings(words)
    if set(told) - {"regrid"}:
        raise click.UsageError("Only parameters of regrid can be set for a check.")
    parameters = validated(STEP, {**chosen, **told.get("regrid", {})})
    outcome = run(Task({"source": topography}, parameters))
    checks = check_topography(outcome.outputs["regridded"]["topography"])
    if as_json:
        found = {
            "file": str(topography),
            "notes": list(outcome.notes),
            "status": worst(checks),
            "checks": [check_as_json(check) for check in checks],
        }
        click.echo(json.dumps(found, indent=1))
    else:
        console = Console()
        for note in outcome.notes:
            console.print(f"{topography.name}: {note}", highlight=False, markup=False)
        print_checks(checks, console, rows=True)
    return 1 if worst(checks) == "fail" else 0
