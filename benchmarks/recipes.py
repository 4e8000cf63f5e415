"""Robust accuracy against cost for every cheap recipe of training, on MNIST before Madry's network.

    .venv/bin/python benchmarks/recipes.py --minutes 10 20
    .venv/bin/python benchmarks/recipes.py --gradients 2000000 --recipes fgsm free8 --output runs/g

Each recipe trains an autoencoder before the same frozen classifier for each budget: so many
updates as fit it, planned from the time of an update or from its gradients. Then come PGD-100 with
two restarts and, on what survives, APGD and Square. results.md and results.png in --output grow
with every finished run. Stopped at any time, the same command goes on; minutes are training alone,
validation included.
"""

import argparse
import bisect
import dataclasses
import json
import os
import pathlib
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
from recipes_results import draw, format_table

from aaa_tf import files
from aaa_tf.config import AAAConfig, ClassifierConfig, EvalConfig, to_dict
from aaa_tf.data import load_dataset
from aaa_tf.errors import InputError
from aaa_tf.evaluation.robustness import evaluate_robustness
from aaa_tf.evaluation.target import make_defended_target
from aaa_tf.models import autoencoders, precision
from aaa_tf.models.defended import make_defended_logits_fn
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.models.loading import load_classifier
from aaa_tf.presets import preset_values
from aaa_tf.provenance import describe_environment
from aaa_tf.training import aaa, adversary, curriculum, loop, runs, validation

# Field values of each recipe; lengths of steps in units of eps.
RECIPES = {
    "pgd40": {"num_steps": 40, "step_size": 1 / 30},  # the paper's, section 4
    "pgd7": {"num_steps": 7, "step_size": 1 / 3},
    "pgd3": {"num_steps": 3, "step_size": 5 / 6},
    "pgd2": {"num_steps": 2, "step_size": 1.0},
    "fgsm": {"num_steps": 1, "step_size": 1.25},  # Wong et al. 2020
    "free8": {"num_steps": 1, "step_size": 1.0, "free_replays": 8},  # Shafahi et al. 2019
    "curriculum": {"num_steps": 7, "step_size": 1 / 3, "step_curriculum": (3, 7, 20, 40)},
    "trades7": {"num_steps": 7, "step_size": 1 / 3, "loss": "trades_mse"},  # Zhang et al. 2019
}
MAX_STEPS = 200_000


def make_config(recipe, train_steps, arguments):
    """The configuration of one run; warm-up and ramp as in the preset, for its length."""
    preset = "smoke" if arguments.smoke else "cpu"
    values = preset_values(arguments.dataset, preset, "aaa")
    recipe_values = RECIPES[recipe] | {"step_size": RECIPES[recipe]["step_size"] * values["eps"]}
    return AAAConfig(**values | recipe_values | {
        "dataset": arguments.dataset,
        "native": ("A",),
        "train_steps": train_steps,
        "warmup_steps": min(200, train_steps // 10),
        "ramp_steps": train_steps // 15,
        # A recipe is its attack alone.
        "ema_momentum": 0.0,
        "max_shift": 0,
    })  # fmt: skip


def obtain_native(dataset, arguments):
    """Madry's network, trained naturally: the file given, or one trained here or found trained."""
    if arguments.classifier:
        given = load_classifier(arguments.classifier, image_shape=dataset.image_shape)
        return dataclasses.replace(given, name="A")
    preset = "smoke" if arguments.smoke else "cpu"
    values = preset_values(dataset.name, preset, "classifier")
    config = ClassifierConfig(**values | {"dataset": dataset.name, "model": "A"})
    model = runs.train_classifier(dataset, config, run_dir=arguments.output / "classifier")
    return freeze_keras("A", model)


def plan_train_steps(recipe, budget, dataset, native, arguments):
    """The number of updates that a budget of (number, "minutes" or "gradients") pays for."""
    number, unit = budget
    if unit == "gradients":
        lengths = range(1, MAX_STEPS)

        def cost(train_steps):
            return planned_gradients(make_config(recipe, train_steps, arguments))

        return max(1, bisect.bisect_right(lengths, number, key=cost))
    probe = dataclasses.replace(make_config(recipe, 1000, arguments), warmup_steps=0, ramp_steps=0)
    return max(1, int(60 * number / seconds_per_update(dataset, native, probe)))


def planned_gradients(config):
    """Example gradients of a whole run without fall-backs."""
    num_steps = curriculum.planned_num_steps(np.arange(config.train_steps), config)
    strength = adversary.Strength(config.eps, config.step_size, num_steps)
    labels = tf.zeros(config.batch_size, tf.int32)
    cost = adversary.measure_cost(labels, strength, config, aaa.gradients_per_update(config))
    return int(np.sum(cost["num_gradients"].numpy().astype(np.int64)))


def seconds_per_update(dataset, native, config):
    """Measured here and now: the mean over a curriculum, and validation's share."""
    arithmetic = precision.resolve_precision(config.precision)
    initial = autoencoders.build_autoencoder(
        config.autoencoder, image_shape=dataset.image_shape, seed=0
    )
    autoencoder = precision.copy_with_precision(initial, arithmetic)
    optimizer = loop.build_optimizer(config)
    optimizer.build(autoencoder.trainable_variables)
    step_fn = aaa.make_aaa_step(
        autoencoder, native.copy_in_precision(arithmetic), optimizer, config
    )
    compiled = loop.compile_step(step_fn, tf.distribute.get_strategy())
    rows = slice(0, config.batch_size)
    batch = (
        tf.constant(dataset.train.images[rows]),
        tf.constant(dataset.train.labels[rows]),
        tf.range(config.batch_size, dtype=tf.int64),
    )
    num_parts = max(1, len(config.step_curriculum))
    middles = [(2 * i + 1) * config.train_steps // (2 * num_parts) for i in range(num_parts)]
    updates = [
        median_seconds(
            lambda step=step: float(compiled(batch, tf.constant(step, tf.int64))["loss"])
        )
        for step in middles
    ]
    pipeline = make_defended_logits_fn(initial, native.logits_fn)
    objective = validation.make_aaa_objective(initial, config)
    validate = validation.make_validation(dataset.validation, objective, [pipeline], config)
    steps_per_epoch = config.steps_per_epoch or len(dataset.train) // config.batch_size
    return np.mean(updates) + median_seconds(validate, repeats=1) / steps_per_epoch


def median_seconds(call, repeats=7):
    """Median of some calls, after one that traces."""
    seconds = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds[1:]))


def run_one(recipe, budget, dataset, native, arguments):
    """Trains and evaluates one recipe on one budget, or reads what an earlier call has done."""
    folder = arguments.output / f"{recipe}_{budget[0]:g}_{budget[1]}"
    result_file = folder / f"result_{arguments.num_examples}.json"
    plan_file = folder / "plan.json"
    if not plan_file.exists():
        train_steps = plan_train_steps(recipe, budget, dataset, native, arguments)
        plan = {"train_steps": train_steps, "classifier": native.fingerprint()}
        files.write_json(plan_file, plan)
    plan = json.loads(plan_file.read_text())
    if plan["classifier"] != native.fingerprint():
        raise InputError(f"{folder} was begun with another classifier; choose another --output")
    train_steps = plan["train_steps"]
    if result_file.exists():
        return json.loads(result_file.read_text())
    config = make_config(recipe, train_steps, arguments)
    print(f"{recipe}, {budget[0]:g} {budget[1]}: {train_steps} updates", flush=True)
    autoencoder = runs.train_autoencoder(dataset, [native], config, run_dir=folder / "run")
    summary = runs.summarize_training(folder / "run")
    accuracies = evaluate(autoencoder, native, dataset, config, folder / "evaluation", arguments)
    result = {
        "recipe": recipe,
        "budget": f"{budget[0]:g} {budget[1]}",
        **summary,
        **accuracies,
        "classifier": plan["classifier"],
        "config": to_dict(config),
        "environment": describe_environment(),
    }
    files.write_json(result_file, result)
    return result


def evaluate(autoencoder, native, dataset, config, folder, arguments):
    """Accuracies on test images: clean, after PGD, and after APGD and Square on its survivors."""
    eval_config = EvalConfig(
        attacks=("pgd", "apgd_ce", "square"),
        eps=config.eps,
        step_size=config.eps / (5 if arguments.smoke else 30),
        num_steps=5 if arguments.smoke else 100,
        num_restarts=2,
        num_examples=arguments.num_examples,
    )
    # Without the bare classifier there is no column of the oblivious adversary.
    target = dataclasses.replace(make_defended_target(native, autoencoder), bare_logits_fn=None)
    folder.mkdir(parents=True, exist_ok=True)
    result = evaluate_robustness(
        target,
        dataset.test,
        eval_config,
        folder=folder,
        report=lambda line: print(line, flush=True),
    )
    after_pgd = next(iter(result.columns[0].attacked.num_robust.values()))[-1]
    return {
        "num_examples": result.num_examples,
        "clean_accuracy": result.clean_accuracy,
        "pgd_accuracy": after_pgd / result.num_examples,
        "robust_accuracy": result.robust_accuracy,
    }


def parse_arguments(argv):
    """The command line; --smoke takes digits, a tiny preset and weak attacks, and shows nothing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("runs/recipes"))
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=list(RECIPES))
    budgets = parser.add_mutually_exclusive_group(required=True)
    budgets.add_argument("--minutes", nargs="+", type=float, help="of training, for each recipe")
    budgets.add_argument("--gradients", nargs="+", type=float, help="gradient evaluations")
    parser.add_argument("--classifier", help="trained .keras file (default: trained in --output)")
    parser.add_argument("--num_examples", type=int, default=1000, help="test images")
    parser.add_argument("--smoke", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    arguments.dataset = "digits" if arguments.smoke else "mnist"
    arguments.budgets = [(n, "minutes") for n in arguments.minutes or ()]
    arguments.budgets += [(n, "gradients") for n in arguments.gradients or ()]
    return arguments


def main(argv=None):
    """Runs every recipe on every budget; writes table and plot after each."""
    arguments = parse_arguments(argv)
    dataset = load_dataset(arguments.dataset)
    native = obtain_native(dataset, arguments)
    results = []
    for budget in arguments.budgets:
        for recipe in arguments.recipes:
            results.append(run_one(recipe, budget, dataset, native, arguments))
            files.write_text(arguments.output / "results.md", format_table(results))
            draw(results, arguments.output / "results.png", has_references=not arguments.smoke)
    print(format_table(results))


if __name__ == "__main__":
    main()
