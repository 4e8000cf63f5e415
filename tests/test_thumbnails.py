import base64
import io

import numpy as np
import PIL.Image
import pytest

from aaa_tf.evaluation.thumbnails import MAX_EXAMPLES, image_uri, make_grid


def decode(uri):
    start, data = uri.split(",")
    assert start == "data:image/png;base64"
    return np.asarray(PIL.Image.open(io.BytesIO(base64.b64decode(data))))


@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_comes_back_to_the_byte(rng, channels):
    pixels = rng.integers(0, 256, (5, 4, channels), np.uint8)
    found = decode(image_uri(pixels.astype(np.float32) / 255))
    np.testing.assert_array_equal(found, np.squeeze(pixels))


def test_other_numbers_of_channels_are_shown_as_their_mean(rng):
    image = rng.random((5, 4, 2), np.float32)
    found = decode(image_uri(image))
    np.testing.assert_array_equal(found, np.rint(255 * image.mean(axis=-1)))


def make_examples(rng, size=3):
    examples = {
        name: rng.random((size, 4, 4, 1), np.float32)
        for name in ("images", "adversarial_images", "purified_images")
    }
    predictions = {
        "predictions_clean": np.zeros(size, int),
        "predictions_adversarial_bare": np.ones(size, int),
        "predictions_adversarial": np.zeros(size, int),
    }
    return examples | predictions


def test_lines_carry_predictions_and_mark_changed_ones(rng):
    grid = make_grid(make_examples(rng), ["cat", "dog"])
    assert [line["name"] for line in grid] == ["clean", "adversarial", "purified"]
    assert [[cell["is_changed"] for cell in line["cells"]] for line in grid] == [
        [False] * 3, [True] * 3, [False] * 3,
    ]  # fmt: skip
    assert grid[1]["cells"][2]["text"] == "adversarial image 3, predicted dog"


def test_only_a_few_and_only_what_is_there(rng):
    examples = make_examples(rng, size=MAX_EXAMPLES + 5)
    del examples["purified_images"]
    grid = make_grid(examples, [])
    assert [len(line["cells"]) for line in grid] == [MAX_EXAMPLES] * 2
    assert grid[0]["cells"][0]["prediction"] == "0"
    assert make_grid({}, []) == []
