"""Checks an exported pipeline as TensorFlow Serving will use it. Runs in a process of its own.

    python -P gate.py EXPORT EXPECTED.npz

EXPECTED holds, for every signature, `SIGNATURE/images` and `SIGNATURE/OUTPUT` as the exporting
process computed them; `labels`, where given, belong to the last rows of serving_default, and as
many of them must be right as the manifest says. The SavedModel is loaded through the session
loader, which is TensorFlow Serving's path and fails on models that load well elsewhere, and then by
`saved_model_cli run`, called here and not as a process of its own because importing TensorFlow
again costs more than everything else together. Hostile input must be answered as `pipeline` says.
Imports nothing of this package, and neither may the export. Prints what is wrong on the last line
and exits with FAULT_FOUND, or exits with 0; any other code says that it could not look.
"""

import contextlib
import json
import os
import pathlib
import sys
import tempfile
import traceback

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.tools import saved_model_cli

FAULT_FOUND = 3  # not 1, with which Python ends where TensorFlow cannot be imported
_TOLERANCE = 1e-4  # between two processes, whose graphs are fused differently
_ROW_TOLERANCE = 1e-5  # between a row alone and in a batch, same graph
_OF_LOGITS = ("logits", "probabilities")  # whose tolerance grows with the logits


class Failure(Exception):
    """What is wrong with an export, in one line."""


def check(export, expected):
    """Raises Failure unless the export does all that it must."""
    check_session(export, expected)
    wanted = _outputs_of("serving_default", expected)
    images = wanted.pop("images")
    compare("saved_model_cli", _run_saved_model_cli(export, images), wanted)
    _require(not any(name.split(".")[0] == "aaa_tf" for name in sys.modules), "needs aaa_tf")


def check_session(export, expected):
    """The part of the check that goes through the session loader."""
    expected = dict(expected)
    labels = expected.pop("labels", None)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        signatures = load(session, export)
        names = {key.split("/")[0] for key in expected}
        _require(names == set(signatures), f"signatures are {sorted(signatures)}")
        for name, (feed, fetches) in signatures.items():
            wanted = _outputs_of(name, expected)
            images = wanted.pop("images")

            def run(batch, feed=feed, fetches=fetches):
                return session.run(fetches, {feed: batch})

            found = run(images)
            compare(name, found, wanted)
            if labels is not None and name == "serving_default":
                _check_accuracy(export, found, labels)
            _check_shapes(name, run, images)
            _check_rows(name, run, images, found)


def _outputs_of(signature, expected):
    return {
        key.removeprefix(f"{signature}/"): value
        for key, value in expected.items()
        if key.startswith(f"{signature}/")
    }


def load(session, export):
    """Loads an export into `session`; returns (tensor to feed, tensors to fetch) by signature.

    Each input is replaced by a placeholder of no particular shape, because Python would refuse a
    wrong shape before TensorFlow sees it; a model server does not.
    """
    saved_model = saved_model_pb2.SavedModel()
    saved_model.ParseFromString((pathlib.Path(export) / "saved_model.pb").read_bytes())
    found, input_map = {}, {}
    for name, signature in saved_model.meta_graphs[0].signature_def.items():
        if name.startswith("__"):  # TensorFlow's own, the initialiser
            continue
        (info,) = signature.inputs.values()
        feed = tf.compat.v1.placeholder(tf.as_dtype(info.dtype), shape=None)
        input_map[info.name] = feed
        found[name] = feed, {key: output.name for key, output in signature.outputs.items()}
    tf.compat.v1.saved_model.loader.load(session, ["serve"], export, input_map=input_map)
    return found


def compare(name, found, wanted, tolerance=_TOLERANCE):
    """Raises Failure unless two dicts of outputs agree; classes may differ where logits tie."""
    _require(sorted(found) == sorted(wanted), f"{name}: outputs are {sorted(found)}")
    is_clear = ~_is_tied(wanted)
    for key, value in wanted.items():
        other = np.asarray(found[key])
        _require(other.shape == value.shape, f"{name}: {key} has shape {other.shape}")
        if value.dtype.kind == "f":
            allowed = tolerance * (_scale(wanted) if key in _OF_LOGITS else 1)
            is_same = np.allclose(other, value, atol=allowed, rtol=allowed)
            worst = np.abs(other - value).max(initial=0)
            _require(is_same, f"{name}: output {key} differs by {worst} from the exporting process")
        else:
            value, other = value[is_clear], other.astype(value.dtype)[is_clear]
            _require(np.array_equal(other, value), f"{name}: output {key} differs")


def _is_tied(outputs):
    """Rows whose two largest logits are too close for a class to be compared."""
    if "logits" not in outputs:
        return np.zeros(len(outputs["valid"]), bool)
    largest = np.sort(outputs["logits"], axis=1)[:, -2:]
    return (largest[:, 1] - largest[:, 0] < 4 * _TOLERANCE * _scale(outputs)) & outputs["valid"]


def _scale(outputs):
    """What an error of logits is measured by: float32 rounds a sum by its largest terms."""
    return max(1.0, float(np.abs(outputs["logits"]).max(initial=0)))


def _check_accuracy(export, found, labels):
    manifest = json.loads(pathlib.Path(export, "assets.extra/aaa_manifest.json").read_text())
    stated = manifest["checked_sample"]
    _require(stated["num_examples"] == len(labels), "the manifest counts other test images")
    num_correct = int((found["class"][-len(labels) :] == labels).sum())
    num_tied = int(_is_tied(found)[-len(labels) :].sum())
    _require(
        abs(num_correct - stated["num_correct"]) <= num_tied,
        f"classifies {num_correct} of {len(labels)} test images correctly, the manifest says "
        f"{stated['num_correct']}",
    )


def _check_shapes(name, run, images):
    wrong_size, wrong_depth = np.repeat(images, 2, axis=1), np.repeat(images, 2, axis=3)
    for wrong in (images[0], images.reshape(len(images), -1), wrong_size, wrong_depth):
        try:
            run(wrong)
        except tf.errors.InvalidArgumentError:
            continue
        raise Failure(f"{name}: an image of shape {wrong.shape[1:]} was answered, not refused")


def _check_rows(name, run, images, found):
    """An empty batch, rows alone, and rows that are no image."""
    for key, value in run(images[:0]).items():
        shape = (0, *found[key].shape[1:])
        _require(value.shape == shape, f"{name}: {key} of an empty batch has shape {value.shape}")
    alone = run(images[:1])
    compare(f"{name}, one row", alone, {k: v[:1] for k, v in found.items()}, _ROW_TOLERANCE)
    if images.dtype.kind != "f":
        return
    hostile = np.repeat(images[:1], 7, axis=0)
    for row, value in enumerate((np.nan, np.inf, -np.inf, 1 + 1e-5, -1e-5), start=1):
        hostile[row, 0, 0, 0] = value
    answers = run(hostile)
    is_valid = [True, *[False] * 5, True]
    _require(answers["valid"].tolist() == is_valid, f"{name}: valid is {answers['valid']}")
    good = {key: value[[0, 6]] for key, value in answers.items()}
    compare(f"{name}, beside invalid rows", good, _repeat(alone), _ROW_TOLERANCE)
    for key, value in answers.items():
        fill = {"class": -1, "label": b""}.get(key, 0)
        _require((value[1:6] == fill).all(), f"{name}: {key} of an invalid row is not {fill}")


def _repeat(outputs):
    return {key: np.repeat(value, 2, axis=0) for key, value in outputs.items()}


def _run_saved_model_cli(export, images):
    """Outputs of serving_default through TensorFlow's own command, saved_model_cli run."""
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/images.npy", images)
        argv = ["saved_model_cli", "run", "--dir", export, "--tag_set", "serve"]
        argv += ["--signature_def", "serving_default", "--outdir", f"{folder}/out"]
        sys.argv = [*argv, "--inputs", f"images={folder}/images.npy"]
        with open(os.devnull, "w") as quiet, contextlib.redirect_stdout(quiet):
            try:
                saved_model_cli.main()
            except SystemExit as error:
                _require(not error.code, f"saved_model_cli run exits with {error.code}")
        # Strings come as pickled objects; this process has written the files itself.
        return {
            path.stem: np.load(path, allow_pickle=True)
            for path in pathlib.Path(folder, "out").glob("*.npy")
        }


def _require(is_right, problem):
    if not is_right:
        raise Failure(problem)


if __name__ == "__main__":
    try:
        check(sys.argv[1], dict(np.load(sys.argv[2])))
    except Failure as failure:
        print(failure)
        sys.exit(FAULT_FOUND)
    except Exception as error:  # what TensorFlow refuses may end in any
        print(traceback.format_exception_only(error)[0].splitlines()[0])
        sys.exit(FAULT_FOUND)
