"""Classifiers from SavedModel directories, through one of their signatures.

    classifier = load_saved_model_classifier("served/mine/1", "serving_default", None)

The file is read (`saved_model_files`) and what it would run is checked (`saved_model_scan`)
before TensorFlow loads it.
"""

import contextlib

import tensorflow as tf

from aaa_tf.errors import InputError, first_line
from aaa_tf.models import frozen_graphs, saved_model_files, saved_model_scan
from aaa_tf.models.frozen import FrozenClassifier, hash_preprocess, require_class_scores

_CUT_OFF = (tf.errors.DataLossError, tf.errors.OutOfRangeError, IndexError)
# From the messages of TensorFlow's reader of checkpoints, which raises bare OpErrors.
_DAMAGED = ("hecksum", "sstable", "TensorBundle", "Unable to read file", "not a valid checkpoint")


def load_saved_model_classifier(
    path: str, signature: str, preprocess, *, trusted: bool = False
) -> FrozenClassifier:
    """A classifier from a SavedModel directory; see `loading.load_classifier`."""
    saved = saved_model_files.read_saved_model(path)
    signature = saved_model_files.choose_signature(saved, signature)
    if not trusted:
        saved_model_scan.require_only_computes(saved, signature)
    inputs, outputs, function, weights, resource = _load_signature(saved, signature)
    input_name, output_name = _choose_input_and_output(path, signature, inputs, outputs)
    spec, scores = inputs[input_name], outputs[output_name]
    if spec.dtype != tf.float32 or spec.shape.rank != 4:
        raise InputError(
            f"{path} takes {spec.dtype.name} of shape {spec.shape}; "
            "needed: float32 images (batch, height, width, channels)"
        )
    # A shape of unknown rank has no length.
    require_class_scores(path, ("?",) if scores.shape.rank is None else scores.shape)

    def scores_fn(images):
        pixels = images if preprocess is None else preprocess(images)
        logits = tf.cast(function(pixels)[output_name], tf.float32)
        return tf.ensure_shape(logits, (images.shape[0], num_classes))  # tf.map_fn loses the size

    shape, num_classes = tuple(spec.shape[1:]), scores.shape[-1]
    program = saved_model_files.hash_program(path, signature) + hash_preprocess(preprocess, shape)
    return FrozenClassifier(path, scores_fn, shape, num_classes, resource, weights, program=program)


def _load_signature(saved, signature):
    """(inputs, outputs, function, weights, owner) of one signature; see `frozen_graphs`."""
    with _explained(saved):
        if frozen_graphs.has_reference_variables(saved):
            return frozen_graphs.load_frozen_signature(saved, signature)
        loaded = tf.saved_model.load(saved.path, tags=saved.tags)
        if signature not in loaded.signatures:
            raise InputError(f"{saved.subject}: its signature '{signature}' is missing")
        function = loaded.signatures[signature]
        inputs, outputs = function.structured_input_signature[1], function.structured_outputs
        weights = tuple(function.variables)
    return inputs, outputs, lambda pixels: function(**{next(iter(inputs)): pixels}), weights, loaded


@contextlib.contextmanager
def _explained(saved):
    """Turns what TensorFlow raises of a bad SavedModel into one line."""
    try:
        yield
    except InputError:
        raise
    except (FileNotFoundError, tf.errors.NotFoundError) as error:
        raise InputError(
            f"{saved.subject}: weights or files that it needs are missing from the folder; copy it "
            "again"
        ) from error
    except Exception as error:  # as for Keras files
        if isinstance(error, _CUT_OFF) or any(part in str(error) for part in _DAMAGED):
            raise InputError(
                f"{saved.subject}: its variables are cut off or damaged; copy the folder again"
            ) from error
        raise InputError(f"{saved.subject}: {type(error).__name__}: {first_line(error)}") from error


def _choose_input_and_output(path, signature, inputs, outputs):
    """Names of a signature's one input, and of its scores."""
    scores = [name for name, spec in outputs.items() if _may_be_scores(spec)]
    if len(outputs) == 1:
        scores = list(outputs)
    if "logits" in outputs:
        scores = ["logits"]
    if len(inputs) != 1 or len(scores) != 1:
        raise InputError(
            f"signature {signature} of {path} has inputs {sorted(inputs)} and outputs "
            f"{sorted(outputs)}; needed: one input, and one output of scores or one called logits"
        )
    return next(iter(inputs)), scores[0]


def _may_be_scores(spec):
    return spec.dtype.is_floating and spec.shape.rank == 2 and spec.shape[-1] != 1
