"""Connected components on small masks worked out by hand."""

import numpy as np
import pytest

from gondwana.science.components import label
from gondwana.science.topology import Topology

GLOBE = Topology()
CLOSED = Topology(periodic=False)
ORCA_F = Topology(halo=True, fold="F")
ORCA_T = Topology(halo=True, fold="T")


def mask(*rows: str) -> np.ndarray:
    """Draw a mask; the first row is the southernmost, # is in the mask."""
    return np.array([[cell == "#" for cell in row] for row in rows])


def drawn(labels: np.ndarray) -> list[str]:
    return ["".join("." if k == 0 else str(k) for k in row) for row in labels]


def test_edges_connect_and_corners_do_not() -> None:
    labels, count = label(mask("##..", "..#.", ".##."), CLOSED)
    assert drawn(labels) == ["22..", "..1.", ".11."]
    assert count == 2
    assert labels.dtype == np.int32


def test_date_line_connects_where_the_grid_goes_around() -> None:
    split = mask("#..#", "....", "#...")
    assert drawn(label(split, GLOBE)[0]) == ["1..1", "....", "2..."]
    assert drawn(label(split, CLOSED)[0]) == ["1..2", "....", "3..."]


def test_poles_do_not_connect() -> None:
    assert label(mask("#.#.#.", "......"), GLOBE)[1] == 3


def test_late_joins_reach_everything() -> None:
    """A comb: all teeth are one component only in the last row."""
    comb = mask("#.#.#.#", "#.#.#.#", "#######")
    assert label(comb, CLOSED)[1] == 1
    assert label(comb[::-1], CLOSED)[1] == 1
    spiral = mask("#######", "#.....#", "#.###.#", "#.#...#", "#.#####")
    assert label(spiral, CLOSED)[1] == 1


@pytest.mark.parametrize("full", [True, False])
def test_all_or_nothing(full: bool) -> None:
    labels, count = label(np.full((4, 5), full), GLOBE)
    assert count == int(full)
    assert np.all(labels == int(full))


def test_order_is_by_size_and_then_by_the_first_cell() -> None:
    assert drawn(label(mask("#.#.##", "......"), CLOSED)[0]) == ["2.3.11", "......"]
    weight = np.array([[1.0, 0, 9, 0, 1, 1], [0, 0, 0, 0, 0, 0]])
    assert drawn(label(mask("#.#.##", "......"), CLOSED, weight)[0]) == ["3.1.22", "......"]


def test_weight_of_the_last_cell_counts() -> None:
    labels, _ = label(mask("#..", "..#"), CLOSED, np.array([[2.0, 0, 0], [0, 0, 3]]))
    assert drawn(labels) == ["2..", "..1"]


def test_halo_joins_across_the_date_line_and_its_copies_do_not_count() -> None:
    # columns 0 and 5 repeat columns 4 and 1
    labels, count = label(mask("#...##", ".##...", "......"), Topology(halo=True))
    assert drawn(labels) == ["2...2.", ".11..1", "......"]
    assert count == 2
    joined, count = label(mask("##..##", "......"), Topology(halo=True))
    assert drawn(joined) == ["11..11", "......"]
    assert count == 1


def test_f_fold_joins_both_sides_of_the_last_row() -> None:
    # row 2 repeats row 1 reversed: (1, 1) touches (1, 6), which is (2, 1)
    labels, count = label(mask("........", ".#....#.", "........"), ORCA_F)
    assert count == 1
    assert drawn(labels) == ["........", "11....11", "11....11"]
    assert label(mask("........", ".#...#..", "........"), ORCA_F)[1] == 2


def test_f_fold_joins_what_only_the_fold_connects() -> None:
    # 5 and 2 mirror each other across the fold; nothing else joins them
    labels, count = label(mask("........", "..#..#..", "........"), ORCA_F)
    assert count == 1
    assert labels[1, 2] == labels[1, 5] == labels[2, 5] == 1


def test_t_fold_joins_through_the_pivot_row() -> None:
    # with 8 columns the pivot row (2) mirrors about column 4: its columns 2 and 6 are one cell
    apart = mask("........", "..#...#.", "........", "........")
    assert label(apart, ORCA_T)[1] == 2
    labels, count = label(mask("........", "..#...#.", "..#.....", "........"), ORCA_T)
    assert count == 1
    assert labels[2, 6] == labels[1, 6] == labels[3, 2] == 1


def test_copies_that_disagree_follow_their_owners() -> None:
    labels, count = label(mask("#....#", "......"), Topology(halo=True))
    assert count == 0
    assert not labels.any()
