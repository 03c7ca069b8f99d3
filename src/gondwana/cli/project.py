"""``gondwana project``: make, find, copy, share and delete projects, and their files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gondwana.cli.options import READABLE, given, merged, reading, settings
from gondwana.cli.project_files import FILE_COMMANDS
from gondwana.cli.reaching import Way, on_platform

if TYPE_CHECKING:
    from gondwana.services.projects import Created, ProjectInfo


class _InOrder(click.Group):
    """Lists its commands in the order in which they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(self.commands)


@click.group("project", cls=_InOrder)
def command() -> None:
    """Make, find, copy, share and delete projects, and reach their files.

    PROJECT is a name or an id; another's is named NAME@OWNER.
    """


ocean_grid_option = click.option(
    "--ocean-grid", type=READABLE, metavar="FILE", help="NEMO coordinates or a grid with corners."
)
map_option = click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="KIND=FILE",
    help="A file of yours: soil_map (soilcolor, soiltext), biome_map (biome) or atmosphere_grid "
    "(lon, lat).",
)


@command.command("create")
@click.argument("name")
@click.argument("topography", type=READABLE, metavar="TOPO.nc")
@click.option("--info", default="", help="What there is to say about it.")
@ocean_grid_option
@map_option
@reading
@click.option(
    "--set", "words", multiple=True, metavar="STEP.PARAMETER=VALUE", help="Set one parameter."
)
@on_platform
def create(
    name: str,
    topography: Path,
    info: str,
    ocean_grid: Path | None,
    maps: tuple[str, ...],
    variable: str | None,
    lon: str | None,
    lat: str | None,
    words: tuple[str, ...],
    way: Way,
) -> None:
    """Make the project NAME from a topography.

    What can start by itself starts as soon as something serves the projects.
    """
    from gondwana.services import projects, uploads  # noqa: PLC0415

    paths = {"source": topography, **_other_files(ocean_grid, maps)}
    chosen = {"regrid": given(variable=variable, lon=lon, lat=lat)}
    with way.open() as inside, uploads.opened(paths, {}) as files:
        made = projects.create(
            inside.platform,
            inside.actor,
            name,
            files,
            info=info,
            parameters=merged(chosen, settings(words)),
        )
    _tell_created(made)


@command.command("import")
@click.argument("name")
@click.argument("recipe", type=READABLE, metavar="RECIPE.yaml")
@click.option(
    "--topography", type=READABLE, metavar="FILE", help="Another than the recipe was made for."
)
@ocean_grid_option
@map_option
@on_platform
def import_(
    name: str,
    recipe: Path,
    topography: Path | None,
    ocean_grid: Path | None,
    maps: tuple[str, ...],
    way: Way,
) -> None:
    """Make the project NAME from a recipe.

    The files that it names are looked for beside it; others can be given in their place.
    """
    from gondwana.recipes.recipe import locate, read_recipe  # noqa: PLC0415
    from gondwana.services import recipes, uploads  # noqa: PLC0415

    own = {**given(source=topography), **_other_files(ocean_grid, maps)}
    kept = read_recipe(recipe)
    found = {kind: locate(one, recipe) for kind, one in kept.given.items() if kind not in own}
    checksums = {kind: kept.given[kind].sha256 for kind in found}
    with way.open() as inside, uploads.opened({**found, **own}, checksums) as files:
        made = recipes.import_recipe(inside.platform, inside.actor, name, kept, files)
    _tell_created(made)


@command.command("export")
@click.argument("project")
@click.option("--out", type=READABLE, required=True, metavar="DIR", help="A new folder.")
@on_platform
def export(project: str, out: Path, way: Way) -> None:
    """Write a project as a recipe.

    Beside it lie the files that were given to the project, so that elsewhere
    `gondwana build --recipe DIR/recipe.yaml --out …` makes the same arrays, bit for
    bit.
    """
    from gondwana.services import recipes  # noqa: PLC0415

    with way.open() as inside:
        found = inside.project(project)
        told = recipes.export_to(inside.platform, inside.actor, found.id, out)
    click.echo(f"Wrote {out / recipes.RECIPE} and {', '.join(told.files)}.")
    if told.replaced:
        listed = ", ".join(told.replaced)
        click.echo(f"Not in it: files of yours in the place of results ({listed}).", err=True)


@command.command("list")
@click.option("--all", "everybodys", is_flag=True, help="Everybody's, as an administrator.")
@click.option("--deleted", is_flag=True, help="Those that you deleted and can take back.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@on_platform
def listed(everybodys: bool, deleted: bool, as_json: bool, way: Way) -> None:
    """List your projects and those shared with you."""
    from gondwana.cli.printing import print_json, print_table, when  # noqa: PLC0415
    from gondwana.services import projects  # noqa: PLC0415

    with way.open() as inside:
        found = projects.listed(
            inside.platform, inside.actor, everybodys=everybodys, deleted=deleted
        )
    if as_json:
        print_json(found)
    elif not found:
        click.echo("There are none." if deleted else "There are none: make one with `create`.")
    else:
        rows = (
            (
                one.project.name,
                one.project.owner,
                one.overall,
                when(one.project.deleted if deleted else one.project.modified),
                one.project.file_name,
            )
            for one in found
        )
        time = "deleted" if deleted else "changed"
        print_table(("name", "owner", "state", time, "file"), rows, spare=("file", time, "owner"))


@command.command("show")
@click.argument("project")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@on_platform
def show(project: str, as_json: bool, way: Way) -> None:
    """Tell what a project is, and what is next."""
    from gondwana.cli.printing import print_json  # noqa: PLC0415
    from gondwana.services import sharing, status  # noqa: PLC0415

    with way.open() as inside:
        found = inside.project(project)
        shares = sharing.listed(inside.platform, inside.actor, found.id)
        now = status.status(inside.platform, inside.actor, found.id)
    if as_json:
        print_json({"project": found, "shares": shares, "next": now.next})
        return
    shared = ", ".join(f"{share.user} ({share.access})" for share in shares)
    _print_facts(found, {"shared with": shared or "nobody", "next": now.next.sentence})


@command.command("rename")
@click.argument("project")
@click.argument("name")
@on_platform
def rename(project: str, name: str, way: Way) -> None:
    """Give a project another NAME."""
    from gondwana.services import projects  # noqa: PLC0415

    with way.open() as inside:
        found = inside.project(project)
        renamed = projects.rename(inside.platform, inside.actor, found.id, name)
        click.echo(f"'{found.name}' is '{renamed.name}' now.")


@command.command("describe")
@click.argument("project")
@click.argument("text")
@on_platform
def describe(project: str, text: str, way: Way) -> None:
    """Say what there is to say about a project."""
    from gondwana.services import projects  # noqa: PLC0415

    with way.open() as inside:
        found = inside.project(project)
        projects.describe(inside.platform, inside.actor, found.id, text)
        click.echo(f"'{found.name}' is described.")


@command.command("duplicate")
@click.argument("project")
@click.option("--name", help="Of the copy; by default the same with a number.")
@on_platform
def duplicate(project: str, name: str | None, way: Way) -> None:
    """Copy a project that you may see; the copy is yours."""
    from gondwana.services import projects  # noqa: PLC0415

    with way.open() as inside:
        found = inside.project(project)
        copy = projects.duplicate(inside.platform, inside.actor, found.id, name=name)
        click.echo(f"The copy of '{found.name}' is '{copy.name}'.")


@command.command("send")
@click.argument("project")
@click.argument("receiver", metavar="USER")
@on_platform
def send(project: str, receiver: str, way: Way) -> None:
    """Give another user a copy of a project of yours."""
    from gondwana.services import projects  # noqa: PLC0415

    with way.open() as inside:
        found = inside.project(project)
        copy = projects.send(inside.platform, inside.actor, found.id, receiver)
        click.echo(f"'{copy.owner}' has a copy of '{found.name}', named '{copy.name}'.")


@command.command("share")
@click.argument("project")
@click.argument("other", metavar="USER")
@click.option("--edit", is_flag=True, help="They may change and run it, not only look at it.")
@on_platform
def share(project: str, other: str, edit: bool, way: Way) -> None:
    """Let another user see a project of yours, or change it."""
    from gondwana.services import sharing  # noqa: PLC0415
    from gondwana.storage.words import Access  # noqa: PLC0415

    with way.open() as inside:
        found = inside.project(project)
        access = Access.EDIT if edit else Access.VIEW
        made = sharing.share(inside.platform, inside.actor, found.id, other, access)
        may = "change" if edit else "see"
        click.echo(f"'{made.user}' may {may} '{found.name}', as '{found.name}@{found.owner}'.")


@command.command("unshare")
@click.argument("project")
@click.argument("other", metavar="USER")
@on_platform
def unshare(project: str, other: str, way: Way) -> None:
    """Take back what was shared.

    As its owner from another USER; or give up yourself what was shared with you.
    """
    from gondwana.services import sharing  # noqa: PLC0415

    with way.open() as inside:
        found = inside.project(project)
        sharing.unshare(inside.platform, inside.actor, found.id, other)
        click.echo(f"'{found.name}' is no longer shared with '{other}'.")


@command.command("delete")
@click.argument("project")
@on_platform
def delete(project: str, way: Way) -> None:
    """Delete a project of yours; it can be taken back."""
    from gondwana.services import projects  # noqa: PLC0415

    with way.open() as inside:
        found = inside.project(project)
        projects.delete(inside.platform, inside.actor, found.id)
        click.echo(
            f"Deleted '{found.name}'. Take it back with: gondwana project undelete {found.id}"
        )


@command.command("undelete")
@click.argument("project")
@click.option("--name", help="Another name, where the old one is taken meanwhile.")
@on_platform
def undelete(project: str, name: str | None, way: Way) -> None:
    """Take back a project that you deleted."""
    from gondwana.services import projects  # noqa: PLC0415

    with way.open() as inside:
        found = inside.project(project, deleted=True)
        back = projects.undelete(inside.platform, inside.actor, found.id, name=name)
        click.echo(f"'{back.name}' is back.")


for _command in FILE_COMMANDS:
    command.add_command(_command)


def _other_files(ocean_grid: Path | None, maps: tuple[str, ...]) -> dict[str, Path]:
    files = given(ocean_grid_file=ocean_grid)
    for word in maps:
        kind, equals, name = word.partition("=")
        if not equals or kind not in ("soil_map", "biome_map", "atmosphere_grid"):
            raise click.UsageError(
                f"--map {word}: write soil_map=FILE, biome_map=FILE or atmosphere_grid=FILE."
            )
        files[kind] = Path(name)
    return files


def _tell_created(made: Created) -> None:
    file = made.files["source"]
    found: Mapping[str, Any] = file.found
    click.echo(
        f"Made '{made.project.name}' from {file.name}: variable '{found['variable']}', "
        f"{found['rows']} x {found['columns']} cells, {found['land']:.0%} land, "
        f"{found['lowest']:.0f} to {found['highest']:.0f} m."
    )
    for other in made.files.values():
        for note in (*other.found["notes"], *other.found.get("doubts", ())):
            click.echo(f"{other.name}: {note}")


def _print_facts(found: ProjectInfo, more: Mapping[str, str]) -> None:
    from gondwana.cli.printing import when  # noqa: PLC0415

    facts = {
        "name": found.name,
        "owner": found.owner,
        "you may": {"view": "look", "change": "look and change", "own": "do everything"}[
            found.right.name.lower()
        ],
        "file": f"{found.file_name} ({found.longitude}, {found.latitude})",
        "about": found.info,
        "made": when(found.created),
        "changed": when(found.modified),
        **more,
        "id": found.id,
    }
    widest = max(map(len, facts))
    for name, fact in facts.items():
        if fact:
            click.echo(f"{name.ljust(widest)}  {fact}")
