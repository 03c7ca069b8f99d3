"""What the figures of a certificate mean: a check for each promise."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gondwana.science.checks import Check, Row
from gondwana.science.coupling.calving import Calving
from gondwana.science.coupling.exchange import Exchange
from gondwana.science.coupling.grids import Points
from gondwana.science.coupling.mappings import Mapping
from gondwana.science.coupling.runoff import Runoff

CONSERVED = 1e-12
"""Relative error of an integral that rounding may leave."""

COVERED = 1e-9
"""Share of an ocean cell that rounding may leave out."""

_ROUNDING = 2e-16  # no number is told more exactly
_TWICE = 1e-9  # of a cell that may be covered twice
_FAR_OFF = 0.1  # of a cell's area; files of the field scatter by 2 %
_UNCOVERED = 1e-6  # of an ocean cell; shares too small for a large atmosphere cell add up to less

Figures = dict[str, float]


def checks_of(
    figures: dict[str, Figures], shared: Exchange, intensive: Mapping, runoff: Runoff, ice: Calving
) -> tuple[Check, ...]:
    """Judge the figures of a certificate.

    Parameters
    ----------
    figures : dict of str to dict
        See `certificate.certify`.
    shared : Exchange
    intensive : Mapping
    runoff : Runoff
    ice : Calving

    Returns
    -------
    tuple of Check
    """
    return (
        _rows(figures, intensive),
        *_conservation(figures),
        _coverage(figures),
        _ways(figures, runoff),
        _bands(ice),
        *_areas(figures),
        *_corners(shared.ocean, shared.atmosphere),
    )


def _rows(figures: dict[str, Figures], mapping: Mapping) -> Check:
    low = figures["to_atmosphere"]["smallest_row_sum"]
    high = figures["to_atmosphere"]["largest_row_sum"]
    if mapping.normalisation == "destarea":
        told = f"weights of a cell sum to its ocean fraction, {low:.2g} to {high:.6g}"
        return Check("weights_of_a_cell", "pass", told)
    good = abs(low - 1.0) <= CONSERVED and abs(high - 1.0) <= CONSERVED
    return Check(
        "weights_of_a_cell",
        "pass" if good else "fail",
        f"weights to each cell of the atmosphere sum to 1 within "
        f"{max(1 - low, high - 1, _ROUNDING):.1g}",
    )


def _conservation(figures: dict[str, Figures]) -> Iterator[Check]:
    for key, what in (
        ("to_atmosphere", "integrals are kept from ocean to atmosphere"),
        ("to_ocean", "fluxes are kept from atmosphere to ocean"),
        ("runoff", "every river keeps its water"),
        ("calving", "every row keeps its ice"),
    ):
        error = figures[key]["largest_relative_conservation_error"]
        yield Check(
            f"conservation_{key}",
            "pass" if error <= CONSERVED else "fail",
            f"{what} within {max(error, _ROUNDING):.1g}",
        )


def _areas(figures: dict[str, Figures]) -> Iterator[Check]:
    off = figures["grids"]["largest_difference_of_declared_and_exact_areas"]
    if off > _FAR_OFF:
        yield Check(
            "areas_of_ocean",
            "warn",
            f"areas of ocean cells differ by up to {100 * off:.3g} % from those of their polygons",
            fix="check the units of the areas, or set ocean_area to polygon",
        )


def _corners(ocean: Points, atmosphere: Points) -> Iterator[Check]:
    for what, grid in (("ocean", ocean), ("atmosphere", atmosphere)):
        if grid.turned:
            yield Check(
                f"corners_of_{what}",
                "warn",
                f"{grid.turned} cells of the {what} had their corners clockwise and were turned",
                fix="write the corners counter-clockwise",
            )


def _coverage(figures: dict[str, Figures]) -> Check:
    grids = figures["grids"]
    twice = grids["largest_ocean_fraction"] - 1.0
    missing = grids["ocean_area_without_atmosphere_share"]
    if twice > _TWICE:
        return Check(
            "coverage",
            "fail",
            f"cells of the ocean grid overlap: they cover an atmosphere cell {1 + twice:.6f} times",
            fix="give an ocean grid whose copies (halo, fold) can be told, or without overlaps",
        )
    again = grids["largest_covered_share_of_an_ocean_cell"] - 1.0
    if again > _TWICE:
        return Check(
            "coverage",
            "fail",
            f"cells of the atmosphere overlap: they cover an ocean cell {1 + again:.6f} times",
            fix="give a grid of the atmosphere without repeated columns",
        )
    if grids["largest_uncovered_share_of_an_ocean_cell"] > _UNCOVERED:
        told = f"{100 * missing:.3g} % of the ocean's area lies outside the atmosphere's grid"
        return Check("coverage", "warn", told, fix="give a global grid of the atmosphere")
    return Check("coverage", "pass", "the atmosphere's cells cover the ocean, once")


def _ways(figures: dict[str, Figures], found: Runoff) -> Check:
    cells = int(figures["runoff"]["source_cells_without_way"])
    if not cells:
        return Check("runoff_ways", "pass", "runoff of every land cell has a way to the ocean")
    share = 100 * figures["runoff"]["land_area_without_way_share"]
    atmosphere: Points = found.mapping.source
    where = np.flatnonzero(found.unrouted)[:200]
    rows: list[Row] = [
        {"lon": float(atmosphere.lon.flat[k]), "lat": float(atmosphere.lat.flat[k])} for k in where
    ]
    return Check(
        "runoff_ways",
        "warn",
        f"{cells} cells, {share:.3g} % of the land's area, have no way to the ocean",
        table=rows,
        fix="allow a longer distance"
        if found.by_rivers
        else "route runoff by rivers, or allow a longer distance",
    )


def _bands(found: Calving) -> Check:
    if not found.dry:
        return Check("calving_bands", "pass", "every band of calving holds ocean")
    bands = " and ".join(f"{south:g} to {north:g}" for south, north in found.dry)
    return Check(
        "calving_bands",
        "warn",
        f"no ocean lies in the band {bands} degrees north: ice that calves there is lost",
        fix="set other bands",
    )
