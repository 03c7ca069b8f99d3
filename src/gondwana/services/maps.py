"""Maps of a project's files: what is in them, pictures, numbers for the viewer, lines through them.

Files are read in child processes only. What they found is kept for a while by the checksums of
the files, which never change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.platform import Platform
from gondwana.errors import InputError
from gondwana.maps.contents import Header
from gondwana.maps.views import View
from gondwana.services import files
from gondwana.services.comparing import Which
from gondwana.services.files import RevisionInfo
from gondwana.services.map_files import COAST, asked, stored_files

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class FileDescription:
    """A file, and what it says of itself."""

    revision: RevisionInfo
    header: Header


@dataclass(frozen=True)
class Axis:
    """A dimension that a field is a slice of: which slice, of how many, from 0."""

    name: str
    size: int
    index: int


@dataclass(frozen=True)
class About:
    """What a field is.

    Attributes
    ----------
    variable, title, unit : str
    axes : tuple of Axis
    shape : tuple of int
        Rows and columns in the file.
    step : int
        Every how many rows and columns were read.
    lowest, highest : float or None
        None if no value is known.
    legend : mapping
        Colours and ticks: see `gondwana.maps.scales.Scale.legend`.
    """

    variable: str
    title: str
    unit: str
    axes: tuple[Axis, ...]
    shape: tuple[int, int]
    step: int
    lowest: float | None
    highest: float | None
    legend: Mapping[str, Any]


@dataclass(frozen=True)
class Drawn:
    """A picture of a field.

    Attributes
    ----------
    about : About
    png : bytes
    width, height : int
    missing : int
        Cells without a value.
    """

    about: About
    png: bytes
    width: int
    height: int
    missing: int


@dataclass(frozen=True)
class FieldOnMap:
    """A field as numbers on a rectangle of a map.

    Attributes
    ----------
    about : About
    values : ndarray of float32, (height, width)
        The first row is the southern one; NaN where there is nothing.
    extent : tuple of float
        West, south, east, north in the units of the projection.
    has_places : bool
        Otherwise the map shows columns and rows.
    lines : mapping of str to ndarray of float32
        ``coast`` and ``graticule``, (n, 4): x0, y0, x1, y1; ``rim``, (n, 2).
    scale : mapping
        ``kind``, ``colours``, ``palette``, ``blank_zero`` of the colours chosen for the field.
    """

    about: About
    values: Floats
    extent: tuple[float, float, float, float]
    has_places: bool
    lines: Mapping[str, Floats]
    scale: Mapping[str, Any]


@dataclass(frozen=True)
class ProfileOnMap:
    """A field along a line: kilometres, degrees, values (None where there is none)."""

    variable: str
    unit: str
    distance: tuple[float, ...]
    lon: tuple[float, ...]
    lat: tuple[float, ...]
    values: tuple[float | None, ...]


def described(platform: Platform, actor: Actor, which: Which) -> FileDescription:
    """Tell what a file says of itself.

    Raises
    ------
    NotFoundError
        There is no such project or revision.
    ParameterError
        There is no such kind of file, or it is not NetCDF.
    InputError
        The file cannot be read.
    """
    revision, stored = stored_files(platform, actor, which, alone=True)
    found, _ = asked(platform, "describe", {"": stored}, {})
    return FileDescription(revision, Header.from_json(found))


def drawn(platform: Platform, actor: Actor, which: Which, view: View) -> Drawn:
    """Draw a file.

    Raises
    ------
    NotFoundError, ParameterError, InputError
        As `described`; or there is nothing like what the view asks for.
    """
    _, stored = stored_files(platform, actor, which)
    found, png = asked(platform, "picture", {"": stored}, {"view": view.as_json()})
    return Drawn(about(found), png, found["width"], found["height"], found["missing"])


def picture(platform: Platform, actor: Actor, which: Which, view: View) -> bytes:
    """Draw a file as PNG; see `drawn`."""
    return drawn(platform, actor, which, view).png


def field(
    platform: Platform, actor: Actor, which: Which, view: View, *, lines: bool = True
) -> FieldOnMap:
    """Lay a field on a map; of the view, its variable, slices, projection, window and width count.

    Raises
    ------
    NotFoundError, ParameterError, InputError
        As `drawn`.
    """
    _, stored = stored_files(platform, actor, which)
    told = {"view": view.as_json(), "lines": lines}
    found, block = asked(platform, "field", {"": stored}, told)
    shapes = {"": [found["height"], found["width"]], **found["lines"]}
    parts: dict[str, Floats] = {}
    start = 0
    for name, shape in shapes.items():
        count = int(np.prod(shape))
        parts[name] = np.frombuffer(block, np.float32, count, start).reshape(shape)
        start += 4 * count
    extent = found["extent"]
    return FieldOnMap(
        about=about(found),
        values=parts.pop(""),
        extent=(extent["west"], extent["south"], extent["east"], extent["north"]),
        has_places=found["places"],
        lines=parts,
        scale=found["scale"],
    )


def profile(
    platform: Platform,
    actor: Actor,
    which: Which,
    view: View,
    start: tuple[float, float],
    end: tuple[float, float],
    samples: int = 300,
) -> ProfileOnMap:
    """Cut a field along the great circle between two points (longitude, latitude).

    Raises
    ------
    NotFoundError, ParameterError, InputError
        As `drawn`; or no line can be drawn between these points.
    """
    _, stored = stored_files(platform, actor, which)
    told = {"view": view.as_json(), "start": start, "end": end, "samples": samples}
    found, _ = asked(platform, "profile", {"": stored}, told)
    numbers = {name: tuple(found[name]) for name in ("distance", "lon", "lat", "values")}
    return ProfileOnMap(found["variable"], found["unit"], **numbers)


def thumbnail(platform: Platform, actor: Actor, project_id: str) -> bytes | None:
    """Draw a small picture of a project's topography as PNG; None if it has none to draw.

    Raises
    ------
    NotFoundError
        There is no such project.
    """
    present = {one.kind: one for one in files.current(platform, actor, project_id)}
    for kind in COAST:
        if kind in present:
            stored = {"path": [(present[kind].file_name, present[kind].sha256)]}
            try:
                return asked(platform, "thumbnail", {"": stored}, {})[1]
            except InputError:
                continue
    return None


def about(found: Mapping[str, Any]) -> About:
    """Take what a field is from what a child has found."""
    return About(
        variable=found["variable"],
        title=found["title"],
        unit=found["unit"],
        axes=tuple(Axis(**axis) for axis in found["axes"]),
        shape=(found["shape"][0], found["shape"][1]),
        step=found["step"],
        lowest=found["lowest"],
        highest=found["highest"],
        legend=found["legend"],
    )
