"""What tensorflow-addons registered as `Addons>…`, computed by Keras 3.

    import aaa_tf.models.addons    # and keras.models.load_model finds `Addons>mish` and the rest

tensorflow-addons 0.23 (May 2024) was its last release and cannot be imported beside Keras 3. Files
that it is named in are rebuilt from the classes here and in `addons_layers`, under the registered
names. Only inference is claimed: what differs in training alone (the slope of rrelu, the draw of
StochasticDepth) is computed as tensorflow-addons computes it outside of training. docs/wrapping.md
lists what maps and what does not. Every mapping is proved against outputs of the original.
"""

import keras
from keras import ops

_PACKAGE = "Addons"


def register(original):
    """Registers a class or function under the name that tensorflow-addons gave it."""
    return keras.saving.register_keras_serializable(_PACKAGE, original.__name__)(original)


@register
def gelu(x, approximate=True):
    """GELU by tanh: the default of tensorflow-addons, and not that of Keras, which uses erf."""
    return ops.gelu(x, approximate=approximate)


@register
def hardshrink(x, lower=-0.5, upper=0.5):
    """`x` outside of [lower, upper], 0 inside."""
    return ops.where(ops.logical_or(x < lower, x > upper), x, ops.zeros_like(x))


@register
def lisht(x):
    """`x * tanh(x)` (Roy et al. 2019)."""
    return x * ops.tanh(x)


@register
def mish(x):
    """`x * tanh(softplus(x))` (Misra 2019)."""
    return x * ops.tanh(ops.softplus(x))


@register
def rrelu(x, lower=0.125, upper=1 / 3):
    """Leaky ReLU with the mean slope, as the randomized one (Xu et al. 2015) is in inference."""
    return ops.where(x >= 0, x, (lower + upper) / 2 * x)


@register
def snake(x, frequency=1):
    """`x + sin(frequency x)^2 / frequency` (Ziyin et al. 2020), in its cosine form."""
    return x + (1 - ops.cos(2 * frequency * x)) / (2 * frequency)


@register
def softshrink(x, lower=-0.5, upper=0.5):
    """`x` moved towards 0 by the bound it lies outside of, 0 between them."""
    zeros = ops.zeros_like(x)
    return ops.where(x < lower, x - lower, zeros) + ops.where(x > upper, x - upper, zeros)


@register
def sparsemax(logits, axis=-1):
    """Projection on the simplex (Martins & Astudillo 2016, algorithm 1).

    Not by `keras.activations.sparsemax`, whose rows do not sum to 1 in Keras 3.15 where more than
    one score is kept: it adds up the cumulative sums of the kept scores, not the scores.
    """
    scores = ops.moveaxis(logits, axis, -1)
    descending = -ops.sort(-scores, axis=-1)
    ranks = ops.arange(1, scores.shape[-1] + 1, dtype=scores.dtype)
    is_kept = ops.cast(1 + ranks * descending > ops.cumsum(descending, axis=-1), scores.dtype)
    excess = ops.sum(is_kept * descending, axis=-1, keepdims=True) - 1
    threshold = excess / ops.sum(is_kept, axis=-1, keepdims=True)
    return ops.moveaxis(ops.maximum(scores - threshold, 0), -1, axis)


@register
def tanhshrink(x):
    """`x - tanh(x)`."""
    return x - ops.tanh(x)
