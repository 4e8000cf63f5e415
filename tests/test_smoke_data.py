import pytest

from aaa_tf.experiments.smoke_data import stand_in_for


@pytest.mark.parametrize(
    ("name", "shape"),
    [("mnist", (28, 28, 1)), ("fashion_mnist", (28, 28, 1)), ("cifar10", (32, 32, 3))],
)
def test_smoke_data_have_the_shape_and_another_name(name, shape):
    dataset = stand_in_for(name)
    assert dataset.name == f"digits_for_{name}"
    assert dataset.image_shape == shape
    assert len(dataset.test) == 360
    assert dataset.test.images.dtype == "float32"
    assert 0 <= dataset.test.images.min() < dataset.test.images.max() <= 1
    assert (dataset.test.images == dataset.test.images[..., :1]).all()
