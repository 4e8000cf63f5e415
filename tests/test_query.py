"""bin/query as a user runs it."""

import os
import subprocess
import sys

import numpy as np
import pytest

from aaa_tf.cli.query import ask, format_answers
from aaa_tf.serving import rest


def query(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-c",
         "import sys; from aaa_tf.cli import query; sys.argv[0] = 'query'\n"
         "try: query.run()\n"
         "finally: print('tensorflow' in sys.modules, file=sys.stderr)", *arguments],
        cwd=cwd, capture_output=True, text=True, check=False, env=os.environ,
    )  # fmt: skip


def test_bin_query_prints_class_label_and_validity_and_needs_no_tensorflow(
    serving_ports, stand_in, classified_images, tmp_path
):
    np.save(tmp_path / "images.npy", classified_images)
    process = query("p", "--images=images.npy", f"--port={serving_ports[rest]}", cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    outputs = stand_in.run("serving_default", classified_images)
    lines = [line.split() for line in process.stdout.splitlines()]
    assert lines[0] == ["image", "class", "label", "probability", "perturbation_linf", "valid"]
    number, label = outputs["class"][0], outputs["label"][0].decode()
    assert lines[1][:3] == ["0", str(number), label]
    assert lines[2] == ["1", "-1", "0.0000", "0.000", "no"]
    assert [line[-1] for line in lines[1:]] == ["yes", "no", "yes"]
    assert process.stderr.splitlines()[-1] == "False"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give one NAME"),
        (("p", "q"), "give one NAME"),
        (("p",), "give either --images or --dataset"),
        (("p", "--images=none.png"), "none.png cannot be read as an image"),
        (("p", "--num_images=-1"), "num_images"),
    ],
)
def test_bin_query_tells_wrong_input_in_one_line(tmp_path, arguments, message):
    process = query(*arguments, cwd=tmp_path)
    assert process.returncode == 2
    (line,) = [line for line in process.stderr.splitlines() if line.startswith("error: ")]
    assert message in line


def test_table_aligns_long_labels():
    outputs = {
        "class": np.array([10, -1]), "label": np.array(["a long label", ""]),
        "probabilities": np.array([[0.75, 0.25], [0, 0]]), "valid": np.array([True, False]),
        "perturbation_linf": np.array([0.5, 0]),
    }  # fmt: skip
    assert format_answers(outputs).splitlines() == [
        "image  class  label         probability  perturbation_linf  valid",
        "0      10     a long label  0.7500       0.500              yes",
        "1      -1                   0.0000       0.000              no",
    ]


@pytest.mark.parametrize(
    ("num_images", "sizes"), [(0, [0]), (1000, [1000]), (2001, [1000, 1000, 1])]
)
def test_many_images_are_several_requests(num_images, sizes):
    asked = []

    def predict(images, name):
        assert name == "p"
        asked.append(len(images))
        probabilities = np.zeros((len(images), 2))
        return {
            "class": images[:, 0], "label": images[:, 0], "valid": images[:, 0] >= 0,
            "probabilities": probabilities, "perturbation_linf": images[:, 0],
        }  # fmt: skip

    outputs = ask(predict, np.arange(num_images)[:, None], name="p")
    assert asked == sizes
    np.testing.assert_array_equal(outputs["class"], np.arange(num_images))
    assert outputs["probabilities"].shape == (num_images, 2)
