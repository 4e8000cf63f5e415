"""A defence is attacked at the eps that it was trained for, unless a flag says otherwise."""

import json

import pytest
from absl import flags

from aaa_tf.cli import evaluate
from aaa_tf.cli.trained_eps import eval_defaults, training_config, training_eps
from aaa_tf.errors import InputError
from aaa_tf.serving import manifest
from tests.command_line import flags_given_back


@pytest.fixture
def run_dir(tmp_path):
    """What a training at eps 0.2 leaves, as far as it is read here."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"config": {"eps": 0.2}}))
    (folder / "autoencoder.keras").write_bytes(b"")
    return folder


def read_defaults(path, *given):
    with flags_given_back():
        evaluate.define_flags()
        flags.FLAGS(["evaluate", "--dataset=mine.npz", *given])
        return eval_defaults(path)


def test_the_step_is_fitted_to_it(run_dir, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.npz").write_bytes(b"")
    usual = read_defaults(None)
    assert usual["eps"] == 8 / 255
    for path in (run_dir, run_dir / "autoencoder.keras"):
        found = read_defaults(path)
        assert found["eps"] == 0.2
        assert found["step_size"] / 0.2 == pytest.approx(usual["step_size"] / usual["eps"])
        assert found["num_steps"] == usual["num_steps"]
    assert "attacking at eps 0.2, which" in capsys.readouterr().out
    assert read_defaults(run_dir, "--eps=0.05")["eps"] == 0.05
    assert read_defaults(run_dir, "--norm=L2")["eps"] == usual["eps"]
    assert read_defaults(run_dir, "--suite=paper_mnist")["eps"] == usual["eps"]
    assert not capsys.readouterr().out


def test_it_is_read_from_runs_shipped_models_and_exports_alone(run_dir, tmp_path):
    assert training_eps(str(run_dir)) == 0.2
    assert training_eps("mnist_xent_mse") == 0.3
    for path in (run_dir, run_dir / "autoencoder.keras"):
        assert training_config(str(path))["eps"] == 0.2
    export = tmp_path / "export"
    (export / manifest.FILE_NAME).parent.mkdir(parents=True)
    for threat_model, eps in (({"norm": "Linf", "eps": 0.1}, 0.1), (None, 0)):
        content = json.dumps({"threat_model": threat_model})
        (export / manifest.FILE_NAME).write_text(content)
        assert training_eps(export) == eps
    (run_dir / "autoencoder.keras").unlink()
    for other in (run_dir, "my_module:my_logits", "none.keras", "", None):
        assert training_eps(other) == 0


@pytest.mark.parametrize(("given", "dataset"), [((), "mnist"), (("--dataset=digits",), "digits")])
def test_a_run_is_evaluated_on_its_own_data(run_dir, given, dataset):
    """Scikit-learn's digits, the default, have MNIST's shape and classes."""
    (run_dir / "config.json").write_text(json.dumps({"config": {"dataset": "mnist"}}))
    with flags_given_back():
        evaluate.define_flags()
        flags.FLAGS(["evaluate", f"--run_dir={run_dir}", *given])
        evaluate._take_dataset_of_run()
        assert flags.FLAGS.dataset == dataset


def test_a_damaged_configuration_is_told(run_dir):
    (run_dir / "config.json").write_text("{")
    with pytest.raises(InputError, match=r"config\.json"):
        training_eps(run_dir)
