"""With whom a project is shared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gondwana.accounts.permissions import Actor, Right, require
from gondwana.dispatcher.platform import Platform
from gondwana.services import queries
from gondwana.services.door import changing, looking
from gondwana.storage import shares, users
from gondwana.storage.errors import NotFoundError
from gondwana.storage.words import Access


@dataclass(frozen=True)
class ShareInfo:
    """Somebody who may look at a project or change it."""

    user: str
    access: Access
    created: datetime


def listed(platform: Platform, actor: Actor, project_id: str) -> list[ShareInfo]:
    """Tell with whom a project is shared, to anybody who may see it.

    Raises
    ------
    NotFoundError
    """
    with looking(platform, actor, project_id) as visit:
        found = shares.of_project(visit.session, project_id)
        names = queries.names_of(visit.session, [share.user_id for share in found])
        return [ShareInfo(names[share.user_id], share.access, share.created) for share in found]


def share(
    platform: Platform, actor: Actor, project_id: str, user: str, access: Access
) -> ShareInfo:
    """Let somebody look at a project or change it, as its owner; or change what they may.

    Raises
    ------
    NotFoundError
        There is no such project or user.
    ForbiddenError
    ConflictError
        They own it.
    """
    with changing(platform, actor, project_id, Right.OWN) as visit:
        other = users.named(visit.session, user)
        made = shares.share(visit.session, project_id, other.id, access)
        return ShareInfo(other.name, made.access, made.created)


def unshare(platform: Platform, actor: Actor, project_id: str, user: str) -> None:
    """Take back what was shared, as the owner; anybody may give up what was shared with them.

    Raises
    ------
    NotFoundError
        There is no such project or user, or it was not shared with them.
    ForbiddenError
    """
    with changing(platform, actor, project_id, Right.VIEW) as visit:
        other = users.named(visit.session, user)
        if other.id != visit.actor.user_id:
            require(visit.right, Right.OWN)
        if shares.access_of(visit.session, project_id, other.id) is None:
            raise NotFoundError(f"the project is not shared with '{other.name}'")
        shares.unshare(visit.session, project_id, other.id)
