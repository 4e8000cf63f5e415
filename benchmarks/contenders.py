"""What each library does in `side_by_side`: the same network, weights, images and threads.

    python benchmarks/contenders.py CASE NUM_STEPS PROBLEM.npz RESULT.json

One case a process, so that peak memory is its own and no library warms up another. The network is
Madry's MNIST one. PGD: Linf, eps 0.3, step 0.01, a random start, NUM_STEPS steps, all images, no
early stop. Training: updates of adversarial training by Adam on batches of that PGD.
"""

import functools
import json
import os
import pathlib
import re
import sys
import time

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
NUM_THREADS = 2
os.environ["OMP_NUM_THREADS"] = str(NUM_THREADS)
EPS, STEP_SIZE, BATCH_SIZE = 0.3, 0.01, 128
_SECONDS = 5  # of measuring in each round; at least two repetitions


def keras_model(problem, precision="float32"):
    """The network in Keras with the problem's weights."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(NUM_THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(NUM_THREADS)
    from aaa_tf.models.classifiers import build_classifier
    from aaa_tf.models.precision import copy_with_precision

    model = build_classifier("A", image_shape=(28, 28, 1), num_classes=10, seed=0)
    model.set_weights([problem[f"w{i}"] for i in range(8)])
    return copy_with_precision(model, precision)


def torch_model(problem):
    """The same in PyTorch; Keras flattens with channels last, so the dense rows are reordered."""
    import torch

    torch.set_num_threads(NUM_THREADS)
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(3136, 1024), nn.ReLU(), nn.Linear(1024, 10),
    )  # fmt: skip
    values = [problem[f"w{i}"] for i in range(8)]
    values[4] = values[4].reshape(7, 7, 64, -1).transpose(2, 0, 1, 3).reshape(3136, -1)
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), values, strict=True):
            order = {4: (3, 2, 0, 1), 2: (1, 0), 1: (0,)}[value.ndim]
            parameter.copy_(torch.tensor(np.ascontiguousarray(value.transpose(order))))
    return model.eval()


def ours(problem, num_steps, precision="float32"):
    """The adversary of our training, compiled once."""
    import tensorflow as tf

    from aaa_tf import seeds
    from aaa_tf.attacks import norms, training_pgd

    model = keras_model(problem, precision)

    def logits_fn(images):
        return tf.cast(model(images, training=False), tf.float32)

    @tf.function(jit_compile=False)
    def attack(images, labels, step):
        key = seeds.fold_in(0, seeds.ATTACK_START, step)
        start = norms.random_start(images, EPS, "Linf", key, tf.range(BATCH_SIZE, dtype=tf.int64))
        return training_pgd.projected_gradient_descent(
            logits_fn, images, labels,
            eps=EPS, step_size=STEP_SIZE, num_steps=num_steps, start=start,
        )  # fmt: skip

    images, labels = tf.constant(problem["images"]), tf.constant(problem["labels"], tf.int32)
    return lambda i: attack(images, labels, tf.constant(i, tf.int64)).numpy()


def cleverhans(problem, num_steps, compiled=False):
    """CleverHans' projected_gradient_descent as it is, or inside one tf.function."""
    import tensorflow as tf
    from cleverhans.tf2.attacks.projected_gradient_descent import projected_gradient_descent

    model = keras_model(problem)
    logits_fn = functools.partial(model, training=False)

    def attack(images, labels):
        return projected_gradient_descent(
            logits_fn, images, EPS, STEP_SIZE, num_steps, np.inf, clip_min=0.0, clip_max=1.0,
            y=labels, rand_init=1.0, sanity_checks=False,
        )  # fmt: skip

    attack = tf.function(attack, jit_compile=False) if compiled else attack
    images, labels = tf.constant(problem["images"]), tf.constant(problem["labels"], tf.int32)
    return lambda i: attack(images, labels).numpy()


def art(problem, num_steps):
    """ART's ProjectedGradientDescent for TensorFlow 2."""
    import tensorflow as tf
    from art.attacks.evasion import ProjectedGradientDescentTensorFlowV2

    attack = ProjectedGradientDescentTensorFlowV2(
        _art_classifier(problem, tf), eps=EPS, eps_step=STEP_SIZE, max_iter=num_steps,
        num_random_init=1, batch_size=BATCH_SIZE, verbose=False,
    )  # fmt: skip
    return lambda i: attack.generate(problem["images"], problem["labels"])


def _art_classifier(problem, tf, make_optimizer=lambda: None):
    from art.estimators.classification import TensorFlowV2Classifier

    model = keras_model(problem)  # first: threads can only be set before anything is computed
    model.trainable = True
    return TensorFlowV2Classifier(
        model=model, nb_classes=10, input_shape=(28, 28, 1), clip_values=(0.0, 1.0),
        loss_object=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=make_optimizer(),
    )  # fmt: skip


def foolbox(problem, num_steps):
    """Foolbox' LinfPGD on TensorFlow, eager as it is."""
    import foolbox as library
    import tensorflow as tf

    wrapped = library.TensorFlowModel(keras_model(problem), bounds=(0, 1))
    attack = library.attacks.LinfPGD(abs_stepsize=STEP_SIZE, steps=num_steps, random_start=True)
    images, labels = tf.constant(problem["images"]), tf.constant(problem["labels"], tf.int32)
    return lambda i: attack.run(wrapped, images, labels, epsilon=EPS).numpy()


def torchattacks(problem, num_steps, autocast=False):
    """PGD of torchattacks on PyTorch."""
    import torch
    import torchattacks as library

    attack = library.PGD(torch_model(problem), eps=EPS, alpha=STEP_SIZE, steps=num_steps)
    images = torch.tensor(problem["images"].transpose(0, 3, 1, 2)).contiguous()
    labels = torch.tensor(problem["labels"].astype(np.int64))

    def run(i):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
            found = attack(images, labels)
        return found.numpy().transpose(0, 2, 3, 1)

    return run


def train_ours(problem, num_steps, precision="float32"):
    """One update of our adversarial training."""
    import tensorflow as tf

    from aaa_tf.config import ClassifierConfig
    from aaa_tf.training import loop
    from aaa_tf.training.classifier import make_classifier_step

    config = ClassifierConfig(
        adversarial=True, eps=EPS, step_size=STEP_SIZE, num_steps=num_steps, batch_size=BATCH_SIZE
    )
    model = keras_model(problem, precision)
    model.trainable = True
    optimizer = loop.build_optimizer(config)
    optimizer.build(model.trainable_variables)
    step = make_classifier_step(model, optimizer, config)
    compiled = loop.compile_step(step, tf.distribute.get_strategy())
    batch = (
        tf.constant(problem["images"]),
        tf.constant(problem["labels"], tf.int32),
        tf.range(BATCH_SIZE, dtype=tf.int64),
    )
    return lambda i: float(compiled(batch, tf.constant(i, tf.int64))["loss"])


def train_art(problem, num_steps):
    """One update of ART's AdversarialTrainer: an epoch of one batch."""
    import tensorflow as tf
    from art.attacks.evasion import ProjectedGradientDescentTensorFlowV2
    from art.defences.trainer import AdversarialTrainer

    classifier = _art_classifier(problem, tf, lambda: tf.keras.optimizers.Adam(1e-3))
    attack = ProjectedGradientDescentTensorFlowV2(
        classifier, eps=EPS, eps_step=STEP_SIZE, max_iter=num_steps, num_random_init=1,
        batch_size=BATCH_SIZE, verbose=False,
    )  # fmt: skip
    trainer = AdversarialTrainer(classifier, attack, ratio=1.0)
    labels = np.eye(10, dtype=np.float32)[problem["labels"]]
    return lambda i: trainer.fit(problem["images"], labels, batch_size=BATCH_SIZE, nb_epochs=1)


def train_torch(problem, num_steps):
    """One update with torchattacks' PGD and PyTorch's Adam."""
    import torch
    import torchattacks as library

    model = torch_model(problem)
    attack = library.PGD(model, eps=EPS, alpha=STEP_SIZE, steps=num_steps)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    images = torch.tensor(problem["images"].transpose(0, 3, 1, 2)).contiguous()
    labels = torch.tensor(problem["labels"].astype(np.int64))

    def run(i):
        found = attack(images, labels)
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(found), labels)
        loss.backward()
        optimizer.step()
        return float(loss)

    return run


CASES = {
    "aaa_tf": ours,
    "aaa_tf, bfloat16": functools.partial(ours, precision="bfloat16"),
    "CleverHans": cleverhans,
    "CleverHans in tf.function": functools.partial(cleverhans, compiled=True),
    "ART": art,
    "Foolbox": foolbox,
    "torchattacks": torchattacks,
    "torchattacks, bfloat16 autocast": functools.partial(torchattacks, autocast=True),
    "training: aaa_tf": train_ours,
    "training: aaa_tf, bfloat16": functools.partial(train_ours, precision="bfloat16"),
    "training: ART AdversarialTrainer": train_art,
    "training: torchattacks": train_torch,
}


def peak_mib():
    """The most memory this process held. Linux only; ru_maxrss would begin at the parent's peak."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def main():
    """Measures one case and writes images per second, first call, memory, and what it broke."""
    case, num_steps, problem_path, result_path = sys.argv[1:]
    problem = dict(np.load(problem_path))
    started = time.perf_counter()
    run = CASES[case](problem, int(num_steps))
    built = time.perf_counter()
    run(0)
    first = time.perf_counter() - built
    seconds = []
    while len(seconds) < 2 or sum(seconds) < _SECONDS:
        before = time.perf_counter()
        found = run(len(seconds) + 1)
        seconds.append(time.perf_counter() - before)
    each = float(np.median(seconds))
    result = {
        "images_per_second": BATCH_SIZE / each,
        "seconds": each,
        "build_seconds": built - started,
        "compile_seconds": max(first - each, 0.0),
        "peak_mib": peak_mib(),
    }
    if isinstance(found, np.ndarray):
        # The same work: as far from the images as allowed, and as many broken.
        result["largest_move"] = float(np.abs(found - problem["images"]).max())
        logits = keras_model(problem)(found, training=False)
        result["num_broken"] = int((np.argmax(logits, axis=1) != problem["labels"]).sum())
    with open(result_path, "w") as file:
        json.dump(result, file)


if __name__ == "__main__":
    main()
