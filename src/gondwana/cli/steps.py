"""``gondwana steps``: what can be done, in which order, with which parameters."""

from __future__ import annotations

import json
from typing import Any

import click


@click.command("steps")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print declarations as JSON.")
def command(name: str | None, as_json: bool) -> int:
    """List the steps in their order, or describe one with all its parameters."""
    from gondwana.steps.registry import STEPS, step_named  # noqa: PLC0415

    steps = list(STEPS.values()) if name is None else [step_named(name)]
    if as_json:
        click.echo(json.dumps([_as_json(step) for step in steps], indent=1))
    elif name is None:
        _print_list(steps)
    else:
        _print_one(steps[0])
    return 0


def _as_json(step: Any) -> dict[str, Any]:
    return {
        "name": step.name,
        "version": step.version,
        "title": step.title,
        "about": step.about,
        "worker": step.worker,
        "interactive": step.interactive,
        "inputs": list(step.inputs),
        "optional_inputs": list(step.optional_inputs),
        "outputs": list(step.outputs),
        "parameters": step.parameters.model_json_schema(),
    }


def _print_list(steps: list[Any]) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("step", "what it makes", "from", "to"):
        table.add_column(title)
    for step in steps:
        person = " (a person may edit)" if step.interactive else ""
        if not step.can_run:
            person = f" (needs a worker for {step.worker})"
        table.add_row(
            step.name, step.title + person, ", ".join(step.inputs), ", ".join(step.outputs)
        )
    Console().print(table)


def _print_one(step: Any) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.markup import escape  # noqa: PLC0415

    console = Console()
    console.print(f"[bold]{step.name}[/] (version {step.version}): {escape(step.title)}")
    console.print(escape(step.about))
    console.print(f"\nneeds   {', '.join((*step.inputs, *_optional(step)))}", highlight=False)
    console.print(f"makes   {', '.join(step.outputs)}", highlight=False)
    for name, field in step.parameters.model_fields.items():
        unit = (field.json_schema_extra or {}).get("unit", "")
        default = json.dumps(step.parameters.model_construct().model_dump(mode="json")[name])
        shown = default if len(default) < 60 else "a table; see `gondwana steps … --json`"
        console.print(
            f"\n[bold]{name}[/] = {escape(shown)}{' ' + unit if unit else ''}", highlight=False
        )
        console.print(f"    {escape(field.description or '')}", highlight=False)


def _optional(step: Any) -> list[str]:
    return [f"{kind} (if there)" for kind in step.optional_inputs]
