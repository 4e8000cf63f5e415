"""What may be spent on an experiment of the paper: `BUDGETS["cpu"]`.

paper   the full protocol: every restart, all test images, the training of the preset `paper`
cpu     hours on two cores: the preset `cpu`; PGD with 5 restarts on the first 1,000 test images
smoke   minutes: six updates, attacks of two steps, embedded digits in place of the data unless a
        folder of data is named; it shows that everything runs, and no figure means anything

    config = make_eval_config(part, BUDGETS["cpu"])
    columns = make_extra_columns(part, part.rows[0], BUDGETS["cpu"])

Attacks and their parameters are those of `evaluation.suites` and `presets`.
"""

import dataclasses

from aaa_tf.attacks import autoattack
from aaa_tf.attacks.pgd import PGD
from aaa_tf.config import EvalConfig
from aaa_tf.evaluation import suites
from aaa_tf.experiments.paper_figures import column_key
from aaa_tf.presets import PAPER_SUITES, model_name, paper_protocol, preset_values

_AUTOATTACK = "AutoAttack"
_BATCH_SIZE = 250
_PGD = ("eps", "norm", "step_size", "num_steps", "num_restarts")
_SMOKE_TRAINING = {
    "train_steps": 6,
    "batch_size": 16,
    "steps_per_epoch": 6,
    "checkpoint_every": 6,
    "validation_examples": 16,
}


@dataclasses.dataclass(frozen=True)
class Budget:
    """One of `BUDGETS`.

    Attributes:
        name: also the preset of trainings.
        num_restarts: of PGD; None for the paper's.
        num_examples: first test images that are attacked; 0 for all.
        num_steps: of every attack, and queries; None for the published ones.
        training: fields of a training's configuration in place of the preset's.
        adversarial_steps: classifier -> updates of its adversarial training in place of the
            preset's.
        description: what it is, in one line for readers of a figure.
    """

    name: str
    num_restarts: int | None
    num_examples: int
    num_steps: int | None
    training: dict
    adversarial_steps: dict
    description: str

    @property
    def is_smoke(self) -> bool:
        """Whether figures of it mean nothing."""
        return self.name == "smoke"

    def model_name(self, classifier: str) -> str:
        """The architecture that stands for one of the paper's classifiers."""
        return model_name(classifier, self.name)

    def training_values(self, dataset: str, kind: str, classifier: str = "") -> dict:
        """Fields of a training on the paper's data set `dataset`; see `presets.preset_values`.

        Args:
            dataset: the paper's name of the data set.
            kind: "aaa", "classifier" or "adversarial".
            classifier: the paper's letter of what is trained; "" for an autoencoder.
        """
        steps = self.adversarial_steps.get(classifier, 0) if kind == "adversarial" else 0
        return preset_values(dataset, self.name, kind, train_steps=steps) | self.training


BUDGETS = {
    budget.name: budget
    for budget in (
        Budget("paper", None, 0, None, {}, {}, "the full protocol of the paper"),
        Budget(
            "cpu",
            5,
            1000,
            None,
            {},
            # Small networks, which learn slowly against an attack: still no dearer than one A.
            {"B": 18000, "C": 36000},
            "hours on two cores: shorter training, fewer restarts",
        ),
        Budget(
            "smoke",
            1,
            16,
            2,
            _SMOKE_TRAINING,
            {},
            "six updates, attacks of two steps: measures nothing",
        ),
    )
}


def make_eval_config(part, budget) -> EvalConfig:
    """The evaluation of a part, with PGD as the first column.

    Args:
        part: paper.Part.
        budget: Budget.
    """
    values = paper_protocol(part.dataset)
    if budget.num_restarts:
        values["num_restarts"] = budget.num_restarts
    if budget.num_steps:
        values |= {"num_steps": budget.num_steps, "step_size": values["eps"] / budget.num_steps}
    # The suite adds the attacks on the autoencoder, with the parameters of PGD here.
    suite = "supplement" if "latent" in part.columns else ""
    return EvalConfig(
        **values,
        suite=suite,
        attacks=("pgd",),
        num_examples=budget.num_examples,
        # Batches are padded to this size.
        batch_size=min(budget.num_examples or _BATCH_SIZE, _BATCH_SIZE),
    )


def make_extra_columns(part, row, budget, own=()) -> tuple:
    """Columns of a row beside PGD: those of the paper's suite that it names, and AutoAttack.

    Args:
        part: paper.Part.
        row: paper.Row of it.
        budget: Budget; with its `num_steps` attacks are cut short.
        own: Columns made for its defence, which come last.
    """
    suite = next(name for name, dataset in PAPER_SUITES.items() if dataset == part.dataset)
    columns = [
        column
        for column in suites.paper_columns(suite, seed=0)[1:]
        if column_key(column.name) in (row.columns or part.columns)
    ]
    if _AUTOATTACK in row.also:
        attacks = autoattack.standard(eps=paper_protocol(part.dataset)["eps"])
        columns.append(suites.Column(_AUTOATTACK, tuple(attacks)))
    return tuple(_shorten(column, budget) for column in (*columns, *own))


def describe_attacks(part, row, budget) -> dict:
    """Adaptive columns of a row -> what is said of their attacks before there is a model.

    Of attacks on the autoencoder that is what they share with PGD.

    Args:
        part: paper.Part.
        row: paper.Row of it.
        budget: Budget.
    """
    config = make_eval_config(part, budget)
    shared = {name: getattr(config, name) for name in _PGD} | {"seed": 0}
    attack = suites.describe_attack(PGD(**shared))
    found = {key: [shared] for key in row.columns or part.columns} | {"PGD": [attack]}
    for column in make_extra_columns(part, row, budget):
        found[column_key(column.name)] = [suites.describe_attack(a) for a in column.attacks]
    return found


def _shorten(column, budget):
    if not budget.num_steps:
        return column
    attacks = []
    for attack in column.attacks:
        names = {"num_steps", "num_queries"} & {field.name for field in dataclasses.fields(attack)}
        attacks.append(dataclasses.replace(attack, **dict.fromkeys(names, budget.num_steps)))
    return dataclasses.replace(column, attacks=tuple(attacks))
