"""The example that a first visitor finds: the Earth of today, with all its files made."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path

from sqlalchemy import select

from gondwana.accounts.permissions import Actor, Right
from gondwana.dispatcher import transitions
from gondwana.dispatcher.platform import Platform
from gondwana.errors import GondwanaError
from gondwana.recipes.recipe import read_recipe
from gondwana.services import projects, steps, uploads
from gondwana.services.door import Visit, looking, visiting
from gondwana.services.projects import ProjectInfo
from gondwana.services.uploads import TOPOGRAPHY
from gondwana.services.users import NOBODY
from gondwana.storage import projects as stored
from gondwana.storage import users
from gondwana.storage.errors import ConflictError, NameTakenError, NotFoundError
from gondwana.storage.models import Project
from gondwana.workflow.model import shown

NAME = "Earth today (example)"
INFO = (
    "The Earth of today at one degree, with the straits and valleys that are narrower than a cell "
    "opened by hand. Look at its files, change what you like: it is yours."
)

_log = logging.getLogger(__name__)

_DATA = Path(str(resources.files("gondwana") / "data"))
_EARTH = _DATA / "earth_1deg.nc"
_RECIPE = _DATA / "earth_recipe.yaml"


@contextmanager
def prepared(platform: Platform) -> Iterator[None]:
    """Prepare the example in a thread, so that nobody waits for it; the block runs meanwhile."""
    thread = threading.Thread(target=_tried, args=(platform,), name="gondwana example")
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _tried(platform: Platform) -> None:
    try:
        prepare(platform)
    except GondwanaError as error:
        _log.warning("the example cannot be prepared: %s", error)


def prepare(platform: Platform) -> ProjectInfo:
    """Make the example if it is not there; its steps run as those of any project do.

    Several processes may do this at once.

    Raises
    ------
    ConflictError
        Somebody who can sign in has the name of its owner.
    """
    owner = _owner(platform)
    try:
        made = projects.find(platform, owner, NAME)
    except NotFoundError:
        made = _made(platform, owner)
    _begin(platform, owner, made)
    return made


def give(platform: Platform, actor: Actor) -> ProjectInfo:
    """Return somebody's own example: a copy with all its files, if they never had one.

    As long as the files of the example are not made, theirs makes its own.

    Raises
    ------
    ConflictError
        As in `prepare`.
    ForbiddenError
        The account is not active.
    """
    example = prepare(platform)
    with visiting(platform, actor) as visit:
        found = _own(visit, example.id) or _copied(platform, visit, example.id)
        if found is not None:
            return projects.info_from(found, visit.actor.name, Right.OWN)
    own = _made(platform, actor)
    _begin(platform, actor, own)
    with visiting(platform, actor) as visit:
        stored.get(visit.session, own.id).copied_from = example.id
    return own


def _made(platform: Platform, owner: Actor) -> ProjectInfo:
    recipe = read_recipe(_RECIPE)
    with uploads.opened({TOPOGRAPHY: _EARTH}, {}) as files, suppress(NameTakenError):
        projects.create(
            platform, owner, NAME, files, info=INFO, parameters=recipe.steps, edits=recipe.edits
        )
    return projects.find(platform, owner, NAME)  # maybe another process was quicker


def _begin(platform: Platform, owner: Actor, project: ProjectInfo) -> None:
    """Ask for what starts only when a person says so: the edits are those of the recipe."""
    with looking(platform, owner, project.id) as visit:
        known = shown(platform.graph, transitions.state_of(platform, visit.project))
    idle = [step for step, word in known.items() if word in ("awaiting you", "never run")]
    if idle:
        steps.run(platform, owner, project.id, idle)


def _own(visit: Visit, example_id: str) -> Project | None:
    """Return what somebody has of the example, even if they have deleted it."""
    me = users.lock(visit.session, visit.actor.user_id)
    mine = select(Project).where(Project.owner_id == me.id, Project.copied_from == example_id)
    return visit.session.scalar(mine.order_by(Project.created).limit(1))


def _copied(platform: Platform, visit: Visit, example_id: str) -> Project | None:
    """Copy the example if all its files are made that can be made here."""
    example = stored.get(visit.session, example_id)
    if projects.overall(platform, example) not in ("fresh", "no worker"):
        return None
    state = transitions.resting_state(platform, example)
    copy = stored.send(visit.session, example_id, visit.actor.user_id, state=state)
    transitions.look(platform, visit.session, copy.id)
    return copy


def _owner(platform: Platform) -> Actor:
    """Return the owner of the example, who is added if need be."""
    with suppress(NameTakenError), platform.database.transaction() as session:
        users.create(session, NOBODY)
    with platform.database.reading() as session:
        user = users.named(session, NOBODY)
        if user.password is not None:
            raise ConflictError(
                f"somebody has the name '{NOBODY}', which belongs to the example",
                remedy="give them another name",
            )
        return Actor(user.id, user.name, user.role)
