"""Files of classifiers: saved, changed and loaded."""

import zipfile

import keras
import pytest
import tensorflow as tf

from aaa_tf.models.loading import load_classifier

SHAPE = (8, 8, 1)
H5 = pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")


def load(path, **options):
    # In this process: these files are refused by what is read of them; test_isolation has the rest.
    return load_classifier(str(path), isolate=False, **options)


def save(model, path):
    model.save(path)
    return path


def rewrite(path, **members):
    """Changes or, with None, removes members of a .keras file; dots in names are underscores."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    for name, value in members.items():
        name = {"config": "config.json", "weights": "model.weights.h5"}[name]
        content.pop(name) if value is None else content.update({name: value})
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in content.items():
            archive.writestr(name, value)
    return path


def with_last(layer, units=3):
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(units), layer]
    )


def keras_export(model, path):
    model.export(path, verbose=False)


def save_module(serve, path, variables=()):
    """A SavedModel of one function of images, without Keras."""
    module = tf.Module()
    module.variables_ = list(variables)
    spec = tf.TensorSpec((None, *SHAPE), tf.float32, name="pixels")
    module.serve = tf.function(serve, input_signature=[spec])
    tf.saved_model.save(module, str(path), signatures=module.serve)
    return path


@keras.saving.register_keras_serializable("classifier_files")
class Scaled(keras.layers.Layer):
    """A layer whose configuration leaves its factor out."""

    def __init__(self, factor=1.0, **others):
        super().__init__(**others)
        self.factor = factor

    def call(self, images):
        return self.factor * images

    def get_config(self):
        return super().get_config()
