"""Every command as a user runs it, end to end on small data, and what it says of wrong input."""

import json
import os
import pathlib
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest

from aaa_tf.evaluation.report_schema import find_fault
from tests.conftest import build_tiny_classifier, make_split

BIN = pathlib.Path(__file__).parents[1] / "bin"
SMALL = ["--preset=smoke", "--batch_size=20", "--validation_examples=6", "--autoencoder=conv"]


def run(command, *flags, cwd, **environment):
    """Runs bin/<command> in the environment of the tests; returns the finished process."""
    return subprocess.run(
        [sys.executable, "-m", f"aaa_tf.cli.{command}", *map(str, flags)],
        cwd=cwd, capture_output=True, text=True, check=False, env=os.environ | environment,
    )  # fmt: skip


def succeed(command, *flags, cwd):
    process = run(command, *flags, cwd=cwd)
    assert process.returncode == 0, process.stderr[-3000:]
    return process.stdout


def fail(command, *flags, cwd, **environment):
    """The one line that a command ends with when its input cannot be used."""
    process = run(command, *flags, cwd=cwd, **environment)
    assert process.returncode == 2, process.stderr[-3000:]
    lines = process.stderr.strip().splitlines()
    assert lines[-1].startswith("error: ")
    assert "Traceback" not in process.stderr
    return lines[-1]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A user's folder: own data, own classifier, and the main job done on them."""
    folder = tmp_path_factory.mktemp("workplace")
    train, test = make_split(80, 1), make_split(24, 2)
    np.savez(folder / "own.npz", x_train=train.images, y_train=train.labels,
             x_test=test.images, y_test=test.labels)  # fmt: skip
    for seed, name in enumerate(("mine", "other")):
        build_tiny_classifier(seed).save(folder / f"{name}.keras")
    folder.joinpath("train.txt").write_text(
        succeed("train_aaa", "--dataset=own.npz", "--native=mine.keras,B", "--transfer=other.keras",
                "--eval_num_examples=20", *SMALL, cwd=folder)
    )  # fmt: skip
    return folder


def test_train_aaa_leaves_run_report_figure_and_pipeline(workplace):
    run_dir = workplace / "runs" / "own_xent_mse_smoke"
    report = json.loads((run_dir / "report.json").read_text())
    rows = [(row["classifier"], row["role"], row["defence"]) for row in report["rows"]]
    assert rows == [
        (name, role, defence)
        for name, role in (("mine.keras", "native"), ("B", "native"), ("other.keras", "transfer"))
        for defence in ("none", "AAA")
    ]
    assert all(row["num_examples"] == 20 for row in report["rows"])
    assert report["training"]["train_steps"] == 12
    assert (run_dir / "figure.png").stat().st_size > 1000
    assert "data:image" in (run_dir / "report.html").read_text()
    exported = workplace / "saved_models" / "own_xent_mse" / "1"
    assert (exported / "saved_model.pb").exists()
    printed = (workplace / "train.txt").read_text()
    assert "PGD-5: Linf 0.03137" in printed
    for row in report["rows"]:
        assert f"{100 * row['columns'][0]['robust_accuracy']:.2f}" in printed
        names = [column["adversary"] for column in row["columns"]]
        assert names == ["adaptive"] + ["oblivious"] * (row["defence"] == "AAA")
    config = json.loads((run_dir / "config.json").read_text())["config"]
    assert config["native"] == ["mine.keras", "B"]


def test_wrap_then_evaluate_a_classifier_the_training_never_saw(workplace):
    printed = succeed(
        "wrap_classifier", "--autoencoder=runs/own_xent_mse_smoke", "--classifier=other.keras",
        "--output=served/other", cwd=workplace,
    )  # fmt: skip
    assert "served/other/1" in printed
    common = ("--dataset=own.npz", "--preset=smoke", "--num_examples=20", "--checks=0")
    succeed("evaluate", *common, "--classifier=served/other/1", "--report_dir=e/wrapped",
            cwd=workplace)  # fmt: skip
    succeed("evaluate", *common, "--classifier=other.keras", "--report_dir=e/apart",
            "--autoencoder=runs/own_xent_mse_smoke/autoencoder.keras", cwd=workplace)  # fmt: skip
    succeed("evaluate", *common, "--run_dir=runs/own_xent_mse_smoke", "--report_dir=e/run",
            cwd=workplace)  # fmt: skip
    folders = ("e/wrapped", "e/apart", "e/run", "runs/own_xent_mse_smoke")
    counts = [last_counts(workplace / folder) for folder in folders]
    assert counts[0] == counts[1] == counts[2] == counts[3]


def last_counts(folder):
    row = json.loads((folder / "report.json").read_text())["rows"][-1]
    return row["num_correct"], row["columns"][0]["num_robust"]


def test_evaluate_a_function_and_images_that_others_made(workplace):
    """The function is the classifier, so its images break the file just as they break it."""
    (workplace / "theirs.py").write_text(
        "import keras\nmodel = keras.models.load_model('mine.keras')\n"
        "def logits(images): return model(images, training=False)\n"
        "def numbers(images): return model(images, training=False).numpy()\n"
    )
    common = ("evaluate", OWN, "--preset=smoke", "--num_examples=20", "--eps=0.1",
              "--step_size=0.1", "--checks=0")  # fmt: skip
    printed = succeed(*common, "--classifier=theirs:logits", "--report_dir=f/one", cwd=workplace)
    assert "theirs:logits" in printed
    (made,) = (workplace / "f/one/partial").glob("*.npz")
    succeed(*common, "--classifier=mine.keras", "--attacks=square", "--report_dir=f/two",
            f"--adversarial_images={made}", cwd=workplace)  # fmt: skip
    first, second = (json.loads((workplace / f / "report.json").read_text())["rows"][0]["columns"]
                     for f in ("f/one", "f/two"))  # fmt: skip
    assert first[0]["num_robust"] == second[1]["num_robust"]
    assert second[1]["name"].startswith("images of theirs-logits")
    line = fail(*common, "--classifier=theirs:numbers", cwd=workplace)
    assert "PGD-5 needs a gradient and the model gives none; use Square" in line
    line = fail(*common, "--classifier=mine.keras", "--report_dir=f/one", cwd=workplace)
    assert "f/one holds an evaluation with models" in line
    line = fail(*common, "--classifier=theirs:logits", "--report_dir=f/one", "--num_restarts=2",
                cwd=workplace)  # fmt: skip
    assert "num_restarts = 1, this one has 2; give another --report_dir" in line
    line = fail(*common, "--classifier=mine.keras", f"--adversarial_images={made}",
                "--num_examples=10", cwd=workplace)  # fmt: skip
    assert "holds images of shape (20, 8, 8, 1), the data evaluated (10, 8, 8, 1)" in line


def test_evaluate_with_everything_beside_the_figures(workplace):
    succeed("evaluate", OWN, "--preset=smoke", "--num_examples=12", "--classifier=mine.keras",
            "--autoencoder=runs/own_xent_mse_smoke", "--attacks=pgd,square", "--checks=6",
            "--curves=6", "--baselines", "--seeds=2", "--batch_size=20", "--report_dir=g",
            "--corruptions=generated", cwd=workplace)  # fmt: skip
    report = json.loads((workplace / "g/report.json").read_text())
    assert find_fault(report) == ""
    assert [row["defence"] for row in report["rows"]] == [
        "AAA", "threshold at 0.5", "denoising autoencoder",
    ]  # fmt: skip
    for row in report["rows"]:
        assert len(row["checks"]) == 9
        assert len(row["surface"]["loss"]) == 21
        assert row["curves"]["eps"][0] == [0.0, pytest.approx(row["curves"]["steps"][0][1])]
        assert len(row["columns"][0]["by_seed"]) == 2
        assert len(row["corruptions"]["accuracy"]) == 18  # all but saturate, on grey images
    assert report["rows"][1]["columns"][1]["name"] == "attacks made for a threshold"
    page = (workplace / "g/report.html").read_text()
    for title in ("Checks of gradient masking", "Loss surface", "denoising autoencoder"):
        assert title in page


@pytest.mark.parametrize("adversarial", ["--noadversarial", "--adversarial"])
def test_train_classifier(workplace, adversarial):
    printed = succeed(
        "train_classifier", "--dataset=own.npz", "--model=B", adversarial, "--preset=smoke",
        "--batch_size=20", "--validation_examples=6", f"--classifiers_dir=c{adversarial}",
        cwd=workplace,
    )  # fmt: skip
    kind = "" if adversarial.startswith("--no") else "_adversarial"
    path = workplace / f"c{adversarial}" / f"own_B{kind}_smoke" / "classifier.keras"
    assert keras.models.load_model(path).output_shape == (None, 3)
    assert "PGD-5" in printed


def test_classifier_in_its_own_pixels(workplace):
    """A classifier of 0-255 pixels, wrapped with --pixel_range, equals its twin of [0, 1]."""
    model = build_tiny_classifier(1)
    kernel, bias = model.layers[0].get_weights()
    model.layers[0].set_weights([kernel / 255, bias])
    model.save(workplace / "bytes.keras")
    reports = []
    for name, flags in (("bytes", ["--pixel_range=0,255"]), ("other", [])):
        succeed("evaluate", OWN, "--preset=smoke", "--checks=0", f"--classifier={name}.keras",
                f"--report_dir=e/{name}", *flags, cwd=workplace)  # fmt: skip
        reports.append(last_counts(workplace / "e" / name))
    assert reports[0] == reports[1]


@pytest.mark.parametrize(
    "command", ["train_aaa", "train_classifier", "evaluate", "wrap_classifier", "compare"]
)
def test_help_shows_units_and_defaults(command, tmp_path):
    process = run(command, "--help", cwd=tmp_path)
    assert process.returncode == 0
    shown = " ".join(process.stdout.split())
    shows = {"wrap_classifier": ["--pixel_range"], "compare": ["--against"]}
    for text in shows.get(command, ["in pixels", "mnist 0.3"]):
        assert text in shown
    assert "--alsologtostderr" not in shown


TRAIN, EVALUATE, WRAP = ("train_aaa",), ("evaluate",), ("wrap_classifier",)
OWN = "--dataset=own.npz"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*TRAIN, "--dataset=nope"), "unknown dataset 'nope'; known: cifar10, digits"),
        ((*TRAIN, OWN, "--native=Q"), "no classifier at Q"),
        ((*TRAIN, "--loss=l1"), "unknown loss 'l1'; known: mse, trades_mse, xent, xent_mse"),
        ((*TRAIN, "--preset=huge"), "unknown preset 'huge'; known: cpu, paper, smoke"),
        ((*TRAIN, "--autoencoder=vae"), "known: conv, conv_bottleneck, unet"),
        ((*TRAIN, OWN, "--native=B", "--transfer=none.h5"), "no classifier at none.h5"),
        ((*TRAIN, "--eps=2"), "eps must be in [0, 1]"),
        ((*TRAIN, "--eps=8/0"), "'8/0' is no number"),
        ((*TRAIN, "--step_size=0.3"), "step_size must be between 0 and 2 eps = 0.2, not 0.3"),
        ((*TRAIN, "--step_curriculum=3,x"), "takes whole numbers, such as 3,7,20; not 3,x"),
        ((*TRAIN, "--epochs=3"), "Unknown command line flag 'epochs'"),
        ((*TRAIN, "dataset=mnist"), "unexpected argument 'dataset=mnist'"),
        ((*TRAIN, "--dataset=none.npz", "--native=B"), "no file none.npz"),
        (("train_classifier", "--model=G"), "unknown model 'G'; known: A, B"),
        (EVALUATE, "--classifier is missing"),
        ((*EVALUATE, OWN, "--classifier=none.keras"), "no classifier at none.keras"),
        ((*EVALUATE, "--classifier=mine.keras"), "takes images of shape (8, 8, 1), digits has"),
        ((*WRAP, "--classifier=mine.keras"), "--autoencoder is missing"),
        ((*WRAP, "--classifier=mine.keras", "--autoencoder=mine.keras", "--output=o"),
         "an autoencoder returns the shape it takes"),
        ((*EVALUATE, OWN, "--classifier=mine.keras", "--pixel_range=0"), "takes two numbers"),
        ((*EVALUATE, OWN, "--classifier=mine.keras", "--mean=x"), "--mean: 'x' is no number"),
        ((*EVALUATE, OWN, "--classifier=mine.keras", "--suite=best"), "unknown suite 'best'; "),
        ((*EVALUATE, OWN, "--classifier=mine.keras", "--attacks=x"), "unknown attack 'x'; known"),
        ((*EVALUATE, OWN, "--suite=paper_mnist"), "the paper's protocol for mnist, not for own"),
        ((*EVALUATE, "--dataset=mnist", "--suite=paper_mnist", "--eps=0.1"), "decides --eps"),
        ((*EVALUATE, OWN, "--classifier=json:none"), "json:none cannot be imported"),
        ((*EVALUATE, OWN, "--classifier=json:dumps"), "json:dumps fails on two random images"),
        ((*EVALUATE, OWN, "--run_dir=r", "--classifier=mine.keras"), "brings its own models"),
        ((*EVALUATE, OWN, "--run_dir=r"), "no autoencoder at r"),
        ((*EVALUATE, OWN, "--classifier=mine.keras", "--corruptions=x"), "x"),
        ((*EVALUATE, OWN, "--classifier=mine.keras", "--checks=-1"), "must be 0 or more"),
    ],
)  # fmt: skip
def test_wrong_input_is_one_line_and_exit_code_2(workplace, arguments, message):
    before = sorted(workplace.rglob("*"))
    assert message in fail(*arguments, cwd=workplace)
    assert sorted(workplace.rglob("*")) == before


def test_a_run_directory_of_another_configuration_is_refused(workplace):
    line = fail("train_aaa", OWN, "--native=mine.keras,B", "--transfer=", *SMALL, "--eps=0.1",
                "--step_size=0.05", "--run_dir=runs/own_xent_mse_smoke", cwd=workplace)  # fmt: skip
    assert "eps is 0.031" in line
    assert "there, 0.1 now" in line


def test_missing_mnist_is_told(tmp_path):
    line = fail("train_aaa", "--dataset=mnist", f"--data_dir={tmp_path}", cwd=tmp_path,
                https_proxy="http://127.0.0.1:9")  # fmt: skip
    assert "--data_dir" in line
    assert "--dataset=digits" in line


def test_no_permission_is_told(workplace):
    (workplace / "file").write_text("")
    line = fail("evaluate", OWN, "--preset=smoke", "--checks=0", "--classifier=mine.keras",
                "--report_dir=file", cwd=workplace)  # fmt: skip
    assert line.startswith("error: file")


def test_no_space_is_told(workplace):
    """/dev/full takes a file's name and no byte of its content."""
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    (workplace / "full").mkdir(exist_ok=True)
    target = workplace / "full" / ".partial.report.json"
    target.symlink_to("/dev/full")
    line = fail("evaluate", OWN, "--preset=smoke", "--checks=0", "--classifier=mine.keras",
                "--report_dir=full", cwd=workplace)  # fmt: skip
    assert "No space left on device" in line


# Kill and resume


def start(folder, run_dir):
    return subprocess.Popen(
        [sys.executable, "-m", "aaa_tf.cli.train_aaa", OWN, "--native=mine.keras,other.keras",
         "--transfer=", *SMALL, "--deterministic", "--ema_momentum=0.9", "--train_steps=60",
         "--steps_per_epoch=9", "--checkpoint_every=4", "--learning_rate_schedule=plateau",
         "--plateau_patience=1", "--eval_num_examples=4", f"--run_dir={run_dir}",
         f"--export_dir={run_dir}_exported"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def read_until(process, text):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return
    raise AssertionError(f"{text!r} never came:\n{''.join(lines)}")


def test_a_killed_evaluation_goes_on_where_it_was(workplace):
    flags = [OWN, "--preset=smoke", "--num_examples=20", "--checks=0", "--classifier=mine.keras",
             "--eps=0.02", "--step_size=0.001", "--num_steps=40", "--num_restarts=30"]  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "aaa_tf.cli.evaluate", *flags, "--report_dir=killed"],
        cwd=workplace, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    with process:
        read_until(process, "PGD-40: 20% done")
        process.kill()
        process.stdout.read()
    assert not (workplace / "killed/report.json").exists()
    printed = succeed("evaluate", *flags, "--report_dir=killed", cwd=workplace)
    assert "goes on after the rounds kept in" in printed
    assert "PGD-40: 3% done" not in printed
    succeed("evaluate", *flags, "--report_dir=whole", cwd=workplace)
    killed, whole = (json.loads((workplace / folder / "report.json").read_text())["rows"][0]
                     ["columns"][0] for folder in ("killed", "whole"))  # fmt: skip
    for key in ("num_robust_after", "num_gradients", "broken_by"):
        assert killed[key] == whole[key]


@pytest.fixture(scope="module")
def unbroken(workplace):
    process = start(workplace, "unbroken")
    output, _ = process.communicate()
    assert process.returncode == 0, output
    return workplace


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_run_ends_with_the_weights_of_an_unbroken_one(unbroken, number):
    run_dir = f"broken_{number.name}"
    for epoch in ("Epoch 2/7", "Epoch 4/7"):
        process = start(unbroken, run_dir)
        with process:
            read_until(process, epoch)
            process.send_signal(number)
            process.stdout.read()
        assert process.returncode == (-9 if number == signal.SIGKILL else 143)
    process = start(unbroken, run_dir)
    output, _ = process.communicate()
    assert process.returncode == 0, output
    assert "Epoch 4/7" in output or "Epoch 5/7" in output
    assert "Epoch 2/7" not in output
    whole, resumed = (
        keras.models.load_model(unbroken / name / "autoencoder.keras").get_weights()
        for name in ("unbroken", run_dir)
    )
    for one, other in zip(whole, resumed, strict=True):
        np.testing.assert_array_equal(one, other)
    metrics = [(unbroken / name / "metrics.csv").read_text() for name in ("unbroken", run_dir)]
    assert metrics[0] == metrics[1]
