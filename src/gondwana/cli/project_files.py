"""The commands of ``gondwana project`` that are about its files and edits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gondwana.cli.options import READABLE
from gondwana.cli.reaching import Way, on_platform

if TYPE_CHECKING:
    from gondwana.services.comparing import Comparison
    from gondwana.services.steps import StepSettings


@click.command("files")
@click.argument("project")
@click.argument("kind", required=False)
@click.option("--history", is_flag=True, help="All revisions, not only what is used now.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@on_platform
def files_(project: str, kind: str | None, history: bool, as_json: bool, way: Way) -> None:
    """List the files of a project, or all revisions of one."""
    from gondwana.cli.printing import print_json, print_table, when  # noqa: PLC0415
    from gondwana.cli.tables import size  # noqa: PLC0415
    from gondwana.services import files  # noqa: PLC0415

    with way.open() as inside:
        project_id = inside.project(project).id
        if kind is not None or history:
            found = files.history(inside.platform, inside.actor, project_id, kind)
        else:
            found = files.current(inside.platform, inside.actor, project_id)
    if as_json:
        print_json(found)
        return
    rows = (
        (
            one.kind,
            str(one.number) + ("" if one.is_current else " (old)"),
            size(one.size),
            one.step or "given",
            one.author,
            when(one.created),
            one.note,
        )
        for one in found
    )
    print_table(
        ("kind", "revision", "size", "made by", "for", "when", "note"),
        rows,
        right="size",
        spare=("for", "when", "note", "size", "made by"),
    )


@click.command("get")
@click.argument("project")
@click.argument("kind")
@click.option("--revision", type=click.IntRange(min=1), help="By default the one used now.")
@click.option("--out", type=READABLE, metavar="FILE", help="By default its usual name, here.")
@on_platform
def get(project: str, kind: str, revision: int | None, out: Path | None, way: Way) -> None:
    """Copy a file of a project to this machine."""
    from gondwana.errors import TargetError  # noqa: PLC0415
    from gondwana.services import files  # noqa: PLC0415

    with way.open() as inside:
        found = inside.project(project)
        target = out or Path(files.file_name(kind))
        if target.is_dir():
            target /= files.file_name(kind)
        if target.exists():
            raise TargetError("is there already", remedy="choose another --out", where=str(target))
        told = files.fetch(inside.platform, inside.actor, found.id, kind, target, revision)
    click.echo(f"Wrote {target}: {told.title}, revision {told.number}.")


@click.command("put")
@click.argument("project")
@click.argument("kind")
@click.argument("file", type=READABLE)
@click.option("--note", default="", help="What is to be remembered about it.")
@on_platform
def put(project: str, kind: str, file: Path, note: str, way: Way) -> None:
    """Put a FILE of yours in the place of another.

    What depends on it runs again. In the place of a result it stands until something that its
    step depends on changes.
    """
    from gondwana.services import files, uploads  # noqa: PLC0415

    with way.open() as inside, uploads.opened({kind: file}, {}) as given:
        found = inside.project(project)
        made = files.replace(inside.platform, inside.actor, found.id, kind, given[kind], note=note)
    click.echo(f"'{kind}' of '{found.name}' has revision {made.revision.number} now.")


@click.command("drop")
@click.argument("project")
@click.argument("kind")
@on_platform
def drop(project: str, kind: str, way: Way) -> None:
    """Do without a file that was given.

    An ocean grid of yours, for instance. `restore` brings it back.
    """
    from gondwana.services import files  # noqa: PLC0415

    with way.open() as inside:
        found = inside.project(project)
        files.take_away(inside.platform, inside.actor, found.id, kind)
    click.echo(f"'{found.name}' does without '{kind}' now.")


@click.command("restore")
@click.argument("project")
@click.argument("kind")
@click.argument("revision", type=click.IntRange(min=1))
@on_platform
def restore(project: str, kind: str, revision: int, way: Way) -> None:
    """Make an earlier REVISION of a file the current one again."""
    from gondwana.services import files  # noqa: PLC0415

    with way.open() as inside:
        found = inside.project(project)
        made = files.restore(inside.platform, inside.actor, found.id, kind, revision)
    click.echo(f"Revision {revision} of '{kind}' is back, as revision {made.number}.")


@click.command("compare")
@click.argument("project")
@click.argument("kind")
@click.option("--revision", type=click.IntRange(min=1), help="By default the one before the last.")
@click.option("--with", "other", metavar="PROJECT", help="Compare with another project.")
@click.option("--other-revision", type=click.IntRange(min=1), help="By default the one used now.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@on_platform
def compare(
    project: str,
    kind: str,
    revision: int | None,
    other: str | None,
    other_revision: int | None,
    as_json: bool,
    way: Way,
) -> int:
    """Compare two revisions of a file, or the files of two projects.

    Exit status: 0 they hold the same, 1 they differ.
    """
    from gondwana.cli.printing import print_json  # noqa: PLC0415
    from gondwana.services import comparing, files  # noqa: PLC0415
    from gondwana.storage.errors import NotFoundError  # noqa: PLC0415

    with way.open() as inside:
        first, second = inside.project(project), inside.project(other or project)
        if revision is None and other is None:
            revision = files.get(inside.platform, inside.actor, first.id, kind).number - 1
            if revision == 0:
                raise NotFoundError(
                    f"'{kind}' has one revision only", remedy="compare --with another project"
                )
        found = comparing.compare(
            inside.platform,
            inside.actor,
            comparing.Which(first.id, kind, revision),
            comparing.Which(second.id, kind, other_revision),
        )
    if as_json:
        print_json(found)
    else:
        _print_comparison(found)
    return 0 if found.same_arrays else 1


@click.command("edits")
@click.argument("project")
@click.argument("step")
@click.option("--save", "file", type=READABLE, metavar="FILE", help="A list of edits as YAML.")
@click.option("--note", default="", help="What is to be remembered about what is saved.")
@on_platform
def edits(project: str, step: str, file: Path | None, note: str, way: Way) -> None:
    """Print the edits of a step, or save others.

    To save edits is to run the step with them. They look as in a recipe (docs/recipe.md).
    """
    from gondwana.services import steps  # noqa: PLC0415

    with way.open() as inside:
        found = inside.project(project)
        if file is None:
            _print_edits(steps.settings(inside.platform, inside.actor, found.id, step))
            return
        saved = steps.save_edits(
            inside.platform, inside.actor, found.id, step, _read_edits(file), note=note
        )
        click.echo(f"Saved {len(saved.edits)} edits of '{step}'; it runs with them.")


FILE_COMMANDS = (files_, get, put, drop, restore, compare, edits)


def _print_comparison(found: Comparison) -> None:
    from gondwana.cli.printing import print_table  # noqa: PLC0415

    for one in (found.first, found.second):
        click.echo(f"{one.file_name}, revision {one.number}: {one.size} bytes, {one.sha256[:12]}")
    if found.same_bytes:
        click.echo("They are the same, byte for byte.")
        return
    if found.same_arrays:
        click.echo("They hold the same values; only what they say about themselves differs.")
        return
    if not found.variables:
        click.echo("They differ.")
        return
    rows = (
        (
            one.name,
            one.outcome,
            f"{one.changed} of {one.cells}" if one.changed else "",
            "" if one.largest is None else f"{one.largest:.6g}",
        )
        for one in found.variables
    )
    print_table(("variable", "outcome", "values that differ", "at most by"), rows)


def _print_edits(found: StepSettings) -> None:
    import yaml  # noqa: PLC0415

    if found.edits:
        plain = [dict(edit) for edit in found.edits]
        click.echo(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100).rstrip())
    else:
        click.echo(f"'{found.step}' has no edits.", err=True)


def _read_edits(file: Path) -> list[Any]:
    import yaml  # noqa: PLC0415

    from gondwana.errors import InputError  # noqa: PLC0415

    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror})", remedy="check the path", where=str(file)
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        raise InputError("is not YAML", remedy="mend it", where=str(file)) from None
    if not isinstance(found, list):
        raise InputError("holds no list of edits", remedy="see docs/recipe.md", where=str(file))
    return found
