"""With whom a project is shared."""

from __future__ import annotations

from gondwana.accounts.permissions import Actor
from gondwana.services import sharing
from gondwana.services.sharing import ShareInfo
from gondwana.storage.words import Access
from gondwana.web.api.routes import Wanted, route
from gondwana.web.visitors import platform

ALL = "/projects/<project_id>/shares"
ONE = f"{ALL}/<user>"


class Allowed(Wanted):
    """What somebody may do with a project."""

    access: Access


@route("GET", ALL, "sharing", answer=list[ShareInfo])
def list_shares(who: Actor, project_id: str) -> list[ShareInfo]:
    """Tell with whom a project is shared."""
    return sharing.listed(platform(), who, project_id)


@route("PUT", ONE, "sharing", answer=ShareInfo, body=Allowed, also=(409,))
def share(who: Actor, project_id: str, user: str, body: Allowed) -> ShareInfo:
    """Let somebody look at a project or change it, as its owner."""
    return sharing.share(platform(), who, project_id, user, body.access)


@route("DELETE", ONE, "sharing")
def unshare(who: Actor, project_id: str, user: str) -> None:
    """Take back what was shared; anybody may give up what was shared with them."""
    sharing.unshare(platform(), who, project_id, user)
