"""An editing session without services: planets made here, drafts and saved lists in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from gondwana.editors.session import EditingSession
from gondwana.editors.telling import Answer
from gondwana.services.editing import Opened, SavedNow, Subject
from gondwana.steps.surfaces import Surface, lonlat_surface
from gondwana.storage.errors import ConflictError

Float = npt.NDArray[np.float64]
PARAMETERS = {
    "policy": "fill", "large_policy": "open", "large_area": 1e6, "poles": "fix",
    "channel_depth": 50.0, "channel_width": 1, "land_height": 1.0,
}  # fmt: skip


def globe_surface(ny: int, nx: int, up: int = 1, **more: Any) -> Surface:
    """Make a longitude-latitude grid, south first."""
    lat = (np.arange(ny) + 0.5) * 180.0 / ny - 90.0
    lon = (np.arange(nx) + 0.5) * 360.0 / nx - 180.0
    limits = (-15_000.0, 15_000.0) if up else (-1e30, 1e30)
    return replace(lonlat_surface(lon, lat, up=up, limits=limits), **more)


def opened_globe(values: npt.ArrayLike, **more: Any) -> Opened:
    """Open a topography as the editor of internal oceans does."""
    field = np.asarray(values, dtype=np.float64)
    ny, nx = field.shape
    told: dict[str, Any] = {
        "subject": Subject("p", step="internal_oceans"), "title": "Topography",
        "project_name": "Test", "face": "internal_oceans", "values": field,
        "surface": globe_surface(ny, nx), "unit": "m", "variable": "topography",
        "axes": "lonlat", "lon_edges": np.linspace(-180, 180, nx + 1),
        "lat_edges": np.linspace(-90, 90, ny + 1), "base": "b" * 64, "edits": (),
        "number": 0, "parameters": PARAMETERS, "draft": None, "may_change": True,
        "author": "ada", "variables": (),
    }  # fmt: skip
    return Opened(**(told | more))


@dataclass
class FakeDoor:
    """Drafts and saved lists in memory."""

    field: Opened
    draft: Mapping[str, Any] | None = None
    lists: list[SavedNow] = field(default_factory=list)

    def opened(self) -> Opened:
        """Open what was saved last."""
        edits = self.lists[-1].edits if self.lists else self.field.edits
        return replace(self.field, edits=tuple(edits), number=len(self.lists), draft=self.draft)

    def keep_draft(self, draft: Mapping[str, Any], based_on: int, base: str) -> datetime:
        """Keep it."""
        assert (based_on, base) == (draft["based_on"], draft["base"])
        self.draft = draft
        return datetime.now(UTC)

    def drop_draft(self) -> None:
        """Forget it."""
        self.draft = None

    def save(self, edits: list[dict[str, Any]], based_on: int, note: str) -> int:
        """Save a list, unless there is a later one."""
        if based_on != len(self.lists):
            raise ConflictError("somebody else has saved", remedy="load them")
        self.lists.append(SavedNow(based_on + 1, tuple(edits), "ada", datetime.now(UTC), note))
        self.draft = None
        return based_on + 1

    def saved(self) -> SavedNow:
        """Return the last list."""
        return self.lists[-1] if self.lists else SavedNow(0, (), "", None, "")

    def beneath(self) -> str:
        """Tell what lies beneath now."""
        return self.field.base


class Browser:
    """What a browser knows: it puts together what answers bring."""

    def __init__(self, door: FakeDoor) -> None:
        self.door = door
        self.load()

    def load(self) -> dict[str, Any]:
        """Open the page (again)."""
        self.session = EditingSession(self.door, self.door.opened())
        self.rasters: dict[str, npt.NDArray[Any]] = {}
        self.told: dict[str, Any] = {}
        return self.ask("begin")

    def ask(self, verb: str, **about: Any) -> dict[str, Any]:
        """Ask, and take in the answer; an error is an error here."""
        told = self.try_to(verb, **about)
        assert "error" not in told, told["error"]
        return told

    def try_to(self, verb: str, **about: Any) -> dict[str, Any]:
        """Ask, and take in the answer."""
        answer = self.session.handle({"do": verb, "id": 1, **about})
        told = self._take(answer)
        if self.session.has_news:
            self.session.keep()
        return told

    def _take(self, answer: Answer) -> dict[str, Any]:
        told, block = answer.block()
        for raster in told.get("rasters", ()):
            if raster.get("gone"):
                self.rasters.pop(raster["name"], None)
                self.rasters.pop(f"{raster['name']} marks", None)
                continue
            shape = (raster["rows"], raster["columns"])
            self.rasters[raster["name"]] = np.full(shape, np.nan, np.float32)
            self.rasters[f"{raster['name']} marks"] = np.zeros(shape, np.uint8)
        for piece in told.get("blocks", ()):
            count = piece["rows"] * piece["columns"]
            part = np.frombuffer(block.tobytes(), piece["type"], count, piece["start"])
            part = part.reshape(piece["rows"], piece["columns"])
            if piece["to"] in ("lookup", "lon", "lat"):
                self.rasters[piece["to"]] = part
                continue
            rows = slice(piece["row"], piece["row"] + piece["rows"])
            columns = slice(piece["column"], piece["column"] + piece["columns"])
            self.rasters[piece["to"]][rows, columns] = part
        self.told |= told
        return told


def browser(values: npt.ArrayLike, **more: Any) -> Browser:
    """Open a topography in a browser."""
    return Browser(FakeDoor(opened_globe(values, **more)))
