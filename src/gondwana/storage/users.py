"""Users: rows alone. Who somebody is and what they may do is decided elsewhere."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from gondwana.storage.database import insert_if_new
from gondwana.storage.errors import NameTakenError, NotFoundError
from gondwana.storage.marks import new_id
from gondwana.storage.models import User
from gondwana.storage.names import clean_name, compared
from gondwana.storage.words import Role


def create(
    session: Session,
    name: str,
    *,
    email: str = "",
    password: str | None = None,
    role: Role = Role.USER,
) -> User:
    """Add a user; ``password`` is a hash.

    Raises
    ------
    NameTakenError
        Somebody has the name, maybe in other letter case.
    ParameterError
        It is no name.
    """
    shown, user_id = clean_name(name), new_id()
    values = {"name": shown, "email": email, "password": password, "role": role}
    if not insert_if_new(session, User, id=user_id, key=compared(shown), **values):
        raise NameTakenError(f"there is a user '{shown}' already", remedy="choose another name")
    return get(session, user_id)


def get(session: Session, user_id: str) -> User:
    """Return a user.

    Raises
    ------
    NotFoundError
        There is none with this id.
    """
    user = session.get(User, user_id)
    if user is None:
        raise NotFoundError("there is no such user")
    return user


def named(session: Session, name: str) -> User:
    """Return a user by name, in any letter case.

    Raises
    ------
    NotFoundError
        There is none of this name.
    """
    user = session.scalar(select(User).where(User.key == compared(name)))
    if user is None:
        raise NotFoundError(f"there is no user '{name}'", remedy="check the name")
    return user


def everybody(session: Session) -> list[User]:
    """Return all users in the order of their names."""
    return list(session.scalars(select(User).order_by(User.key)))


def lock(session: Session, user_id: str) -> User:
    """Return a user whose projects nobody else names until the transaction ends.

    Raises
    ------
    NotFoundError
        There is none with this id.
    """
    wanted = select(User).where(User.id == user_id)
    # key_share: rows that name the user can be added meanwhile
    user = session.scalar(
        wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    if user is None:
        raise NotFoundError("there is no such user")
    return user
