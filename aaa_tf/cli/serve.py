"""Starts a model server for an exported pipeline, and stays with it until it ends.

  bin/serve mnist_xent_mse
  bin/serve mnist_xent_mse --rest_port=9001 --dry_run

NAME is a folder under --export_dir, or an absolute path. Takes tensorflow_model_server from the
PATH, else its container. New versions are served as soon as they are exported. See docs/serving.md.
"""

import os
import pathlib
import shlex

from absl import flags

from aaa_tf.cli.command import run_command
from aaa_tf.errors import InputError
from aaa_tf.serving import server

FLAGS = flags.FLAGS


def define_flags():
    """Flags of this command."""
    flags.DEFINE_string("export_dir", "saved_models", "where <name>/<version>/ was exported")
    flags.DEFINE_integer("rest_port", 8501, "port for HTTP")
    flags.DEFINE_integer("grpc_port", 8500, "port for gRPC")
    flags.DEFINE_bool(
        "batching",
        True,
        "compute requests together that arrive together; a request of the wrong shape then fails "
        "those merged with it, so switch it off for clients that you do not trust",
    )
    flags.DEFINE_bool(
        "dry_run", False, "print the command of the server that was found, and start nothing"
    )


def main(arguments):
    """Parse, build the command, become it."""
    if len(arguments) != 1:
        raise InputError(f"give one NAME, the folder of a pipeline, not {len(arguments)}")
    command = server.build_server_command(
        pathlib.Path(FLAGS.export_dir) / arguments[0],
        rest_port=FLAGS.rest_port,
        grpc_port=FLAGS.grpc_port,
        use_batching=FLAGS.batching,
    )
    print(shlex.join(command), flush=True)
    if not FLAGS.dry_run:
        # Signals then go to the server itself.
        os.execvp(command[0], command)


def run():
    """Entry point."""
    run_command(define_flags, main, takes_arguments=True)


if __name__ == "__main__":
    run()
