"""``gondwana steps``: what can be done, in which order, with which parameters."""

from __future__ import annotations

import json
from typing import Any

import click
from pydantic_core import to_jsonable_python


@click.command("steps")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print declarations as JSON.")
def command(name: str | None, as_json: bool) -> int:
    """List the steps in their order, or describe one with all its parameters."""
    from gondwana.steps.registry import in_order, step_named  # noqa: PLC0415

    steps = in_order() if name is None else [step_named(name)]
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
        "runs_here": step.can_run,
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
        table.add_row(
            step.name, step.title + _remark(step), ", ".join(step.inputs), ", ".join(step.outputs)
        )
    Console().print(table)


def _remark(step: Any) -> str:
    if not step.can_run:
        return f" (no worker for '{step.worker}' yet)"
    return " (a person may edit)" if step.interactive else ""


def _print_one(step: Any) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.markup import escape  # noqa: PLC0415

    console = Console()
    console.print(f"[bold]{step.name}[/] (version {step.version}): {escape(step.title)}")
    console.print(escape(step.about))
    console.print(f"\nneeds   {', '.join((*step.inputs, *_optional(step)))}", highlight=False)
    console.print(f"makes   {', '.join(step.outputs)}", highlight=False)
    if not step.can_run:
        console.print(f"no worker for '{step.worker}' yet", highlight=False)
    for name, field in step.parameters.model_fields.items():
        unit = (field.json_schema_extra or {}).get("unit", "")
        shown = _default(step, name)
        console.print(
            f"\n[bold]{name}[/] = {escape(shown)}{' ' + unit if unit else ''}", highlight=False
        )
        console.print(f"    {escape(field.description or '')}", highlight=False)


def _default(step: Any, name: str) -> str:
    field = step.parameters.model_fields[name]
    if field.is_required():
        return "(has to be given)"
    default = json.dumps(to_jsonable_python(field.default))
    return default if len(default) < 60 else "a table; see `gondwana steps … --json`"


def _optional(step: Any) -> list[str]:
    return [f"{kind} (if there)" for kind in step.optional_inputs]
