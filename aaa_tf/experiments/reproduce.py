"""An experiment of the paper from nothing to our figures beside the published ones.

    results = reproduce("table4", budget="cpu", output="results/table4_cpu")

Trains what is missing, evaluates row by row, and writes results.json, results.md and results.html
after every row. The same call goes on after an interruption: trainings by their run directory,
attacks by their finished rounds (CW and Square are one round each). Experiments on one data set
share trainings, so run them one after another.

output/results.{json,md,html}     our figures beside the published ones
output/<part>[_seed1].{json,html} the reports that they come from; bin/compare reads the .json
"""

import dataclasses
import os

from aaa_tf.data import load_dataset
from aaa_tf.errors import InputError, require_known
from aaa_tf.experiments import paper
from aaa_tf.experiments.budgets import BUDGETS
from aaa_tf.experiments.paper_evaluation import evaluate_row
from aaa_tf.experiments.paper_markdown import format_markdown
from aaa_tf.experiments.paper_models import PaperModels
from aaa_tf.experiments.paper_runs import PaperRuns
from aaa_tf.experiments.reconstructions import reconstruct
from aaa_tf.experiments.results_writer import ResultsWriter
from aaa_tf.experiments.reused_rows import ReusedRows
from aaa_tf.experiments.smoke_data import stand_in_for


def reproduce(
    name: str,
    *,
    budget: str,
    output,
    runs_dir="runs/reproduce",
    data_dir=None,
    seeds: int = 1,
    reuse=(),
    log=print,
) -> dict:
    """Runs an experiment, or goes on with it.

    Args:
        name: one of `paper.NAMES`.
        budget: one of `BUDGETS`.
        output: folder of the results. Those of an earlier call are replaced as soon as this one
            has measured as much.
        runs_dir: folder of trainings and of finished rounds of attacks; all experiments may share
            one.
        data_dir: folder of TensorFlow Datasets; None for its default, and in the budget smoke for
            the embedded digits in place of every data set.
        seeds: trainings of the headline's defence (`paper.Part.num_seeds`), with the seeds 0, 1,
            ...; its figures are their means.
        reuse: folders of earlier results, also of other experiments, from which rows are taken over
            where they would be measured alike; see `reused_rows`.
        log: called with lines of progress.

    Returns:
        The content of output/results.json.

    Raises:
        InputError: unknown name or budget, data that is not there, a run directory that holds a
            training of another configuration, an output that holds other results.
    """
    require_known("budget", budget, BUDGETS)
    experiment = paper.load_experiment(name)
    if seeds < 1:
        raise InputError(f"seeds must be at least 1, not {seeds}")
    budget = BUDGETS[budget]
    # All data and folders first: what does not fit is told before hours of training.
    datasets = {
        name: _load(name, budget, data_dir)
        for name in dict.fromkeys(part.dataset for part in experiment.parts)
    }
    for part in experiment.parts:
        PaperRuns(datasets[part.dataset], part, budget, runs_dir=runs_dir).require_same(seeds)
    writer = ResultsWriter(experiment, budget, datasets, output, seeds)
    for part in experiment.parts:
        _run_part(part, budget, datasets[part.dataset], runs_dir, seeds, reuse, writer, log)
    writer.finish()
    log(format_markdown(writer.results, pictures={}))
    log(f"results {output}/results.html, {output}/results.md, {output}/results.json")
    return writer.results


def _run_part(part, budget, dataset, runs_dir, seeds, reuse, writer, log):
    models = PaperModels(dataset, part, budget, runs_dir=runs_dir, log=log)
    writer.trainings[part.name] = models.trainings
    folder = os.path.join(runs_dir, "evaluations", f"{dataset.name}_{budget.name}")
    runs = PaperRuns(dataset, part, budget, runs_dir=runs_dir)
    split = dataset.test.first(budget.num_examples)
    reused = ReusedRows(
        reuse, part, budget, dataset, runs, lambda letter: models.count_correct(letter, split)
    )
    for index, seed, row in _order(part, seeds):
        report = _measure_row(part, row, seed, budget, dataset, models, reused, folder, log)
        writer.add_report(part, index, seed, report)
    _reconstruct(part, models, dataset, budget, writer)


def _measure_row(part, row, seed, budget, dataset, models, reused, folder, log):
    """The report of a row: taken over as far as it can be, else evaluated."""
    found = reused.find(row, seed)
    if found:
        report, training = found
        log(f"taking over {row.classifier}, {row.defence}, seed {seed}")
        models.record(training)
        return report
    base = None
    # Attacks that a budget cuts short are no dear ones.
    if row.also and not budget.num_steps:
        base, _ = reused.find(dataclasses.replace(row, also=()), seed) or (None, None)
    target, own_columns = models.target(row, seed)
    return evaluate_row(
        target, part, row, budget, dataset,
        folder=folder, log=log, own_columns=own_columns, base=base,
    )  # fmt: skip


def _reconstruct(part, models, dataset, budget, writer):
    """The pictures of table 3, where a part has them."""
    if part.reconstructions:
        autoencoders = {loss: models.autoencoder(loss, 0) for loss in part.reconstructions}
        shown = reconstruct(autoencoders, dataset.test, num_examples=budget.num_examples)
        writer.add_reconstructions(part, shown)


def _load(name, budget, data_dir):
    if budget.is_smoke and data_dir is None:
        return stand_in_for(name)
    return load_dataset(name, data_dir=data_dir)


def _order(part, seeds):
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
