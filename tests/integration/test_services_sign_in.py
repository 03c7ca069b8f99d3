"""How people get in: sessions, tokens, invitations, and what happens to those who guess."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gondwana.accounts.errors import ForbiddenError, SignInError
from gondwana.errors import ParameterError
from gondwana.services import invitations, sessions, signing_in, tokens, users
from gondwana.services.signing_in import LONGEST, TooManyTriesError, sign_in, wait_after
from gondwana.storage import marks
from gondwana.storage.database import Database
from gondwana.storage.errors import ConflictError, NameTakenError, NotFoundError
from services_world import Place, new_place
from storage_samples import at_once

PASSWORD = "granite and gneiss"  # noqa: S105 - of the tests alone
HERE = "192.0.2.1"


@pytest.fixture
def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    made = new_place(database, tmp_path, monkeypatch)
    users.set_password(made.platform, made.admin, "Ada", PASSWORD)
    yield made


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> object:
    """Return a way to let time pass."""
    passed = timedelta()

    def now() -> datetime:
        return marks.utc_now() + passed

    for module in (sessions, tokens, invitations, signing_in):
        monkeypatch.setattr(module, "utc_now", now)

    def pass_by(**more: float) -> None:
        nonlocal passed
        passed += timedelta(**more)

    return pass_by


def begun(place: Place) -> str:
    return sessions.begin(place.platform, place.ada, agent="a browser", address=HERE).key


def test_a_session_lasts_as_long_as_somebody_comes(place: Place, later: object) -> None:
    key = begun(place)
    for _ in range(6):
        later(days=13)  # type: ignore[operator]
        assert sessions.visitor(place.platform, key).actor.name == "Ada"
    later(days=13)  # type: ignore[operator]
    with pytest.raises(SignInError, match="ended"):  # 91 days after it began
        sessions.visitor(place.platform, key)
    other = begun(place)
    later(days=15)  # type: ignore[operator]
    with pytest.raises(SignInError):
        sessions.visitor(place.platform, other)
    begun(place)
    assert len(sessions.listed(place.platform, place.ada)) == 1


def test_sessions_are_ended_by_their_owner_alone(place: Place) -> None:
    keys = [begun(place) for _ in range(3)]
    bob = place.actor("Bob")
    mine = sessions.visitor(place.platform, keys[0])
    listed = sessions.listed(place.platform, place.ada)
    assert [(one.agent, one.address) for one in listed] == [("a browser", HERE)] * 3
    assert not any(key in repr(listed) for key in keys), "what is kept opens nothing"
    for stranger in (listed[1].id, "nonsense"):
        with pytest.raises(NotFoundError):
            sessions.end_one(place.platform, bob, stranger)
    sessions.end_one(
        place.platform, place.ada, sessions.visitor(place.platform, keys[1]).session_id
    )
    with pytest.raises(SignInError):
        sessions.visitor(place.platform, keys[1])
    sessions.end_others(place.platform, place.ada, mine.session_id)
    with pytest.raises(SignInError):
        sessions.visitor(place.platform, keys[2])
    sessions.end(place.platform, keys[0])
    assert sessions.listed(place.platform, place.ada) == []
    with pytest.raises(SignInError):
        sessions.visitor(place.platform, "nonsense")


def test_who_is_shut_out_has_no_session(place: Place) -> None:
    key = begun(place)
    token = tokens.make(place.platform, place.ada, "script").token
    users.deactivate(place.platform, place.admin, "Ada")
    with pytest.raises(SignInError):
        sessions.visitor(place.platform, key)
    with pytest.raises(ForbiddenError):
        tokens.actor_of(place.platform, token)
    with pytest.raises(ForbiddenError):
        begun(place)


@pytest.mark.parametrize("how", ["shut out and let in again", "given a new password"])
def test_an_administrator_ends_all_sessions_of_somebody(place: Place, how: str) -> None:
    key = begun(place)
    roots = sessions.begin(place.platform, place.admin, agent="", address=HERE).key
    if how == "given a new password":
        users.set_password(place.platform, place.admin, "Ada", "another " + PASSWORD)
    else:
        users.deactivate(place.platform, place.admin, "Ada")
        with pytest.raises(SignInError, match="ended"):
            sessions.visitor(place.platform, key)
        users.activate(place.platform, place.admin, "Ada")
    with pytest.raises(SignInError, match="ended"):
        sessions.visitor(place.platform, key)
    assert sessions.visitor(place.platform, roots).actor.name == "root"


def test_the_link_of_the_machine_opens_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    key = sessions.local_key(place.platform, "root")
    assert sessions.local_actor(place.platform, key).is_admin
    for used in (key, "", "nonsense"):
        with pytest.raises(SignInError, match="used or is too old"):
            sessions.local_actor(place.platform, used)
    old = sessions.local_key(place.platform, "root")
    now = sessions.time.monotonic()
    monkeypatch.setattr(sessions.time, "monotonic", lambda: now + 601)
    with pytest.raises(SignInError):
        sessions.local_actor(place.platform, old)


def test_tokens_are_shown_once_and_end(place: Place, later: object) -> None:
    made = tokens.make(place.platform, place.ada, "nightly build", 30)
    assert made.token.startswith("gdw_")
    assert tokens.actor_of(place.platform, made.token).user_id == place.ada.user_id
    (listed,) = tokens.listed(place.platform, place.ada)
    assert listed.name == "nightly build"
    assert listed.used is not None
    assert made.token not in repr(listed)
    bob = place.actor("Bob")
    assert tokens.listed(place.platform, bob) == []
    with pytest.raises(NotFoundError):
        tokens.revoke(place.platform, bob, listed.id)
    endless = tokens.make(place.platform, place.ada, "forever").token
    later(days=31)  # type: ignore[operator]
    with pytest.raises(SignInError, match="too old"):
        tokens.actor_of(place.platform, made.token)
    assert tokens.actor_of(place.platform, endless).name == "Ada"
    tokens.revoke(place.platform, place.ada, listed.id)
    for bad in (0, 4000):
        with pytest.raises(ParameterError):
            tokens.make(place.platform, place.ada, "x", bad)
    with pytest.raises(ParameterError):
        tokens.make(place.platform, place.ada, " ")


def test_guessing_is_slowed_and_the_owner_gets_in_again(place: Place, later: object) -> None:
    def attempt(password: str, name: str = "Ada", address: str = HERE) -> str:
        return sign_in(place.platform, name, password, address=address).name

    for _ in range(signing_in.FREE):
        with pytest.raises(SignInError, match="name or the password is wrong"):
            attempt("wrong")
    with pytest.raises(TooManyTriesError, match="try again in 1 second") as refused:
        attempt(PASSWORD)
    assert refused.value.retry_after == 1
    with pytest.raises(TooManyTriesError):
        attempt(PASSWORD, name="ADA", address="198.51.100.7")
    later(seconds=2)  # type: ignore[operator]
    with pytest.raises(SignInError):
        attempt("wrong again")
    with pytest.raises(TooManyTriesError):
        later(seconds=1)  # type: ignore[operator]
        attempt(PASSWORD)
    later(seconds=2)  # type: ignore[operator]
    assert attempt(PASSWORD) == "Ada"
    with pytest.raises(SignInError):  # all is forgotten
        attempt("wrong")
    assert attempt(PASSWORD) == "Ada"


def test_guessing_elsewhere_does_not_keep_the_owner_out(place: Place) -> None:
    def attempt(password: str, name: str = "Ada", mark: str = "") -> str:
        return sign_in(place.platform, name, password, address=HERE, mark=mark).name

    mark = signing_in.mark_of("Ada")
    assert "Ada" not in mark
    for _ in range(signing_in.FREE):
        with pytest.raises(SignInError):
            attempt("wrong")
    foreign = signing_in.mark_of("Bob")
    for other in ("", foreign, ".", "nonsense", mark.partition(".")[0], mark[:-1]):
        with pytest.raises(TooManyTriesError):
            attempt(PASSWORD, mark=other)
    assert attempt(PASSWORD, "ada", mark) == "Ada"
    for _ in range(signing_in.FREE):
        with pytest.raises(SignInError):
            attempt("wrong", mark=mark)
    with pytest.raises(TooManyTriesError):  # nobody guesses on by it
        attempt(PASSWORD, mark=mark)


def test_unknown_names_are_refused_alike(place: Place) -> None:
    for _ in range(signing_in.FREE):
        with pytest.raises(SignInError, match="name or the password is wrong"):
            sign_in(place.platform, "Nobody", "wrong", address=HERE)
    with pytest.raises(TooManyTriesError):
        sign_in(place.platform, "Nobody", "wrong", address=HERE)


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 5000, "", "' OR 1=1 --"])
def test_whatever_is_typed_is_a_wrong_name(place: Place, name: str) -> None:
    with pytest.raises(SignInError, match="wrong"):
        sign_in(place.platform, name, "a\0b\ud800", address="a\0b")


def test_an_address_that_tries_many_names_is_slowed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing_in, "FREE_OF_ADDRESS", 3)
    for number in range(3):
        with pytest.raises(SignInError):
            sign_in(place.platform, f"user {number}", "wrong", address=HERE)
    with pytest.raises(TooManyTriesError):
        sign_in(place.platform, "Ada", PASSWORD, address=HERE)
    assert sign_in(place.platform, "Ada", PASSWORD, address="198.51.100.7").name == "Ada"


def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    waits = [wait_after(number, 5).total_seconds() for number in (0, 4, 5, 6, 7, 14, 15, 10_000)]
    assert waits == [0, 0, 1, 2, 4, 512, LONGEST.total_seconds(), 900]


def test_an_invitation_lets_one_in(place: Place, later: object) -> None:
    made = invitations.invite(place.platform, place.admin, note="for  Bob", days=7)
    assert invitations.open_one(place.platform, made.secret).note == "for Bob"
    with pytest.raises(NameTakenError):
        invitations.register(place.platform, made.secret, "ada", PASSWORD)
    with pytest.raises(ParameterError, match="shorter"):
        invitations.register(place.platform, made.secret, "Bob", "short")
    assert invitations.register(place.platform, made.secret, "Bob", PASSWORD).name == "Bob"
    with pytest.raises(NotFoundError, match="used"):
        invitations.register(place.platform, made.secret, "Eve", PASSWORD)
    (listed,) = invitations.listed(place.platform, place.admin)
    assert listed.used is not None
    assert made.secret not in repr(listed)
    with pytest.raises(NotFoundError):
        invitations.withdraw(place.platform, place.admin, listed.id)
    old = invitations.invite(place.platform, place.admin, days=7)
    gone = invitations.invite(place.platform, place.admin, days=9)
    invitations.withdraw(place.platform, place.admin, gone.info.id)
    later(days=8)  # type: ignore[operator]
    for secret in (old.secret, gone.secret, "nonsense"):
        with pytest.raises(NotFoundError):
            invitations.open_one(place.platform, secret)


def test_only_administrators_invite(place: Place) -> None:
    with pytest.raises(ForbiddenError):
        invitations.invite(place.platform, place.ada)
    with pytest.raises(ForbiddenError):
        invitations.listed(place.platform, place.ada)
    with pytest.raises(ForbiddenError):
        invitations.withdraw(place.platform, place.ada, "x")
    for days, note in ((0, ""), (366, ""), (1, "x" * 500)):
        with pytest.raises(ParameterError):
            invitations.invite(place.platform, place.admin, days=days, note=note)


def test_two_who_come_by_one_invitation_at_once(place: Place) -> None:
    made = invitations.invite(place.platform, place.admin)

    def come(name: str) -> bool:
        try:
            invitations.register(place.platform, made.secret, name, PASSWORD)
        except (NotFoundError, ConflictError):
            return False
        return True

    came = at_once([lambda: come("Bob"), lambda: come("Eve")])
    assert sorted(came) == [False, True]
    names = {user.name for user in users.everybody(place.platform, place.admin)}
    assert len(names & {"Bob", "Eve"}) == 1


def test_names_are_found_by_their_beginning(place: Place) -> None:
    for name in ("Adam", "Adele", "Bob", "a%b"):
        place.actor(name)
    gone = place.actor("Adrian")
    users.deactivate(place.platform, place.admin, gone.name)
    assert users.found(place.platform, place.ada, "AD") == ["Adam", "Adele"]
    assert users.found(place.platform, place.ada, "a") == []
    assert users.found(place.platform, place.ada, "a%") == ["a%b"]
    assert users.found(place.platform, place.ada, "__") == []


def test_quota_and_email(place: Place) -> None:
    assert users.set_quota(place.platform, place.admin, "Ada", 10**9).quota == 10**9
    assert users.set_quota(place.platform, place.admin, "Ada", None).quota is None
    with pytest.raises(ParameterError):
        users.set_quota(place.platform, place.admin, "Ada", -1)
    with pytest.raises(ForbiddenError):
        users.set_quota(place.platform, place.ada, "Ada", 10**12)
    assert users.set_email(place.platform, place.ada, " a@b.org ").email == "a@b.org"
    assert users.set_email(place.platform, place.ada, "").email == ""
    for bad in ("nonsense", "a b@c.org", "a@" + "b" * 300):
        with pytest.raises(ParameterError):
            users.set_email(place.platform, place.ada, bad)
