"""Users: who there is, how they sign in, and what an administrator does about them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from gondwana.accounts import passwords
from gondwana.accounts.errors import SignInError
from gondwana.accounts.permissions import Actor, require_admin
from gondwana.dispatcher.platform import Platform
from gondwana.errors import ParameterError
from gondwana.services.door import admitted, reading, visiting
from gondwana.storage import users
from gondwana.storage.errors import ConflictError, NameTakenError, NotFoundError
from gondwana.storage.models import SignedIn, Token, User
from gondwana.storage.names import clean_name, compared
from gondwana.storage.words import Role

NOBODY = "gondwana (examples)"
"""Who the example belongs to: nobody can sign in by this name, and no machine has such a user."""

_WRONG = "the name or the password is wrong"
_LETTERS = 2
_MANY = 10
_LONGEST_EMAIL = 254


@dataclass(frozen=True)
class UserInfo:
    """A user, without what is secret."""

    id: str
    name: str
    email: str
    role: Role
    active: bool
    has_password: bool
    quota: int | None
    created: datetime


def create(
    platform: Platform,
    actor: Actor,
    name: str,
    *,
    password: str | None = None,
    email: str = "",
    role: Role = Role.USER,
) -> UserInfo:
    """Add a user, as an administrator.

    Parameters
    ----------
    platform : Platform
    actor : Actor
    name : str
    password : str, optional
        Without one they cannot sign in until they are given one.
    email : str
    role : Role

    Raises
    ------
    ForbiddenError
        The actor is no administrator.
    NameTakenError, ParameterError
        Somebody has the name, or it is none; or the password is too easy.
    """
    kept = _new_password(password, name)
    with visiting(platform, actor, admin=True) as visit:
        user = users.create(visit.session, name, email=email, password=kept, role=role)
        return _info(user)


def register(platform: Platform, name: str, password: str, *, email: str = "") -> Actor:
    """Add a user who comes by themselves; whether anybody may is for the face to decide.

    Raises
    ------
    NameTakenError, ParameterError
        As in `create`.
    """
    kept = _new_password(password, name)
    with platform.database.transaction() as session:
        return _actor(users.create(session, name, email=email, password=kept))


def found(platform: Platform, actor: Actor, beginning: str) -> list[str]:
    """Return names that begin with some letters, so that one can share with their owners.

    Raises
    ------
    ForbiddenError
        The actor's account is not active.
    """
    wanted = compared(beginning)
    with reading(platform, actor) as visit:
        if len(wanted) < _LETTERS:
            return []
        like = User.key.startswith(wanted, autoescape=True)
        known = select(User.name).where(
            User.active, like, User.id != visit.actor.user_id, User.key != compared(NOBODY)
        )
        return list(visit.session.scalars(known.order_by(User.key).limit(_MANY)))


def set_quota(platform: Platform, actor: Actor, name: str, quota: int | None) -> UserInfo:
    """Say how many bytes the files of a user may take, as an administrator.

    Parameters
    ----------
    platform : Platform
    actor : Actor
    name : str
    quota : int or None
        None is what everybody has.

    Raises
    ------
    ForbiddenError, NotFoundError
    ParameterError
        It is below 0.
    """
    if quota is not None and quota < 0:
        raise ParameterError("a quota is below 0", remedy="give bytes from 0")
    with visiting(platform, actor, admin=True) as visit:
        user = users.named(visit.session, name)
        user.quota = quota
        return _info(user)


def set_email(platform: Platform, actor: Actor, email: str) -> UserInfo:
    """Change one's own e-mail address.

    Raises
    ------
    ParameterError
        It is none.
    """
    plain = email.strip()
    if plain and ("@" not in plain or len(plain) > _LONGEST_EMAIL or plain.split() != [plain]):
        raise ParameterError("this is no e-mail address", remedy="correct it, or leave it out")
    with visiting(platform, actor) as visit:
        me = users.get(visit.session, visit.actor.user_id)
        me.email = plain
        return _info(me)


def authenticate(platform: Platform, name: str, password: str) -> Actor:
    """Return the user who has this name and password.

    It takes as long for a name that nobody has.

    Raises
    ------
    SignInError
        Nobody has.
    ForbiddenError
        Their account is not active.
    """
    with platform.database.reading() as session:
        user = _found(session, name)
    # outside of any transaction, since it takes long on purpose
    match = passwords.compare(user.password if user else None, password)
    if user is None or not match.fits:
        raise SignInError(_WRONG, remedy="check both")
    if match.renewed is not None:
        _renew(platform, user, match.renewed)
    with platform.database.reading() as session:
        return admitted(session, _actor(user))


def local_user(platform: Platform, name: str) -> Actor:
    """Return the user of the operating system, who is made an administrator at their first use.

    Whoever may use the machine and its data may do everything with them anyway.

    Raises
    ------
    ForbiddenError
        Their account is not active.
    """
    with suppress(NameTakenError):
        if not _exists(platform, name):
            with platform.database.transaction() as session:
                users.create(session, name, role=Role.ADMIN)
    with platform.database.reading() as session:
        return admitted(session, _actor(users.named(session, name)))


def acting_as(platform: Platform, actor: Actor, name: str) -> Actor:
    """Return another user, in whose place an administrator acts.

    Raises
    ------
    ForbiddenError
        The actor is no administrator, or the other's account is not active.
    NotFoundError
        There is no user of this name.
    """
    with platform.database.reading() as session:
        known = admitted(session, actor)
        user = _found(session, name)
        if user is not None and user.id == known.user_id:
            return known
        require_admin(known)
        return admitted(session, _actor(users.named(session, name)))


def get(platform: Platform, actor: Actor, name: str) -> UserInfo:
    """Return a user: oneself, or anybody for an administrator.

    Raises
    ------
    ForbiddenError, NotFoundError
    """
    with reading(platform, actor) as visit:
        if compared(name) != compared(visit.actor.name):
            require_admin(visit.actor)
        return _info(users.named(visit.session, name))


def everybody(platform: Platform, actor: Actor) -> list[UserInfo]:
    """Return all users in the order of their names, for an administrator."""
    with reading(platform, actor, admin=True) as visit:
        return [_info(user) for user in users.everybody(visit.session)]


def set_password(platform: Platform, actor: Actor, name: str, password: str) -> UserInfo:
    """Give a user a new password, as an administrator; their sessions and tokens end.

    Raises
    ------
    ForbiddenError, NotFoundError
    ParameterError
        It is too easy.
    """
    kept = _new_password(password, name)
    with visiting(platform, actor, admin=True) as visit:
        user = users.named(visit.session, name)
        user.password = kept
        _sign_out(visit.session, user)
        visit.session.execute(delete(Token).where(Token.user_id == user.id))
        return _info(user)


def change_password(platform: Platform, actor: Actor, old: str, new: str) -> None:
    """Change one's own password.

    Raises
    ------
    SignInError
        The old one is wrong.
    ParameterError
        The new one is too easy.
    """
    with reading(platform, actor) as visit:
        user = users.get(visit.session, visit.actor.user_id)
    if not passwords.compare(user.password, old).fits:
        raise SignInError("the old password is wrong", remedy="check it")
    kept = _new_password(new, user.name)
    with visiting(platform, actor) as visit:
        mine = users.get(visit.session, visit.actor.user_id)
        if mine.password != user.password:
            raise ConflictError("the password was changed meanwhile", remedy="begin again")
        mine.password = kept


def set_role(platform: Platform, actor: Actor, name: str, role: Role) -> UserInfo:
    """Make somebody an administrator, or a user like others again.

    Raises
    ------
    ForbiddenError, NotFoundError
    ConflictError
        There would be no administrator any more.
    """
    with visiting(platform, actor, admin=True) as visit:
        user = users.named(visit.session, name)
        if role is not Role.ADMIN:
            _keep_an_administrator(visit.session, user)
        user.role = role
        return _info(user)


def deactivate(platform: Platform, actor: Actor, name: str) -> UserInfo:
    """Shut somebody out, everywhere; what is theirs stays. Raises as `set_role`."""
    with visiting(platform, actor, admin=True) as visit:
        user = users.named(visit.session, name)
        _keep_an_administrator(visit.session, user)
        user.active = False
        _sign_out(visit.session, user)
        return _info(user)


def activate(platform: Platform, actor: Actor, name: str) -> UserInfo:
    """Let somebody in again.

    Raises
    ------
    ForbiddenError, NotFoundError
    """
    with visiting(platform, actor, admin=True) as visit:
        user = users.named(visit.session, name)
        user.active = True
        return _info(user)


def _keep_an_administrator(session: Session, leaving: User) -> None:
    """Refuse to lose the last one; two who leave at once wait for each other."""
    active = select(User).where(User.role == Role.ADMIN, User.active).order_by(User.id)
    present = session.scalars(
        active.with_for_update().execution_options(populate_existing=True)
    ).all()
    if [user.id for user in present] == [leaving.id]:
        raise ConflictError(
            f"'{leaving.name}' is the only administrator", remedy="make somebody else one first"
        )


def _sign_out(session: Session, user: User) -> None:
    """End all sessions of a user, so that none comes back with the account."""
    session.execute(delete(SignedIn).where(SignedIn.user_id == user.id))


def _renew(platform: Platform, user: User, kept: str) -> None:
    with platform.database.transaction() as session:
        now = users.get(session, user.id)
        if now.password == user.password:
            now.password = kept


def _new_password(password: str | None, name: str) -> str | None:
    if password is None:
        return None
    passwords.require_good(password, clean_name(name))
    return passwords.hashed(password)


def _exists(platform: Platform, name: str) -> bool:
    with platform.database.reading() as session:
        return _found(session, name) is not None


def _found(session: Session, name: str) -> User | None:
    try:
        return users.named(session, name)
    except NotFoundError:
        return None


def _actor(user: User) -> Actor:
    return Actor(user.id, user.name, user.role)


def _info(user: User) -> UserInfo:
    return UserInfo(
        id=user.id,
        name=user.name,
        email=user.email,
        role=user.role,
        active=user.active,
        has_password=user.password is not None,
        quota=user.quota,
        created=user.created,
    )
