"""Sends a written pipeline through the gate: what was computed here must come out there.

    accuracy = check_in_fresh_process(partial, endpoints, samples)

The gate is a process that has only the files: that it needs this package is a fault; see `gate`.
"""

import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import tensorflow as tf

from aaa_tf.errors import ExportError
from aaa_tf.processes import python_command, python_environment
from aaa_tf.serving import gate

MAX_SAMPLES = 128
"""Test images that the gate classifies; more only cost time."""


def check_in_fresh_process(folder, expected: dict) -> None:
    """Runs the gate on a SavedModel.

    Args:
        folder: the SavedModel.
        expected: what `compute_expected` returned.

    Raises:
        ExportError: with what the gate found, or why it could not look.
    """
    with tempfile.TemporaryDirectory() as scratch:
        path = pathlib.Path(scratch) / "expected.npz"
        np.savez(path, **expected)
        run = subprocess.run(
            python_command(gate.__file__, folder, path),
            env=python_environment(CUDA_VISIBLE_DEVICES="-1"),  # This process may hold the GPU.
            capture_output=True,
            text=True,
            check=False,
        )
    if run.returncode == 0:
        return
    what = "failed its check"
    if run.returncode > 0 and run.returncode != gate.FAULT_FOUND:
        what = f"was not checked, because the process for it cannot run here ({sys.executable})"
    reason = (run.stdout.strip() or run.stderr.strip() or "no output").splitlines()[-1]
    raise ExportError(f"the exported pipeline {what}, nothing published: {reason}")


def compute_expected(endpoints: dict, samples=None) -> dict:
    """What the gate must find: inputs and outputs of every endpoint, computed in this process.

    Args:
        endpoints: of `pipeline.make_endpoints`.
        samples: Split of test images that serving_default is to classify too; None for none.

    Returns:
        Arrays by `SIGNATURE/images` and `SIGNATURE/OUTPUT`; and `labels`, those of the samples.
    """
    rng = np.random.default_rng(0)
    arrays = {}
    for name, endpoint in endpoints.items():
        shape = (3, *endpoint.spec.shape[1:])
        images = rng.random(shape, np.float32)
        if endpoint.spec.dtype == tf.uint8:
            images = rng.integers(0, 256, shape, np.uint8)
        if name == "serving_default" and samples is not None:
            images = np.concatenate([images, samples.first(MAX_SAMPLES).images])
            arrays["labels"] = samples.first(MAX_SAMPLES).labels
        arrays[f"{name}/images"] = images
        with tf.device("/CPU:0"):  # as in the gate; a GPU may round otherwise
            answers = endpoint.function(tf.constant(images))
        for output, value in answers.items():
            array = value.numpy()
            arrays[f"{name}/{output}"] = array.astype("S") if array.dtype == object else array
    return arrays


def count_correct(expected: dict) -> dict | None:
    """How many of the samples the exporting process classified correctly; None without samples."""
    if "labels" not in expected:
        return None
    labels = expected["labels"]
    is_correct = expected["serving_default/class"][-len(labels) :] == labels
    return {"num_examples": len(labels), "num_correct": int(is_correct.sum())}
