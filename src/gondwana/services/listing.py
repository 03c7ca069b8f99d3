"""Lists of projects: searched, sorted, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from gondwana.accounts.permissions import Actor, right_to
from gondwana.dispatcher.platform import Platform
from gondwana.errors import ParameterError
from gondwana.services import queries
from gondwana.services.door import Visit, reading
from gondwana.services.projects import ListedProject, info_from, overall
from gondwana.storage import projects
from gondwana.storage.models import Project

Scope = Literal["mine", "shared", "all", "everybody", "deleted"]
Order = Literal["changed", "created", "name", "owner"]

SCOPES: tuple[Scope, ...] = get_args(Scope)
ORDERS: tuple[Order, ...] = get_args(Order)
PAGE = 24


@dataclass(frozen=True)
class ProjectPage:
    """A part of a list of projects.

    Attributes
    ----------
    projects : tuple of ListedProject
    number, pages : int
        Which part this is, from 1, and how many there are.
    total : int
        Projects of the whole list.
    """

    projects: tuple[ListedProject, ...]
    number: int
    pages: int
    total: int


def page(
    platform: Platform,
    actor: Actor,
    *,
    scope: Scope = "all",
    search: str = "",
    order: Order = "changed",
    number: int = 1,
    size: int = PAGE,
) -> ProjectPage:
    """Return a part of the projects that somebody may see.

    Parameters
    ----------
    platform : Platform
    actor : Actor
    scope : str
        ``mine``, those ``shared`` with the actor, ``all`` of both, those of ``everybody`` (for an
        administrator), or one's own that were ``deleted``.
    search : str
        Words that have to stand in the name, the owner, the file name or the description.
    order : str
        The last ``changed`` or ``created`` first, or by ``name`` or ``owner``.
    number : int
        Which part, from 1; one beyond the end is the last.
    size : int
        How many projects a part has.

    Raises
    ------
    ForbiddenError
        Everybody's are asked for by somebody who is no administrator.
    ParameterError
        An unknown scope or order.
    """
    _require(scope, SCOPES)
    _require(order, ORDERS)
    with reading(platform, actor, admin=scope == "everybody") as visit:
        found = _in_scope(visit, scope)
        names = queries.names_of(visit.session, [project.owner_id for project in found])
        words = search.casefold().split()
        found = [project for project in found if _has(project, names[project.owner_id], words)]
        found = _sorted(found, order, names)
        pages = max(1, -(-len(found) // size))
        number = min(max(1, number), pages)
        shared = queries.shares_with(visit.session, visit.actor.user_id)
        listed = tuple(
            ListedProject(
                info_from(
                    project,
                    names[project.owner_id],
                    right_to(visit.actor, project.owner_id, shared.get(project.id)),
                ),
                overall(platform, project),
            )
            for project in found[(number - 1) * size : number * size]
        )
        return ProjectPage(listed, number, pages, len(found))


def _in_scope(visit: Visit, scope: Scope) -> list[Project]:
    session, me = visit.session, visit.actor.user_id
    if scope == "deleted":
        return projects.of_owner(session, me, deleted=True)
    if scope == "everybody":
        return queries.all_projects(session)
    seen = projects.seen_by(session, me)
    if scope == "all":
        return seen
    return [project for project in seen if (project.owner_id == me) == (scope == "mine")]


def _has(project: Project, owner: str, words: Sequence[str]) -> bool:
    text = "\n".join((project.name, owner, project.file_name, project.info)).casefold()
    return all(word in text for word in words)


def _sorted(found: list[Project], order: Order, names: dict[str | None, str]) -> list[Project]:
    keys: dict[Order, Callable[[Project], Any]] = {
        "changed": lambda project: project.modified,
        "created": lambda project: project.created,
        "name": lambda project: project.name.casefold(),
        "owner": lambda project: (names[project.owner_id].casefold(), project.name.casefold()),
    }
    return sorted(found, key=keys[order], reverse=order in ("changed", "created"))


def _require(given: str, known: Sequence[str]) -> None:
    if given not in known:
        raise ParameterError(f"there is no '{given}'", remedy=f"choose from {', '.join(known)}")
