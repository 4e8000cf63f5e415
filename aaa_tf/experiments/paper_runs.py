"""Which trainings a row of an experiment needs, how each is configured, and where it keeps its run.

    runs = PaperRuns(dataset, part, BUDGETS["cpu"], runs_dir="runs/reproduce")
    run_dir, config = runs.autoencoder("xent_mse", seed=0)

Classifiers are in runs_dir/classifiers, autoencoders in runs_dir/<data>_<loss>_<natives>_<budget>;
experiments that need the same model share it.
"""

import os

from aaa_tf.config import AAAConfig, ClassifierConfig
from aaa_tf.experiments.baselines import make_denoiser_config
from aaa_tf.experiments.job_classifiers import classifier_run_dir
from aaa_tf.experiments.paper import ADVERSARIAL_TRAINING, DENOISER
from aaa_tf.training.run_directory import require_same_run


class PaperRuns:
    """Run directories and configurations of one part of an experiment."""

    def __init__(self, dataset, part, budget, *, runs_dir):
        """Takes a Dataset to train on, a paper.Part, a Budget and the folder of all trainings."""
        self._dataset, self._part, self._budget = dataset, part, budget
        self._runs_dir = runs_dir

    def classifier(self, letter: str, *, is_adversarial: bool, seed: int):
        """(run directory, ClassifierConfig) of a natural or an adversarial training."""
        kind = "adversarial" if is_adversarial else "classifier"
        values = self._budget.training_values(self._part.dataset, kind, letter)
        own = {"model": self._budget.model_name(letter), "seed": seed}
        config = ClassifierConfig(**values | own | {"dataset": self._dataset.name})
        folder = os.path.join(self._runs_dir, "classifiers")
        name, budget = self._dataset.name, self._budget.name
        run_dir = classifier_run_dir(folder, name, letter, budget, is_adversarial)
        return run_dir + _suffix(seed), config

    def autoencoder(self, loss: str, seed: int):
        """(run directory, AAAConfig) of an autoencoder before the natives of the part."""
        natives = tuple(self._budget.model_name(letter) for letter in self._part.natives)
        values = self._budget.training_values(self._part.dataset, "aaa")
        own = {"native": natives, "loss": loss, "seed": seed}
        config = AAAConfig(**values | own | {"dataset": self._dataset.name})
        letters = "".join(self._part.natives)
        name = f"{self._dataset.name}_{loss}_{letters}_{self._budget.name}"
        return os.path.join(self._runs_dir, name) + _suffix(seed), config

    def denoiser(self, letter: str):
        """(run directory, AAAConfig) of the sceptic's denoising autoencoder before a classifier."""
        values = self._budget.training_values(self._part.dataset, "aaa")
        values |= {"dataset": self._dataset.name}
        config = make_denoiser_config(values, self._budget.model_name(letter))
        name = f"{self._dataset.name}_denoiser_{letter}_{self._budget.name}"
        return os.path.join(self._runs_dir, name), config

    def needed(self, seeds: int) -> dict:
        """Run directory -> configuration of all trainings of the part, naturals of seed 0."""
        natural = [*self._part.natives, *(row.classifier for row in self._part.rows)]
        found = [self.classifier(x, is_adversarial=False, seed=0) for x in dict.fromkeys(natural)]
        for row in self._part.rows:
            for seed in range(self._part.num_seeds(row, seeds)):
                if row.defence == ADVERSARIAL_TRAINING:
                    found.append(self.classifier(row.classifier, is_adversarial=True, seed=seed))
                elif row.defence == DENOISER:
                    found.append(self.denoiser(row.classifier))
                elif row.loss:
                    found.append(self.autoencoder(row.loss, seed))
        found += [self.autoencoder(loss, 0) for loss in self._part.reconstructions]
        return dict(found)

    def require_same(self, seeds: int) -> None:
        """Raises InputError if the folder of a training holds one of another configuration."""
        for run_dir, config in self.needed(seeds).items():
            require_same_run(run_dir, config)


def _suffix(seed):
    return f"_seed{seed}" if seed else ""


def describe_recipe(config) -> str:
    """How a defence was trained, in one line: "PGD-3, step 0.25, averaged weights"."""
    is_attacked = config.first_attacked_step < config.train_steps
    attack = [f"PGD-{config.num_steps}", f"step {config.step_size:.3g}"]
    parts = attack if is_attacked else ["uniform noise, no attack"]
    parts += ["averaged weights"] if config.ema_momentum else []
    parts += [f"shifts up to {config.max_shift} px"] if config.max_shift else []
    parts += ["mirror images"] if config.random_flip else []
    return ", ".join(parts)
