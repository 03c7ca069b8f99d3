"""Files that were sent: looked at, told about, chosen from, made into projects, forgotten."""

import gzip
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from threading import Barrier, Thread
from zipfile import ZipFile

import numpy as np
import pytest
import xarray as xr

from gondwana.accounts.errors import ForbiddenError, SignInError
from gondwana.dispatcher.platform import Platform
from gondwana.errors import InputError, ParameterError
from gondwana.services import asking, example, files, offers, projects, quotas, upkeep, users
from gondwana.services.offered import Offer
from gondwana.services.quotas import QuotaError
from gondwana.services.uploads import Upload
from gondwana.storage import offers as stored
from gondwana.storage.database import Database
from gondwana.storage.errors import ConflictError, FileTooLargeError, NameTakenError, NotFoundError
from gondwana.storage.files import FileStore
from gondwana.storage.marks import utc_now
from gondwana.storage.models import Offered, User
from services_world import Place, globe, netcdf, new_place, upload

PASSWORD = " ".join(["long", "enough", "to", "be", "one"])


@pytest.fixture
def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return new_place(database, tmp_path, monkeypatch)


def send(place: Place, data: xr.Dataset | bytes | None = None, name: str = "eocene.nc") -> Offer:
    return offers.offer(place.platform, place.ada, "source", upload(data, name))


def with_quota(place: Place, quota: int | None) -> Platform:
    return replace(place.platform, quota=quota)


def two_maps() -> xr.Dataset:
    """Return a globe with two maps of names that say nothing."""
    data = globe().rename(topo="a")
    data["b"] = data["a"] * 0 - 10.0
    data["a"].attrs["long_name"] = "heights of  the\nEocene"
    return data


def test_what_is_found_is_told_at_once(place: Place) -> None:
    found = send(place)
    assert (found.kind, found.name, found.problem) == ("source", "eocene.nc", None)
    told = dict(found.found)
    assert {name: told[name] for name in ("variable", "longitude", "latitude")} == {
        "variable": "topo",
        "longitude": "lon",
        "latitude": "lat",
    }
    assert (told["rows"], told["columns"], told["row_step"], told["column_step"]) == (
        18,
        36,
        10.0,
        10.0,
    )
    assert (told["south_first"], told["west"], told["east"]) == (True, -175.0, 175.0)
    assert (told["lowest"], told["highest"], told["notes"]) == (-4000.0, 1000.0, [])
    assert told["transposed"] is False
    # by hand: land within 50 degrees of the equator and 60 of Greenwich, and south of 80 south
    land = np.sin(np.deg2rad(50)) * 12 / 36 + (1 - np.sin(np.deg2rad(80))) / 2
    assert told["land"] == pytest.approx(land, abs=0.005)
    assert offers.get(place.platform, place.ada, found.id) == found


def test_orientation_is_that_of_the_file(place: Place) -> None:
    data = globe().isel(lat=slice(None, None, -1)).assign_coords(lon=np.arange(5.0, 360, 10))
    told = send(place, data.transpose()).found
    assert (told["south_first"], told["west"], told["east"]) == (False, 5.0, 355.0)
    assert told["transposed"] is True


@pytest.mark.parametrize(
    ("above", "doubt"),
    [(0, "there is no land"), (1, "there is hardly any land"), (648, "hardly any ocean")],
)
def test_hardly_any_land_or_ocean_is_a_doubt_and_no_refusal(
    place: Place, above: int, doubt: str
) -> None:
    data = globe()
    cells = np.full(648, -4000.0)
    cells[:above] = 500.0
    if above == 648:
        cells[-1] = -10.0  # at the pole
    data["topo"].values[:] = cells.reshape(18, 36)
    found = send(place, data)
    assert found.problem is None
    assert [doubt in sentence for sentence in found.found["doubts"]] == [True]
    assert send(place, name="usual.nc").found["doubts"] == []


def zipped() -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr("topo.nc", b"CDF")
    return packed.getvalue()


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "a web page": (
        lambda: b"\n <!DOCTYPE html><html><script>alert(1)</script></html>",
        "is not a NetCDF file but a web page; download the file itself",
    ),
    "a text file": (lambda: b"lon lat z\n1 2 3\n", "is not a NetCDF file but a text file"),
    "a zip archive": (zipped, "but a zip archive; unpack it"),
    "a gzipped file": (lambda: gzip.compress(netcdf(globe())), "but a file packed by gzip"),
    "cut short": (lambda: netcdf(globe())[:-1000], "cut short"),
    "empty": (lambda: b"", "the file is empty; copy or download it again"),
    "noise": (lambda: bytes(range(128, 256)) * 9, "is not a NetCDF file; convert it"),
    "no ocean": (lambda: netcdf(globe() * 0 + 100.0), "has no ocean: every cell lies above 0 m"),
    "north only": (lambda: netcdf(globe().sel(lat=slice(0, 90))), "covers only 0 to 90 degrees"),
    "a region": (lambda: netcdf(globe().sel(lon=slice(-60, 60))), "has no columns between 55"),
    "three dimensions": (
        lambda: netcdf(globe().expand_dims(time=[0.0, 1.0])),
        r"has only variables of more than two dimensions: 'topo' \(2 x 18 x 36\)",
    ),
    "kelvin": (
        lambda: netcdf(globe().assign(topo=globe()["topo"].assign_attrs(units="K"))),
        "the unit 'K' is not a length",
    ),
    "cells that are missing": (
        lambda: netcdf(globe().where(globe()["lat"] > -60)),
        "108 cells are missing",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_is_told_in_a_sentence(place: Place, name: str) -> None:
    content, sentence = REFUSED[name]
    found = send(place, content())
    assert found.problem is not None
    assert found.found == {}
    with pytest.raises(InputError, match=sentence) as caught:
        projects.create_from(place.platform, place.ada, "Eocene", found.id)
    assert str(caught.value).startswith("eocene.nc")
    assert "gondwana-" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert offers.get(place.platform, place.ada, found.id).problem == found.problem


def test_a_choice_between_maps_is_offered_and_followed(place: Place) -> None:
    found = send(place, two_maps())
    assert found.problem is not None
    assert found.problem.about == "variable"
    assert [one.name for one in found.choices.variables] == ["a", "b"]
    first = found.choices.variables[0]
    assert (first.dims, first.shape, first.units) == (("lat", "lon"), (18, 36), "m")
    assert first.long_name == "heights of the Eocene"
    assert {one.name for one in found.choices.coordinates} == {"lat", "lon"}
    again = offers.look_again(place.platform, place.ada, found.id, {"variable": "a", "lon": ""})
    assert (again.problem, again.found["variable"], again.reading) == (None, "a", {"variable": "a"})
    made = projects.create_from(place.platform, place.ada, "Eocene", found.id, info=" warm ")
    assert (made.project.name, made.project.info) == ("Eocene", "warm")
    assert (made.project.file_name, made.project.longitude) == ("eocene.nc", "lon")
    regrid = place.state(made.project.id).steps["regrid"].parameters
    assert (regrid["variable"], regrid["lon"], regrid["resolution"]) == ("a", None, 1.0)
    with pytest.raises(NotFoundError, match="no longer there; send it again"):
        offers.get(place.platform, place.ada, found.id)


def test_a_choice_that_does_not_help_is_told_and_can_be_made_again(place: Place) -> None:
    found = send(place, two_maps())
    bad = offers.look_again(place.platform, place.ada, found.id, {"variable": "z"})
    assert bad.problem is not None
    assert bad.problem.problem == "has no variable 'z'"
    good = offers.look_again(place.platform, place.ada, found.id, {"variable": "b", "units": "m"})
    assert good.problem is None
    assert good.found["land"] == 0.0
    for reading in ({"colour": "red"}, {"units": "feet"}, {"variable": 3}):
        with pytest.raises(ParameterError):
            offers.look_again(place.platform, place.ada, found.id, reading)


@pytest.mark.parametrize(
    ("spoil", "about", "mended"),
    [
        (
            lambda data: data.rename(lat="p", lon="q").assign(
                p=("p", globe()["lat"].values), q=("q", globe()["lon"].values)
            ),
            "lat",
            {"lat": "p", "lon": "q"},
        ),
        (lambda data: data / 1000, "units", {"units": "km"}),
        (lambda data: data.where(data["lat"] > -60), "missing", {"missing": "nearest"}),
    ],
)
def test_what_is_not_certain_is_asked(
    place: Place, spoil: Callable[[xr.Dataset], xr.Dataset], about: str, mended: dict[str, str]
) -> None:
    found = send(place, spoil(globe()))
    assert found.problem is not None
    assert found.problem.about == about
    good = offers.look_again(place.platform, place.ada, found.id, mended)
    assert good.problem is None
    assert place.make(name="other").name == "other"
    made = projects.create_from(place.platform, place.ada, "Eocene", found.id)
    regrid = place.state(made.project.id).steps["regrid"].parameters
    assert {name: regrid[name] for name in mended} == mended


def test_a_project_from_an_offer_takes_parameters_and_refuses_what_create_refuses(
    place: Place,
) -> None:
    place.make(name="Taken")
    found = send(place)
    with pytest.raises(NameTakenError):
        projects.create_from(place.platform, place.ada, "Taken", found.id)
    with pytest.raises(ParameterError, match="the name is empty"):
        projects.create_from(place.platform, place.ada, " ", found.id)
    with pytest.raises(ParameterError, match="longer than 5000"):
        projects.create_from(place.platform, place.ada, "Eocene", found.id, info="a" * 5001)
    made = projects.create_from(
        place.platform, place.ada, "Eocene", found.id, parameters={"regrid": {"resolution": 2.0}}
    )
    assert place.state(made.project.id).steps["regrid"].parameters["resolution"] == 2.0


def test_an_offer_is_its_giver_s_alone(place: Place) -> None:
    found = send(place)
    bob = place.actor("Bob")
    for who in (bob, place.admin):
        for attempt in (
            lambda who=who: offers.get(place.platform, who, found.id),
            lambda who=who: offers.look_again(place.platform, who, found.id, {}),
            lambda who=who: offers.withdraw(place.platform, who, found.id),
            lambda who=who: projects.create_from(place.platform, who, "Mine", found.id),
        ):
            with pytest.raises(NotFoundError):
                attempt()
    users.deactivate(place.platform, place.admin, "Ada")
    with pytest.raises(ForbiddenError):
        send(place)


def test_an_offer_is_used_once_even_by_two_at_once(place: Place) -> None:
    found = send(place)
    barrier, outcomes = Barrier(2), []

    def use(name: str) -> None:
        barrier.wait()
        try:
            projects.create_from(place.platform, place.ada, name, found.id)
            outcomes.append("made")
        except NotFoundError:
            outcomes.append("gone")

    threads = [Thread(target=use, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["gone", "made"]


def test_an_offer_can_be_withdrawn(place: Place) -> None:
    found = send(place)
    offers.withdraw(place.platform, place.ada, found.id)
    with pytest.raises(NotFoundError):
        offers.withdraw(place.platform, place.ada, found.id)


def test_other_kinds_are_offered_too(place: Place) -> None:
    with pytest.raises(ParameterError, match="no kind of file 'stones'"):
        offers.offer(place.platform, place.ada, "stones", upload())
    soils = xr.Dataset({"soilcolor": globe()["topo"] * 0 + 3, "soiltext": globe()["topo"] * 0 + 2})
    found = offers.offer(place.platform, place.ada, "soil_map", upload(soils, "soils.nc"))
    assert found.problem is None
    assert found.choices.variables == ()
    with pytest.raises(ParameterError, match="sent as 'soil_map', not as 'source'"):
        projects.create_from(place.platform, place.ada, "Eocene", found.id)
    project = place.make()
    put = files.replace_from(
        place.platform, place.ada, project.id, "soil_map", found.id, note="by hand", based_on=0
    )
    assert (put.revision.kind, put.revision.number, put.revision.note) == ("soil_map", 1, "by hand")
    with pytest.raises(NotFoundError):
        offers.get(place.platform, place.ada, found.id)


def test_another_topography_brings_its_reading_and_an_older_one_its_names(place: Place) -> None:
    platform, ada = place.platform, place.ada
    project = place.make(parameters={"regrid": {"resolution": 5.0}})
    data = two_maps().rename(lon="east", lat="north")
    found = send(place, data, "miocene.nc")
    found = offers.look_again(
        platform, ada, found.id, {"variable": "a", "lon": "east", "lat": "north"}
    )
    with pytest.raises(ConflictError, match="somebody else"):
        files.replace_from(platform, ada, project.id, "source", found.id, based_on=0)
    files.replace_from(platform, ada, project.id, "source", found.id, based_on=1)
    regrid = place.state(project.id).steps["regrid"].parameters
    assert (regrid["variable"], regrid["lon"], regrid["resolution"]) == ("a", "east", 5.0)
    now = projects.get(platform, ada, project.id)
    assert (now.file_name, now.longitude, now.latitude) == ("miocene.nc", "east", "north")
    files.restore(platform, ada, project.id, "source", 1)
    back = projects.get(platform, ada, project.id)
    assert (back.file_name, back.longitude, back.latitude) == ("eocene.nc", "lon", "lat")
    copy = projects.duplicate(platform, ada, project.id)
    files.restore(platform, ada, copy.id, "source", 2)
    assert projects.get(platform, ada, copy.id).file_name == "miocene.nc"
    bob = place.actor("Bob")
    with pytest.raises(NotFoundError):
        files.replace_from(platform, bob, project.id, "source", send(place).id)


def test_a_quota_is_told_with_numbers_and_what_is_there_already_is_free(place: Place) -> None:
    size = len(netcdf(globe()))
    platform = with_quota(place, 2 * size)
    offers.offer(platform, place.ada, "source", upload())
    assert quotas.usage(platform, place.ada) == quotas.Usage(size, 2 * size)
    offers.offer(platform, place.ada, "source", upload())  # the same bytes take no more room
    assert quotas.usage(platform, place.ada).room == size
    big = netcdf(globe(4.0))
    told = r"^your files take .* of .* kB, which leaves .* kB for this one, and it is larger; dele"
    with pytest.raises(QuotaError, match=told):
        offers.offer(platform, place.ada, "source", upload(big))
    with pytest.raises(QuotaError):
        projects.create(platform, place.ada, "Eocene", {"source": upload(big)})
    project = place.make()
    with pytest.raises(QuotaError):
        files.replace(platform, place.ada, project.id, "source", upload(big))
    assert quotas.usage(platform, place.ada).used == size
    projects.delete(platform, place.ada, project.id)
    offers.offer(platform, place.actor("Bob"), "source", upload())


def test_a_user_s_own_quota_goes_before_that_of_everybody(place: Place) -> None:
    with place.database.transaction() as session:
        session.get_one(User, place.ada.user_id).quota = 100
    with pytest.raises(QuotaError, match="your files take 0 bytes of 100 bytes"):
        send(place)
    with place.database.transaction() as session:
        session.get_one(User, place.ada.user_id).quota = 10**9
    assert offers.offer(with_quota(place, 10), place.ada, "source", upload()).problem is None


def test_reading_stops_where_the_room_ends(place: Place) -> None:
    class Endless:
        given = 0

        def read(self, size: int) -> bytes:
            self.given += size
            return bytes(size)

    stream = Endless()
    endless = Upload("endless.nc", stream)  # type: ignore[arg-type]
    with pytest.raises(QuotaError):
        offers.offer(with_quota(place, 5_000_000), place.ada, "source", endless)
    assert stream.given < 10_000_000
    store = FileStore(str(place.store.uri("0" * 64))[7:-68], largest=3_000_000)
    with pytest.raises(FileTooLargeError):
        offers.offer(replace(place.platform, store=store), place.ada, "source", endless)


def test_a_wrong_checksum_is_told(place: Place) -> None:
    wrong = replace(upload(), sha256="0" * 64)
    with pytest.raises(InputError, match="not the file that was meant"):
        offers.offer(place.platform, place.ada, "source", wrong)


def test_who_breaks_down_over_a_file_is_told_as_a_problem(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: str, **about: object) -> None:
        raise InputError(f"cannot be read: {about['path']}", remedy="mend it")

    monkeypatch.setattr(asking, "ask", broken)
    found = send(place)
    assert found.problem is not None
    assert (found.problem.problem, found.problem.about) == ("cannot be read: eocene.nc", "")


def test_names_are_made_harmless(place: Place) -> None:
    assert send(place, name="../../etc/pass\u202ewd.nc").name == "passwd.nc"
    assert send(place, name="C:\\x\\<b>.nc").name == "<b>.nc"
    assert send(place, name="..").name == "file.nc"


def test_old_offers_are_forgotten_and_their_files_removed(place: Place) -> None:
    found, kept = send(place), send(place, globe() * 2)
    for one in (found, kept):
        os.utime(place.store._path(one.sha256), (1e9, 1e9))
    survey = upkeep.survey(place.platform, place.admin)
    assert survey.files == 0
    assert upkeep.clean(place.platform, place.admin, survey).files == 0
    with place.database.transaction() as session:
        session.get_one(Offered, found.id).created = utc_now() - timedelta(days=1, minutes=1)
    with pytest.raises(NotFoundError):
        offers.get(place.platform, place.ada, found.id)
    with pytest.raises(NotFoundError):
        projects.create_from(place.platform, place.ada, "Eocene", found.id)
    survey = upkeep.survey(place.platform, place.admin)
    assert survey.files == 1
    assert upkeep.clean(place.platform, place.admin, survey).files == 1
    assert place.store.find(found.sha256) is None
    assert place.store.find(kept.sha256) is not None
    with place.database.reading() as session:
        assert session.get(Offered, found.id) is None
    assert offers.get(place.platform, place.ada, kept.id) == kept


def test_only_the_newest_offers_wait(place: Place) -> None:
    made = [send(place) for _ in range(stored.MOST + 2)]
    for forgotten in made[:2]:
        with pytest.raises(NotFoundError):
            offers.get(place.platform, place.ada, forgotten.id)
    assert offers.get(place.platform, place.ada, made[2].id).name == "eocene.nc"


def test_the_example_is_made_once_and_given_once(place: Place) -> None:
    platform = place.platform
    made = example.prepare(platform)
    assert (made.name, made.owner, made.file_name) == (example.NAME, users.NOBODY, "earth_1deg.nc")
    assert example.prepare(platform) == made
    for password in ("", "gondwana", users.NOBODY):
        with pytest.raises(SignInError):
            users.authenticate(platform, users.NOBODY, password)
    assert place.state(made.id).steps["internal_oceans"].edits
    early = example.give(platform, place.ada)  # nothing is made yet: it makes its own files
    assert (early.name, early.owner) == (example.NAME, "Ada")
    assert set(place.words(early).values()) != {"fresh"}
    assert example.give(platform, place.ada).id == early.id
    assert place.work() != []
    assert set(place.words(early).values()) == {"fresh", "no worker"}
    bob = place.actor("Bob")
    copy = example.give(platform, bob)
    assert place.work() == []
    words = place.words(copy, bob)
    assert {words[step.name] for step in place.steps if step.worker == "python"} == {"fresh"}
    projects.delete(platform, bob, copy.id)
    assert example.give(platform, bob).deleted is not None
    assert projects.listed(platform, bob) == []


def test_the_example_is_made_by_many_at_once_only_once(place: Place) -> None:
    barrier, made = Barrier(4), []

    def prepare() -> None:
        barrier.wait()
        made.append(example.prepare(place.platform).id)

    threads = [Thread(target=prepare) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == 1


def test_the_name_of_the_example_s_owner_is_not_believed_of_somebody_who_signs_in(
    place: Place,
) -> None:
    users.create(place.platform, place.admin, users.NOBODY, password=PASSWORD)
    with pytest.raises(ConflictError, match="belongs to the example"):
        example.give(place.platform, place.ada)
