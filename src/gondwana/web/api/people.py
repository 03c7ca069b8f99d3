"""Who I am, and the users of the installation."""

from __future__ import annotations

from typing import Annotated

from flask import url_for
from pydantic import Field
from werkzeug.wrappers import Response

from gondwana.accounts.permissions import Actor
from gondwana.services import disk, overview, users
from gondwana.services.disk import DiskUse
from gondwana.services.overview import Overview
from gondwana.services.users import UserInfo
from gondwana.storage.words import Role
from gondwana.web.api.answers import made
from gondwana.web.api.routes import Wanted, route
from gondwana.web.visitors import platform

USERS = "/admin/users"
USER = f"{USERS}/<user>"

_LONGEST = 1000
_LARGEST = 2**62


class NewUser(Wanted):
    """A user to be."""

    name: str = Field(max_length=_LONGEST)
    password: str | None = Field(
        None, max_length=_LONGEST, description="without one they cannot sign in until they get one"
    )
    email: str = Field("", max_length=_LONGEST)
    role: Role = Role.USER


class UserChange(Wanted):
    """What changes about a user; what is not named stays."""

    role: Role | None = None
    active: bool | None = Field(None, description="false shuts them out; what is theirs stays")
    password: str | None = Field(None, max_length=_LONGEST)
    quota: Annotated[int, Field(ge=0, le=_LARGEST)] | None = Field(
        None, description="bytes that their files may have; null is what everybody has"
    )


class Beginning(Wanted):
    """Who is looked for."""

    beginning: str = Field(max_length=_LONGEST, description="two letters of a name, or more")


@route("GET", "/me", "me", answer=UserInfo)
def show_me(who: Actor) -> UserInfo:
    """Tell who you are."""
    return users.get(platform(), who, who.name)


@route("GET", "/users", "sharing", answer=list[str], query=Beginning)
def find_users(who: Actor, query: Beginning) -> list[str]:
    """List the first names of others with some beginning, to share with them."""
    return users.found(platform(), who, query.beginning)


@route("GET", USERS, "administration", answer=list[UserInfo])
def list_users(who: Actor) -> list[UserInfo]:
    """List all users."""
    return users.everybody(platform(), who)


@route("POST", USERS, "administration", answer=UserInfo, status=201, body=NewUser, also=(409,))
def create_user(who: Actor, body: NewUser) -> Response:
    """Add a user."""
    found = users.create(
        platform(), who, body.name, password=body.password, email=body.email, role=body.role
    )
    return made(UserInfo, found, url_for("api.show_user", user=found.name))


@route("GET", USER, "administration", answer=UserInfo)
def show_user(who: Actor, user: str) -> UserInfo:
    """Tell about a user; about yourself, if you are no administrator."""
    return users.get(platform(), who, user)


@route("PATCH", USER, "administration", answer=UserInfo, body=UserChange, also=(409,))
def change_user(who: Actor, user: str, body: UserChange) -> UserInfo:
    """Change the role, the password or the quota of a user, or shut them out."""
    if body.password is not None:
        users.set_password(platform(), who, user, body.password)
    if body.role is not None:
        users.set_role(platform(), who, user, body.role)
    if body.active is not None:
        (users.activate if body.active else users.deactivate)(platform(), who, user)
    if "quota" in body.model_fields_set:
        users.set_quota(platform(), who, user, body.quota)
    return users.get(platform(), who, user)


@route("GET", "/admin/overview", "administration", answer=Overview)
def show_overview(who: Actor) -> Overview:
    """Tell how the installation stands: queues, workers, the last failures, how much there is."""
    return overview.overview(platform(), who)


@route("GET", "/admin/disk", "administration", answer=DiskUse)
def show_disk_use(who: Actor) -> DiskUse:
    """Tell what the stored files are there for, and whose they are."""
    return disk.disk_use(platform(), who)
