"""Lists of projects: who sees which, searched, sorted and in parts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gondwana.accounts.errors import ForbiddenError
from gondwana.errors import ParameterError
from gondwana.services import listing, projects, sharing
from gondwana.storage.database import Database
from gondwana.storage.words import Access
from services_world import Place, new_place


@pytest.fixture
def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    yield new_place(database, tmp_path, monkeypatch)


def names(page: listing.ProjectPage) -> list[str]:
    return [one.project.name for one in page.projects]


def test_scopes_search_order_and_parts(place: Place) -> None:
    bob = place.actor("Bob")
    for name in ("Eocene", "Albian", "Turonian"):
        place.make(name=name)
    theirs = place.make(bob, "Bob's Albian", info="with a Tethys")
    sharing.share(place.platform, bob, theirs.id, "Ada", Access.VIEW)
    gone = place.make(name="gone")
    projects.delete(place.platform, place.ada, gone.id)

    def page(**more: object) -> listing.ProjectPage:
        return listing.page(place.platform, place.ada, **more)  # type: ignore[arg-type]

    assert names(page()) == ["Bob's Albian", "Turonian", "Albian", "Eocene"]
    assert names(page(scope="mine", order="name")) == ["Albian", "Eocene", "Turonian"]
    assert names(page(scope="shared")) == ["Bob's Albian"]
    assert page(scope="shared").projects[0].project.right.name == "VIEW"
    assert names(page(scope="deleted")) == ["gone"]
    assert names(page(search="ALB bob")) == ["Bob's Albian"]
    assert names(page(search="tethys")) == ["Bob's Albian"]
    assert names(page(search="100%_")) == []
    assert names(page(order="owner"))[-1] == "Bob's Albian"
    third = page(order="name", size=2, number=9)
    assert (names(third), third.number, third.pages, third.total) == (
        ["Eocene", "Turonian"], 2, 2, 4,
    )  # fmt: skip
    assert page(search="nothing").pages == 1
    projects.describe(place.platform, place.ada, page(order="name").projects[0].project.id, "new")
    assert names(page())[0] == "Albian"


def test_everybodys_are_for_administrators(place: Place) -> None:
    place.make()
    found = listing.page(place.platform, place.admin, scope="everybody")
    assert names(found) == ["Eocene"]
    assert names(listing.page(place.platform, place.admin)) == []
    with pytest.raises(ForbiddenError):
        listing.page(place.platform, place.ada, scope="everybody")


def test_unknown_words_are_refused(place: Place) -> None:
    with pytest.raises(ParameterError, match="choose from"):
        listing.page(place.platform, place.ada, order="size")  # type: ignore[arg-type]
