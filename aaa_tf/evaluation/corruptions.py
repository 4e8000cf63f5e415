"""Accuracy under common corruptions, per type and severity.

    source = open_corruptions("generated", dataset.test, data_dir=None, seed=0, num_examples=0)
    row["corruptions"] = evaluate_corruptions(logits_fn, source, batch_size=250)

Corruptions are no adversary: an accuracy here says nothing about attacks. The paper's figure 1, the
difference to the natural classifier, is `corruption_means.difference_of_means`.
"""

import tensorflow as tf

from aaa_tf.attacks.runner import compute_logits, require_sound
from aaa_tf.errors import InputError


def evaluate_corruptions(logits_fn, source, *, batch_size: int, log=lambda line: None) -> dict:
    """Measures a classifier or a whole pipeline on every type and severity of a source.

    Args:
        logits_fn: images (N, H, W, C) float32 in [0, 1] -> logits (N, K).
        source: CorruptionSource, or anything that yields (type, severity, images, labels) and has
            `name`, `notes` and `not_comparable`.
        batch_size: images per compiled call.
        log: called with a line after each type.

    Returns:
        JSON types: "name"; "accuracy", type -> severity ("1" to "5", or "0") -> share of all
        examples classified correctly; "num_examples" of each cell; "notes"; "not_comparable",
        types that do not compare with published figures.

    Raises:
        InputError: logits that are not finite, labels that do not fit the model, cells of
            different sizes, a source without any.
    """
    compiled = tf.function(logits_fn, jit_compile=False)  # traced once, not once for each cell
    accuracy, sizes = {}, set()
    for type_name, severity, images, labels in source:
        if type_name not in accuracy:
            _log_last(accuracy, log)
        correct = _count_correct(compiled, type_name, severity, images, labels, batch_size)
        accuracy.setdefault(type_name, {})[severity] = correct / len(labels)
        sizes.add(len(labels))
    _log_last(accuracy, log)
    if len(sizes) != 1:
        raise InputError(
            f"{source.name}: types and severities have {sorted(sizes)} examples; "
            "all need the same number, at least one"
        )
    return {
        "name": source.name,
        "accuracy": accuracy,
        "num_examples": sizes.pop(),
        "notes": list(source.notes),
        "not_comparable": list(source.not_comparable),
    }


def _count_correct(logits_fn, type_name, severity, images, labels, batch_size):
    if len(labels) == 0:
        raise InputError(f"{type_name}, severity {severity}, holds no example")
    logits = compute_logits(logits_fn, images, batch_size)
    require_sound(logits, labels, f"images of {type_name}, severity {severity}")
    return int((logits.argmax(axis=1) == labels).sum())


def _log_last(accuracy, log):
    if accuracy:
        type_name, by_severity = list(accuracy.items())[-1]
        figures = ", ".join(f"{severity}: {share:.2%}" for severity, share in by_severity.items())
        log(f"{type_name}, accuracy by severity {figures}")
