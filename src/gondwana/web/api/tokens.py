"""Tokens: what a script shows instead of a password."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gondwana.accounts.permissions import Actor
from gondwana.services import tokens
from gondwana.services.tokens import LONGEST, Made, TokenInfo
from gondwana.web.api.callers import refuse_token
from gondwana.web.api.routes import Wanted, route
from gondwana.web.visitors import platform


class NewToken(Wanted):
    """A token to be."""

    name: str = Field(max_length=1000, description="what it is for")
    days: Annotated[int, Field(ge=1, le=LONGEST)] | None = Field(
        90, description="how long it is good; null for ever"
    )


@route("GET", "/tokens", "me", answer=list[TokenInfo])
def list_tokens(who: Actor) -> list[TokenInfo]:
    """List your tokens, without what is secret."""
    return tokens.listed(platform(), who)


@route("POST", "/tokens", "me", answer=Made, status=201, body=NewToken, also=(409,))
def make_token(who: Actor, body: NewToken) -> Made:
    """Make a token; it is told this once.

    A token cannot make another: whoever finds one could stay for ever.
    """
    refuse_token()
    return tokens.make(platform(), who, body.name, body.days)


@route("DELETE", "/tokens/<token_id>", "me", also=(404,))
def revoke_token(who: Actor, token_id: str) -> None:
    """Make a token worthless at once. A token can do this too, even to itself."""
    tokens.revoke(platform(), who, token_id)
