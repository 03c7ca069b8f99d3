"""Who may come in, and what they may do."""

import statistics
import time

import pytest
from argon2 import PasswordHasher

from gondwana.accounts import passwords
from gondwana.accounts.errors import ForbiddenError
from gondwana.accounts.permissions import Actor, Right, require, require_admin, right_to
from gondwana.errors import ParameterError
from gondwana.storage.words import Access, Role

GOOD = "ten or more letters"


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("", "shorter than 10"),
        ("nine char", "shorter than 10"),
        ("x" * 1001, "longer than 1000"),
        ("Mary Anning", "the name itself"),
        ("  mary anning  ", "the name itself"),
        ("aaaaaaaaaaaa", "one letter repeated"),
    ],
)
def test_an_easy_password_is_refused_in_a_sentence(password: str, told: str) -> None:
    with pytest.raises(ParameterError, match=told) as caught:
        passwords.require_good(password, "Mary Anning")
    assert password not in str(caught.value) or not password


def test_a_password_is_kept_as_a_hash_and_compared() -> None:
    passwords.require_good(GOOD, "ada")
    kept = passwords.hashed(GOOD)
    assert GOOD not in kept
    assert kept.startswith("$argon2id$")
    assert kept != passwords.hashed(GOOD)
    assert passwords.compare(kept, GOOD) == passwords.Match(fits=True)
    assert not passwords.compare(kept, GOOD + "!").fits
    assert not passwords.compare(None, GOOD).fits
    assert not passwords.compare(None, "nobody has this password").fits
    assert not passwords.compare("not a hash", GOOD).fits
    assert not passwords.compare(kept, "x" * 5000).fits


def test_the_same_letters_written_otherwise_are_the_same_password() -> None:
    kept = passwords.hashed("crème brûlée")
    assert passwords.compare(kept, "cre\u0300me bru\u0302le\u0301e").fits


def test_a_hash_of_older_settings_is_renewed() -> None:
    old = PasswordHasher(time_cost=1, memory_cost=1024).hash(GOOD)
    match = passwords.compare(old, GOOD)
    assert match.fits
    assert match.renewed is not None
    assert passwords.compare(match.renewed, GOOD) == passwords.Match(fits=True)
    assert passwords.compare(old, "something else") == passwords.Match(fits=False)


def test_an_unknown_user_takes_as_long_as_a_wrong_password() -> None:
    kept = passwords.hashed(GOOD)
    passwords.compare(None, GOOD)

    def processor(kept: str | None) -> float:
        began = time.process_time()
        passwords.compare(kept, "a wrong password")
        return time.process_time() - began

    pairs = [(processor(kept), processor(None)) for _ in range(5)]
    wrong, unknown = (statistics.median(times) for times in zip(*pairs, strict=True))
    assert 0.5 < unknown / wrong < 2.0


@pytest.mark.parametrize(
    ("role", "user", "shared", "right"),
    [
        (Role.USER, "owner", None, Right.OWN),
        (Role.USER, "other", None, Right.NONE),
        (Role.USER, "other", Access.VIEW, Right.VIEW),
        (Role.USER, "other", Access.EDIT, Right.CHANGE),
        (Role.ADMIN, "other", None, Right.OWN),
        (Role.ADMIN, "other", Access.VIEW, Right.OWN),
    ],
)
def test_who_may_do_what(role: Role, user: str, shared: Access | None, right: Right) -> None:
    assert right_to(Actor(user, user, role), "owner", shared) is right


def test_what_is_not_given_is_refused_with_what_it_needs() -> None:
    require(Right.OWN, Right.CHANGE)
    require(Right.VIEW, Right.VIEW)
    with pytest.raises(ForbiddenError, match="may look") as caught:
        require(Right.VIEW, Right.CHANGE)
    assert caught.value.http_status == 403
    with pytest.raises(ForbiddenError, match="only the owner"):
        require(Right.CHANGE, Right.OWN)
    require_admin(Actor("a", "a", Role.ADMIN))
    with pytest.raises(ForbiddenError, match="only an administrator"):
        require_admin(Actor("a", "a"))
