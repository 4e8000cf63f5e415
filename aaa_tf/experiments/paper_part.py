"""One part of an experiment, row by row: taken over where it can be, else trained and attacked.

PartRun(part, budget, dataset, runs_dir=..., reuse=(), rows=(), log=print).go(seeds, writer)
"""

import dataclasses
import functools
import os

from aaa_tf.experiments.paper import CLEAN
from aaa_tf.experiments.paper_evaluation import evaluate_row
from aaa_tf.experiments.paper_figures import column_key
from aaa_tf.experiments.paper_models import PaperModels
from aaa_tf.experiments.paper_runs import PaperRuns
from aaa_tf.experiments.reconstructions import reconstruct
from aaa_tf.experiments.reused_rows import ReusedRows


class PartRun:
    """Measures the rows of a part."""

    def __init__(self, part, budget, dataset, *, runs_dir, reuse, rows, log):
        """Reads the results to reuse; trains nothing yet. Arguments as for `reproduce`."""
        self._part, self._budget, self._dataset = part, budget, dataset
        self._rows, self._log = rows, log
        self._folder = os.path.join(runs_dir, "evaluations", f"{dataset.name}_{budget.name}")
        self._models = PaperModels(dataset, part, budget, runs_dir=runs_dir, log=log)
        split = dataset.test.first(budget.num_examples)
        self._reused = ReusedRows(
            reuse,
            part,
            budget,
            dataset,
            PaperRuns(dataset, part, budget, runs_dir=runs_dir),
            functools.cache(lambda letter: self._models.count_correct(letter, split)),
        )

    def go(self, seeds, writer):
        """Hands the report of every row to a ResultsWriter, then the pictures of table 3."""
        part, models = self._part, self._models
        writer.trainings[part.name] = models.trainings
        for index, seed, row in order(part, seeds):
            report = self._take_over(row, seed) or self._measure(row, seed)
            if report:
                writer.add_report(part, index, seed, report)
        if part.reconstructions:
            autoencoders = {loss: models.autoencoder(loss, 0) for loss in part.reconstructions}
            num_examples = self._budget.num_examples
            shown = reconstruct(autoencoders, self._dataset.test, num_examples=num_examples)
            writer.add_reconstructions(part, shown)

    def list_reusable(self, seeds) -> set:
        """What `go` would take over, as of `earlier_results.measured`."""
        found = set()
        for _, seed, row in order(self._part, seeds):
            report, _ = self._reused.find(row, seed) or (None, None)
            if report:
                adaptive = (c for c in report["rows"][0]["columns"] if c["adversary"] == "adaptive")
                columns = (CLEAN, *(column_key(column["name"]) for column in adaptive))
                named = (self._part.name, row.classifier, row.defence)
                found |= {(*named, column, seed) for column in columns}
        return found

    def _take_over(self, row, seed):
        """The report of a row in earlier results, or None."""
        report, training = self._reused.find(row, seed) or (None, None)
        if report:
            self._log(f"taking over {row.classifier}, {row.defence}, seed {seed}")
            self._models.record(training)
        return report

    def _measure(self, row, seed):
        """The report of a row, attacked now; None where it is not asked for."""
        if self._rows and row.name not in self._rows:
            return None
        base = None
        # Attacks that a budget cuts short are no dear ones.
        if row.also and not self._budget.num_steps:
            found = self._reused.find(dataclasses.replace(row, also=()), seed)
            base = found and found[0]
        target, own_columns = self._models.target(row, seed)
        return evaluate_row(
            target,
            self._part,
            row,
            self._budget,
            self._dataset,
            folder=self._folder,
            log=self._log,
            own_columns=own_columns,
            base=base,
        )


def order(part, seeds):
    """(index, seed, row) of each evaluation: the whole table with seed 0, then the headline.

    The rows that most is measured of come first, because they are what one waits for. Their dear
    columns come last: hours of AutoAttack keep no other row from the table.
    """
    rows = [*enumerate(part.rows)]
    dear = [(index, row) for index, row in rows if row.also]
    without = [(index, dataclasses.replace(row, also=())) for index, row in dear]
    others = [(index, row) for index, row in rows if not row.also]
    for seed in range(seeds):
        for index, row in (*without, *others, *dear):
            if seed < part.num_seeds(part.rows[index], seeds):
                yield index, seed, row
