"""The paper's experiments as data: one JSON file each in `paper/`, read into frozen dataclasses.

    experiment = load_experiment("table4")
    experiment.parts[0].rows[0].published["PGD"]        # percent, as printed in the paper

A file says which classifiers the autoencoder is trained before, which rows the table has, which
attacks its columns are, what was published where, and what the paper states without a number. How
much is spent on it is no part of the experiment: see `budgets`.

Reference: Vaishnavi et al. 2020, tables 2 to 5, figure 1, supplement.
"""

import dataclasses
import json
import pathlib

from aaa_tf.config_checks import LOSSES
from aaa_tf.errors import require_known

_FOLDER = pathlib.Path(__file__).parent / "paper"
NAMES = tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))
CLEAN = "clean"
ADVERSARIAL_TRAINING = "adversarial training"
# What a sceptic puts beside AAA, in no table of the paper; see `baselines`.
THRESHOLD, DENOISER = "threshold at 0.5", "denoising autoencoder"
_AAA = "AAA "
COLUMNS = ("PGD", "CW-L2", "APGD-L2", "AutoAttack", "PGD-mse", "PGD-mse+xent", "latent")


@dataclasses.dataclass(frozen=True)
class Row:
    """A classifier with what protects it.

    Attributes:
        classifier: the paper's letter, or a plain name.
        role: "native" or "transfer".
        defence: "none", "adversarial training", "AAA " and the loss of the autoencoder, or one of
            the sceptic's: `THRESHOLD` (with attacks of its own) or `DENOISER`.
        source: where the paper prints its figures.
        published: column -> percent; empty where the paper gives no number.
        columns: attacks in place of the part's; () takes those.
        also: columns of ours on this row alone, because they are dear; of `COLUMNS`.
    """

    classifier: str
    role: str
    defence: str
    source: str
    published: dict
    columns: tuple = ()
    also: tuple = ()

    def __post_init__(self):
        require_known("role", self.role, ("native", "transfer"))
        known = (
            "none",
            THRESHOLD,
            DENOISER,
            ADVERSARIAL_TRAINING,
            *(_AAA + loss for loss in LOSSES),
        )
        require_known("defence", self.defence, known)

    @property
    def name(self) -> str:
        """Classifier and defence, such as "C AAA xent_mse"."""
        return f"{self.classifier} {self.defence}"

    @property
    def loss(self) -> str:
        """Loss of the autoencoder before this classifier; "" where there is none."""
        return self.defence.removeprefix(_AAA) if self.defence.startswith(_AAA) else ""

    @property
    def is_trained_for_it(self) -> bool:
        """Whether the defence comes from a training that draws from a seed of its own."""
        return self.defence == ADVERSARIAL_TRAINING or bool(self.loss)


@dataclasses.dataclass(frozen=True)
class Part:
    """Rows on one data set that share natives and columns.

    Attributes:
        name: what files and headings call it.
        dataset: the paper's data set.
        natives: classifiers that every autoencoder of this part is trained before.
        columns: attacks, of `COLUMNS`; empty for none.
        corruptions: whether every row is measured on generated corruptions.
        reconstructions: losses whose autoencoders' outputs are shown.
        protocol: how the paper attacked, and what here is ours, a line each.
        statements: what the paper says without a number, and what it leaves open.
        rows: the Rows.
    """

    name: str
    dataset: str
    natives: tuple
    columns: tuple
    corruptions: bool
    reconstructions: tuple
    protocol: tuple
    statements: tuple
    rows: tuple

    def num_seeds(self, row, seeds: int) -> int:
        """How many of `seeds` trainings a row's defence has: all of them in the headline, else one.

        The headline is the rows with dear columns of their own, or every row where none has any.
        """
        headline = [row for row in self.rows if row.also] or self.rows
        return seeds if row in headline and row.is_trained_for_it else 1


@dataclasses.dataclass(frozen=True)
class Experiment:
    """A table or figure of the paper: its name here, a title, its source, and its Parts."""

    name: str
    title: str
    source: str
    parts: tuple


def load_experiment(name: str) -> Experiment:
    """Reads one of `NAMES`.

    Raises:
        InputError: for an unknown name.
    """
    require_known("experiment", name, NAMES)
    content = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    parts = tuple(_read_part(part) for part in content["parts"])
    return Experiment(name, content["title"], content["source"], parts)


def _read_part(part):
    values = {key: tuple(v) if isinstance(v, list) else v for key, v in part.items()}
    rows = tuple(_read_row(row) for row in part["rows"])
    of_rows = (column for row in rows for column in (*row.columns, *row.also))
    for column in (*values["columns"], *of_rows):
        require_known("column", column, COLUMNS)
    return Part(**values | {"rows": rows})


def _read_row(row):
    return Row(
        **{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    )
