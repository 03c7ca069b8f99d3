"""Who comes in: the actor as they are known now, and a project only for those who may reach it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.orm import Session

from gondwana.accounts.errors import ForbiddenError
from gondwana.accounts.permissions import Actor, Right, require, require_admin, right_to
from gondwana.dispatcher.platform import Platform
from gondwana.storage import projects, shares
from gondwana.storage.errors import NotFoundError
from gondwana.storage.models import Project, User


@dataclass(frozen=True)
class Visit:
    """A transaction in which somebody acts."""

    session: Session
    actor: Actor


@dataclass(frozen=True)
class ProjectVisit(Visit):
    """A transaction in which somebody acts on a project, and what they may do with it."""

    project: Project
    right: Right


@contextmanager
def visiting(platform: Platform, actor: Actor, *, admin: bool = False) -> Iterator[Visit]:
    """Let somebody change something that is no project.

    Raises
    ------
    ForbiddenError
        Their account is not active, or they would have to be an administrator.
    """
    with platform.database.transaction() as session:
        yield _visit(session, actor, admin=admin)


@contextmanager
def reading(platform: Platform, actor: Actor, *, admin: bool = False) -> Iterator[Visit]:
    """Let somebody look at what is no project; raises as `visiting`."""
    with platform.database.reading() as session:
        yield _visit(session, actor, admin=admin)


@contextmanager
def changing(
    platform: Platform,
    actor: Actor,
    project_id: str,
    needed: Right = Right.CHANGE,
    *,
    deleted: bool = False,
) -> Iterator[ProjectVisit]:
    """Let somebody change a project.

    Raises
    ------
    NotFoundError
        There is no such project, or they may not even see it.
    ForbiddenError
        They may see it but not do this, or their account is not active.
    """
    with platform.database.transaction() as session:
        yield reached(session, actor, project_id, needed, deleted=deleted)


@contextmanager
def looking(
    platform: Platform, actor: Actor, project_id: str, needed: Right = Right.VIEW
) -> Iterator[ProjectVisit]:
    """Let somebody look at a project; raises as `changing`."""
    with platform.database.reading() as session:
        yield reached(session, actor, project_id, needed)


def reached(
    session: Session, actor: Actor, project_id: str, needed: Right, *, deleted: bool = False
) -> ProjectVisit:
    """Return a project to somebody who may do with it what is needed; raises as `changing`."""
    known = admitted(session, actor)
    project = projects.get(session, project_id, deleted=deleted)
    right = right_on(session, known, project)
    if right is Right.NONE:
        raise NotFoundError("there is no such project")
    require(right, needed)
    return ProjectVisit(session, known, project, right)


def right_on(session: Session, actor: Actor, project: Project) -> Right:
    """Tell what somebody may do with a project; what was deleted is its owner's alone."""
    right = right_to(actor, project.owner_id, None)
    if right < Right.OWN:
        shared = shares.access_of(session, project.id, actor.user_id)
        right = right_to(actor, project.owner_id, shared)
    return Right.NONE if project.deleted is not None and right < Right.OWN else right


def admitted(session: Session, actor: Actor) -> Actor:
    """Return an actor with the name and role that they have now.

    Raises
    ------
    ForbiddenError
        Their account is not active, or is gone.
    """
    user = session.get(User, actor.user_id)
    if user is None or not user.active:
        raise ForbiddenError("this account is not active", remedy="ask an administrator")
    return Actor(user.id, user.name, user.role)


def _visit(session: Session, actor: Actor, *, admin: bool) -> Visit:
    known = admitted(session, actor)
    if admin:
        require_admin(known)
    return Visit(session, known)
