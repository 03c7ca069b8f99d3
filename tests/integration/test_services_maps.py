"""Maps through the services: who may see them, what comes back, what is kept, what is refused."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from PIL import Image

from gondwana.errors import InputError, ParameterError
from gondwana.maps.views import View
from gondwana.services import asking, differing, files, map_files, maps, sharing, steps
from gondwana.services.comparing import Which
from gondwana.services.projects import ProjectInfo
from gondwana.storage.database import Database
from gondwana.storage.errors import NotFoundError
from services_world import Place, asked_here, globe, netcdf, new_place, upload


@pytest.fixture
def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(map_files, "known", map_files.Known())
    return new_place(database, tmp_path, monkeypatch)


@pytest.fixture
def project(place: Place) -> ProjectInfo:
    made = place.make()
    place.work()
    steps.run(place.platform, place.ada, made.id, ["internal_oceans"])
    place.work()
    return made


def routing() -> bytes:
    """Return a file of rivers: places in two dimensions, no value in the ocean."""
    topo = globe()["topo"].values
    east, north = np.meshgrid(globe()["lon"], globe()["lat"])
    trip = np.where(topo > 0, 99.0, np.nan).astype(np.float32)
    dims = ("y", "x")
    data = {"nav_lon": (dims, east), "nav_lat": (dims, north), "trip": (dims, trip)}
    return netcdf(xr.Dataset(data, attrs={"title": "rivers"}))


@pytest.fixture
def rivers(place: Place, project: ProjectInfo) -> Which:
    given = upload(routing(), "routing.nc")
    files.replace(place.platform, place.ada, project.id, "routing", given)
    return Which(project.id, "routing")


def source(project: ProjectInfo, number: int | None = None) -> Which:
    return Which(project.id, "source", number)


def test_a_file_is_described(place: Place, rivers: Which) -> None:
    found = maps.described(place.platform, place.ada, rivers)
    assert found.revision.file_name == "routing.nc"
    assert found.header.best == "trip"
    names = [one.name for one in found.header.variables]
    assert set(names) == {"trip", "nav_lat", "nav_lon"}
    assert dict(found.header.attributes) == {"title": "rivers"}


def test_pictures(place: Place, project: ProjectInfo) -> None:
    view = View(width=400, projection="mollweide")
    drawn = maps.drawn(place.platform, place.ada, source(project), view)
    picture = Image.open(io.BytesIO(drawn.png))
    assert picture.size == (drawn.width, drawn.height) == (400, 200)
    assert (drawn.about.variable, drawn.about.unit, drawn.about.shape) == ("topo", "m", (18, 36))
    assert (drawn.about.lowest, drawn.about.highest) == (-4000.0, 1000.0)
    assert drawn.about.legend["kind"] == "relief"
    assert maps.picture(place.platform, place.ada, source(project), view) == drawn.png


def test_a_coast_from_another_file(place: Place, rivers: Which) -> None:
    found = maps.field(place.platform, place.ada, rivers, View())
    assert len(found.lines["coast"]) == 80  # the continent, and the south: 2 x 10 + 2 x 12 + 36
    assert np.isnan(found.values).any()


def test_what_cannot_be_read(place: Place, project: ProjectInfo) -> None:
    with pytest.raises(InputError, match=r"^soils.nc: is not a NetCDF file"):
        maps.picture(place.platform, place.ada, Which(project.id, "soils"), View())


def test_answers_are_kept(
    place: Place, project: ProjectInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def counted(question: str, **about: Any) -> Any:
        asked.append(question)
        return asked_here(question, **about)

    monkeypatch.setattr(asking, "ask", counted)
    for view in (View(width=111), View(width=111), View(width=112), View(width=111)):
        maps.picture(place.platform, place.ada, source(project), view)
    assert asked == ["picture", "picture"]
    stranger = place.actor("Bob")
    with pytest.raises(NotFoundError):  # known answers are not for everybody
        maps.picture(place.platform, stranger, source(project), View(width=111))


def test_numbers_for_the_viewer(place: Place, project: ProjectInfo) -> None:
    found = maps.field(place.platform, place.ada, source(project), View())
    np.testing.assert_array_equal(found.values, globe()["topo"].values.astype(np.float32))
    assert found.extent == (-180.0, -90.0, 180.0, 90.0)
    assert found.has_places
    assert set(found.lines) == {"coast", "graticule", "rim"}
    assert found.lines["coast"].shape[1] == 4
    assert found.scale["kind"] == "relief"
    bare = maps.field(place.platform, place.ada, source(project), View(), lines=False)
    assert bare.lines == {}


def test_lines_through_a_file(place: Place, project: ProjectInfo) -> None:
    cut = maps.profile(
        place.platform, place.ada, source(project), View(), (-85.0, 5.0), (5.0, 5.0), 10
    )
    assert cut.values == (*[-4000.0] * 3, *[500.0] * 7)
    assert cut.distance[-1] == pytest.approx(9959.5, abs=0.1)
    assert (cut.variable, cut.unit) == ("topo", "m")
    with pytest.raises(ParameterError, match="opposite"):
        maps.profile(place.platform, place.ada, source(project), View(), (0, 0), (180, 0))


def test_thumbnails(place: Place, project: ProjectInfo) -> None:
    png = maps.thumbnail(place.platform, place.ada, project.id)
    assert png is not None
    assert Image.open(io.BytesIO(png)).size == (320, 160)
    with pytest.raises(NotFoundError):
        maps.thumbnail(place.platform, place.actor("Bob"), project.id)


def test_what_differs(place: Place, project: ProjectInfo) -> None:
    changed = globe()
    changed["topo"][9, 18] = -100.0
    files.replace(
        place.platform, place.ada, project.id, "source", upload(netcdf(changed), "warmer.nc")
    )
    found = differing.differing(
        place.platform, place.ada, source(project, 1), source(project, 2), View(width=200)
    )
    assert (found.first.number, found.second.number) == (1, 2)
    assert (found.same_grid, found.cells, found.changed) == (True, 648, 1)
    assert (found.largest, found.place, found.has_places) == (-600.0, (5.0, 5.0), True)
    assert 0 < found.share < 1 / 300
    rows = {row.name: row for row in found.rows}
    assert rows["internal_oceans"].first == 0.0
    assert rows["internal_oceans"].second == 1.0
    first, second = rows["land_area"].first, rows["land_area"].second
    assert first is not None
    assert second is not None
    assert 1.2e6 < first - second < 1.3e6
    assert (found.about.legend["low"], found.about.legend["high"]) == (-600.0, 600.0)
    assert Image.open(io.BytesIO(found.png)).size == (200, 100)


def test_two_projects_of_other_resolution(place: Place, project: ProjectInfo) -> None:
    other = place.make(name="Fine", files={"source": upload(globe(5.0))})
    found = differing.differing(
        place.platform, place.ada, source(project), source(other), View(width=200)
    )
    assert (found.same_grid, found.shapes) == (False, ((18, 36), (36, 72)))
    sharing.share(place.platform, place.ada, project.id, place.actor("Bob").name, "view")
    bob = place.actor("Cid")
    with pytest.raises(NotFoundError):
        differing.differing(place.platform, bob, source(project), source(other), View())


@pytest.mark.parametrize(
    "view", [View(variable="nothing"), View(variable="topo", index=(("lat", 99),))]
)
def test_what_there_is_not(place: Place, project: ProjectInfo, view: View) -> None:
    if view.index:  # a dimension of the map itself is no choice
        assert maps.picture(place.platform, place.ada, source(project), view)
        return
    with pytest.raises(ParameterError, match="no variable 'nothing'"):
        maps.picture(place.platform, place.ada, source(project), view)
    with pytest.raises(NotFoundError):
        maps.picture(place.platform, place.ada, source(project, 9), View())


def test_a_child_process_reads(
    place: Place, project: ProjectInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    view = View(width=123)
    with asking.Pool(1):
        drawn = maps.drawn(place.platform, place.ada, source(project), view)
        found = maps.field(place.platform, place.ada, source(project), view)
        with pytest.raises((InputError, ParameterError), match="no variable"):
            maps.drawn(place.platform, place.ada, source(project), View("nothing", width=123))
    assert drawn.png.startswith(b"\x89PNG")
    assert found.values.shape == (18, 36)
