"""The models of an experiment, found where an earlier call has trained them, else trained.

    models = PaperModels(dataset, part, BUDGETS["cpu"], runs_dir="runs/reproduce", log=print)
    target = models.target(part.rows[0], seed=0)

Classifiers are in runs_dir/classifiers, autoencoders in runs_dir/<data>_<loss>_<natives>_<budget>;
experiments that need the same model share it. An interrupted training goes on from its checkpoint.
"""

import functools
import os

import keras

from aaa_tf.config import AAAConfig, ClassifierConfig
from aaa_tf.evaluation.target import Target, make_bare_target, make_defended_target
from aaa_tf.experiments.main_job import classifier_run_dir
from aaa_tf.experiments.paper import ADVERSARIAL_TRAINING
from aaa_tf.models.frozen import FrozenClassifier, freeze_keras
from aaa_tf.training import runs


class PaperModels:
    """Classifiers and autoencoders of one part of an experiment; each is loaded once.

    Attributes:
        classifier: letter -> naturally trained FrozenClassifier.
        adversarial: letter, seed -> adversarially trained FrozenClassifier.
        autoencoder: loss, seed -> Keras model trained before the natural natives of the part.
        trainings: what the autoencoders cost so far; see `training.runs.summarize_training`.
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
        self._dataset, self._part, self._budget = dataset, part, budget
        self._runs_dir, self._log = runs_dir, log
        self.trainings = []
        self.classifier = functools.cache(lambda letter: self._obtain(letter, False, 0))
        self.adversarial = functools.cache(lambda letter, seed: self._obtain(letter, True, seed))
        self.autoencoder = functools.cache(self._obtain_autoencoder)

    def target(self, row, seed: int) -> Target:
        """What a row of the experiment evaluates.

        Args:
            row: paper.Row.
            seed: of the training of its defence. Natural classifiers are always those of seed 0.
        """
        named = {"role": row.role, "defence": row.defence, "name": row.classifier}
        if row.defence == ADVERSARIAL_TRAINING:
            return make_bare_target(self.adversarial(row.classifier, seed), **named)
        classifier = self.classifier(row.classifier)
        if not row.loss:
            return make_bare_target(classifier, **named)
        return make_defended_target(classifier, self.autoencoder(row.loss, seed), **named)

    def _obtain(self, letter, is_adversarial, seed) -> FrozenClassifier:
        kind = "adversarial" if is_adversarial else "classifier"
        values = self._budget.training_values(self._part.dataset, kind)
        config = ClassifierConfig(
            **values
            | {
                "dataset": self._dataset.name,
                "model": self._budget.model_name(letter),
                "seed": seed,
            }
        )
        run_dir = classifier_run_dir(
            os.path.join(self._runs_dir, "classifiers"),
            self._dataset.name,
            letter,
            self._budget.name,
            is_adversarial,
        )
        run_dir += f"_seed{seed}" if seed else ""
        self._log(f"{kind} {letter}: {run_dir}")
        model = runs.train_classifier(self._dataset, config, run_dir=run_dir)
        return freeze_keras(letter, model)

    def _obtain_autoencoder(self, loss, seed) -> keras.Model:
        natives = [self.classifier(letter) for letter in self._part.natives]
        config = AAAConfig(
            **self._budget.training_values(self._part.dataset, "aaa")
            | {
                "dataset": self._dataset.name,
                "native": tuple(self._budget.model_name(n) for n in self._part.natives),
                "loss": loss,
                "seed": seed,
            }
        )
        letters = "".join(self._part.natives)
        run_dir = os.path.join(
            self._runs_dir, f"{self._dataset.name}_{loss}_{letters}_{self._budget.name}"
        )
        run_dir += f"_seed{seed}" if seed else ""
        self._log(f"autoencoder {loss} before {', '.join(self._part.natives)}: {run_dir}")
        autoencoder = runs.train_autoencoder(self._dataset, natives, config, run_dir=run_dir)
        named = {"loss": loss, "natives": list(self._part.natives), "seed": seed}
        self.trainings.append(named | runs.summarize_training(run_dir))
        return autoencoder
