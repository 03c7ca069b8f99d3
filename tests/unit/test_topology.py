"""Owners, copies and seams, checked by hand and on the real grids."""

import numpy as np
import pytest

from gondwana.science.topology import Topology


def test_longitude_latitude_grid_has_no_copies() -> None:
    topology = Topology()
    assert topology.owned((3, 4)).all()
    ring = topology.padded(np.arange(12).reshape(3, 4), closed=-1)
    assert ring[1].tolist() == [3, 0, 1, 2, 3, 0]
    assert (ring[0] == -1).all()


def test_f_fold_repeats_the_row_before_reversed() -> None:
    topology = Topology(halo=True, fold="F")
    field = topology.synchronise(np.arange(24).reshape(4, 6))
    assert field[-1].tolist() == field[-2, ::-1].tolist()
    assert field[:, 0].tolist() == field[:, -2].tolist()
    assert field[:, -1].tolist() == field[:, 1].tolist()
    assert topology.owned((4, 6)).sum() == 3 * 4


def test_t_fold_turns_about_a_t_point() -> None:
    topology = Topology(halo=True, fold="T")
    nx = 8
    field = topology.synchronise(np.arange(40).reshape(5, nx))
    # 1-based: T(i, jpj) = T(jpi - i + 2, jpj - 2) and T(i, jpj - 1) = T(jpi - i + 2, jpj - 1)
    for i in range(2, nx + 1):
        assert field[-1, i - 1] == field[-3, nx - i + 1]
    for i in range(2, nx):
        assert field[-2, i - 1] == field[-2, nx - i + 1]
    assert field[-1, 0] == field[-3, 2]
    assert topology.owned((5, nx)).sum() == 3 * 6 + 4


@pytest.mark.parametrize("fold", ["none", "T", "F"])
@pytest.mark.parametrize("halo", [False, True])
def test_owners_are_owned(fold: str, halo: bool) -> None:
    shape = (7, 12)
    topology = Topology(halo=halo, fold=fold)
    assert topology.owned(shape).ravel()[topology.owners(shape)].all()
