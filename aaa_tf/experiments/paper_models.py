"""The models of an experiment, found where an earlier call has trained them, else trained.

    models = PaperModels(dataset, part, BUDGETS["cpu"], runs_dir="runs/reproduce", log=print)
    target = models.target(part.rows[0], seed=0)

An interrupted training goes on from its checkpoint.
"""

import functools

import keras

from aaa_tf.config import to_dict
from aaa_tf.evaluation.robustness import predict
from aaa_tf.evaluation.target import Target, make_bare_target, make_defended_target
from aaa_tf.experiments.baselines import threshold_baseline
from aaa_tf.experiments.budgets import make_eval_config
from aaa_tf.experiments.paper import ADVERSARIAL_TRAINING, DENOISER, THRESHOLD
from aaa_tf.experiments.paper_runs import PaperRuns, describe_recipe
from aaa_tf.models.frozen import FrozenClassifier, freeze_keras
from aaa_tf.training import runs
from aaa_tf.training.run_directory import read_commit


class PaperModels:
    """Classifiers and autoencoders of one part of an experiment; each is loaded once.

    Attributes:
        classifier: letter -> naturally trained FrozenClassifier.
        adversarial: letter, seed -> adversarially trained FrozenClassifier.
        autoencoder: loss, seed -> Keras model trained before the natural natives of the part.
        trainings: how the defences were trained so far and what it cost, as JSON types.
    """

    def __init__(self, dataset, part, budget, *, runs_dir, log):
        """Remembers where things are; trains nothing yet.

        Args:
            dataset: Dataset to train on.
            part: paper.Part.
            budget: Budget.
            runs_dir: folder of all trainings.
            log: called with lines of progress.
        """
        self._dataset, self._part, self._budget, self._log = dataset, part, budget, log
        self._runs = PaperRuns(dataset, part, budget, runs_dir=runs_dir)
        self.trainings = []
        self.classifier = functools.cache(lambda letter: self._obtain(letter, False, 0))
        self.adversarial = functools.cache(lambda letter, seed: self._obtain(letter, True, seed))
        self.autoencoder = functools.cache(self._obtain_autoencoder)
        self._denoiser = functools.cache(self._obtain_denoiser)

    def target(self, row, seed: int) -> tuple:
        """What a row of the experiment evaluates.

        Args:
            row: paper.Row.
            seed: of the training of its defence. Natural classifiers are always those of seed 0.

        Returns:
            (Target, Columns of attacks that are made for its defence).
        """
        if row.defence == THRESHOLD:
            return self._threshold(row)
        return self._target(row, seed), ()

    def record(self, training: dict | None) -> None:
        """Adds a training to `trainings`; of two entries for one, the later. None adds nothing."""
        if not training:
            return
        known = [_identify(other) for other in self.trainings]
        if _identify(training) in known:
            self.trainings[known.index(_identify(training))] = training
        else:
            self.trainings.append(training)

    def count_correct(self, letter: str, split) -> int:
        """How many images of a Split the natural classifier gets right, undefended."""
        batch_size = make_eval_config(self._part, self._budget).batch_size
        predictions = predict(self.classifier(letter).logits_fn, split.images, batch_size)
        return int((predictions == split.labels).sum())

    def _threshold(self, row):
        config = make_eval_config(self._part, self._budget)
        target, column = threshold_baseline(
            self.classifier(row.classifier),
            eps=config.eps,
            num_steps=config.num_steps,
            num_restarts=config.num_restarts,
            role=row.role,
            name=row.classifier,
        )
        return target, (column,)

    def _target(self, row, seed) -> Target:
        named = {"role": row.role, "defence": row.defence, "name": row.classifier}
        if row.defence == ADVERSARIAL_TRAINING:
            return make_bare_target(self.adversarial(row.classifier, seed), **named)
        classifier = self.classifier(row.classifier)
        if row.defence == DENOISER:
            return make_defended_target(classifier, self._denoiser(row.classifier), **named)
        if not row.loss:
            return make_bare_target(classifier, **named)
        return make_defended_target(classifier, self.autoencoder(row.loss, seed), **named)

    def _obtain(self, letter, is_adversarial, seed) -> FrozenClassifier:
        run_dir, config = self._runs.classifier(letter, is_adversarial=is_adversarial, seed=seed)
        self._log(f"{'adversarial' if is_adversarial else 'classifier'} {letter}: {run_dir}")
        model = runs.train_classifier(self._dataset, config, run_dir=run_dir)
        if is_adversarial:
            self._record(ADVERSARIAL_TRAINING, [letter], run_dir, config)
        return freeze_keras(letter, model)

    def _obtain_autoencoder(self, loss, seed) -> keras.Model:
        letters = list(self._part.natives)
        natives = [self.classifier(letter) for letter in letters]
        run_dir, config = self._runs.autoencoder(loss, seed)
        self._log(f"autoencoder {loss} before {', '.join(letters)}: {run_dir}")
        autoencoder = runs.train_autoencoder(self._dataset, natives, config, run_dir=run_dir)
        self._record(f"AAA {loss}", letters, run_dir, config)
        return autoencoder

    def _obtain_denoiser(self, letter) -> keras.Model:
        run_dir, config = self._runs.denoiser(letter)
        self._log(f"denoising autoencoder, trained without attack: {run_dir}")
        natives = [self.classifier(letter)]
        model = runs.train_autoencoder(self._dataset, natives, config, run_dir=run_dir)
        self._record(DENOISER, [], run_dir, config)
        return model

    def _record(self, defence, classifiers, run_dir, config):
        named = {"defence": defence, "classifiers": classifiers, "seed": config.seed}
        recipe = {"recipe": describe_recipe(config), "git_commit": read_commit(run_dir)}
        whole = {"config": to_dict(config)}
        self.record(named | recipe | runs.summarize_training(run_dir) | whole)


def _identify(training):
    return training["defence"], training["classifiers"], training["seed"]
