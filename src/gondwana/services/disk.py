"""What the files of the store are there for, and whose they are; for administrators."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from sqlalchemy import Select, case, exists, func, select, true, union
from sqlalchemy.orm import Session

from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.platform import Platform
from gondwana.services.door import reading
from gondwana.storage import offers, users
from gondwana.storage.marks import utc_now
from gondwana.storage.models import File, Offered, Project, Revision, User


@dataclass(frozen=True)
class Amount:
    """So many files, and their bytes."""

    files: int = 0
    size: int = 0


@dataclass(frozen=True)
class UserUse:
    """What one user's projects and offered files name, each file once.

    ``quota`` is how many bytes that may be; None for any.
    """

    name: str
    projects: int
    used: Amount
    quota: int | None


@dataclass(frozen=True)
class DiskUse:
    """What the files of the store are there for; each of them is counted in one part.

    Attributes
    ----------
    stored : Amount
        All of them.
    in_projects : Amount
        Named by projects.
    deleted : Amount
        Named by deleted projects alone, which can still be taken back.
    offered : Amount
        Sent by somebody who has not made a project of them yet.
    unnamed : Amount
        Named by nobody, which a clean-up would remove.
    users : tuple of UserUse
        Everybody, the largest first. What several name is counted for each of them.
    """

    stored: Amount
    in_projects: Amount
    deleted: Amount
    offered: Amount
    unnamed: Amount
    users: tuple[UserUse, ...]


class _Standing(IntEnum):
    """Why a file is kept; the greatest that is true counts."""

    UNNAMED = 0
    OFFERED = 1
    DELETED = 2
    IN_PROJECT = 3


def disk_use(platform: Platform, actor: Actor) -> DiskUse:
    """Tell what the files of the store are there for, as an administrator.

    All revisions are looked at, so that it takes half a second where there are 80,000 of them.

    Raises
    ------
    ForbiddenError
        The actor is no administrator.
    """
    with reading(platform, actor, admin=True) as visit:
        session = visit.session
        rows = session.execute(_by_standing())
        parts = {_Standing(row[0]): Amount(row[1], int(row[2])) for row in rows}
        nothing = Amount()
        return DiskUse(
            stored=Amount(
                sum(part.files for part in parts.values()),
                sum(part.size for part in parts.values()),
            ),
            in_projects=parts.get(_Standing.IN_PROJECT, nothing),
            deleted=parts.get(_Standing.DELETED, nothing),
            offered=parts.get(_Standing.OFFERED, nothing),
            unnamed=parts.get(_Standing.UNNAMED, nothing),
            users=_users(platform, session),
        )


def use_of(platform: Platform, actor: Actor, name: str) -> UserUse:
    """Tell what one user's projects and offered files take, as an administrator.

    Raises
    ------
    ForbiddenError
        The actor is no administrator.
    NotFoundError
        There is no user of this name.
    """
    with reading(platform, actor, admin=True) as visit:
        user = users.named(visit.session, name)
        return _users(platform, visit.session, user.id)[0]


def stored(session: Session) -> Amount:
    """Count all files that are known."""
    wanted = select(func.count(), func.coalesce(func.sum(File.size), 0)).select_from(File)
    files, size = session.execute(wanted).one()
    return Amount(files, int(size))


def _by_standing() -> Select[int, int, int]:
    """Look for the names of each file by the index of revisions."""
    is_deleted = Project.deleted.is_not(None)
    in_projects = (
        select(func.max(case((is_deleted, _Standing.DELETED), else_=_Standing.IN_PROJECT)))
        .select_from(Revision)
        .join(Project, Project.id == Revision.project_id)
        .where(Revision.sha256 == File.sha256)
        .scalar_subquery()
    )
    is_offered = exists().where(
        Offered.sha256 == File.sha256, Offered.created >= utc_now() - offers.KEPT
    )
    otherwise = case((is_offered, _Standing.OFFERED), else_=_Standing.UNNAMED)
    each = select(File.size, func.coalesce(in_projects, otherwise).label("standing")).subquery()
    return select(each.c.standing, func.count(), func.sum(each.c.size)).group_by(each.c.standing)


def _users(platform: Platform, session: Session, user_id: str | None = None) -> tuple[UserUse, ...]:
    """Return what one user has, or everybody."""
    is_meant = true() if user_id is None else User.id == user_id
    owned = select(User.id, Project.id).join(Project, Project.owner_id == User.id)
    owned = owned.where(is_meant, Project.deleted.is_(None))
    by_projects = owned.with_only_columns(User.id.label("user_id"), Revision.sha256).join(
        Revision, Revision.project_id == Project.id
    )
    by_offers = select(User.id, Offered.sha256).join(Offered, Offered.user_id == User.id)
    named = union(by_projects, by_offers.where(is_meant)).subquery()
    sums = select(named.c.user_id, func.count(), func.sum(File.size)).join(
        File, File.sha256 == named.c.sha256
    )
    rows = session.execute(sums.group_by(named.c.user_id))
    used = {row[0]: Amount(row[1], int(row[2])) for row in rows}
    counts = owned.with_only_columns(User.id, func.count()).group_by(User.id)
    projects = dict(session.execute(counts).all())
    everybody = select(User.id, User.name, User.quota).where(is_meant)
    found = [
        UserUse(
            name=name,
            projects=projects.get(known_id, 0),
            used=used.get(known_id, Amount()),
            quota=platform.quota if quota is None else quota,
        )
        for known_id, name, quota in session.execute(everybody)
    ]
    return tuple(sorted(found, key=lambda user: (-user.used.size, user.name)))
