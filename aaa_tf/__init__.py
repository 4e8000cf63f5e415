"""A robust front end for image classifiers that nobody retrains.

AAA, adversarially-trained autoencoder augmentation (Vaishnavi et al. 2020), in TensorFlow and
Keras. Where to find what:

    corruptions   CIFAR-10-C's corruptions, made offline
    data          images and labels from a name or a path
    models        the autoencoder G, the classifiers F, their composition F(G(x))
    attacks       the adversary: PGD through the whole pipeline
    training      the step of equation 3, and the loop around it
    evaluation    clean and robust accuracy, tables, pictures
    serving       the pipeline as a SavedModel for TensorFlow Serving
    experiments   the main job, from a frozen classifier to a defended SavedModel
    cli           the commands in bin/
    config, presets, errors, files, seeds, losses, sharding, and others beside them: what all use

The names below are the public interface; they import TensorFlow when first used.
"""

import importlib
import os

# With one thread, which is what TensorFlow takes on one processor, a graph that calls Python that
# calls a graph (HopSkipJump, a user's function) would wait for itself for ever.
if hasattr(os, "sched_getaffinity") and len(os.sched_getaffinity(0)) == 1:
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "2")

__version__ = "0.1.0"

_HOMES = {
    "AAAConfig": "config",
    "APGD": "attacks.apgd",
    "Attack": "attacks.attack",
    "ClassifierConfig": "config",
    "Column": "evaluation.suites",
    "Dataset": "data",
    "EvalConfig": "config",
    "Found": "attacks.attack",
    "InputError": "errors",
    "LoadLimits": "models.isolation",
    "PGD": "attacks.pgd",
    "Split": "data",
    "Square": "attacks.square",
    "Target": "evaluation.target",
    "Transfer": "attacks.transfer",
    "attack_from_function": "attacks.from_function",
    "build_autoencoder": "models.autoencoders",
    "build_classifier": "models.classifiers",
    "build_defended_model": "models.defended",
    "compare_reports": "evaluation.comparison",
    "evaluate_robustness": "evaluation.robustness",
    "export_pipeline": "serving.export",
    "format_comparison": "evaluation.comparison_text",
    "freeze_keras": "models.frozen",
    "load_autoencoder": "models.loading",
    "load_classifier": "models.loading",
    "load_dataset": "data",
    "load_pretrained": "models.pretrained",
    "make_attack": "attacks.by_name",
    "make_bare_target": "evaluation.target",
    "make_bpda": "attacks.transfer",
    "make_dataset": "data",
    "make_defended_logits_fn": "models.defended",
    "make_defended_target": "evaluation.target",
    "preset_values": "presets",
    "run_attacks": "attacks.runner",
    "run_checks": "evaluation.checks",
    "run_evaluation": "experiments.evaluation_job",
    "train_autoencoder": "training.runs",
    "train_classifier": "training.runs",
}
__all__ = sorted(_HOMES)


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module 'aaa_tf' has no attribute '{name}'")
    return getattr(importlib.import_module(f"aaa_tf.{_HOMES[name]}"), name)
