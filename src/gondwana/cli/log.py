"""``gondwana log``: what was run in a project, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gondwana.cli.reaching import Way, on_platform

if TYPE_CHECKING:
    from gondwana.services.runs import RunInfo, RunLog


@click.command("log")
@click.argument("project")
@click.argument("step", required=False)
@click.option("--attempt", type=click.IntRange(min=1), help="By default the last one.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@on_platform
def command(project: str, step: str | None, attempt: int | None, as_json: bool, way: Way) -> int:
    """Tell how a STEP of PROJECT ended: first for a person, then the log for a developer.

    Without a step, list the last runs of all.
    """
    from gondwana.cli.printing import print_json  # noqa: PLC0415
    from gondwana.services import runs  # noqa: PLC0415

    with way.open() as inside:
        found = inside.project(project)
        if step is None:
            history = runs.history(inside.platform, inside.actor, found.id)
            if as_json:
                print_json(history)
            else:
                _print_history(history)
            return 0
        log = runs.log(inside.platform, inside.actor, found.id, step, attempt)
        if as_json:
            print_json(log)
        else:
            _print_log(log)
        return 0


def _print_history(history: list[RunInfo]) -> None:
    from gondwana.cli.printing import lasting, print_table, say, when  # noqa: PLC0415

    if not history:
        say("Nothing was run yet.")
        return
    rows = (
        (when(run.created), run.step, str(run.attempt), run.status, lasting(run.seconds),
         run.author, run.reason)
        for run in history
    )  # fmt: skip
    print_table(
        ("asked", "step", "attempt", "ended", "took", "by", "why"),
        rows,
        right="attempt",
        spare=("by", "asked", "took", "attempt"),
    )


def _print_log(log: RunLog) -> None:
    from gondwana.cli.printing import lasting, say, when  # noqa: PLC0415

    run = log.run
    took = f" after {lasting(run.seconds)}" if run.seconds is not None else ""
    by = f" for {run.author}" if run.author else ""
    on = f" on {run.worker}" if run.worker else ""
    say(f"{run.step}, attempt {run.attempt}: {run.status}{took} ({when(run.created)}{by}{on})")
    if run.reason:
        say(run.reason)
    if run.hint:
        say(f"→ {run.hint}")
    for line in _report_lines(log.report):
        say(line)
    if log.log.strip():
        say(f"\nLog for a developer\n{log.log.rstrip()}")


def _report_lines(report: Any) -> list[str]:
    """Tell checks, what asks for attention first, then notes and how much was changed."""
    words = {"fail": "failed", "warn": "warning", "pass": "good"}
    checks = sorted(report.get("checks", []), key=lambda check: list(words).index(check["status"]))
    lines = []
    for check in checks:
        lines.append(f"  {words[check['status']]}: {check['summary']}")
        if check["status"] != "pass" and check.get("fix"):
            lines.append(f"    → {check['fix']}")
    lines += [f"  {note}" for note in report.get("notes", [])]
    changes = len(report.get("changes", []))
    if changes:
        lines.append(f"  {changes} changes of the terrain (--json lists them)")
    return lines
