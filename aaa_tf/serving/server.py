"""The command that serves a pipeline: TensorFlow's model server, or its container.

    command = build_server_command("saved_models/mnist", rest_port=8501, grpc_port=8500)
    os.execvp(command[0], command)

Nothing here is a server: the pipeline is a SavedModel that tensorflow_model_server loads. The
server listens on all interfaces and asks nobody for a password; who may reach it is decided
outside. It takes a new version as soon as the folder is there.
"""

import pathlib
import shutil
import subprocess

from aaa_tf.errors import InputError
from aaa_tf.serving.versions import list_versions

BATCHING_FILE = pathlib.Path(__file__).with_name("batching.config")
IMAGE = "tensorflow/serving"
_BINARY = "tensorflow_model_server"
_CONTAINER_BATCHING_FILE = "/etc/aaa_batching.config"
_GRPC_PORT, _REST_PORT = 8500, 8501  # inside the container


def build_server_command(
    base_path, *, rest_port: int, grpc_port: int, use_batching: bool = True
) -> list[str]:
    """The command line that serves all future versions of one pipeline.

    Args:
        base_path: folder of the pipeline, which holds its versions 1, 2, ...
        rest_port: port for HTTP.
        grpc_port: port for gRPC.
        use_batching: whether requests that arrive together are computed together, as
            batching.config says.

    Returns:
        Program and arguments; paths are absolute.

    Raises:
        InputError: if there is no version, both ports are one, or there is neither a model server
            on the PATH nor a docker that answers.
    """
    base = pathlib.Path(base_path).resolve()
    if not list_versions(base):
        raise InputError(
            f"{base_path} holds no exported version; make one with bin/train_aaa or "
            "bin/wrap_classifier"
        )
    if rest_port == grpc_port:
        raise InputError(f"REST and gRPC cannot share port {rest_port}; give two different ones")
    if shutil.which(_BINARY):
        return [
            _BINARY,
            f"--model_name={base.name}",
            f"--model_base_path={base}",
            f"--port={grpc_port}",
            f"--rest_api_port={rest_port}",
            *_batching_flags(BATCHING_FILE, use_batching),
        ]
    if shutil.which("docker") and _docker_answers():
        return _container_command(base, rest_port, grpc_port, use_batching)
    reason = "docker is there, but its daemon does not answer" if shutil.which("docker") else ""
    raise InputError(
        f"no {_BINARY} on the PATH, and {reason or 'no docker either'}; install TensorFlow's "
        f"package tensorflow-model-server, or start docker and `docker pull {IMAGE}` "
        "(docs/serving.md)"
    )


def _batching_flags(file, use_batching):
    return ["--enable_batching=true", f"--batching_parameters_file={file}"] if use_batching else []


def _container_command(base, rest_port, grpc_port, use_batching):
    mounts = {base: f"/models/{base.name}"}
    if use_batching:
        mounts[BATCHING_FILE] = _CONTAINER_BATCHING_FILE
    command = ["docker", "run", "--rm", "-p", f"{grpc_port}:{_GRPC_PORT}"]
    command += ["-p", f"{rest_port}:{_REST_PORT}"]
    for source, target in mounts.items():
        command += ["--mount", f"type=bind,source={source},target={target},readonly"]
    command += ["-e", f"MODEL_NAME={base.name}", IMAGE]
    return command + _batching_flags(_CONTAINER_BATCHING_FILE, use_batching)


def _docker_answers():
    """Whether a daemon stands behind the docker command."""
    try:
        run = subprocess.run(["docker", "version"], capture_output=True, check=False, timeout=20)
    except subprocess.TimeoutExpired:
        return False
    return run.returncode == 0
