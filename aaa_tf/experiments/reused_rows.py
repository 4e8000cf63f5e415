"""Rows that earlier results have measured already, of this experiment or of another one.

    reused = ReusedRows(["results/table4_cpu"], part, budget, dataset, runs, count_correct)
    found = reused.find(part.rows[0], seed=0)           # (report of that row, training), or None

Run directories stay on the machine that trained; results are kept for good. So a table can be
filled by several machines, and adversarial training of A, which two tables have, be measured once.
A row is taken over only if it was measured on the same data by the same attacks, its defence
trained by the same configuration before the same classifiers, and each of these classifiers was as
often right undefended as the one at hand. Results of before configurations were kept tell the
recipe in words and the number of updates alone, and go by them.
"""

import json
import pathlib

from aaa_tf.config import to_dict
from aaa_tf.errors import InputError
from aaa_tf.evaluation.report_schema import load_report
from aaa_tf.experiments.budgets import describe_attacks
from aaa_tf.experiments.paper import ADVERSARIAL_TRAINING, COLUMNS, DENOISER, THRESHOLD
from aaa_tf.experiments.paper_figures import column_key
from aaa_tf.experiments.paper_runs import describe_recipe
from aaa_tf.experiments.row_reports import only_row

_OWN = "attacks made for a threshold"
_NEEDED = ("name", "trainings", "dataset", "published_dataset")


class ReusedRows:
    """What may be taken over for one part of an experiment."""

    def __init__(self, folders, part, budget, dataset, runs, count_correct):
        """Reads the results and their reports, which the same call may then replace.

        Args:
            folders: of earlier results, as `reproduce` writes them.
            part: paper.Part.
            budget: Budget.
            dataset: Dataset that is measured.
            runs: PaperRuns of the part.
            count_correct: letter -> how many of the budget's test images the natural classifier at
                hand gets right; called only where the answer decides.

        Raises:
            InputError: if a folder holds no results, or damaged ones.
        """
        self._part, self._budget, self._runs = part, budget, runs
        self._count_correct = count_correct
        self._wanted = {"published_dataset": part.dataset, "dataset": dataset.name}
        self._num_available = len(dataset.test)
        self._sources = [
            (source["trainings"], _read_reports(folder, source["name"]))
            for folder in map(pathlib.Path, folders)
            for source in self._parts_of(folder, budget)
        ]

    def find(self, row, seed: int):
        """(report that has this row alone, its training or None); None if there is nothing to take.

        Args:
            row: paper.Row of the part.
            seed: of the training of its defence.
        """
        if self._part.corruptions:
            return None
        for trainings, reports in self._sources:
            rows = {s: {_name(r): r for r in report["rows"]} for s, report in reports.items()}
            measured = rows.get(seed, {}).get((row.classifier, row.defence))
            if measured is None or not self._is_of_these_images(reports[seed], measured):
                continue
            kept = self._keep_columns(row, reports[seed], measured)
            training = self._find_training(row, seed, trainings)
            is_trained_alike = training or not self._config(row, seed)
            # Natural classifiers are always those of seed 0.
            if kept and is_trained_alike and self._has_same_classifiers(row, rows.get(0, {})):
                return only_row(reports[seed], kept | {"role": row.role}), training
        return None

    def _is_of_these_images(self, report, measured):
        num_examples = min(self._budget.num_examples or self._num_available, self._num_available)
        counts = report["num_available"], measured["num_examples"]
        return counts == (self._num_available, num_examples)

    def _parts_of(self, folder, budget):
        path = folder / "results.json"
        if not path.exists():
            raise InputError(f"{folder} holds no results.json to take rows from")
        try:
            results = json.loads(path.read_text())
            if results["budget"] != budget.name:
                return []
            parts = [{key: part[key] for key in _NEEDED} for part in results["parts"]]
            return [part for part in parts if self._wanted.items() <= part.items()]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{path} is damaged; take another folder") from error

    def _keep_columns(self, row, report, measured):
        """The measured row without columns of other tables; None if one is missing or another."""
        wanted = {*(row.columns or self._part.columns), *row.also}
        told = {column["name"]: column for column in report["protocol"]["columns"]}
        expected = describe_attacks(self._part, row, self._budget)
        columns, found = [], set()
        for column in measured["columns"]:
            key = column_key(column["name"])
            if column["adversary"] == "adaptive" and key in COLUMNS:
                if key not in wanted or not _is_alike(expected[key], told[column["name"]]):
                    continue
                found.add(key)
            columns.append(column)
        has_own = row.defence != THRESHOLD or any(c["name"] == _OWN for c in columns)
        return measured | {"columns": columns} if found == wanted and has_own else None

    def _config(self, row, seed):
        """The configuration of the training of a row's defence; None where nothing is trained."""
        if row.defence == ADVERSARIAL_TRAINING:
            return self._runs.classifier(row.classifier, is_adversarial=True, seed=seed)[1]
        if row.defence == DENOISER:
            return self._runs.denoiser(row.classifier)[1]
        return self._runs.autoencoder(row.loss, seed)[1] if row.loss else None

    def _find_training(self, row, seed, trainings):
        """The entry of the training that a row of this part would have; None without."""
        config = self._config(row, seed)
        if config is None:
            return None
        wanted = {
            "defence": row.defence,
            "classifiers": self._trained_before(row),
            "seed": seed,
            "recipe": describe_recipe(config),
            "train_steps": config.train_steps,
        }
        # Results of before the whole configuration was kept tell the recipe alone.
        whole = to_dict(config)
        alike = (t for t in trainings if wanted.items() <= t.items())
        return next((t for t in alike if t.get("config", whole) == whole), None)

    def _trained_before(self, row):
        if row.defence == ADVERSARIAL_TRAINING:
            return [row.classifier]
        return list(self._part.natives) if row.loss else []

    def _has_same_classifiers(self, row, rows):
        """Whether the natural classifiers of a row are as often right as those at hand."""
        if row.defence == ADVERSARIAL_TRAINING:
            return True
        letters = {row.classifier, *(self._part.natives if row.loss else ())}
        # A native without a row of its own (MNIST's B in table 4) cannot be compared.
        undefended = {name: rows[name, "none"] for name in letters if (name, "none") in rows}
        return row.classifier in undefended and all(
            found["num_correct"] == self._count_correct(name) for name, found in undefended.items()
        )


def _name(row):
    return row["classifier"], row["defence"]


def _read_reports(folder, part):
    """Training seed -> report of a part, whose rows have what is read here."""
    paths = {0: folder / f"{part}.json"}
    for path in folder.glob(f"{part}_seed*.json"):
        paths[int(path.stem.rpartition("_seed")[2])] = path
    reports = {seed: load_report(path) for seed, path in paths.items() if path.exists()}
    for seed, report in reports.items():
        if not all("num_correct" in row for row in report["rows"]):
            raise InputError(f"{paths[seed]} has a row without num_correct; take another folder")
    return reports


def _is_alike(attacks, told):
    """Whether the attacks that a report tells of have the values of these, as far as it tells."""
    return len(attacks) == len(told["attacks"]) and all(
        theirs.get(key, value) == value
        for ours, theirs in zip(attacks, told["attacks"], strict=True)
        for key, value in ours.items()
    )
