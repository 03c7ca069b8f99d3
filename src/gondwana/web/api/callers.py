"""Who asks the API: a token, a name with a password, or the session of a browser."""

from __future__ import annotations

from typing import Literal

from flask import g, request
from flask_wtf.csrf import CSRFError, validate_csrf
from werkzeug.datastructures import Authorization
from wtforms import ValidationError

from gondwana.accounts.errors import ForbiddenError, SignInError
from gondwana.accounts.permissions import Actor
from gondwana.services import signing_in, tokens
from gondwana.web import visitors

Way = Literal["token", "password", "session"]

CSRF_HEADER = "X-CSRFToken"
_SAFE = ("GET", "HEAD", "OPTIONS")


def caller() -> Actor:
    """Return who sent this request.

    What stands in the header ``Authorization`` decides, even if it is wrong; without it the
    cookie does, and then whatever changes something has to prove that it comes from our pages.

    Raises
    ------
    SignInError
        Nobody, or somebody unknown.
    TooManyTriesError
        Too many wrong passwords.
    """
    if "api_caller" not in g:
        g.api_caller = _found()
    actor: Actor = g.api_caller[0]
    return actor


def refuse_token() -> None:
    """Refuse what a person has to do themselves.

    Raises
    ------
    ForbiddenError
        A token asks.
    """
    caller()
    if g.api_caller[1] == "token":
        raise ForbiddenError(
            "a token cannot do this", remedy="come with name and password, or use the pages"
        )


def _found() -> tuple[Actor, Way]:
    if "Authorization" not in request.headers:
        return _of_session(), "session"
    given = _authorization()
    if given is not None and given.type == "bearer" and given.token:
        return tokens.actor_of(visitors.platform(), given.token), "token"
    if given is not None and given.type == "basic" and _is_name(given.username):
        who = signing_in.sign_in(
            visitors.platform(),
            given.username or "",
            given.password or "",
            address=visitors.address(),
        )
        return who, "password"
    raise SignInError(
        "the header Authorization is neither 'Bearer' with a token nor 'Basic' with a name",
        remedy="send one of them",
    )


def _authorization() -> Authorization | None:
    """Return what the header says; None where it is no text."""
    try:
        return request.authorization
    except ValueError:
        return None


def _of_session() -> Actor:
    who = visitors.somebody()
    if who is None:
        raise SignInError(
            "it is not known who asks", remedy="send a token, or a name and a password"
        )
    if request.method not in _SAFE:
        try:
            validate_csrf(request.headers.get(CSRF_HEADER))
        except ValidationError as error:
            raise CSRFError(str(error)) from None
    return who


def _is_name(name: str | None) -> bool:
    """Tell whether a name can be looked for; databases take no NUL in a text."""
    return bool(name) and "\0" not in str(name)
