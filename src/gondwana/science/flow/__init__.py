"""Routing: where the water of every land cell goes, after the conventions of ORCHIDEE's rivers.

`analyse` goes from a topography to rivers; `drain` starts from given flow directions.
"""

from gondwana.science.flow.analysis import Flow, Rule, analyse
from gondwana.science.flow.drainage import Drainage, Grid, drain, topographic_index
from gondwana.science.flow.lengths import Distance, step_lengths

__all__ = [
    "Distance",
    "Drainage",
    "Flow",
    "Grid",
    "Rule",
    "analyse",
    "drain",
    "step_lengths",
    "topographic_index",
]
