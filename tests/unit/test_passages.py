"""Narrow passages and corner contacts on small seas worked out by hand."""

import numpy as np
import xarray as xr

from gondwana.science.passages import ALONG_X, ALONG_Y, diagonal_contacts, narrow_passages
from gondwana.science.topology import Topology

GLOBE = Topology()
CLOSED = Topology(periodic=False)
ORCA_F = Topology(halo=True, fold="F")


def sea(*rows: str) -> np.ndarray:
    """Draw a sea; the first row is the southernmost, ~ is ocean."""
    return np.array([[cell == "~" for cell in row] for row in rows])


def test_strait_between_two_basins() -> None:
    ocean = sea("~~~~~~", "~~~~~~", "##~###", "##~###", "~~~~~~", "~~~~~~")
    found = narrow_passages(ocean, GLOBE)
    assert found.count == 1
    assert np.argwhere(found.labels == 1).tolist() == [[2, 2], [3, 2]]
    assert found.along[2:4, 2].tolist() == [ALONG_Y, ALONG_Y]


def test_strait_from_west_to_east() -> None:
    ocean = sea("~##~", "~~~~", "~##~")
    found = narrow_passages(ocean, GLOBE)
    assert np.argwhere(found.labels).tolist() == [[1, 1], [1, 2]]
    assert set(found.along[found.along > 0]) == {ALONG_X}


def test_two_cells_wide_bays_bends_and_lakes_are_no_passages() -> None:
    wide = sea("~~~~~~", "~~~~~~", "##~~##", "##~~##", "~~~~~~", "~~~~~~")
    bay = sea("~~~~~~", "~~~~~~", "##~###", "######")
    bend = sea("~~~###", "##~###", "##~~~~", "######")
    lake = sea("######", "##~###", "######", "######")
    for ocean in (wide, bay, lake):
        assert narrow_passages(ocean, CLOSED).count == 0
    # of the bend only its straight pieces match the template
    assert np.argwhere(narrow_passages(bend, CLOSED).labels).tolist() == [
        [0, 1],
        [1, 2],
        [2, 3],
        [2, 4],
    ]


def test_passage_across_the_date_line() -> None:
    ocean = sea("#~~~#", "~~~~~", "#~~~#", "#####")
    found = narrow_passages(ocean, GLOBE)
    assert np.argwhere(found.labels == 1).tolist() == [[1, 0], [1, 4]]
    assert found.count == 1
    assert narrow_passages(ocean, CLOSED).count == 0


def test_land_across_the_date_line_counts() -> None:
    ocean = sea("~~~~", "~~~~", "~###", "~~~~", "~~~~")
    assert np.argwhere(narrow_passages(ocean, GLOBE).labels).tolist() == [[2, 0]]
    open_east = sea("~~~~", "~~~~", "~##~", "~~~~", "~~~~")
    assert narrow_passages(open_east, GLOBE).count == 0


def test_beyond_a_pole_is_land() -> None:
    ocean = sea("####", "~#~~", "~~~~")
    assert np.argwhere(narrow_passages(ocean, GLOBE).labels).tolist() == [[2, 1]]


def test_straits_are_numbered_by_length() -> None:
    basin = ("~~~~~~", "~~~~~~")
    ocean = sea(*basin, "#~####", *basin, "####~#", "####~#", *basin)
    found = narrow_passages(ocean, GLOBE)
    assert found.count == 2
    assert found.labels[5:7, 4].tolist() == [1, 1]
    assert found.labels[2, 1] == 2


def test_passage_across_the_fold() -> None:
    # row 3 repeats row 2 reversed; columns 0 and 7 repeat 6 and 1
    ocean = sea("~~~~~~~~", "~~~~~~~~", "##~##~##", "########")
    found = narrow_passages(ocean, ORCA_F)
    assert found.count == 1
    owned = ORCA_F.owned((4, 8))
    assert np.argwhere(owned & (found.labels == 1)).tolist() == [[2, 2], [2, 5]]
    assert found.labels[3, 2] == found.labels[2, 5]
    assert found.along[3, 2] == ALONG_Y
    assert narrow_passages(ocean, Topology(halo=True)).count == 0


def test_corner_contacts_both_ways() -> None:
    ocean = sea("~###", "#~##", "~###", "####")
    assert diagonal_contacts(ocean, CLOSED).tolist() == [[0, 5], [5, 8]]


def test_corner_contact_across_the_date_line() -> None:
    ocean = sea("~###", "###~", "####")
    assert diagonal_contacts(ocean, GLOBE).tolist() == [[0, 7]]
    assert diagonal_contacts(ocean[:, ::-1], GLOBE).tolist() == [[3, 4]]
    assert len(diagonal_contacts(ocean, CLOSED)) == 0


def test_cells_that_also_share_water_are_no_corner_contact() -> None:
    assert len(diagonal_contacts(sea("~~##", "#~##"), CLOSED)) == 0


def test_corner_contacts_across_halo_and_fold_are_told_once() -> None:
    halo = sea("######", "#~####", "####~#", "######")
    assert diagonal_contacts(halo, Topology(halo=True)).tolist() == [[7, 16]]
    # across the fold (2, 2) touches (2, 5) by an edge, (2, 4) and (2, 6) by a corner
    fold = sea("########", "########", "##~#~###", "########")
    assert diagonal_contacts(fold, ORCA_F).tolist() == [[18, 20]]


def test_cell_does_not_touch_itself_at_the_pivot() -> None:
    fold = sea("########", "########", "###~####", "########")
    assert len(diagonal_contacts(fold, ORCA_F)) == 0


def test_known_contacts_of_60_ma(topography_60ma: xr.DataArray) -> None:
    ocean = topography_60ma.values <= 0
    assert len(diagonal_contacts(ocean, GLOBE)) == 6
    ring = np.concatenate([ocean[:, -1:], ocean, ocean[:, :1]], axis=1)
    sign = np.pad(np.where(ring, 1, -1), ((1, 1), (0, 0)), constant_values=-1)
    along_y = sign[2:] + sign[1:-1] + sign[:-2]
    full_y = along_y[:, 1:-1] - sign[1:-1, 2:] - sign[1:-1, :-2] == 5
    along_x = sign[1:-1, 2:] + sign[1:-1, 1:-1] + sign[1:-1, :-2]
    full_x = along_x - sign[2:, 1:-1] - sign[:-2, 1:-1] == 5
    assert np.array_equal(narrow_passages(ocean, GLOBE).labels > 0, full_x | full_y)
