"""bin/serve: the command for each way to serve, and a real server where there is one."""

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys

import numpy as np
import pytest

from aaa_tf.errors import InputError
from aaa_tf.serving import grpc_client, rest, server

PORTS = {"rest_port": 8501, "grpc_port": 8500}


@pytest.fixture
def base(tmp_path):
    (tmp_path / "digits" / "3").mkdir(parents=True)
    return tmp_path / "digits"


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A function that makes programs the only ones on the PATH; they exit with a given code."""

    def install(**exit_codes):
        folder = tmp_path / "bin"
        folder.mkdir()
        for name, code in exit_codes.items():
            (folder / name).write_text(f'#!/bin/sh\necho "$0" "$@"\nexit {code}\n')
            (folder / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}")

    return install


def test_the_model_server_comes_first(base, programs):
    programs(tensorflow_model_server=0, docker=0)
    command = server.build_server_command(base, rest_port=9001, grpc_port=9000)
    assert command == [
        "tensorflow_model_server",
        "--model_name=digits",
        f"--model_base_path={base.resolve()}",
        "--port=9000",
        "--rest_api_port=9001",
        "--enable_batching=true",
        f"--batching_parameters_file={server.BATCHING_FILE}",
    ]
    unbatched = server.build_server_command(base, **PORTS, use_batching=False)
    assert not [argument for argument in unbatched if "batching" in argument]


def test_the_container_comes_second(base, programs):
    programs(docker=0)
    command = server.build_server_command(base, rest_port=9001, grpc_port=9000)
    assert command[:7] == ["docker", "run", "--rm", "-p", "9000:8500", "-p", "9001:8501"]
    target = f"type=bind,source={base.resolve()},target=/models/digits,readonly"
    assert target in command
    image = command.index("tensorflow/serving")
    assert command[image - 2 : image] == ["-e", "MODEL_NAME=digits"]
    assert command[image + 1 :] == [
        "--enable_batching=true",
        "--batching_parameters_file=/etc/aaa_batching.config",
    ]


def test_the_batching_configuration_is_committed_and_names_published_fields():
    """BatchingParameters of TensorFlow Serving's session_bundle_config.proto."""
    lines = server.BATCHING_FILE.read_text().splitlines()
    fields = [line.split(" {")[0] for line in lines if line and not line.startswith("#")]
    assert fields == ["max_batch_size", "max_execution_batch_size", "enable_large_batch_splitting",
                      "batch_timeout_micros", "max_enqueued_batches"]  # fmt: skip


@pytest.mark.parametrize(
    ("exit_codes", "message"),
    [
        ({}, "no tensorflow_model_server on the PATH, and no docker either; install"),
        ({"docker": 1}, "docker is there, but its daemon does not answer; install"),
    ],
)
def test_where_there_is_neither_both_ways_are_told(base, programs, exit_codes, message):
    programs(**exit_codes)
    with pytest.raises(InputError, match=message):
        server.build_server_command(base, **PORTS)


def test_wrong_input_is_told(base, programs):
    programs(tensorflow_model_server=0)
    with pytest.raises(InputError, match="share port 8500"):
        server.build_server_command(base, rest_port=8500, grpc_port=8500)
    for path in (base / "3", base.parent / "none"):
        with pytest.raises(InputError, match="holds no exported version"):
            server.build_server_command(path, **PORTS)


@pytest.mark.parametrize("flag", ["--dry_run", "--nodry_run"])
def test_bin_serve_prints_the_command_and_becomes_it(base, programs, flag):
    python = sys.executable
    programs(tensorflow_model_server=0)
    process = subprocess.run(
        [python, "-m", "aaa_tf.cli.serve", "digits", f"--export_dir={base.parent}", flag],
        capture_output=True, text=True, check=False, cwd=pathlib.Path(__file__).parents[1],
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    printed, *ran = process.stdout.splitlines()
    assert printed.startswith("tensorflow_model_server --model_name=digits --model_base_path=")
    assert len(ran) == (0 if flag == "--dry_run" else 1)
    assert all("--model_name=digits" in line for line in ran)


@contextlib.contextmanager
def real_server(base):
    """tensorflow_model_server on two free ports; yields them once it says that it serves."""
    if shutil.which("tensorflow_model_server") is None:
        pytest.skip("tensorflow_model_server is not on the PATH (docs/serving.md says where from)")
    with socket.socket() as first, socket.socket() as second:
        for unused in (first, second):
            unused.bind(("127.0.0.1", 0))
        ports = {"rest_port": first.getsockname()[1], "grpc_port": second.getsockname()[1]}
    command = server.build_server_command(base, **ports)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ) as process:
        try:
            for line in process.stderr:
                if "Exporting HTTP/REST API at" in line:
                    break
            yield ports
        finally:
            process.terminate()


def test_a_real_model_server_answers_as_the_stand_in(exported, rng):
    from tests.stand_in_server import StandIn

    with real_server(exported.parent) as ports:
        images = rng.random((5, 8, 8, 1), np.float32)
        images[2] = np.nan
        wanted = StandIn(exported.parent).run("serving_default", images)
        for client, port in ((rest, ports["rest_port"]), (grpc_client, ports["grpc_port"])):
            shared = {"name": "p", "host": "127.0.0.1", "port": port}
            outputs = client.predict(images, **shared)
            assert outputs["valid"].tolist() == wanted["valid"].tolist()
            assert outputs["class"].tolist() == wanted["class"].tolist()
            np.testing.assert_allclose(outputs["logits"], wanted["logits"], atol=1e-4)
            with pytest.raises(InputError, match="refuses"):
                client.predict(images[:, :7], **shared)
            with pytest.raises(InputError, match="serves no model"):
                client.predict(images, **shared | {"name": "other"})
