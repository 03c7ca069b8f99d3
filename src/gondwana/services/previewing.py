"""The picture of a topography as it is read, drawn by the process that looks into files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gondwana.formats.topography import read_topography
from gondwana.maps.fields import Field
from gondwana.maps.grids import Regular
from gondwana.maps.pictures import draw
from gondwana.maps.views import View

WIDTH, HEIGHT = 1200, 600


def preview(path: Path, reading: Mapping[str, Any]) -> bytes:
    """Draw a topography as it would be used, which shows at once if it is turned or shifted.

    Parameters
    ----------
    path : Path
    reading : mapping
        Of the names in `offers.READING`.

    Returns
    -------
    bytes
        PNG.

    Raises
    ------
    InputError
        It cannot be read so.
    """
    chosen = dict(reading)
    variable, lon, lat = (chosen.pop(name, None) for name in ("variable", "lon", "lat"))
    read = read_topography(path, variable, lon, lat, **chosen).topography
    rows, columns = read.shape
    field = Field(
        name="topography",
        title="",
        unit="m",
        values=read.values,
        grid=Regular(read["lon"].values, read["lat"].values),
        axes=(),
        shape=(rows, columns),
        step=1,
    )
    return draw(field, View(width=WIDTH)).png


QUESTIONS: dict[str, Callable[[Mapping[str, Any]], tuple[dict[str, Any], bytes]]] = {
    "preview": lambda asked: ({}, preview(Path(asked["path"]), asked["reading"])),
}
"""What can be asked of this part."""
