import matplotlib.image
import numpy as np
import pytest

from aaa_tf.evaluation.figures import draw_purification


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_draws_three_rows_with_wrong_predictions_in_red(tmp_path, rng, channels):
    grids = rng.random((3, 4, 8, 8, channels), np.float32)
    same = [[0, 1, 2, 0]] * 3
    wrong = [same[0], [1, 1, 2, 0], same[0]]
    num_red = []
    for name, predictions in (("same", same), ("wrong", wrong)):
        path = tmp_path / f"{name}.png"
        draw_purification(path, *grids, np.array(predictions), ("cat", r"a$\foo$", "cow"))
        picture = matplotlib.image.imread(path)
        assert picture.shape[1] > picture.shape[0] > 200
        red = (picture[..., 0] > 0.9) & (picture[..., 1] < 0.1) & (picture[..., 2] < 0.1)
        num_red.append(int(red.sum()))
    assert num_red[1] > num_red[0]
