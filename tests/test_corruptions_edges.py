import numpy as np
import pytest

from aaa_tf.corruptions.edges import canny_edges, chamfer_distance, shift


def test_a_step_has_an_edge_of_one_column():
    layers = np.zeros((1, 8, 8), int)
    layers[:, :, 4:] = 100
    edges = canny_edges(layers, 50, 150)[0]
    assert edges.sum() == 8
    assert edges[:, 3].all()  # of two equal neighbours the first
    assert canny_edges(np.swapaxes(layers, 1, 2), 50, 150)[0, 3].all()
    assert not canny_edges(layers * 0, 50, 150).any()


def test_the_magnitude_is_that_of_sobel():
    """A step of s has the gradient 4 s: an edge starts above 150, so at 38 and not at 37."""
    layers = np.zeros((2, 8, 8), int)
    layers[0, :, 4:], layers[1, :, 4:] = 37, 38
    assert canny_edges(layers, 50, 150).any(axis=(1, 2)).tolist() == [False, True]


def test_weak_edges_stay_where_they_touch_a_strong_one():
    """The step is weak (80) in all rows, strong in the upper half of the first layer only.

    At the corner where the two heights meet the edge turns aside for a pixel or two.
    """
    layers = np.zeros((2, 16, 8), int)
    layers[:, :, 4:] = 20
    layers[0, :8, 4:] = 200
    edges = canny_edges(layers, 50, 150)
    assert edges[0, :6, 3].all()
    assert edges[0, 10:, 3].all()
    assert not edges[1].any()  # nothing reaches over from the layer beside


def test_a_diagonal_step_has_a_diagonal_edge():
    rows, columns = np.mgrid[:12, :12]
    for lit in (columns > rows, columns > 11 - rows):
        edges = canny_edges((lit * 100)[None], 50, 150)[0]
        middle = edges[3:9, 3:9]
        assert middle.any(axis=0).all()
        assert middle.any(axis=1).all()


@pytest.mark.parametrize(
    ("down", "right", "expected"),
    [(0, 0, 0), (0, 3, 3), (2, 0, 2), (1, 1, 1.4), (1, 2, 2.1969), (2, -1, 2.1969),
     (3, 2, 1.4 + 2.1969), (-2, -3, 1.4 + 2.1969), (-4, 1, 2 + 2.1969), (6, 6, 6 * 1.4)],
)  # fmt: skip
def test_distances_in_steps_diagonals_and_knights_moves(down, right, expected):
    is_edge = np.zeros((1, 15, 15), bool)
    is_edge[0, 7, 7] = True
    distance = chamfer_distance(is_edge, limit=20)
    assert distance[0, 7 + down, 7 + right] == pytest.approx(expected)


def test_distances_are_limited():
    assert (chamfer_distance(np.zeros((2, 5, 5), bool), limit=20) == 20).all()
    is_edge = np.zeros((1, 1, 30), bool)
    is_edge[0, 0, 0] = True
    assert chamfer_distance(is_edge, limit=20)[0, 0].tolist() == [min(x, 20) for x in range(30)]


def test_shift_reads_the_neighbour():
    layers = np.arange(6).reshape(1, 2, 3)
    assert shift(layers, 1, -1, 9)[0].tolist() == [[9, 3, 4], [9, 9, 9]]
