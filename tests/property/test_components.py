"""Connected components against independent implementations, on random masks."""

import cc3d
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gondwana.science.components import label
from gondwana.science.topology import Topology

GRIDS = st.builds(
    lambda seed, share, ny, nx: np.random.default_rng(seed).random((ny, nx)) < share,
    st.integers(0, 10**6),
    st.floats(0.05, 0.95),
    st.integers(5, 24),
    st.integers(6, 30),
)
FOLDED = st.sampled_from([Topology(halo=True, fold=fold) for fold in ("none", "T", "F")])


def same_partition(ours: np.ndarray, theirs: np.ndarray) -> bool:
    """Two labellings that differ only in the numbers they use."""
    pairs = np.unique(np.column_stack([ours.ravel(), theirs.ravel()]), axis=0)
    return all(np.unique(side).size == len(pairs) for side in pairs.T)


def by_graph(mask: np.ndarray, topology: Topology) -> np.ndarray:
    """Components of the graph whose edges are shared sides and copies."""
    ny, nx = mask.shape
    cells = np.arange(ny * nx).reshape(ny, nx)
    owners = topology.owners((ny, nx))
    sides = [(cells[:-1], cells[1:]), (cells[:, :-1], cells[:, 1:]), (cells, owners)]
    one = np.concatenate([a.ravel() for a, _ in sides])
    other = np.concatenate([b.ravel() for _, b in sides])
    both = mask.ravel()[one] & mask.ravel()[other]
    graph = coo_array((both[both], (one[both], other[both])), shape=(mask.size, mask.size))
    labels = connected_components(graph, directed=False)[1] + 1
    return np.where(mask, labels.reshape(ny, nx), 0)


@settings(max_examples=50, deadline=None)
@given(GRIDS)
def test_closed_grid_as_scipy(mask: np.ndarray) -> None:
    theirs, number = ndimage.label(mask)
    ours, count = label(mask, Topology(periodic=False))
    assert count == number
    assert same_partition(ours, theirs)


@settings(max_examples=50, deadline=None)
@given(GRIDS)
def test_periodic_grid_as_cc3d(mask: np.ndarray) -> None:
    # with an open row either side the poles do not meet there
    framed = np.pad(mask, ((1, 1), (0, 0)))
    theirs = cc3d.connected_components(framed, connectivity=4, periodic_boundary=True)[1:-1]
    ours, _ = label(mask, Topology())
    assert same_partition(ours, theirs.astype(np.int64))


@settings(max_examples=50, deadline=None)
@given(GRIDS, FOLDED)
def test_ocean_grid_as_graph(mask: np.ndarray, topology: Topology) -> None:
    mask = topology.synchronise(mask[:, : mask.shape[1] // 2 * 2])
    ours, _ = label(mask, topology)
    assert same_partition(ours, by_graph(mask, topology))
    assert np.array_equal(ours, topology.synchronise(ours))


@settings(max_examples=50, deadline=None)
@given(GRIDS, FOLDED)
def test_labels_go_by_decreasing_weight_of_owners(mask: np.ndarray, topology: Topology) -> None:
    mask = mask[:, : mask.shape[1] // 2 * 2]
    weight = np.random.default_rng(1).random(mask.shape)
    labels, count = label(mask, topology, weight)
    owned = topology.owned((mask.shape[0], mask.shape[1]))
    sizes = np.bincount(labels[owned], weight[owned], count + 1)[1:]
    assert np.all(np.diff(sizes) <= 1e-12)


@settings(max_examples=25, deadline=None)
@given(GRIDS, st.integers(0, 30))
def test_rolling_the_mask_rolls_the_components(mask: np.ndarray, shift: int) -> None:
    labels, count = label(mask, Topology())
    rolled, rolled_count = label(np.roll(mask, shift, axis=1), Topology())
    assert count == rolled_count
    assert same_partition(np.roll(labels, shift, axis=1), rolled)
