"""Fields as PNG pictures: colours, coast and graticule in any projection, and small ones."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from gondwana.maps.fields import Field
from gondwana.maps.projections import Extent, projection
from gondwana.maps.scales import Scale, is_relief, scale_for
from gondwana.maps.views import View

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

GRATICULE = 30.0
"""Degrees between the lines of the graticule."""

THUMBNAIL = (320, 160)

_THUMBNAIL_COLOURS = (48, 32, 20, 12)  # fewer if the file would be too large
_THUMBNAIL_BYTES = 15_000
_NOTHING, _COAST, _MISSING, _MISSING_LINED, _FIRST = 0, 1, 2, 3, 4
_COAST_COLOUR, _GREY = (38, 40, 46), (128, 132, 140)
_GREY_ALPHA, _LINED_ALPHA = 70, 130
_BOLD = 1000  # pixels, from which on lines are two pixels wide
_LINE_SHARE = 0.28  # of black or white in the colours under the graticule
_FLATTEST, _TALLEST = 0.05, 1.5  # height by width of pictures by rows and columns


@dataclass(frozen=True)
class Picture:
    """A picture of a field.

    Attributes
    ----------
    png : bytes
    width, height : int
    legend : dict
        See `gondwana.maps.scales.Scale.legend`.
    lowest, highest : float or None
        Of all values.
    missing : int
        Cells without a value.
    """

    png: bytes
    width: int
    height: int
    legend: dict[str, Any]
    lowest: float | None
    highest: float | None
    missing: int


def draw(field: Field, view: View, coast: Field | None = None) -> Picture:
    """Draw a field.

    Parameters
    ----------
    field : Field
    view : View
    coast : Field, optional
        A topography whose coast (z > 0) is drawn; by default that of the field, if it is one.

    Returns
    -------
    Picture
        Transparent outside of the globe, so that it suits any page; missing values are grey.
    """
    scale = scale_for(field, view)
    lon, lat, on_globe = _pixels(field, view)
    values = field.at(lon, lat)
    entries = scale.indices(values)
    thick = 2 if view.width >= _BOLD else 1
    lined = np.zeros(values.shape, dtype=bool)
    drawn = np.zeros(values.shape, dtype=bool)
    if field.has_places:
        if view.graticule:
            lined = _graticule(lon, lat, on_globe)
        if view.coast:
            drawn = _coast(field, values, coast, lon, lat, thick)
        drawn |= _rim(on_globe)
    png = _png(entries, scale, on_globe, lined, drawn)
    known = field.values[np.isfinite(field.values)]
    return Picture(
        png=png,
        width=values.shape[1],
        height=values.shape[0],
        legend=scale.legend(field.unit, field.values),
        lowest=float(known.min()) if known.size else None,
        highest=float(known.max()) if known.size else None,
        missing=int(field.values.size - known.size),
    )


def thumbnail(field: Field) -> bytes:
    """Draw a small picture of a topography with its coast, for a list."""
    width, height = THUMBNAIL
    view = View(width=2 * width)
    lon, lat, on_globe = _pixels(field, view)
    values = field.at(lon, lat)
    scale = scale_for(field, view)
    colours = _rgba(scale.indices(values), scale, on_globe)
    if is_relief(field):
        edge = _borders(values > 0, on_globe)
        colours[edge] = (0.45 * colours[edge] + 0.55 * np.array([*_COAST_COLOUR, 255])).astype(
            np.uint8
        )
    picture = Image.fromarray(colours).resize((width, height), Image.Resampling.BOX)
    for count in _THUMBNAIL_COLOURS:
        few = picture.quantize(count, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        png = _saved(few)
        if len(png) < _THUMBNAIL_BYTES:
            break
    return png


def frame(field: Field, view: View) -> Extent:
    """Return the rectangle that a view of a field shows, in the units of its projection."""
    if not field.has_places:
        ny, nx = field.values.shape
        whole = Extent(0.0, 0.0, float(nx), float(ny))
    else:
        whole = projection(view.projection, view.centre).extent
    return whole if view.window is None else (view.window.within(whole) or whole)


def places(field: Field, view: View, width: int, height: int) -> tuple[Array, Array]:
    """Longitudes and latitudes of the pixels of a view, north on top; NaN outside of the globe."""
    extent = frame(field, view)
    x = extent.west + (np.arange(width) + 0.5) / width * (extent.east - extent.west)
    y = extent.north - (np.arange(height) + 0.5) / height * (extent.north - extent.south)
    x2, y2 = np.meshgrid(x, y)
    if not field.has_places:
        return x2, y2
    return projection(view.projection, view.centre).inverse(x2, y2)


def _pixels(field: Field, view: View) -> tuple[Array, Array, Mask]:
    share = 1.0 / frame(field, view).aspect
    if not field.has_places:
        share = min(max(share, _FLATTEST), _TALLEST)
    lon, lat = places(field, view, view.width, max(1, round(view.width * share)))
    return lon, lat, np.isfinite(lon)


def _coast(
    field: Field, values: Array, coast: Field | None, lon: Array, lat: Array, thick: int
) -> Mask:
    if coast is not None and coast.has_places:
        heights = coast.at(lon, lat)
    elif is_relief(field):
        heights = values
    else:
        return np.zeros(values.shape, dtype=bool)
    return _borders(heights > 0, np.isfinite(heights), thick)


def _graticule(lon: Array, lat: Array, on_globe: Mask) -> Mask:
    meridian = np.floor(np.nan_to_num(lon) / GRATICULE)
    parallel = np.floor(np.nan_to_num(lat) / GRATICULE)
    # every meridian meets at the poles, where lines would make a blot
    near_pole = np.abs(np.nan_to_num(lat)) > 90.0 - GRATICULE / 3
    meridian = np.where(near_pole, 0, meridian)
    return _borders(meridian, on_globe & ~near_pole) | _borders(parallel, on_globe)


def _rim(on_globe: Mask) -> Mask:
    """Pixels of the globe next to those outside of it."""
    inside = on_globe.copy()
    inside[1:] &= on_globe[:-1]
    inside[:-1] &= on_globe[1:]
    inside[:, 1:] &= on_globe[:, :-1]
    inside[:, :-1] &= on_globe[:, 1:]
    return on_globe & ~inside


def _borders(classes: npt.NDArray[Any], known: Mask, thick: int = 1) -> Mask:
    """Pixels whose right or lower neighbour is of another class; those too, in thick lines."""
    found = np.zeros(classes.shape, dtype=bool)
    down = (classes[1:] != classes[:-1]) & known[1:] & known[:-1]
    right = (classes[:, 1:] != classes[:, :-1]) & known[:, 1:] & known[:, :-1]
    found[:-1] |= down
    found[:, :-1] |= right
    if thick > 1:
        found[1:] |= down
        found[:, 1:] |= right
    return found


def _png(
    entries: npt.NDArray[np.int64], scale: Scale, on_globe: Mask, lined: Mask, drawn: Mask
) -> bytes:
    """Two colours for each entry: as it is, and under a line of the graticule."""
    colours = scale.palette
    count = len(colours)
    grey = np.where(lined, _MISSING_LINED, _MISSING)
    shown = np.where(entries < 0, grey, _FIRST + entries + np.where(lined, count, 0))
    shown = np.where(drawn, _COAST, np.where(on_globe, shown, _NOTHING))
    picture = Image.fromarray(shown.astype(np.uint8))
    plain = [(0, 0, 0), _COAST_COLOUR, _GREY, _GREY]
    palette = np.concatenate([np.array(plain, np.uint8), colours, _under_line(colours)])
    picture.putpalette(palette.tobytes())
    alpha = [0, 255, _GREY_ALPHA, _LINED_ALPHA] + [255] * (len(palette) - 4)
    return _saved(picture, bytes(alpha))


def _rgba(entries: npt.NDArray[np.int64], scale: Scale, on_globe: Mask) -> Bytes:
    palette = np.concatenate([scale.palette, [_GREY]]).astype(np.uint8)
    alpha = np.where(on_globe, np.where(entries < 0, _GREY_ALPHA, 255), 0).astype(np.uint8)
    return np.concatenate([palette[entries], alpha[..., None]], axis=-1)


def _under_line(colours: Bytes) -> Bytes:
    """Lighten what is dark and darken what is light."""
    bright = colours @ np.array([0.299, 0.587, 0.114])
    towards = np.where(bright[:, None] < 110, 255.0, 0.0)
    return np.asarray((1 - _LINE_SHARE) * colours + _LINE_SHARE * towards).astype(np.uint8)


def _saved(picture: Image.Image, alpha: bytes | None = None) -> bytes:
    stream = io.BytesIO()
    more = {} if alpha is None else {"transparency": alpha}
    picture.save(stream, format="PNG", optimize=alpha is None, **more)
    return stream.getvalue()
