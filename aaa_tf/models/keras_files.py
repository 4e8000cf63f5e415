"""Classifiers and autoencoders from Keras files, opened in safe mode, without their optimizer.

    model = load_keras_model("my.h5", "classifier")

Files of Keras 3 and Keras 2 (.keras, .h5), and what tensorflow-addons left in them (`addons`). The
container is checked first, then the configuration for code (`trust`), then Keras reads it.
"""

import contextlib
import io
import json
import os
import re
import shutil
import tempfile
import zipfile

import h5py
import keras

import aaa_tf.models.addons_layers  # noqa: F401  registers names that files use
from aaa_tf.errors import InputError, first_line
from aaa_tf.models import addons_weighted, file_formats, precision, trust
from aaa_tf.models.frozen import FrozenClassifier, freeze_keras
from aaa_tf.models.image_models import require_image_model
from aaa_tf.models.keras2_activations import with_old_activations
from aaa_tf.models.keras2_configs import modernize

_METADATA = "metadata.json"
_SUFFIXES = (".keras", ".h5", ".hdf5")
_UNKNOWN = re.compile(r"(?:Unknown layer:|Could not locate (?:class|function)) '([^']+)'")


def load_keras_model(path: str, what: str, *, trusted: bool = False) -> keras.Model:
    """Opens a Keras file that holds one network of images.

    Args:
        path: a .keras, .h5 or .hdf5 file of Keras 2 or 3.
        what: what it is to be, for the messages: "classifier".
        trusted: whether code that the file carries may run.

    Returns:
        The model, Functional or Sequential, with one input of images and one output; not compiled.

    Raises:
        InputError: what is wrong with the file, or what it contains that needs trust.
    """
    if not os.path.isfile(path):
        raise InputError(f"no {what} at {path}; give a .keras or .h5 file")
    if not path.endswith(_SUFFIXES):
        raise InputError(f"{path} is not a .keras or .h5 file, so it cannot be loaded as {what}")
    subject = f"{path} cannot be loaded as {what}"
    config, version = _read_config(subject, path, trusted)
    modern = _guarded(subject, lambda: modernize(config))
    if not version.startswith("3"):
        modern = with_old_activations(modern)
    is_modern = _guarded(subject, lambda: modern == config)
    with contextlib.nullcontext(path) if is_modern else _copy_with(path, modern) as readable:
        try:
            model = keras.models.load_model(readable, compile=False, safe_mode=not trusted)
        except Exception as error:  # Keras raises a dozen types for a bad file; the cause is kept.
            raise _explain(subject, error) from error
    addons_weighted.require_initialized(subject, model)
    precision.finalize_normalizations(model)
    return _in_float32(path, require_image_model(path, what, model))


def _read_config(subject, path, trusted):
    """Configuration and Keras version in the file, its containers checked to the end.

    See `trust` for what may be in it. A file without a version is older than versions.
    """
    if file_formats.require_container(subject, path) == "hdf5":
        with file_formats.open_hdf5(subject, path) as file:
            text = _guarded(subject, lambda: file.attrs.get("model_config"))
            version = _guarded(subject, lambda: file.attrs.get("keras_version", ""))
            if text is None:
                raise InputError(f"{subject}: it holds weights alone; save the whole model")
            if not trusted:
                _guarded(subject, lambda: trust.require_own_data(subject, file))
    else:
        file_formats.require_whole_archive(subject, path)
        with zipfile.ZipFile(path) as archive:
            text = archive.read(file_formats.CONFIG)
            version = _guarded(subject, lambda: _read_version(archive))
            weights = file_formats.WEIGHTS[0]
            if not trusted and weights in archive.namelist():
                content = io.BytesIO(archive.read(weights))
                with file_formats.open_hdf5(subject, content) as file:
                    _guarded(subject, lambda: trust.require_own_data(subject, file))
    config = _guarded(subject, lambda: json.loads(text))
    if not trusted:
        # How it was compiled is not read, so a loss may be any code.
        _guarded(subject, lambda: config.pop("compile_config", None))
        trust.require_no_code(subject, config)
    return config, version.decode() if isinstance(version, bytes) else str(version)


def _read_version(archive):
    if _METADATA not in archive.namelist():
        return ""
    return json.loads(archive.read(_METADATA)).get("keras_version", "")


def _guarded(subject, read):
    """What `read()` returns; InputError where the damage of a file shows in it."""
    try:
        return read()
    except InputError:
        raise
    except Exception as error:  # h5py and json raise as they like on damaged files.
        reason = f"it is damaged ({type(error).__name__}: {first_line(error)})"
        raise InputError(f"{subject}: {reason}") from error


@contextlib.contextmanager
def _copy_with(path, config):
    """The path of a copy of a Keras file with `config` for its configuration."""
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, f"model{os.path.splitext(path)[1]}")
        if path.endswith(".keras"):
            with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copy, "w") as changed:
                for name in archive.namelist():
                    is_config = name == file_formats.CONFIG
                    changed.writestr(name, json.dumps(config) if is_config else archive.read(name))
        else:
            shutil.copyfile(path, copy)
            with h5py.File(copy, "r+") as file:
                file.attrs["model_config"] = json.dumps(config)
        yield copy


def _explain(subject, error):
    """The InputError for what Keras raised."""
    text = str(error)
    unknown = _UNKNOWN.findall(text)
    if unknown:
        return InputError(
            f"{subject}: Keras 3 knows no '{unknown[-1]}'; export the model as a SavedModel where "
            "it was built (docs/wrapping.md says what maps)"
        )
    if "safe_mode" in text:
        return trust.refusal(subject, f"code or a reference to a file ({first_line(error)})")
    return InputError(
        f"{subject} (damaged, or of another version of Keras?): "
        f"{type(error).__name__}: {first_line(error)}"
    )


def _in_float32(path, model):
    """The model, in float32 whatever it was saved in: half a precision hides gradients."""
    if precision.computes_in_float32(model):
        return model
    if precision.can_copy(model):
        model = precision.copy_with_precision(model, "float32")
    if not precision.computes_in_float32(model):
        raise InputError(
            f"{path} has layers of lower precision that cannot be taken out of it; save it with "
            "all layers in float32"
        )
    return model


def load_keras_classifier(path: str, preprocess, *, trusted: bool = False) -> FrozenClassifier:
    """A classifier from a .keras or .h5 file; see `loading.load_classifier`."""
    model = load_keras_model(path, "classifier", trusted=trusted)
    return freeze_keras(path, model, preprocess=preprocess)
