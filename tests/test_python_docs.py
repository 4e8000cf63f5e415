"""docs/python.md runs as it stands, on small data; docs/paper.md names what is there."""

import pathlib
import re
import runpy

import numpy as np
import pytest

from aaa_tf.models.autoencoders import build_autoencoder
from tests.conftest import build_tiny_classifier, build_tiny_dataset

ROOT = pathlib.Path(__file__).parents[1]


def test_every_block_runs(tmp_path, monkeypatch, capsys):
    code = "\n".join(
        re.findall(r"```python\n(.+?)```", (ROOT / "docs/python.md").read_text(), re.DOTALL)
    )
    assert code.count('"cpu"') == 1
    data = build_tiny_dataset()
    names = {
        "x_train": (255 * data.train.images).astype(np.uint8),
        "y_train": data.train.labels,
        "x_test": data.test.images,
        "y_test": data.test.labels.astype(np.int64),
        "model": build_tiny_classifier(),
        "my_autoencoder": build_autoencoder("conv", image_shape=(8, 8, 1), seed=0),
    }
    monkeypatch.chdir(tmp_path)
    (tmp_path / "python.py").write_text(code.replace('"cpu"', '"smoke"'))
    names = runpy.run_path(str(tmp_path / "python.py"), names)
    table = capsys.readouterr().out
    assert "quantized, BPDA" in table
    assert (tmp_path / "runs/compared/report.html").exists()
    assert (tmp_path / "runs/mine/autoencoder.keras").exists()
    robust = names["result"].columns[0].attacked.num_robust
    assert list(robust) == ["PGD-20-towards_class_0", "RandomCorner", "brighten"]


@pytest.mark.parametrize(
    "line",
    [line for line in (ROOT / "docs/paper.md").read_text().splitlines() if "`aaa_tf/" in line],
)
def test_the_paper_is_where_it_is_said_to_be(line):
    for path, names in re.findall(r"`(aaa_tf/[\w/.]+)`((?:[:,] `\w+`)*)", line):
        assert (ROOT / path).exists(), path
        for name in re.findall(r"\w+", names):
            assert re.search(rf"^(def|class) {name}\b", (ROOT / path).read_text(), re.M), name
