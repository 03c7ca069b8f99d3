"""``gondwana user``: who may use the platform."""

from __future__ import annotations

import sys

import click

from gondwana.cli.reaching import Way, on_platform


@click.group("user")
def command() -> None:
    """Look after users, as an administrator. The user of this machine is one from the start.

    Passwords are asked for, or read from the standard input; never give one as an argument.
    """


@command.command("add")
@click.argument("name")
@click.option("--email", default="", help="Where to reach them.")
@click.option("--admin", is_flag=True, help="Make them an administrator.")
@click.option("--without-password", is_flag=True, help="They cannot sign in until they have one.")
@on_platform
def add(name: str, email: str, admin: bool, without_password: bool, way: Way) -> None:
    """Add a user."""
    from gondwana.services import users  # noqa: PLC0415
    from gondwana.storage.words import Role  # noqa: PLC0415

    with way.open() as inside:
        password = None if without_password else _password()
        made = users.create(
            inside.platform,
            inside.actor,
            name,
            password=password,
            email=email,
            role=Role.ADMIN if admin else Role.USER,
        )
        click.echo(f"Added '{made.name}'.")


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@on_platform
def listed(as_json: bool, way: Way) -> None:
    """List all users."""
    from gondwana.cli.printing import print_json, print_table, when  # noqa: PLC0415
    from gondwana.services import users  # noqa: PLC0415

    with way.open() as inside:
        found = users.everybody(inside.platform, inside.actor)
    if as_json:
        print_json(found)
        return
    rows = (
        (
            user.name,
            "administrator" if user.role == "admin" else "user",
            "yes" if user.active else "no",
            "yes" if user.has_password else "no",
            when(user.created),
            user.email,
        )
        for user in found
    )
    print_table(
        ("name", "role", "active", "password", "since", "email"),
        rows,
        spare=("since", "email", "password", "active"),
    )


@command.command("password")
@click.argument("name")
@on_platform
def password(name: str, way: Way) -> None:
    """Give a user a new password."""
    from gondwana.services import users  # noqa: PLC0415

    with way.open() as inside:
        user = users.get(inside.platform, inside.actor, name)
        users.set_password(inside.platform, inside.actor, user.name, _password())
        click.echo(f"'{user.name}' has a new password.")


@command.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice(["user", "admin"]))
@on_platform
def role(name: str, role: str, way: Way) -> None:
    """Make somebody an administrator, or a user like others again."""
    from gondwana.services import users  # noqa: PLC0415
    from gondwana.storage.words import Role  # noqa: PLC0415

    with way.open() as inside:
        user = users.set_role(inside.platform, inside.actor, name, Role(role))
        what = "an administrator" if user.role is Role.ADMIN else "a user like others"
        click.echo(f"'{user.name}' is {what} now.")


@command.command("deactivate")
@click.argument("name")
@on_platform
def deactivate(name: str, way: Way) -> None:
    """Shut somebody out; what is theirs stays."""
    from gondwana.services import users  # noqa: PLC0415

    with way.open() as inside:
        user = users.deactivate(inside.platform, inside.actor, name)
        click.echo(f"'{user.name}' may do nothing any more; `gondwana user activate` undoes it.")


@command.command("activate")
@click.argument("name")
@on_platform
def activate(name: str, way: Way) -> None:
    """Let somebody in again."""
    from gondwana.services import users  # noqa: PLC0415

    with way.open() as inside:
        user = users.activate(inside.platform, inside.actor, name)
        click.echo(f"'{user.name}' is active again.")


def _password() -> str:
    """Ask for a password twice on a terminal; elsewhere take a line of the standard input."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")
