"""Puts a trained autoencoder before a classifier it may never have seen, and exports both as one.

  bin/wrap_classifier --autoencoder=runs/mnist --classifier=my.keras --output=served/mine

Weights of neither change. Whether the defence helps this classifier is an empirical question:
measure it with bin/evaluate on the exported version.
"""

import pathlib

from absl import flags

from aaa_tf.cli import shared_flags
from aaa_tf.cli.command import run_command
from aaa_tf.errors import InputError
from aaa_tf.models.loading import load_autoencoder
from aaa_tf.serving.export import export_pipeline

FLAGS = flags.FLAGS


def define_flags():
    """Flags of this command."""
    shared_flags.define_classifier_flags()
    flags.DEFINE_string(
        "autoencoder",
        None,
        "trained autoencoder: .keras file or run directory",
    )
    flags.DEFINE_string(
        "output",
        None,
        "folder of the exported pipeline; it becomes OUTPUT/<next version>/",
    )


def main():
    """Parse, load, export."""
    for name in ("autoencoder", "output"):
        if not FLAGS[name].value:
            raise InputError(f"--{name} is missing: {FLAGS[name].help}")
    autoencoder = load_autoencoder(FLAGS.autoencoder)
    classifier = shared_flags.load_classifier_from_flags(autoencoder.input_shape[1:])
    if not classifier.has_gradient:
        print(
            f"{classifier.name} gives no gradient: it can be served defended, but neither "
            "trained against nor attacked white-box"
        )
    output = pathlib.Path(FLAGS.output)
    version_dir = export_pipeline(
        autoencoder, classifier, export_dir=output.parent, name=output.name
    )
    print(f"pipeline {version_dir}")


def run():
    """Entry point."""
    run_command(define_flags, main)


if __name__ == "__main__":
    run()
