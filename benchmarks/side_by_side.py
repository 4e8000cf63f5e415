"""Speed of PGD and of adversarial training beside other libraries, on this machine, in one go.

    make bench CLASSIFIER=runs/classifiers/mnist_A_cpu/classifier.keras

Each case runs in a process of its own (`contenders`), one after the other, and all of them again in
each round, in another order, because a machine's speed drifts: a row is the median over rounds. The
environment is that of benchmarks/bench.txt. Prints a table for benchmarks/README.md: losing rows
stay.
"""

import datetime
import itertools
import json
import os
import pathlib
import platform
import random
import statistics
import subprocess
import sys
import tempfile

import numpy as np
from contenders import BATCH_SIZE, CASES, NUM_THREADS

NUM_ROUNDS = 3
STEPS = (10, 40)
_TRAINING_STEPS = 10


def write_problem(classifier_path, path):
    """Weights of a trained Madry network, and the first test images of MNIST."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    from aaa_tf.data import load_dataset

    split = load_dataset("mnist").test.first(BATCH_SIZE)
    weights = keras.models.load_model(classifier_path, compile=False).get_weights()
    np.savez(
        path,
        images=split.images,
        labels=split.labels,
        **{f"w{i}": w for i, w in enumerate(weights)},
    )


def measure(case, num_steps, problem, folder):
    """The result of one case, or the last line of what it printed when it failed."""
    result = folder / "result.json"
    result.unlink(missing_ok=True)
    here = pathlib.Path(__file__).parent
    process = subprocess.run(
        [sys.executable, here / "contenders.py", case, str(num_steps), problem, result],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if process.returncode:
        return {"failed": (process.stderr.strip().splitlines() or ["no output"])[-1]}
    return json.loads(result.read_text())


def summarize(rounds):
    """Median of each figure over the rounds of one case; a failure if one of them failed."""
    failed = next((row for row in rounds if "failed" in row), None)
    if failed:
        return failed
    return {key: statistics.median(row[key] for row in rounds) for key in rounds[0]}


def print_table(rows):
    """Fastest first in each group; the reference of the last column is aaa_tf in float32."""
    titles = ("what", "library", "images/s", "times aaa_tf", "seconds a call", "first call more, s",
              "peak MiB", "broken of 128")  # fmt: skip
    print("|", " | ".join(titles), "|")
    print("|---" * len(titles) + "|")
    for what in dict.fromkeys(row["what"] for row in rows):
        group = [row for row in rows if row["what"] == what]
        own = next(row for row in group if row["library"] == "aaa_tf")["images_per_second"]
        for row in sorted(group, key=lambda row: -row.get("images_per_second", 0)):
            if "failed" in row:
                print(f"| {what} | {row['library']} | failed: {row['failed']} |" + " |" * 5)
                continue
            cells = (
                what, row["library"], f"{row['images_per_second']:.0f}",
                f"{row['images_per_second'] / own:.2f}", f"{row['seconds']:.3f}",
                f"{row['compile_seconds']:.1f}", f"{row['peak_mib']:.0f}",
                row.get("num_broken", ""),
            )  # fmt: skip
            print("|", " | ".join(map(str, cells)), "|")


def main():
    """Runs every case and prints the table."""
    rounds, shuffle = {}, random.Random(0)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        problem = folder / "problem.npz"
        write_problem(sys.argv[1], problem)
        cases = list(CASES)
        for case in itertools.chain(
            *(shuffle.sample(cases, len(cases)) for _ in range(NUM_ROUNDS))
        ):
            kind, _, library = case.rpartition(": ")
            for num_steps in (_TRAINING_STEPS,) if kind else STEPS:
                key = (f"PGD-{num_steps} {kind}".strip(), library)
                rounds.setdefault(key, []).append(measure(case, num_steps, problem, folder))
                print(key, json.dumps(rounds[key][-1]), file=sys.stderr, flush=True)
    rows = [
        {"what": what, "library": library} | summarize(measured)
        for (what, library), measured in rounds.items()
    ]
    print(f"{datetime.date.today()}, {platform.machine()}, {os.cpu_count()} cores, {NUM_THREADS} "
          f"threads, batches of {BATCH_SIZE}, median of {NUM_ROUNDS} rounds, "
          f"Python {platform.python_version()}\n")  # fmt: skip
    print_table(rows)


if __name__ == "__main__":
    main()
