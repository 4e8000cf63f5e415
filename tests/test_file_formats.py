"""Model files that are damaged, or not what their name says."""

import zipfile

import pytest

from aaa_tf.errors import InputError
from tests.classifier_files import H5, load, rewrite, save
from tests.conftest import build_tiny_classifier


def truncated(path):
    path.write_bytes(path.read_bytes()[:-200])


def flipped(path):
    """One bit of the weights, in a file whose structure is whole."""
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("model.weights.h5")
    content = bytearray(path.read_bytes())
    content[info.header_offset + 500] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("m.keras", lambda path: path.write_bytes(b""), "it is empty"),
        ("m.h5", lambda path: path.write_bytes(b""), "it is empty"),
        ("m.keras", lambda path: path.write_text("<html>404"), "it is a text file"),
        ("m.h5", lambda path: path.write_text("version https://git-lfs.github.com/spec/v1"),
         "pointer of Git LFS"),
        ("m.keras", lambda path: path.write_bytes(bytes(range(256))), "no zip archive at all"),
        ("m.keras", truncated, "it is cut off"),
        ("m.h5", truncated, "it is cut off"),
        ("m.keras", flipped, r"model\.weights\.h5 in it is damaged"),
        ("m.keras", lambda path: rewrite(path, config=None), r"holds no config\.json"),
        ("m.keras", lambda path: rewrite(path, weights=None), "holds no weights"),
        ("m.keras", lambda path: rewrite(path, config="{"), "it is damaged"),
        ("m.keras", lambda path: rewrite(path, config="[" * 10**5), "it is damaged"),
        ("m.keras", lambda path: rewrite(path, weights=b"x"), "HDF5 part is damaged"),
    ],
)  # fmt: skip
@H5
def test_damage_is_named(tmp_path, name, change, message):
    path = save(build_tiny_classifier(), tmp_path / name)
    change(path)
    with pytest.raises(InputError, match=f"cannot be loaded as classifier: .*{message}"):
        load(path)


@H5
def test_wrong_names_are_told(tmp_path):
    model = build_tiny_classifier()
    with pytest.raises(InputError, match="it is an HDF5 file; rename it to .h5"):
        load(save(model, tmp_path / "a.h5").rename(tmp_path / "a.keras"))
    with pytest.raises(InputError, match="it is a zip archive; rename it to .keras"):
        load(save(model, tmp_path / "b.keras").rename(tmp_path / "b.h5"))
    model.save_weights(tmp_path / "c.weights.h5")
    with pytest.raises(InputError, match="it holds weights alone; save the whole model"):
        load(tmp_path / "c.weights.h5")
    with zipfile.ZipFile(save(model, tmp_path / "d.keras")) as archive:
        archive.extractall(tmp_path / "unpacked")
    with pytest.raises(InputError, match="is an unpacked .keras file"):
        load(tmp_path / "unpacked")
