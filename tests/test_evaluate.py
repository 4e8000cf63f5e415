"""bin/evaluate as a user runs it, on own classifiers."""

import json
import os

import pytest

from tests.command_line import OWN, fail, fail_here, last_counts, make_folder, succeed, succeed_here
from tests.conftest import build_tiny_classifier


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    return make_folder(tmp_path_factory.mktemp("workplace"))


def test_evaluate_a_function_and_images_that_others_made(workplace):
    """The function is the classifier, so its images break the file just as they break it."""
    (workplace / "theirs.py").write_text(
        "import keras\nmodel = keras.models.load_model('mine.keras')\n"
        "def logits(images): return model(images, training=False)\n"
        "def numbers(images): return model(images, training=False).numpy()\n"
    )
    common = ("evaluate", OWN, "--preset=smoke", "--num_examples=20", "--eps=0.1",
              "--checks=0")  # fmt: skip
    printed = succeed(*common, "--classifier=theirs:logits", "--report_dir=f/one", cwd=workplace)
    assert "theirs:logits" in printed
    (made,) = (workplace / "f/one/partial").glob("*.npz")
    succeed_here(*common, "--classifier=mine.keras", "--attacks=fgsm", "--report_dir=f/two",
                 f"--adversarial_images={made}", cwd=workplace)  # fmt: skip
    first, second = (json.loads((workplace / f / "report.json").read_text())["rows"][0]["columns"]
                     for f in ("f/one", "f/two"))  # fmt: skip
    assert first[0]["num_robust"] == second[1]["num_robust"]
    assert second[1]["name"].startswith("images of theirs-logits")
    assert [column["adversary"] for column in second] == ["adaptive", "given"]
    line = fail(*common, "--classifier=theirs:numbers", "--report_dir=f/none", cwd=workplace)
    assert "PGD-5 needs a gradient and the model gives none; use Square" in line
    assert not (workplace / "f/none").exists()  # the advice is taken with the same --report_dir
    line = fail_here(*common, "--classifier=mine.keras", "--report_dir=f/one", cwd=workplace)
    assert "f/one holds an evaluation with models" in line
    line = fail(*common, "--classifier=theirs:logits", "--report_dir=f/one", "--num_restarts=2",
                cwd=workplace)  # fmt: skip
    assert "num_restarts = 1, this one has 2; give another --report_dir" in line
    line = fail_here(*common, "--classifier=mine.keras", f"--adversarial_images={made}",
                     "--num_examples=10", cwd=workplace)  # fmt: skip
    assert "holds images of shape (20, 8, 8, 1), the data evaluated (10, 8, 8, 1)" in line


def test_classifier_in_its_own_pixels(workplace):
    """A classifier of 0-255 pixels, wrapped with --pixel_range, equals its twin of [0, 1]."""
    model = build_tiny_classifier(1)
    kernel, bias = model.layers[0].get_weights()
    model.layers[0].set_weights([kernel / 255, bias])
    model.save(workplace / "bytes.keras")
    reports = []
    for name, flags in (("bytes", ["--pixel_range=0,255"]), ("other", [])):
        succeed_here("evaluate", OWN, "--preset=smoke", "--checks=0", f"--classifier={name}.keras",
                     f"--report_dir=e/{name}", *flags, cwd=workplace)  # fmt: skip
        reports.append(last_counts(workplace / "e" / name))
    assert reports[0] == reports[1]


def test_no_permission_is_told(workplace):
    (workplace / "file").write_text("")
    line = fail_here("evaluate", OWN, "--preset=smoke", "--checks=0", "--classifier=mine.keras",
                     "--report_dir=file", cwd=workplace)  # fmt: skip
    assert line.startswith("error: file")


def test_no_space_is_told(workplace):
    """/dev/full takes a file's name and no byte of its content."""
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    (workplace / "full").mkdir(exist_ok=True)
    target = workplace / "full" / f".partial.{os.getpid()}.report.json"
    target.symlink_to("/dev/full")
    line = fail_here("evaluate", OWN, "--preset=smoke", "--checks=0", "--classifier=mine.keras",
                     "--report_dir=full", cwd=workplace)  # fmt: skip
    assert "No space left on device" in line
