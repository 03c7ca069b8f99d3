"""How commands reach projects: the options they share, and the way in."""

from __future__ import annotations

import functools
import gc
import os
import pwd
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from gondwana.accounts.permissions import Actor
    from gondwana.config import Settings
    from gondwana.dispatcher.platform import Platform
    from gondwana.services.projects import ProjectInfo


@dataclass(frozen=True)
class Inside:
    """An open platform, and who acts on it."""

    platform: Platform
    actor: Actor

    def project(self, name: str, *, deleted: bool = False) -> ProjectInfo:
        """Find a project by its name or id, or another's as NAME@OWNER."""
        from gondwana.services import projects  # noqa: PLC0415

        return projects.find(self.platform, self.actor, name, deleted=deleted)


@dataclass(frozen=True)
class Way:
    """The way in, as the options tell it."""

    data_folder: Path | None
    user: str | None

    def settings(self) -> Settings:
        """Return the settings; a command needs no broker and no secret."""
        from gondwana.config import load_settings  # noqa: PLC0415

        return load_settings(needs=("database_url", "file_store_url"), data_folder=self.data_folder)

    @contextmanager
    def open(self) -> Iterator[Inside]:
        """Open the platform as the user of this machine, or in the place of another."""
        from gondwana.dispatcher.platform import open_platform  # noqa: PLC0415
        from gondwana.services import users  # noqa: PLC0415

        with open_platform(self.settings()) as platform:
            actor = users.local_user(platform, user_of_this_machine())
            if self.user is not None:
                actor = users.acting_as(platform, actor, self.user)
            yield Inside(platform, actor)


def on_platform(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say where projects are, and as whom to act, as ``way``."""

    @click.option(
        "--data-folder", type=click.Path(path_type=Path), help="Where everything is kept."
    )
    @click.option("--as", "user", metavar="USER", help="Act as this user, being an administrator.")
    @functools.wraps(command)
    def with_way(*values: Any, data_folder: Path | None, user: str | None, **more: Any) -> Any:
        _load()
        return command(*values, way=Way(data_folder, user), **more)

    return with_way


def _load() -> None:
    """Import what all these commands need; nothing of it is garbage, so that none is looked for."""
    gc.disable()
    try:
        import gondwana.dispatcher.platform  # noqa: PLC0415
        import gondwana.services.users  # noqa: F401, PLC0415
    finally:
        gc.enable()


def user_of_this_machine() -> str:
    """Return the name of whoever runs this process, as the system knows it."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run as a number alone
        return f"user {os.getuid()}"
