"""Users through the services, on both databases."""

from pathlib import Path

import pytest
from argon2 import PasswordHasher

from gondwana.accounts.errors import ForbiddenError, SignInError
from gondwana.accounts.permissions import Actor
from gondwana.errors import ParameterError
from gondwana.services import projects, users
from gondwana.storage import users as rows
from gondwana.storage.database import Database
from gondwana.storage.errors import ConflictError, NameTakenError, NotFoundError
from gondwana.storage.words import Role
from services_world import Place, new_place
from storage_samples import at_once

GOOD = "ten or more letters"
SHORT = "short"
NAME = "charles lyell"


@pytest.fixture
def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return new_place(database, tmp_path, monkeypatch)


def test_the_user_of_the_machine_is_made_an_administrator_at_first_use(place: Place) -> None:
    again = users.local_user(place.platform, "root")
    assert again == place.admin
    assert again.is_admin
    mary = users.local_user(place.platform, "mary")
    assert mary.role is Role.ADMIN
    assert users.local_user(place.platform, "Ada").role is Role.USER  # known already


def test_two_first_uses_at_once_make_one_user(place: Place) -> None:
    made = at_once([lambda: users.local_user(place.platform, "mary") for _ in range(4)])
    assert len({actor.user_id for actor in made}) == 1


def test_signing_in(place: Place) -> None:
    platform, admin = place.platform, place.admin
    made = users.create(platform, admin, "Mary", password=GOOD, email="m@lyme.org")
    assert made.has_password
    assert (made.role, made.active) == (Role.USER, True)
    actor = users.authenticate(platform, "mary", GOOD)
    assert actor == Actor(made.id, "Mary", Role.USER)
    for name, password in (("Mary", "wrong"), ("nobody", GOOD), ("Ada", GOOD), ("Mary", "")):
        with pytest.raises(SignInError, match="the name or the password is wrong") as caught:
            users.authenticate(platform, name, password)
        assert caught.value.http_status == 401
    with pytest.raises(NameTakenError):
        users.create(platform, admin, "MARY")
    with pytest.raises(ParameterError, match="shorter than"):
        users.create(platform, admin, "Charles", password=SHORT)
    with pytest.raises(ParameterError, match="the name itself"):
        users.create(platform, admin, "Charles Lyell", password=NAME)


def test_an_old_hash_is_renewed_at_the_next_sign_in(place: Place) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=1024).hash(GOOD)
    with place.database.transaction() as session:
        rows.named(session, "Ada").password = old
    users.authenticate(place.platform, "Ada", GOOD)
    with place.database.reading() as session:
        renewed = rows.named(session, "Ada").password
    assert renewed not in (None, old)
    users.authenticate(place.platform, "Ada", GOOD)


def test_registering(place: Place) -> None:
    actor = users.register(place.platform, "Charles", GOOD)
    assert actor.role is Role.USER
    assert users.authenticate(place.platform, "charles", GOOD) == actor


def test_passwords_are_changed_by_their_user_or_an_administrator(place: Place) -> None:
    platform = place.platform
    users.set_password(platform, place.admin, "ada", GOOD)
    users.change_password(platform, place.ada, GOOD, GOOD + " now")
    users.authenticate(platform, "Ada", GOOD + " now")
    with pytest.raises(SignInError, match="old password"):
        users.change_password(platform, place.ada, GOOD, GOOD)
    with pytest.raises(ParameterError):
        users.change_password(platform, place.ada, GOOD + " now", "short")
    with pytest.raises(ForbiddenError):
        users.set_password(platform, place.ada, "root", GOOD)


def test_only_administrators_look_after_users(place: Place) -> None:
    platform, ada = place.platform, place.ada
    assert [user.name for user in users.everybody(platform, place.admin)] == ["Ada", "root"]
    assert users.get(platform, ada, "ADA").name == "Ada"
    for refused in (
        lambda: users.everybody(platform, ada),
        lambda: users.create(platform, ada, "x"),
        lambda: users.set_role(platform, ada, "Ada", Role.ADMIN),
        lambda: users.deactivate(platform, ada, "root"),
        lambda: users.activate(platform, ada, "root"),
        lambda: users.acting_as(platform, ada, "root"),
        lambda: users.get(platform, ada, "root"),
        lambda: projects.listed(platform, ada, everybodys=True),
    ):
        with pytest.raises(ForbiddenError, match="only an administrator"):
            refused()
    with pytest.raises(NotFoundError, match="no user 'nobody'"):
        users.set_role(platform, place.admin, "nobody", Role.ADMIN)
    assert users.acting_as(platform, ada, "ada") == ada


def test_a_role_counts_at_once_whatever_the_actor_was_told(place: Place) -> None:
    users.set_role(place.platform, place.admin, "Ada", Role.ADMIN)
    assert users.everybody(place.platform, place.ada)
    users.set_role(place.platform, place.admin, "Ada", Role.USER)
    pretender = Actor(place.ada.user_id, "root", Role.ADMIN)
    with pytest.raises(ForbiddenError):
        users.everybody(place.platform, pretender)


def test_whoever_is_inactive_may_nothing(place: Place) -> None:
    platform, ada = place.platform, place.ada
    project = place.make()
    users.set_password(platform, place.admin, "Ada", GOOD)
    assert not users.deactivate(platform, place.admin, "Ada").active
    for refused in (
        lambda: users.authenticate(platform, "Ada", GOOD),
        lambda: users.local_user(platform, "Ada"),
        lambda: users.acting_as(platform, place.admin, "Ada"),
        lambda: projects.listed(platform, ada),
        lambda: projects.get(platform, ada, project.id),
        lambda: projects.rename(platform, ada, project.id, "x"),
        lambda: users.change_password(platform, ada, GOOD, GOOD + "!"),
    ):
        with pytest.raises(ForbiddenError, match="not active"):
            refused()
    with pytest.raises(SignInError):
        users.authenticate(platform, "Ada", "wrong")  # the secret is not told to strangers
    users.activate(platform, place.admin, "Ada")
    assert projects.get(platform, ada, project.id).name == "Eocene"


def test_the_last_administrator_stays(place: Place) -> None:
    platform, admin = place.platform, place.admin
    for refused in (
        lambda: users.set_role(platform, admin, "root", Role.USER),
        lambda: users.deactivate(platform, admin, "root"),
    ):
        with pytest.raises(ConflictError, match="only administrator"):
            refused()
    users.set_role(platform, admin, "Ada", Role.ADMIN)

    def leave(name: str) -> bool:
        try:
            users.set_role(platform, admin, name, Role.USER)
        except (ConflictError, ForbiddenError):
            return False
        return True

    left = at_once([lambda: leave("root"), lambda: leave("Ada")])
    assert sorted(left) == [False, True]
