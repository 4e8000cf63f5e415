"""Images to classify, from files."""

import numpy as np
import PIL.Image
import pytest

from aaa_tf.errors import InputError
from aaa_tf.serving.images import read_images


def test_image_files_are_read_as_they_are(tmp_path, rng):
    pixels = rng.integers(0, 256, (2, 4, 5, 3), np.uint8)
    for row, image in enumerate(pixels):
        PIL.Image.fromarray(image).save(tmp_path / f"{row}.png")
    PIL.Image.fromarray(pixels[0, ..., 0]).save(tmp_path / "grey.png")
    found = read_images([tmp_path / "0.png", tmp_path / "1.png"])
    np.testing.assert_array_equal(found, pixels)
    np.testing.assert_array_equal(read_images([tmp_path / "grey.png"]), pixels[:1, ..., :1])
    with pytest.raises(InputError, match="one shape at a time"):
        read_images([tmp_path / "0.png", tmp_path / "grey.png"])


def test_arrays_are_read_as_they_are(tmp_path, rng):
    images = rng.random((2, 4, 4))
    np.save(tmp_path / "a.npy", images)
    found = read_images([tmp_path / "a.npy"])
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, images.astype(np.float32)[..., None])
    pixels = rng.integers(0, 256, (2, 4, 4, 3), np.uint8)
    np.savez(tmp_path / "b.npz", x_test=pixels)
    np.testing.assert_array_equal(read_images([tmp_path / "b.npz"]), pixels)


def test_an_array_is_known_by_its_content(tmp_path, rng):
    images = rng.random((2, 4, 4, 1), np.float32)
    np.save(tmp_path / "a.npy", images)
    np.savez(tmp_path / "b.npz", images=images)
    (tmp_path / "a.npy").rename(tmp_path / "c.npz")
    (tmp_path / "b.npz").rename(tmp_path / "d.npy")
    for name in ("c.npz", "d.npy"):
        np.testing.assert_array_equal(read_images([tmp_path / name]), images)


def test_an_image_cut_off_is_refused(tmp_path):
    for name, content in (
        ("a.ppm", b"P6\n"),
        ("b.png", b"\x89PNG\r\n\x1a\n"),
        ("c.gif", b"GIF89a"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=rf"{name} cannot be read as an image"):
            read_images([tmp_path / name])


def test_images_that_would_not_arrive_as_they_are_are_refused(tmp_path, monkeypatch):
    PIL.Image.fromarray(np.full((4, 4), 1000, np.uint16)).save(tmp_path / "deep.png")
    with pytest.raises(InputError, match=r"deep.png has more than 8 bits a colour \(I;16\)"):
        read_images([tmp_path / "deep.png"])
    PIL.Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "large.png")
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 7)
    with pytest.raises(InputError, match=r"large.png cannot be read as an image: .*exceeds"):
        read_images([tmp_path / "large.png"])


@pytest.mark.parametrize(
    "array", [np.zeros((4, 4)), np.zeros((1, 4, 4, 1), np.int64), np.array([{}]), None]
)
def test_other_arrays_are_refused(tmp_path, array):
    path = tmp_path / "a.npy"
    path.write_bytes(b"no array") if array is None else np.save(path, array)
    with pytest.raises(InputError, match=r"a.npy (holds|cannot be read)"):
        read_images([path])
