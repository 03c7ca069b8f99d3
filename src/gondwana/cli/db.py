"""``gondwana db``: look after the database and the files."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from gondwana.cli.reaching import Way, on_platform

if TYPE_CHECKING:
    from gondwana.services.upkeep import Survey


@click.group("db")
def command() -> None:
    """Look after the database and the files."""


@command.command("upgrade")
@on_platform
def upgrade(way: Way) -> None:
    """Bring the database to the form that this version needs; an SQLite file is copied before."""
    from gondwana.storage import migrations  # noqa: PLC0415

    done = migrations.upgrade(way.settings().database_url)
    if not done.changed:
        click.echo(f"The database has the newest form already ({done.after}).")
    elif done.before is None:
        click.echo(f"Made the database ({done.after}).")
    else:
        click.echo(f"Upgraded the database from {done.before} to {done.after}.")
    if done.backup is not None:
        click.echo(f"As it was before: {done.backup}")


@command.command("check")
@click.option("--whole", is_flag=True, help="Read every file to the end; this takes long.")
@on_platform
def check(whole: bool, way: Way) -> int:
    """Check that the database has the right form and that every file is there.

    Exit status: 0 all good, 1 files are missing or damaged, 2 the database cannot be used.
    """
    from gondwana.cli.printing import counted  # noqa: PLC0415
    from gondwana.services import upkeep  # noqa: PLC0415
    from gondwana.storage import migrations  # noqa: PLC0415

    migrations.check(way.settings().database_url)
    with way.open() as inside:
        found = upkeep.check_files(inside.platform, inside.actor, whole=whole)
    click.echo("The database has the right form.")
    for word, files in (("missing", found.missing), ("damaged", found.damaged)):
        for sha256 in files:
            click.echo(f"{word}: {sha256}")
    broken = len(found.missing) + len(found.damaged)
    if broken:
        click.echo(f"{broken} of {counted(found.files, 'file')} cannot be used: restore a backup.")
        return 1
    how = "are there and as they were" if whole else "are there"
    click.echo(f"All {counted(found.files, 'file')} {how}.")
    return 0


@command.command("cleanup")
@click.option("--yes", is_flag=True, help="Do it; without, only tell what would be done.")
@click.option(
    "--keep-deleted",
    type=click.IntRange(min=0),
    default=30,
    show_default=True,
    metavar="DAYS",
    help="How long a deleted project can be taken back.",
)
@on_platform
def cleanup(yes: bool, keep_deleted: int, way: Way) -> None:
    """Remove files that no project names, and projects that were deleted long ago."""
    from gondwana.cli.printing import counted  # noqa: PLC0415
    from gondwana.cli.tables import size  # noqa: PLC0415
    from gondwana.services import upkeep  # noqa: PLC0415

    with way.open() as inside:
        found = upkeep.survey(
            inside.platform, inside.actor, keep_deleted=timedelta(days=keep_deleted)
        )
        if not yes:
            _tell_survey(found, keep_deleted)
            return
        removed = upkeep.clean(inside.platform, inside.actor, found)
    click.echo(
        f"Removed {counted(removed.projects, 'project')} and {counted(removed.files, 'file')} "
        f"({size(removed.size)})."
    )


def _tell_survey(found: Survey, days: int) -> None:
    from gondwana.cli.printing import counted  # noqa: PLC0415
    from gondwana.cli.tables import size  # noqa: PLC0415

    click.echo(f"Files that nothing names: {found.files} ({size(found.size)}).")
    click.echo(f"Projects deleted more than {counted(days, 'day')} ago: {len(found.projects)}.")
    for name in found.projects:
        click.echo(f"  {name}")
    if found.missing:
        click.echo(f"Files that are named and missing: {len(found.missing)}; see `db check`.")
    if found.files or found.projects:
        click.echo("Nothing was removed: repeat with --yes to do it.")
