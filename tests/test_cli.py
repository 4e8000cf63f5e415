"""Every command as a user runs it, end to end on small data, and what it says of wrong input."""

import json

import pytest

from aaa_tf.evaluation.report_schema import find_fault
from tests.command_line import (
    OWN,
    SMALL,
    fail,
    fail_here,
    last_counts,
    make_folder,
    run,
    succeed,
    succeed_here,
)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A user's folder: own data, own classifier, and the main job done on them."""
    folder = make_folder(tmp_path_factory.mktemp("workplace"))
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
    assert "PGD-5, Linf 0.03137, step" in printed
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
    succeed_here("evaluate", *common, "--classifier=other.keras", "--report_dir=e/apart",
                 "--autoencoder=runs/own_xent_mse_smoke/autoencoder.keras",
                 cwd=workplace)  # fmt: skip
    succeed_here("evaluate", *common, "--run_dir=runs/own_xent_mse_smoke", "--report_dir=e/run",
                 cwd=workplace)  # fmt: skip
    folders = ("e/wrapped", "e/apart", "e/run", "runs/own_xent_mse_smoke")
    counts = [last_counts(workplace / folder) for folder in folders]
    assert counts[0] == counts[1] == counts[2] == counts[3]


def test_evaluate_with_everything_beside_the_figures(workplace):
    succeed("evaluate", OWN, "--preset=smoke", "--num_examples=12", "--classifier=mine.keras",
            "--autoencoder=runs/own_xent_mse_smoke", "--attacks=pgd,fgsm", "--checks=6",
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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*TRAIN, "--dataset=nope"), "unknown dataset 'nope'; known: cifar10, digits"),
        ((*TRAIN, OWN, "--native=Q"), "no classifier at Q"),
        ((*TRAIN, "--loss=l1"), "unknown loss 'l1'; known: mse, trades_mse, xent, xent_mse"),
        ((*TRAIN, "--preset=huge"), "unknown preset 'huge'; known: cpu, paper, smoke"),
        ((*TRAIN, "--autoencoder=vae"), "known: conv, conv_bottleneck, conv_bottleneck_wide, unet"),
        ((*TRAIN, OWN, "--native=B", "--transfer=none.h5"), "no classifier at none.h5"),
        ((*TRAIN, "--eps=2"), "eps must be in [0, 1]"),
        ((*TRAIN, "--eps=8/0"), "'8/0' is no number"),
        ((*TRAIN, "--step_size=0.3"), "step_size must be between 0 and 2 eps = 0.2, not 0.3"),
        ((*TRAIN, "--step_curriculum=3,x"), "takes whole numbers, such as 3,7,20; not 3,x"),
        ((*TRAIN, "--step_size=0"), "step_size must be above 0 for an adversary of eps 0.1"),
        ((*TRAIN, "--eval_step_size=0"), "step_size must be above 0 for an adversary of eps 0.1"),
        ((*TRAIN, "--loss=mse", "--lambda=3"), "--lambda would do nothing here, loss mse has no"),
        ((*TRAIN, "--trades_beta=3"), "--trades_beta would do nothing here, it is of --loss=trad"),
        ((*TRAIN, "--plateau_patience=3"), "it is of --learning_rate_schedule=plateau; leave it"),
        (("train_classifier", "--overfitting_drop=0", "--nooverfitting_fallback"),
         "--overfitting_fallback would do nothing here, nothing is watched at drop 0"),
        ((*TRAIN, OWN, "--native=B,mine.keras", "--transfer=./mine.keras"),
         "classifier mine.keras is named twice among natives and transfers"),
        ((*TRAIN, OWN, "--native=B,small_cnn"), "classifier B is named twice among natives"),
        ((*TRAIN, OWN, "--native=B", "--eval_attacks=apgd_t,pgd"),
         "targeted_dlr compares 4 logits and the model has 3 classes"),
        ((*TRAIN, OWN, "--native=B", "--eval_attacks=square,square"),
         "an attack is listed twice: Square, Square"),
        ((*TRAIN, OWN, "--native=none.h5", "--export_dir=own.npz"), "error: own.npz"),
        ((*WRAP, OWN, "--classifier=none.keras", "--autoencoder=a.keras", "--check",
          "--output=own.npz/served"), "error: own.npz"),
        ((*TRAIN, "--epochs=3"), "Unknown command line flag 'epochs'"),
        ((*TRAIN, "dataset=mnist"), "unexpected argument 'dataset=mnist'"),
        ((*TRAIN, "--dataset=none.npz", "--native=B"), "no file none.npz"),
        ((*TRAIN, "--native=B", "--transfer=", "--pixel_range=0,255"),
         "--pixel_range is of classifier files; leave it out with classifiers of the paper"),
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
        ((*TRAIN, "--dataset=mnist", "--eval_suite=paper_mnist", "--eval_num_restarts=2"),
         "suite paper_mnist decides --eval_num_restarts itself"),
        ((*TRAIN, "--dataset=mnist", "--eval_suite=paper_mnist", "--eps=0.1"),
         "suite paper_mnist attacks at eps 0.3, the training at 0.1"),
        ((*WRAP, OWN, "--classifier=mine.keras", "--autoencoder=a.keras", "--output=o",
          "--num_steps=3"), "--num_steps is of --check"),
        ((*WRAP, "--dataset=mnist", "--classifier=mine.keras", "--autoencoder=a.keras",
          "--output=o", "--check", "--suite=paper_mnist", "--eps=0.1"), "decides --eps itself"),
        ((*EVALUATE, OWN, "--classifier=json:none"), "json:none cannot be imported"),
        ((*EVALUATE, OWN, "--classifier=json:dumps"), "json:dumps fails on two random images"),
        ((*EVALUATE, OWN, "--run_dir=r", "--classifier=mine.keras"), "brings its own models"),
        ((*EVALUATE, OWN, "--run_dir=r", "--mean=0"), "--mean is of classifier files; leave"),
        ((*EVALUATE, OWN, "--classifier=json:dumps", "--pixel_range=0,255"),
         "--pixel_range is of classifier files; leave it out with a Python function"),
        ((*EVALUATE, OWN, "--run_dir=r"), "no autoencoder at r"),
        ((*EVALUATE, OWN, "--classifier=mine.keras", "--norm=L2"), "--norm=L2 needs an --eps of"),
        ((*EVALUATE, OWN, "--classifier=mine.keras", "--suite=quick", "--num_restarts=9"),
         "suite quick decides --num_restarts itself"),
        ((*EVALUATE, OWN, "--classifier=mine.keras", "--attacks=apgd_ce,square", "--num_steps=9"),
         "--attacks=apgd_ce,square decides --num_steps itself"),
        ((*EVALUATE, OWN, "--classifier=mine.keras", "--corruptions=x"),
         "unknown corruptions 'x'"),
        ((*EVALUATE, OWN, "--classifier=mine.keras", "--checks=-1"), "must be 0 or more"),
    ],
)  # fmt: skip
def test_wrong_input_is_one_line_and_exit_code_2(workplace, arguments, message):
    before = sorted(workplace.rglob("*"))
    assert message in fail_here(*arguments, cwd=workplace)
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
