"""Exports F(G(x)) as a SavedModel that TensorFlow Serving can load.

    version_dir = export_pipeline(autoencoder, classifier, export_dir="saved_models", name="mnist")

serving_default takes a batch of float32 images in [0, 1] under the name `images` and returns
`logits`, `probabilities`, `class`, `label`, `purified`, `perturbation_l2`, `perturbation_linf` and
`valid`, row by row; `pipeline` tells of the other signatures. Beside the SavedModel lie a manifest,
a model card and warm-up requests. A version is written under a name that a model server does not
look at, checked in a fresh process, and renamed to the next integer.
"""

import contextlib
import pathlib
import sys

import keras
import tensorflow as tf

from aaa_tf import files
from aaa_tf.errors import InputError, first_line
from aaa_tf.models.defended import require_same_shape
from aaa_tf.serving import manifest as manifest_module
from aaa_tf.serving import model_card
from aaa_tf.serving.checking import check_in_fresh_process, compute_expected, count_correct
from aaa_tf.serving.pipeline import make_endpoints
from aaa_tf.serving.versions import partial_folder, publish
from aaa_tf.serving.warmup import write_warmup_requests


def export_pipeline(
    autoencoder,
    classifier,
    *,
    export_dir,
    name: str,
    class_names=None,
    dataset=None,
    threat_model=None,
    measurements=(),
    samples=None,
) -> pathlib.Path:
    """Writes the next version of a defended pipeline.

    Args:
        autoencoder: Keras model G in float32.
        classifier: FrozenClassifier F in float32.
        export_dir: folder of pipelines, as TensorFlow Serving's model base path holds them.
        name: name of this pipeline; versions are export_dir/name/1, 2, ...
        class_names: name of each class, for the output `label`; None for "0", "1", ...
        dataset: name of the data set, for the manifest; None where unknown.
        threat_model: what the autoencoder was trained against, such as {"norm": "Linf",
            "eps": 0.3}, for the manifest; None where unknown.
        measurements: `manifest.Measurement`s of this classifier, for manifest and model card.
        samples: Split of test data: warm-up requests are made from it, and its first images must
            be classified by the export as they are here; None for neither.

    Returns:
        The folder of the new version.

    Raises:
        InputError: if the shapes of G, F and samples or the class names do not fit, F does not
            answer the same images the same each time, or the folder cannot be written.
        ExportError: if the written model fails its check; nothing is published then.
    """
    _require_shapes(autoencoder, classifier, samples)
    classifier.require_repeatable()
    endpoints = make_endpoints(autoencoder, classifier, class_names)
    base = pathlib.Path(export_dir) / name
    base.mkdir(parents=True, exist_ok=True)
    with partial_folder(base) as partial:
        _write(autoencoder, classifier, endpoints, partial)
        expected = compute_expected(endpoints, samples)
        manifest = manifest_module.build_manifest(
            autoencoder,
            classifier,
            name=name,
            class_names=class_names,
            dataset=dataset,
            threat_model=threat_model,
            measurements=measurements,
            checked_sample=count_correct(expected),
        )
        files.write_json(partial / manifest_module.FILE_NAME, manifest)
        files.write_text(partial / model_card.FILE_NAME, model_card.format_model_card(manifest))
        if samples is not None:
            write_warmup_requests(partial, name, samples.images)
        check_in_fresh_process(partial, expected)
        return publish(partial, base)


def _require_shapes(autoencoder, classifier, samples):
    require_same_shape(autoencoder, classifier.image_shape)
    if samples is None:
        return
    if len(samples) == 0 or samples.images.shape[1:] != tuple(autoencoder.input_shape[1:]):
        raise InputError(
            f"samples have shape {samples.images.shape}, the pipeline takes images of shape "
            f"{autoencoder.input_shape[1:]}; give test images of that shape, at least one"
        )


def _write(autoencoder, classifier, endpoints, folder):
    archive = keras.export.ExportArchive()
    # Endpoints bring the variables that they use. Keras' own models must not be tracked besides:
    # every weight would be in the file twice, and in a server's memory (keras #23553).
    if not isinstance(classifier.resource, keras.Layer):
        archive.track(classifier.resource)
    for name, endpoint in endpoints.items():
        archive.add_endpoint(name, endpoint.function, [endpoint.spec])
    try:
        with contextlib.redirect_stdout(sys.stderr):
            archive.write_out(str(folder), verbose=False)
    except tf.errors.OpError as error:
        raise InputError(
            f"no pipeline can be written to {folder.parent}: {first_line(error.message)}"
        ) from error
