"""Coupling weights between an ocean grid and the grid of an atmosphere."""

from gondwana.science.coupling.calving import BANDS, Calving, calving
from gondwana.science.coupling.certificate import Certificate, certify
from gondwana.science.coupling.curvilinear import curvilinear_points, upside_down
from gondwana.science.coupling.exchange import SMALLEST_SHARE, Exchange, exchange
from gondwana.science.coupling.fields import ANALYTIC
from gondwana.science.coupling.grids import (
    OceanArea,
    Points,
    lmdz_points,
    ocean_points,
    regular_points,
)
from gondwana.science.coupling.mappings import Mapping, to_atmosphere, to_ocean
from gondwana.science.coupling.rivers import RiverBasins, river_links
from gondwana.science.coupling.runoff import Links, Runoff, coastal_cells, runoff

__all__ = [
    "ANALYTIC",
    "BANDS",
    "SMALLEST_SHARE",
    "Calving",
    "Certificate",
    "Exchange",
    "Links",
    "Mapping",
    "OceanArea",
    "Points",
    "RiverBasins",
    "Runoff",
    "calving",
    "certify",
    "coastal_cells",
    "curvilinear_points",
    "exchange",
    "lmdz_points",
    "ocean_points",
    "regular_points",
    "river_links",
    "runoff",
    "to_atmosphere",
    "to_ocean",
    "upside_down",
]
