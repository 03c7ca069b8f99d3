"""Who acts, and what they may do with a project."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from gondwana.accounts.errors import ForbiddenError
from gondwana.storage.words import Access, Role


@dataclass(frozen=True)
class Actor:
    """A user who does something."""

    user_id: str
    name: str
    role: Role = Role.USER

    @property
    def is_admin(self) -> bool:
        """Whether they may do everything."""
        return self.role is Role.ADMIN


class Right(IntEnum):
    """What may be done with a project; each includes those before it."""

    NONE = 0
    VIEW = 1
    """Look at it, download from it, copy it."""
    CHANGE = 2
    """Give it files, parameters and edits; run, cancel and retry steps."""
    OWN = 3
    """Rename, share, send and delete it."""


_SHARED = {None: Right.NONE, Access.VIEW: Right.VIEW, Access.EDIT: Right.CHANGE}
_NEEDED = {
    Right.CHANGE: "you may look at this project and not change it",
    Right.OWN: "only the owner of a project may do this",
}


def right_to(actor: Actor, owner_id: str, shared: Access | None) -> Right:
    """Tell what an actor may do with a project.

    Parameters
    ----------
    actor : Actor
    owner_id : str
        Whose project it is.
    shared : Access or None
        What the owner has given the actor the right to.
    """
    if actor.is_admin or actor.user_id == owner_id:
        return Right.OWN
    return _SHARED[shared]


def require(given: Right, needed: Right) -> None:
    """Refuse what somebody may not do with a project that they may see.

    Raises
    ------
    ForbiddenError
        What it would need.
    """
    if given < needed:
        raise ForbiddenError(_NEEDED[needed], remedy="ask its owner")


def require_admin(actor: Actor) -> None:
    """Refuse what only an administrator may do.

    Raises
    ------
    ForbiddenError
        The actor is none.
    """
    if not actor.is_admin:
        raise ForbiddenError("only an administrator may do this", remedy="ask one")
