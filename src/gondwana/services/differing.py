"""How a field of one revision differs from that of another: a map and numbers about both."""

from __future__ import annotations

from dataclasses import dataclass

from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.platform import Platform
from gondwana.maps.views import View
from gondwana.services.comparing import Which
from gondwana.services.files import RevisionInfo
from gondwana.services.map_files import asked, stored_files
from gondwana.services.maps import About, about


@dataclass(frozen=True)
class Row:
    """A number about both fields, None where it cannot be told.

    Attributes
    ----------
    name : str
        ``lowest``, ``mean``, ``highest``, ``missing``; ``land_area``, ``land_share``,
        ``ocean_area``, ``ocean_volume``, ``mean_depth``, ``internal_oceans``; ``river_basins``.
    unit : str
    first, second : float or None
    """

    name: str
    unit: str
    first: float | None
    second: float | None


@dataclass(frozen=True)
class Differing:
    """The second field less the first.

    Attributes
    ----------
    first, second : RevisionInfo
    about : About
        Of the difference.
    png : bytes
        Its map.
    width, height : int
    same_grid : bool
        Otherwise the second was sampled at the first's cells for the map and for what changed.
    shapes : tuple of (int, int)
        Rows and columns of both.
    cells, changed : int
        Cells of the first, and those that differ.
    share : float
        Of the area that differs, from 0 to 1.
    largest : float or None
        The largest difference, with its sign.
    place : tuple of float or None
        Its longitude and latitude, or its column and row if ``has_places`` is false.
    has_places : bool
    rows : tuple of Row
    """

    first: RevisionInfo
    second: RevisionInfo
    about: About
    png: bytes
    width: int
    height: int
    same_grid: bool
    shapes: tuple[tuple[int, int], tuple[int, int]]
    cells: int
    changed: int
    share: float
    largest: float | None
    place: tuple[float, float] | None
    has_places: bool
    rows: tuple[Row, ...]


def differing(
    platform: Platform,
    actor: Actor,
    first: Which,
    second: Which,
    view: View,
    *,
    second_variable: str = "",
) -> Differing:
    """Compare a field of two revisions that one may see.

    Parameters
    ----------
    platform : Platform
    actor : Actor
    first, second : Which
    view : View
        Which variable and slice, and how the difference is drawn; its limits are symmetric
        unless they are given.
    second_variable : str
        Of the second file, if it has another name there.

    Raises
    ------
    NotFoundError
        There is no such project or revision.
    ParameterError
        There is no such kind, variable or slice.
    InputError
        One of the files cannot be read.
    """
    one, stored_one = stored_files(platform, actor, first)
    other, stored_other = stored_files(platform, actor, second)
    both = {"first": stored_one, "second": stored_other}
    told = {"view": view.as_json(), "second_variable": second_variable or view.variable}
    found, png = asked(platform, "difference_of", both, told)
    here = about(found)
    return Differing(
        first=one,
        second=other,
        about=here,
        png=png,
        width=found["width"],
        height=found["height"],
        same_grid=found["same_grid"],
        shapes=(here.shape, (found["second_shape"][0], found["second_shape"][1])),
        cells=found["cells"],
        changed=found["changed"],
        share=found["share"],
        largest=found["largest"],
        place=tuple(found["place"]) if found["place"] else None,
        has_places=found["places"],
        rows=tuple(Row(**row) for row in found["rows"]),
    )
