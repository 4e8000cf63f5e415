"""What is known about an exported pipeline, for whoever meets the folder later.

    manifest = build_manifest(autoencoder, classifier, name="mnist", ...)
    read_manifest("saved_models/mnist/1")["classifier"]["sha256"]

The manifest is assets.extra/aaa_manifest.json of the version: which weights it holds, for which
pixels, against which adversary the autoencoder was trained, and what was measured. It states
nothing that was not handed in: an unknown value is null, an unmeasured accuracy is not there. A
shipped model's has "remarks" too, sentences for the card on what its figures do not say.
"""

import dataclasses
import datetime
import json
import pathlib
import platform

import keras
import tensorflow as tf

import aaa_tf
from aaa_tf.errors import InputError
from aaa_tf.models.frozen import fingerprint
from aaa_tf.serving.pipeline import RANGE_TOLERANCE, require_class_names

FILE_NAME = "assets.extra/aaa_manifest.json"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Measurement:
    """Accuracy of this classifier on test data, with or without the defence.

    Attributes:
        defence: "AAA" or "none".
        num_examples: test images.
        num_correct: of these, classified correctly when clean.
        num_robust: of these, also under the attack; None where none was made.
        attack: name, norm, eps and all parameters, as `suites.Column.describe` gives them; at
            least {"name": "PGD-100", "norm": "Linf", "eps": 0.3}. None where none was made.
    """

    defence: str
    num_examples: int
    num_correct: int
    num_robust: int | None = None
    attack: dict | None = None

    def to_dict(self) -> dict:
        """The fields, and the accuracies as fractions."""
        values = dataclasses.asdict(self) | {"clean_accuracy": self.num_correct / self.num_examples}
        if self.num_robust is not None:
            values["robust_accuracy"] = self.num_robust / self.num_examples
        return values


def build_manifest(
    autoencoder,
    classifier,
    *,
    name: str,
    class_names=None,
    dataset=None,
    threat_model=None,
    measurements=(),
    checked_sample=None,
) -> dict:
    """The manifest of a pipeline as JSON types.

    The arguments are those of `export.export_pipeline`; `checked_sample` is what
    `checking.count_correct` returned.
    """
    return {
        "format": 1,
        "name": name,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "image_shape": list(autoencoder.input_shape[1:]),
        "pixel_range": [0, 1],
        "pixel_range_tolerance": RANGE_TOLERANCE,
        "pixel_range_of_predict_uint8": [0, 255],
        "class_names": list(require_class_names(class_names, classifier.num_classes)),
        "dataset": dataset,
        "threat_model": threat_model,
        "classifier": {"name": classifier.name, "sha256": classifier.fingerprint()},
        "autoencoder": {"sha256": fingerprint(autoencoder.weights)},
        "measurements": [measurement.to_dict() for measurement in measurements],
        "checked_sample": checked_sample,
        "versions": {
            "aaa_tf": aaa_tf.__version__,
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "python": platform.python_version(),
        },
    }


def read_manifest(version_dir) -> dict:
    """The manifest of an exported version; InputError where there is none or it is damaged."""
    path = pathlib.Path(version_dir) / FILE_NAME
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        raise InputError(
            f"{path} is missing; export the pipeline with bin/wrap_classifier"
        ) from None
    except ValueError as error:
        raise InputError(f"{path} is damaged; export the pipeline again") from error
