"""Rows that earlier results have measured already, of this experiment or of another one.

    reused = ReusedRows(["results/table4_cpu"], part, budget, dataset, runs, count_correct)
    found = reused.find(part.rows[0], seed=0)           # (report of that row, training), or None

Run directories stay on the machine that trained; results are kept for good. So a table can be
filled by several machines, and adversarial training of A, which two tables have, be measured once.
A row is taken over only if it was measured on the same data within the same budget, its defence
trained by the same recipe before the same classifiers, and each of these classifiers was as often
right undefended as the one at hand; in doubt it is measured again.
"""

import json
import pathlib

from aaa_tf.errors import InputError
from aaa_tf.evaluation.report_schema import load_report
from aaa_tf.experiments.paper import ADVERSARIAL_TRAINING, DENOISER
from aaa_tf.experiments.paper_figures import column_key
from aaa_tf.experiments.paper_runs import describe_recipe


class ReusedRows:
    """What may be taken over for one part of an experiment."""

    def __init__(self, folders, part, budget, dataset, runs, count_correct):
        """Reads the results, but no report yet.

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
        self._part, self._runs, self._count_correct = part, runs, count_correct
        self._wanted = {"published_dataset": part.dataset, "dataset": dataset.name}
        self._sources = [
            (folder, found)
            for folder in map(pathlib.Path, folders)
            for found in self._parts_of(folder, budget)
        ]

    def find(self, row, seed: int):
        """(report that has this row alone, its training or None); None if there is nothing to take.

        Args:
            row: paper.Row of the part.
            seed: of the training of its defence.
        """
        if self._part.corruptions:
            return None
        for folder, source in self._sources:
            path = folder / (source["name"] + (f"_seed{seed}" if seed else "") + ".json")
            if not path.exists():
                continue
            report = load_report(path)
            rows = {(r["classifier"], r["defence"]): r for r in report["rows"]}
            measured = rows.get((row.classifier, row.defence))
            kept = measured and self._keep_columns(row, measured)
            training = self._find_training(row, seed, source["trainings"])
            is_trained_alike = training or not self._config(row, seed)
            if kept and is_trained_alike and self._has_same_classifiers(row, rows):
                return report | {"rows": [kept | {"role": row.role}]}, training
        return None

    def _parts_of(self, folder, budget):
        path = folder / "results.json"
        if not path.exists():
            raise InputError(f"{folder} holds no results.json to take rows from")
        try:
            results = json.loads(path.read_text())
            if results["budget"] != budget.name:
                return []
            return [p for p in results["parts"] if self._wanted.items() <= p.items()]
        except (ValueError, KeyError, AttributeError) as error:
            raise InputError(f"{path} is damaged; take another folder") from error

    def _keep_columns(self, row, measured):
        """The measured row without columns that are not asked for; None if one is missing."""
        wanted = {*(row.columns or self._part.columns), *row.also}
        columns = [c for c in measured["columns"] if column_key(c["name"]) in wanted]
        has_all = {column_key(c["name"]) for c in columns} == wanted
        return measured | {"columns": columns} if has_all else None

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
        return next((t for t in trainings if wanted.items() <= t.items()), None)

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
