"""Sends images to a served pipeline and prints what it says of them.

  bin/query mnist_xent_mse --dataset=mnist --num_images=8
  bin/query mnist_xent_mse --images=a.png,b.png
  bin/query mnist_xent_mse --images=batch.npy --grpc --host=10.0.0.7

NAME is the one given to bin/serve. Image files and uint8 arrays go to the signature predict_uint8,
float arrays to serving_default.
"""

import numpy as np
from absl import flags

from aaa_tf.cli.command import run_command
from aaa_tf.errors import InputError
from aaa_tf.serving import rest
from aaa_tf.serving.images import read_images

FLAGS = flags.FLAGS
_NUM_PER_REQUEST = 1000
_COLUMNS = ("image", "class", "label", "probability", "perturbation_linf", "valid")


def define_flags():
    """Flags of this command."""
    flags.DEFINE_list("images", None, "image files, or one .npy or .npz with images")
    flags.DEFINE_string("dataset", None, "data set whose first test images are sent instead")
    flags.DEFINE_string("data_dir", None, "folder of TensorFlow Datasets (default: TFDS_DATA_DIR)")
    flags.DEFINE_integer("num_images", 8, "images sent of the data set; 0: all", lower_bound=0)
    flags.DEFINE_bool("grpc", False, "ask by gRPC instead of REST")
    flags.DEFINE_string("host", "localhost", "name or address of the server")
    flags.DEFINE_integer("port", None, "port of the server (default: 8501, with --grpc 8500)")


def main(arguments):
    """Parse, read, ask, print."""
    if len(arguments) != 1:
        raise InputError(f"give one NAME, that of the served pipeline, not {len(arguments)}")
    images, labels = _images_and_labels()
    client = _client()
    outputs = ask(
        client.predict,
        images,
        name=arguments[0],
        host=FLAGS.host,
        port=FLAGS.port or client.PORT,
        signature="predict_uint8" if images.dtype == np.uint8 else "serving_default",
    )
    print(format_answers(outputs))
    if labels is not None:
        num_correct = int((outputs["class"] == labels).sum())
        print(f"{num_correct} of {len(labels)} as {FLAGS.dataset} labels them")


def ask(predict, images, **request) -> dict:
    """Outputs for all images, asked for in requests that a server of bin/serve does not refuse."""
    parts = []
    for part in np.split(images, range(_NUM_PER_REQUEST, len(images), _NUM_PER_REQUEST)):
        parts.append(predict(part, **request))
        _require_outputs(parts[-1], len(part))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def format_answers(outputs) -> str:
    """One line for each image: class, label, its probability, largest change, validity."""
    lines = [_COLUMNS]
    for row, is_valid in enumerate(outputs["valid"]):
        cells = (
            row,
            outputs["class"][row],
            outputs["label"][row],
            f"{outputs['probabilities'][row].max():.4f}",
            f"{outputs['perturbation_linf'][row]:.3f}",
            "yes" if is_valid else "no",
        )
        lines.append(tuple(map(str, cells)))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _images_and_labels():
    if bool(FLAGS.images) == bool(FLAGS.dataset):
        raise InputError("give either --images or --dataset")
    if FLAGS.images:
        return read_images(FLAGS.images), None
    # TensorFlow only where it is needed: a client answers at once without it.
    from aaa_tf.data import load_dataset

    split = load_dataset(FLAGS.dataset, data_dir=FLAGS.data_dir).test.first(FLAGS.num_images)
    return split.images, split.labels


def _client():
    if not FLAGS.grpc:
        return rest
    from aaa_tf.serving import grpc_client

    return grpc_client


def _require_outputs(outputs, num_images):
    needed = {"class", "label", "probabilities", "perturbation_linf", "valid"}
    if not needed <= set(outputs) or any(len(outputs[name]) != num_images for name in needed):
        raise InputError(
            f"the server answers with {sorted(outputs)}; that is no pipeline of this program"
        )


def run():
    """Entry point."""
    run_command(define_flags, main, takes_arguments=True)


if __name__ == "__main__":
    run()
