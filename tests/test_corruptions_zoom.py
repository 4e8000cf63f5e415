import numpy as np
import pytest
import scipy.ndimage

from aaa_tf.corruptions.zoom import clipped_zoom
from tests.corruption_inputs import make_images


@pytest.mark.parametrize("factor", [1, 1.01, 1.25, 1.75, 2.25])
def test_zoom_is_that_of_scipy(factor):
    image = make_images(1, (32, 32, 3))[0].astype(float)
    kept = int(np.ceil(32 / factor))
    first = (32 - kept) // 2
    middle = image[first : first + kept, first : first + kept]
    zoomed = scipy.ndimage.zoom(middle, (factor, factor, 1), order=1)
    over = (zoomed.shape[0] - 32) // 2
    expected = zoomed[over : over + 32, over : over + 32]
    np.testing.assert_allclose(clipped_zoom(image[None], factor)[0], expected, atol=1e-12)
