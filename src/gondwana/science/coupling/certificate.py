"""What proves that weights are right: sums, conservation, what is left out, known fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from gondwana.science.checks import Check
from gondwana.science.coupling.calving import Calving
from gondwana.science.coupling.exchange import Exchange
from gondwana.science.coupling.fields import ANALYTIC
from gondwana.science.coupling.grids import Mask
from gondwana.science.coupling.mappings import Mapping
from gondwana.science.coupling.runoff import Runoff
from gondwana.science.coupling.verdicts import COVERED, Figures, checks_of
from gondwana.science.sphere import Array


@dataclass(frozen=True)
class Certificate:
    """Figures on all mappings, and what they mean.

    Attributes
    ----------
    figures : dict of str to dict
        By mapping, then by name; units stand in the names.
    checks : tuple of Check
    """

    figures: dict[str, Figures]
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class _Known:
    """The known fields at the centres of both grids."""

    ocean: dict[str, Array]
    atmosphere: dict[str, Array]

    @classmethod
    def of(cls, shared: Exchange) -> _Known:
        ocean, atmosphere = (
            {name: field(grid.lon, grid.lat) for name, field in ANALYTIC.items()}
            for grid in (shared.ocean, shared.atmosphere)
        )
        return cls(ocean, atmosphere)


def certify(
    shared: Exchange, intensive: Mapping, extensive: Mapping, runoff: Runoff, calving: Calving
) -> Certificate:
    """Measure the weights between two grids.

    Parameters
    ----------
    shared : Exchange
    intensive, extensive : Mapping
        Ocean to atmosphere, and back.
    runoff : Runoff
    calving : Calving

    Returns
    -------
    Certificate
    """
    known = _Known.of(shared)
    figures = {
        "grids": _grids(shared),
        "to_atmosphere": _to_atmosphere(shared, intensive, known),
        "to_ocean": _to_ocean(shared, extensive, known),
        "there_and_back": _there_and_back(intensive, extensive, known),
        "runoff": _runoff(shared, runoff),
        "calving": _calving(shared, calving),
    }
    return Certificate(figures, checks_of(figures, shared, intensive, runoff, calving))


def errors(found: Array, true: Array, where: Mask, area: Array) -> Figures:
    """Relative error of a positive field: its mean by area and its maximum."""
    off = np.abs(found[where] / true[where] - 1.0)
    return {
        "mean_relative_error": float(np.average(off, weights=area[where])),
        "largest_relative_error": float(off.max()),
    }


def _mean(mapping: Mapping, field: Array) -> Array:
    """Carry an intensive field; if weights sum to a fraction, by what they sum to."""
    sums = mapping.sums_by_target()
    return np.divide(mapping.apply(field), sums, out=np.zeros(sums.shape), where=sums > 0.0)


def _analytic(
    mapping: Mapping,
    area: Array,
    sent: dict[str, Array],
    true: dict[str, Array],
    arrived: Callable[[Mapping, Array], Array],
) -> Iterator[tuple[str, float]]:
    """Errors on the known fields at the centres of active target cells that anything reaches."""
    where = mapping.target.active & (mapping.sums_by_target() > 0.0)
    for name, field in sent.items():
        found = arrived(mapping, field)
        for figure, value in errors(found, true[name], where, area).items():
            yield f"{name}_{figure}", value


def _grids(shared: Exchange) -> Figures:
    ocean = shared.ocean
    inside = ocean.active
    misfit = np.abs(ocean.area[inside] / ocean.exact[inside] - 1.0)
    return {
        "ocean_cells": float(inside.sum()),
        "atmosphere_cells_with_ocean": float((shared.atmosphere.active & _owned(shared)).sum()),
        "pairs_of_cells": float(shared.share.size),
        "largest_difference_of_declared_and_exact_areas": float(misfit.max()),
        "largest_ocean_fraction": float(shared.fraction.max()),
        "ocean_area_without_atmosphere_share": _uncovered(shared),
        "largest_uncovered_share_of_an_ocean_cell": float(1.0 - shared.covered[inside].min()),
        "largest_covered_share_of_an_ocean_cell": float(shared.covered[inside].max()),
    }


def _owned(shared: Exchange) -> Mask:
    return shared.atmosphere.owned()


def _uncovered(shared: Exchange) -> float:
    inside = shared.ocean.active
    area = shared.ocean.exact[inside]
    return float((area * np.maximum(1.0 - shared.covered[inside], 0.0)).sum() / area.sum())


def _sums(sums: Array) -> Figures:
    return {"smallest_row_sum": float(sums.min()), "largest_row_sum": float(sums.max())}


def _to_atmosphere(shared: Exchange, mapping: Mapping, known: _Known) -> Figures:
    atmosphere, ocean = shared.atmosphere, shared.ocean
    sums = mapping.sums_by_target()
    part = np.ones(sums.shape) if mapping.normalisation == "destarea" else shared.fraction
    wet = atmosphere.owned() & atmosphere.active
    weight = atmosphere.exact_of_owners().reshape(atmosphere.shape) * part
    reached = np.where(shared.covered > 1.0 - COVERED, 1.0, shared.covered)
    worst = 0.0
    for values in known.ocean.values():
        sent = float((values * ocean.exact * reached)[ocean.active].sum())
        arrived = float((mapping.apply(values) * weight)[wet].sum())
        worst = max(worst, abs(arrived / sent - 1.0))
    return {
        "links": float(mapping.weight.size),
        **_sums(sums[atmosphere.active]),
        "largest_relative_conservation_error": worst,
        **dict(_analytic(mapping, atmosphere.exact, known.ocean, known.atmosphere, _mean)),
    }


def _to_ocean(shared: Exchange, mapping: Mapping, known: _Known) -> Figures:
    atmosphere, ocean = shared.atmosphere, shared.ocean
    area = atmosphere.exact_of_owners().reshape(atmosphere.shape) * shared.fraction
    wet = atmosphere.owned() & atmosphere.active
    worst = 0.0
    for values in known.atmosphere.values():
        sent = float((values * area)[wet].sum())
        arrived = float((mapping.apply(values) * ocean.area)[ocean.active].sum())
        worst = max(worst, abs(arrived / sent - 1.0))
    each = np.abs(mapping.areas_by_source()[wet] / area[wet] - 1.0)
    return {
        "links": float(mapping.weight.size),
        **_sums(mapping.sums_by_target()[ocean.active]),
        "largest_relative_conservation_error": worst,
        "largest_relative_conservation_error_of_a_cell": float(each.max()),
        **dict(_analytic(mapping, ocean.exact, known.atmosphere, known.ocean, Mapping.apply)),
    }


def _there_and_back(intensive: Mapping, extensive: Mapping, known: _Known) -> Figures:
    ocean = intensive.source
    figures: Figures = {}
    where = ocean.active & (extensive.sums_by_target() > 0.0)
    for name, true in known.ocean.items():
        back = extensive.apply(_mean(intensive, true))
        for figure, value in errors(back, true, where, ocean.exact).items():
            figures[f"{name}_{figure}"] = value
    return figures


def _runoff(shared: Exchange, found: Runoff) -> Figures:
    atmosphere = shared.atmosphere
    kept = found.mapping.areas_by_source()
    routed = found.sources & ~found.unrouted
    off = np.abs(kept[routed] - 1.0)
    land = atmosphere.exact_of_owners().reshape(atmosphere.shape) * (1.0 - shared.fraction)
    total = float(land[found.sources].sum())
    return {
        "links": float(found.mapping.weight.size),
        "source_cells": float(found.sources.sum()),
        "source_cells_without_way": float(found.unrouted.sum()),
        "land_area_without_way_share": (
            float(land[found.unrouted].sum()) / total if total > 0.0 else 0.0
        ),
        "farthest_km": found.farthest_km,
        "largest_relative_conservation_error": float(off.max(initial=0.0)),
    }


def _calving(shared: Exchange, found: Calving) -> Figures:
    rows = found.row_area > 0.0
    first = found.mapping.areas_by_source()[:, 0]
    off = np.abs(first[rows] / found.row_area[rows] - 1.0)
    return {
        "links": float(found.mapping.weight.size),
        "rows": float(rows.sum()),
        "rows_without_ocean": float(shared.atmosphere.shape[0] - rows.sum()),
        "largest_relative_conservation_error": float(off.max(initial=0.0)),
    }
