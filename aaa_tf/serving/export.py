"""Exports F(G(x)) as a SavedModel that TensorFlow Serving can load.

    version_dir = export_pipeline(autoencoder, classifier, export_dir="saved_models", name="mnist")

serving_default takes a batch of float32 images in [0, 1] under the name `images` and returns
`logits`, `probabilities`, `class` and `purified`, row by row. A version is written under a name
that a model server does not look at, checked in a fresh process, and renamed to the next integer:
it is complete or invisible, and never overwritten.
"""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import keras
import numpy as np
import tensorflow as tf

from aaa_tf.errors import InputError
from aaa_tf.models.defended import require_same_shape
from aaa_tf.serving import gate

_PARTIAL = ".partial-"


def export_pipeline(autoencoder, classifier, *, export_dir, name: str) -> pathlib.Path:
    """Writes the next version of a defended pipeline.

    Args:
        autoencoder: Keras model G in float32.
        classifier: FrozenClassifier F in float32.
        export_dir: folder of pipelines, as TensorFlow Serving's model base path holds them.
        name: name of this pipeline; versions are export_dir/name/1, 2, ...

    Returns:
        The folder of the new version.

    Raises:
        InputError: if the shapes of G and F do not fit, or the folder cannot be written.
        RuntimeError: if the written model fails its check; nothing is published then.
    """
    require_same_shape(
        autoencoder,
        [
            given if own is None else own
            for own, given in zip(classifier.image_shape, autoencoder.input_shape[1:], strict=True)
        ],
    )
    base = pathlib.Path(export_dir) / name
    base.mkdir(parents=True, exist_ok=True)
    with _partial_folder(base) as partial:
        _write(autoencoder, classifier, partial)
        _check_in_fresh_process(autoencoder, classifier, partial)
        return _publish(partial, base)


def make_serving_fn(autoencoder, classifier):
    """Images -> the dict of outputs of serving_default."""
    shape = (None, *autoencoder.input_shape[1:])

    def serve(images):
        # First of all operations: a convolution given a wrong rank would abort the server.
        images = tf.ensure_shape(images, shape)
        purified = autoencoder(images, training=False)
        logits = classifier.logits_fn(purified)
        return {
            "logits": logits,
            "probabilities": tf.nn.softmax(logits),
            "class": tf.argmax(logits, axis=1),
            "purified": purified,
        }

    return serve


def _write(autoencoder, classifier, folder):
    spec = tf.TensorSpec((None, *autoencoder.input_shape[1:]), tf.float32, name="images")
    archive = keras.export.ExportArchive()
    archive.track(autoencoder)
    archive.track(classifier.resource)
    archive.add_endpoint("serving_default", make_serving_fn(autoencoder, classifier), [spec])
    try:
        with contextlib.redirect_stdout(sys.stderr):
            archive.write_out(str(folder), verbose=False)
    except tf.errors.OpError as error:
        reason = error.message.splitlines()[0]
        raise InputError(f"no pipeline can be written to {folder.parent}: {reason}") from error


def _check_in_fresh_process(autoencoder, classifier, folder):
    shape = (3, *autoencoder.input_shape[1:])
    images = np.random.default_rng(0).random(shape, np.float32)
    outputs = make_serving_fn(autoencoder, classifier)(tf.constant(images))
    with tempfile.TemporaryDirectory() as scratch:
        expected = pathlib.Path(scratch) / "expected.npz"
        np.savez(expected, images=images, **{key: value.numpy() for key, value in outputs.items()})
        run = subprocess.run(
            [sys.executable, "-I", gate.__file__, str(folder), str(expected)],
            capture_output=True,
            text=True,
            check=False,
        )
    if run.returncode != 0:
        reason = (run.stdout.strip() or run.stderr.strip() or "no output").splitlines()[-1]
        raise RuntimeError(f"the exported pipeline failed its check, nothing published: {reason}")


@contextlib.contextmanager
def _partial_folder(base):
    """A folder beside the versions, removed unless it was published.

    The folder of a process that was killed is removed by the next export.
    """
    for stale in base.glob(f"{_PARTIAL}*"):
        if not _is_running(int(stale.name.removeprefix(_PARTIAL))):
            shutil.rmtree(stale)
    partial = base / f"{_PARTIAL}{os.getpid()}"
    partial.mkdir()
    try:
        yield partial
    finally:
        if partial.exists():
            shutil.rmtree(partial)


def _is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _publish(partial, base):
    for folder, _, files in os.walk(partial):
        for path in (*(os.path.join(folder, file) for file in files), folder):
            descriptor = os.open(path, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
    versions = [int(path.name) for path in base.iterdir() if path.name.isdigit()]
    version_dir = base / str(max(versions, default=0) + 1)
    if version_dir.exists():
        raise InputError(f"{version_dir} exists already; export again")
    partial.rename(version_dir)
    return version_dir
