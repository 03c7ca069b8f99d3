"""The viewer without a browser: what it draws, what it tells, and for whom."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bokeh.document import Document
from bokeh.events import RangesUpdate

from gondwana.accounts.permissions import Actor
from gondwana.editors.applications import applications
from gondwana.editors.viewer import Viewer
from gondwana.services import map_files
from gondwana.services.comparing import Which
from gondwana.services.projects import ProjectInfo
from gondwana.storage.database import Database
from services_world import Place, globe, new_place
from support import in_a_loop


@pytest.fixture
def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(map_files, "known", map_files.Known())
    return new_place(database, tmp_path, monkeypatch)


@pytest.fixture
def project(place: Place) -> ProjectInfo:
    return place.make()


class Opened:
    """A viewer in a document that no browser shows."""

    def __init__(self, place: Place, project: ProjectInfo, who: Actor | None = None) -> None:
        self.document = Document()
        which = Which(project.id, "source")
        self.viewer = Viewer(place.platform, who or place.ada, which, self.document, "")
        self.viewer.begin()
        self.wait()

    def wait(self) -> None:
        in_a_loop(self.viewer._work())

    def source(self, name: str) -> Any:
        return getattr(self.viewer._plots, name)


def test_a_field_is_drawn(place: Place, project: ProjectInfo) -> None:
    opened = Opened(place, project)
    whole = opened.source("whole")
    np.testing.assert_array_equal(whole.data["image"][0], globe()["topo"].values)
    assert (whole.data["x"], whole.data["dw"]) == ([-180.0], [360.0])
    assert whole.tags[0]["legend"]["kind"] == "relief"
    assert whole.tags[0]["projection"] == "plate_carree"
    assert len(opened.source("coast").data["x0"]) == 80
    assert {root.name for root in opened.document.roots} == {"controls", "map", "profile"}


def test_another_projection(place: Place, project: ProjectInfo) -> None:
    opened = Opened(place, project)
    opened.viewer._controls.projection.value = "north"
    opened.wait()
    whole = opened.source("whole")
    assert whole.tags[0]["projection"] == "north"
    assert whole.data["image"][0].shape[0] == whole.data["image"][0].shape[1]
    assert np.isnan(whole.data["image"][0][0, 0])
    assert np.hypot(opened.source("globe").data["x"], opened.source("globe").data["y"]) == (
        pytest.approx(1.0)
    )


def test_a_line_that_was_drawn(place: Place, project: ProjectInfo) -> None:
    opened = Opened(place, project)
    ends = opened.source("ends")
    ends.data = {"x": [170, -170], "y": [5, 5], "lon": [170, -170], "lat": [5, 5]}
    opened.wait()
    assert opened.source("profile").visible
    values = opened.source("values").data
    assert values["value"].tolist() == [-4000.0] * 400
    assert values["distance"][-1] == pytest.approx(2215, abs=5)
    assert np.isnan(opened.source("cut").data["x"]).sum() == 1  # not across the whole map
    ends.data = {"x": [], "y": [], "lon": [], "lat": []}
    opened.wait()
    assert not opened.source("profile").visible
    ends.data = {"x": [0, 180], "y": [0, 0], "lon": [0, 180], "lat": [0, 0]}
    opened.wait()
    assert "opposite" in opened.source("profile").tags[0]


def test_a_closer_look(place: Place, project: ProjectInfo) -> None:
    opened = Opened(place, project)
    closer = RangesUpdate(opened.source("map"), x0=0.0, x1=60.0, y0=0.0, y1=30.0)
    opened.viewer._looked_closer(closer)
    opened.wait()
    assert opened.source("detail").data["image"] == []  # every cell is there already
    opened.viewer._controls.projection.value = "mollweide"
    opened.wait()
    closer = RangesUpdate(opened.source("map"), x0=0.0, x1=0.5, y0=0.0, y1=0.25)
    opened.viewer._looked_closer(closer)
    opened.wait()
    detail = opened.source("detail").data
    assert (detail["x"], detail["dw"], detail["dh"]) == ([0.0], [0.5], [0.25])
    assert detail["image"][0].shape == (480, 960)


def test_strangers_see_nothing(place: Place, project: ProjectInfo) -> None:
    opened = Opened(place, project, place.actor("Eve"))
    assert "no such project" in opened.source("profile").tags[0]
    assert np.isnan(opened.source("whole").data["image"][0]).all()
    nobody = Opened(place, project, Actor("", ""))
    assert nobody.source("profile").tags[0]
    assert np.isnan(nobody.source("whole").data["image"][0]).all()


def test_a_document_without_an_address(place: Place) -> None:
    document = Document()
    applications(place.platform)["/map"](document)
    assert len(document.roots) == 3
