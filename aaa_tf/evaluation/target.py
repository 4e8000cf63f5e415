"""What is evaluated: a function from images to logits, and what is known of its parts.

    Target("A", logits_fn)                     # a classifier, or a closed pipeline
    make_defended_target(native, autoencoder)  # its parts are known: more can be shown

Name, role and defence are what a report's row is called.
"""

import dataclasses
import hashlib
import warnings
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from aaa_tf.differentiability import has_gradient, make_probe_images
from aaa_tf.errors import InputError
from aaa_tf.models.autoencoders import CODE_LAYER, SKIP_LAYER, make_encode
from aaa_tf.models.defended import make_defended_logits_fn, make_purifier
from aaa_tf.models.frozen import fingerprint
from aaa_tf.python_functions import why_not_traced

# Noise may leave [0, 1]; pixels to 255 are another thing.
_LARGEST = 10


@dataclasses.dataclass(frozen=True)
class Target:
    """One row of a report.

    Attributes:
        name: the classifier.
        logits_fn: images (N, H, W, C) float32 in [0, 1] -> logits (N, K); what is attacked.
        role: "native", "transfer", or "" where there is no such distinction.
        defence: what stands before the classifier: "AAA", "none", "as loaded", ...
        fingerprint: hash of all weights, and of a program that is not Keras; "" where unknown.
        has_gradient: whether it is known to have one, see `FrozenClassifier`; else one is looked
            for at the images, and without it no attack follows gradients.
        resource: what owns the classifier's weights, kept alive here.
        bare_logits_fn: the classifier without its defence, for the oblivious adversary.
        autoencoder: images -> purified images.
        encode: images -> list of code tensors, for attacks on the code.
        encode_bottleneck: the same without a U-Net's skip tensors; None where there are none.
    """

    name: str
    logits_fn: Callable
    role: str = ""
    defence: str = "none"
    fingerprint: str = ""
    has_gradient: bool = False
    resource: Any = None
    bare_logits_fn: Callable | None = None
    autoencoder: Callable | None = None
    encode: Callable | None = None
    encode_bottleneck: Callable | None = None

    @property
    def label(self) -> str:
        """Name and defence, as one title."""
        return (
            self.name if self.defence in ("none", "as loaded") else f"{self.name}, {self.defence}"
        )


def make_defended_target(
    classifier, autoencoder, *, role: str = "", defence: str = "AAA", name: str | None = None
) -> Target:
    """A classifier behind an autoencoder.

    Args:
        classifier: FrozenClassifier F.
        autoencoder: Keras model G, or another function from images to images: a rival defence,
            in TensorFlow or not (`python_functions.py`).
        role: "native", "transfer" or "".
        defence: what reports call it.
        name: what reports call the classifier; by default its own name.

    Raises:
        InputError: a function that fails on random images, or returns no images for them.

    Warns of a function that TensorFlow cannot trace: it has no gradient.
    """
    if not _has_weights(autoencoder) and None not in classifier.image_shape:
        _require_images(autoencoder, make_probe_images(classifier.image_shape, 2), defence)
    layers = [layer.name for layer in getattr(autoencoder, "layers", ())]
    has_code = CODE_LAYER in layers
    has_skips = any(name.startswith(SKIP_LAYER) for name in layers)
    return Target(
        name=name or classifier.name,
        logits_fn=make_defended_logits_fn(autoencoder, classifier.logits_fn),
        role=role,
        defence=defence,
        fingerprint=_identify(autoencoder, classifier),
        has_gradient=classifier.has_gradient and _passes_gradient(autoencoder, classifier),
        resource=classifier.resource,
        bare_logits_fn=classifier.logits_fn,
        autoencoder=make_purifier(autoencoder),
        encode=make_encode(autoencoder) if has_code else None,
        encode_bottleneck=(
            make_encode(autoencoder, bottleneck_only=True) if has_code and has_skips else None
        ),
    )


def _has_weights(autoencoder):
    """Whether it is a network, and not a function, or a Keras model that is no more than one."""
    return isinstance(autoencoder, keras.Model) and bool(autoencoder.weights)


def _require_images(function, images, defence):
    """Raises InputError unless a function makes images of images; warns if it is no TensorFlow."""
    try:
        found = np.asarray(function(images))
    except Exception as error:  # the user's code may raise anything
        raise InputError(
            f"defence {defence} fails on two random images: {error!r}; it is given a float32 "
            "tensor, of which np.asarray makes an array"
        ) from error
    is_float = np.issubdtype(found.dtype, np.floating)
    if found.shape[:1] != images.shape[:1] or not is_float or np.abs(found).max() > _LARGEST:
        raise InputError(
            f"defence {defence} makes {found.dtype} of shape {found.shape} up to {found.max():g} "
            f"of float32 images {tuple(images.shape)}; needed: as many images, floats about [0, 1]"
        )
    reason = why_not_traced(function, images)
    if reason:
        warnings.warn(
            f"TensorFlow cannot trace defence {defence} ({reason}): it is called as it is and has "
            "no gradient, unless make_bpda gives it one",
            stacklevel=3,
        )


def _identify(autoencoder, classifier):
    """A hash of both; "" for a function, which is known by what it answers alone."""
    if not _has_weights(autoencoder):
        return ""
    weights = fingerprint(autoencoder.weights)
    return hashlib.sha256((weights + classifier.identity()).encode()).hexdigest()


def _passes_gradient(autoencoder, classifier):
    """Whether a loss of the classifier reaches the images before a function; G's always does."""
    if _has_weights(autoencoder) or None in classifier.image_shape:
        return True
    logits_fn = make_defended_logits_fn(autoencoder, classifier.logits_fn)
    return has_gradient(logits_fn, make_probe_images(classifier.image_shape, 8))


def make_bare_target(
    classifier, *, role: str = "", defence: str = "none", name: str | None = None
) -> Target:
    """A FrozenClassifier as it is; arguments as for `make_defended_target`."""
    return Target(
        name or classifier.name,
        classifier.logits_fn,
        role,
        defence,
        classifier.identity(),
        classifier.has_gradient,
        classifier.resource,
    )
