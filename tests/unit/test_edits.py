"""Edits by place and operation, on cells counted by hand."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gondwana.science.components import label
from gondwana.science.edits import along_line, cells_at
from gondwana.science.places import Places
from gondwana.science.sphere import unit_vectors
from gondwana.science.topology import Topology
from gondwana.science.tripolar import TripolarParameters, tripolar_grid

OCEAN = tripolar_grid(TripolarParameters(resolution=5.0))
LON, LAT = np.meshgrid(np.arange(-175.0, 180.0, 10.0), np.arange(-85.0, 90.0, 10.0))
PLACES = Places(LON, LAT)


def test_the_nearest_cell_is_found_across_the_date_line() -> None:
    assert cells_at([(-179.0, 4.0), (181.0, 4.0), (179.0, 4.0)], LON, LAT) == [
        (9, 0),
        (9, 0),
        (9, 35),
    ]


def test_box_across_the_date_line() -> None:
    mask = PLACES.in_box((170.0, -10.0, -170.0, 10.0))
    assert sorted(set(LON[mask])) == [-175.0, 175.0]
    assert mask.sum() == 4


def test_box_all_around() -> None:
    assert PLACES.in_box((-180.0, 80.0, 180.0, 90.0)).sum() == 36
    assert PLACES.in_box((0.0, 80.0, 360.0, 90.0)).sum() == 36


@given(
    st.tuples(st.floats(-180, 180), st.floats(-80, 80)),
    st.tuples(st.floats(-180, 180), st.floats(-80, 80)),
    st.integers(1, 3),
)
def test_a_channel_is_one_piece_by_edges(
    start: tuple[float, float], end: tuple[float, float], width: int
) -> None:
    assume(unit_vectors(*start) @ unit_vectors(*end) > -0.999)
    topology = Topology()
    mask = along_line([start, end], LON, LAT, topology, width)
    assert label(mask, topology)[1] == 1
    for point in (start, end):
        assert mask.flat[Places(LON, LAT).nearest([point])].all()


POLE = st.tuples(st.floats(-180, 180), st.floats(-89, 89))


@given(POLE, POLE, st.integers(1, 3))
def test_a_line_is_one_piece_on_the_ocean_grid_too(
    start: tuple[float, float], end: tuple[float, float], width: int
) -> None:
    assume(unit_vectors(*start) @ unit_vectors(*end) > -0.999)  # these have no way between them
    mask = along_line([start, end], OCEAN.lon, OCEAN.lat, OCEAN.topology, width)
    assert label(mask, OCEAN.topology)[1] == 1


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_a_line_has_as_many_cells_across_as_are_asked_for(width: int) -> None:
    mask = along_line([(-30.0, 5.0), (30.0, 5.0)], LON, LAT, Topology(), width)
    assert mask[:, 17].sum() == width
    mask = along_line([(5.0, -40.0), (5.0, 40.0)], LON, LAT, Topology(), width)
    assert mask[9].sum() == width
