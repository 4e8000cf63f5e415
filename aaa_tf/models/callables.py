"""A Python function as classifier: `module:function`, so that any defence can be evaluated.

    target = load_callable("my_defence:logits", image_shape=(28, 28, 1))

The function takes a float32 tensor (N, H, W, C) in [0, 1] and returns logits (N, K). One that
returns NumPy arrays (another framework, a remote service) is evaluated without gradients.
"""

import hashlib
import importlib
import os
import pathlib
import re
import sys

import numpy as np
import tensorflow as tf

from aaa_tf.differentiability import has_gradient, make_probe_images, probe
from aaa_tf.errors import InputError, first_line
from aaa_tf.models.frozen import FrozenClassifier, require_class_scores
from aaa_tf.python_functions import make_opaque, why_not_traced

_PATTERN = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def is_callable_name(text: str) -> bool:
    """Whether `text` is written as module:function."""
    return bool(_PATTERN.fullmatch(text)) and not os.path.exists(text)


def load_callable(name: str, *, image_shape) -> FrozenClassifier:
    """Imports `module:function`, the working directory first, and tries it on two images.

    Args:
        name: module:function.
        image_shape: (height, width, channels) of the images it will see.

    Returns:
        A FrozenClassifier without known weights: it can be evaluated, not exported.

    Raises:
        InputError: a module or function that is not there, or that does not return logits.
    """
    function = _import_function(name)
    images = make_probe_images(image_shape, 2)
    try:
        scores = function(images)
        np.asarray(scores, np.float32)  # Text and ragged rows fail here.
    except Exception as error:  # the user's code may raise anything
        raise InputError(f"{name} fails on two random images: {error!r}") from error
    shape = tuple(getattr(scores, "shape", ()))
    require_class_scores(name, shape)
    if shape[0] != 2:
        raise InputError(f"{name} returns {shape[0]} rows for two images; needed: one for each")
    is_compiled = tf.is_tensor(scores) and not why_not_traced(function, images)
    own_fn = function if is_compiled else make_opaque(function)

    def logits_fn(images):
        logits = tf.cast(own_fn(images), tf.float32)
        return tf.ensure_shape(logits, (images.shape[0], shape[1]))  # it may lose the size

    return FrozenClassifier(
        name=name,
        logits_fn=logits_fn,
        image_shape=tuple(image_shape),
        num_classes=shape[1],
        resource=None,
        variables=(),
        has_gradient=has_gradient(logits_fn, images),
        program=_hash_program(name, function, images),
    )


def _hash_program(name, function, images):
    """Tells one function from another that predicts the same classes.

    By its module's file, and by answers and gradient on two images unless those are random.
    """
    file = getattr(sys.modules[name.partition(":")[0]], "__file__", None)
    digest = hashlib.sha256(pathlib.Path(file).read_bytes() if file else b"")
    first, again = probe(function, images), probe(function, images)
    if first == again:
        digest.update(first)
    return digest.hexdigest()


def _import_function(name):
    module_name, _, function_name = name.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        function = getattr(importlib.import_module(module_name), function_name)
    except Exception as error:  # the same
        reason = f"{first_line(error)} ({type(error).__name__})"
        raise InputError(f"{name} cannot be imported: {reason}") from error
    if not callable(function):
        raise InputError(f"{name} is no function; needed: images -> logits")
    return function
