"""The services beside a dispatcher that works when told to, for tests."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from dispatcher_world import World
from gondwana.accounts.permissions import Actor
from gondwana.services import asking, looking, projects, status, users
from gondwana.services.projects import ProjectInfo
from gondwana.services.uploads import Upload
from gondwana.storage.database import Database


def globe(step: float = 10.0, **changes: Any) -> xr.Dataset:
    """Return a small topography: an ocean with one continent."""
    lat = np.arange(-90 + step / 2, 90, step)
    lon = np.arange(-180 + step / 2, 180, step)
    east, north = np.meshgrid(lon, lat)
    topo = np.where((np.abs(north) < 50) & (np.abs(east) < 60), 500.0, -4000.0)
    topo = np.where(north < -78, 1000.0, topo)
    data = xr.Dataset(
        {"topo": (("lat", "lon"), topo, {"units": "m"})}, coords={"lat": lat, "lon": lon}
    )
    data["lat"].attrs["units"] = "degrees_north"
    data["lon"].attrs["units"] = "degrees_east"
    return data.assign(changes)


def netcdf(data: xr.Dataset) -> bytes:
    """Return a dataset as the bytes of a NetCDF file."""
    return bytes(data.to_netcdf(engine="netcdf4", format="NETCDF3_64BIT"))


def upload(data: xr.Dataset | bytes | None = None, name: str = "eocene.nc") -> Upload:
    content = data if isinstance(data, bytes) else netcdf(globe() if data is None else data)
    return Upload(name, BytesIO(content))


class Place(World):
    """A dispatcher, and users who come through the services."""

    def __init__(self, database: Database, folder: Path) -> None:
        super().__init__(database, folder)
        self.admin = users.local_user(self.platform, "root")
        self.ada = self.actor("Ada")

    def actor(self, name: str) -> Actor:
        """Return a user like others, new if need be."""
        users.create(self.platform, self.admin, name)
        return users.acting_as(self.platform, self.admin, name)

    def make(self, actor: Actor | None = None, name: str = "Eocene", **more: Any) -> ProjectInfo:
        """Make a project with the small globe."""
        files = more.pop("files", None) or {"source": upload()}
        made = projects.create(self.platform, actor or self.ada, name, files, **more)
        return made.project

    def stands(self, project: ProjectInfo, actor: Actor | None = None) -> status.ProjectStatus:
        return status.status(self.platform, actor or self.ada, project.id)

    def words(self, project: ProjectInfo, actor: Actor | None = None) -> dict[str, str]:
        return {step.name: step.shown for step in self.stands(project, actor).steps}


def new_place(database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a place whose files are looked at in this process, which saves a second each."""
    monkeypatch.setattr(asking, "ask", asked_here)
    made = Place(database, folder)
    made.employ()
    return made


def asked_here(question: str, **about: Any) -> tuple[dict[str, Any], bytes]:
    """Answer in this process, by way of JSON as another would."""
    told, block = looking.answered(json.loads(json.dumps({"question": question, **about})))
    return asking.found_in(json.loads(json.dumps(told, allow_nan=False))), block
