"""Passwords: which ones are taken, how they are kept (Argon2id), and how they are compared."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gondwana.errors import ParameterError

SHORTEST = 10
LONGEST = 1000
"""Letters; a longer text would only keep the processor busy."""

_HASHER = PasswordHasher()


@dataclass(frozen=True)
class Match:
    """How a password compares with what is kept.

    Attributes
    ----------
    fits : bool
    renewed : str or None
        What is to be kept from now on, where the present hash was made with older settings.
    """

    fits: bool
    renewed: str | None = None


def require_good(password: str, name: str) -> None:
    """Refuse a password that is too easy to guess.

    Parameters
    ----------
    password : str
    name : str
        Of the user.

    Raises
    ------
    ParameterError
        What is wrong with it, in one sentence.
    """
    plain = _normal(password)
    if len(plain) < SHORTEST:
        raise ParameterError(
            f"the password is shorter than {SHORTEST} letters", remedy="choose a longer one"
        )
    if len(plain) > LONGEST:
        raise ParameterError(
            f"the password is longer than {LONGEST} letters", remedy="choose a shorter one"
        )
    if plain.strip().casefold() == _normal(name).strip().casefold():
        raise ParameterError("the password is the name itself", remedy="choose another one")
    if len(set(plain)) == 1:
        raise ParameterError("the password is one letter repeated", remedy="choose another one")


def hashed(password: str) -> str:
    """Return what is kept of a password; the same one gives another text each time."""
    return _HASHER.hash(_bytes(_normal(password)))


def compare(kept: str | None, password: str) -> Match:
    """Compare a password with what is kept.

    It takes as long where nothing is kept, so that nobody learns by a clock which users exist.

    Parameters
    ----------
    kept : str or None
        A hash, or None for a user who is unknown or has no password.
    password : str
    """
    plain = _normal(password)[: LONGEST + 1]
    if len(plain) > LONGEST:
        return Match(fits=False)
    try:
        _HASHER.verify(kept if kept is not None else _nobodys(), _bytes(plain))
    except (VerificationError, InvalidHashError):
        return Match(fits=False)
    if kept is None:
        return Match(fits=False)
    return Match(fits=True, renewed=hashed(password) if _HASHER.check_needs_rehash(kept) else None)


@cache
def _nobodys() -> str:
    """Return a hash like any other, of which nobody knows the password."""
    return _HASHER.hash("nobody has this password")


def _normal(password: str) -> str:
    """Bring a password to the form in which all keyboards and systems write it the same."""
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    """Return what is hashed; whatever a request may hold has a form."""
    return password.encode("utf-8", "surrogatepass")
