"""What an exported pipeline costs to serve, and whether it stands ten thousand requests.

    .venv/bin/python benchmarks/serving.py saved_models/mnist/1
    .venv/bin/python benchmarks/serving.py saved_models/mnist/1 --soak

Both run the export through the session loader, as TensorFlow Serving does, without its network and
its batching. The table compares serving_default with classify_undefended, the same classifier
without the autoencoder, every output fetched. The soak sends good, bad and wrong requests in one
process, compares every good row with its answer alone, and watches the memory. It prints what is
wrong and exits with 1, or exits with 0.
"""

import argparse
import os
import pathlib
import platform
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf

from aaa_tf.serving import gate
from aaa_tf.serving.manifest import read_manifest

tf.get_logger().setLevel("ERROR")  # the session loader is called deprecated; servers use it
BATCH_SIZES = (1, 32, 256)
SECONDS = 5.0  # of measuring, each cell
NUM_REQUESTS = 10_000
POOL = 64  # images that the soak draws from
MAX_GROWTH = 16 * 2**20  # bytes, from the first fifth of the soak to its end
BAD_VALUES = (np.nan, np.inf, -np.inf, 1.5, -0.1, 255.0)


def load(export):
    """A function (signature, images) -> outputs, and the shape of an image."""
    graph = tf.Graph()
    session = tf.compat.v1.Session(graph=graph)
    with graph.as_default():
        signatures = gate.load(session, str(export))

    def run(signature, images):
        feed, fetches = signatures[signature]
        return session.run(fetches, {feed: images})

    return run, tuple(read_manifest(export)["image_shape"])


def measure(run, signature, images):
    """Median and 95th percentile of the seconds of one request."""
    for _ in range(5):
        run(signature, images)
    seconds, ends = [], time.perf_counter() + SECONDS
    while time.perf_counter() < ends:
        started = time.perf_counter()
        run(signature, images)
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds)), float(np.quantile(seconds, 0.95))


def print_table(export):
    """Latency and throughput with the defence and without."""
    run, shape = load(export)
    rng = np.random.default_rng(0)
    print(f"{export}, images {shape}")
    print(f"{platform.machine()}, {os.cpu_count()} cores, TensorFlow {tf.__version__}")
    print("| batch | signature | median ms | 95 % ms | images/s | times undefended |")
    print("|" + "---|" * 6)
    for batch_size in BATCH_SIZES:
        images = rng.random((batch_size, *shape), np.float32)
        bare = None
        for signature in ("classify_undefended", "serving_default"):
            median, tail = measure(run, signature, images)
            bare = bare or median
            print(
                f"| {batch_size} | {signature} | {1e3 * median:.2f} | {1e3 * tail:.2f} | "
                f"{batch_size / median:.0f} | {median / bare:.2f} |"
            )


def soak(export):
    """Sends NUM_REQUESTS; returns what was wrong, or an empty string."""
    run, shape = load(export)
    rng = np.random.default_rng(0)
    pool = rng.random((POOL, *shape), np.float32)
    alone = [run("serving_default", image[None]) for image in pool]
    sizes, counts = [], {"answered": 0, "refused": 0, "good rows": 0, "bad rows": 0}
    for request in range(NUM_REQUESTS):
        if request % (NUM_REQUESTS // 10) == 0:
            sizes.append(resident_bytes())
        rows = rng.integers(0, POOL, rng.integers(0, 9))
        images, is_bad = pool[rows], rng.random(len(rows)) < 0.3
        for row in np.flatnonzero(is_bad):
            images[row][tuple(rng.integers(0, shape))] = rng.choice(BAD_VALUES)
        if rng.random() < 0.1:
            problem = refuse(run, rng, images)
            counts["refused"] += 1
        else:
            problem = answer(run, images, is_bad, [alone[row] for row in rows])
            counts["answered"] += 1
            counts["bad rows"] += int(is_bad.sum())
            counts["good rows"] += int((~is_bad).sum())
        if problem:
            return f"request {request}: {problem}"
    sizes.append(resident_bytes())
    print(", ".join(f"{value} {name}" for name, value in counts.items()))
    print("resident MiB:", " ".join(f"{size / 2**20:.0f}" for size in sizes))
    growth = sizes[-1] - sizes[2]
    return f"memory grew by {growth / 2**20:.0f} MiB" if growth > MAX_GROWTH else ""


def answer(run, images, is_bad, wanted):
    """Sends images; what is wrong with the answer."""
    outputs = run("serving_default", images)
    if outputs["valid"].tolist() != (~is_bad).tolist():
        return f"valid is {outputs['valid']}, bad rows are {is_bad}"
    for row in np.flatnonzero(~is_bad):
        for name, value in wanted[row].items():
            is_number = value.dtype.kind == "f"
            found = outputs[name][row]
            if is_number and not np.allclose(found, value[0], rtol=1e-5, atol=1e-5):
                return f"{name} differs from the row alone by {np.abs(found - value[0]).max()}"
            if not is_number and found != value[0]:
                return f"{name} is {found}, alone {value[0]}"
    for row in np.flatnonzero(is_bad):
        numbers = [value[row] for name, value in outputs.items() if name not in ("class", "label")]
        if outputs["class"][row] != -1 or outputs["label"][row] or any(map(np.any, numbers)):
            return "a bad row got an answer"
    return ""


def refuse(run, rng, images):
    """Sends images in a wrong shape; what is wrong with the answer."""
    shape = images.shape
    wrong = ((*shape[1:],), (len(images), -1), (1, *shape), (len(images), shape[1] + 1, *shape[2:]))
    choice = wrong[rng.integers(0, len(wrong))]
    try:
        run("serving_default", np.zeros([max(side, 1) for side in choice], np.float32))
    except tf.errors.InvalidArgumentError:
        return ""
    return f"images of shape {choice} were answered"


def resident_bytes():
    """Memory of this process, on Linux."""
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main():
    """Measures, or soaks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("export", type=pathlib.Path, help="version directory of a pipeline")
    parser.add_argument("--soak", action="store_true", help="send requests instead of measuring")
    arguments = parser.parse_args()
    if not arguments.soak:
        print_table(arguments.export)
        return
    problem = soak(arguments.export)
    print(problem or "no answer was wrong, memory is flat")
    sys.exit(bool(problem))


if __name__ == "__main__":
    main()
