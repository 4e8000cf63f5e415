"""An experiment of the paper from nothing to our figures beside the published ones.

    results = reproduce("table4", budget="cpu", output="results/table4_cpu")

Trains what is missing, evaluates row by row, and writes results.json, results.md and results.html
after every row. The same call goes on after an interruption: trainings by their run directory,
attacks by their finished rounds (CW and Square are one round each). Experiments on one data set
share trainings, so run them one after another.

output/results.{json,md,html}     our figures beside the published ones
output/<part>[_seed1].{json,html} the reports that they come from; bin/compare reads the .json
"""

import pathlib

from aaa_tf.data import load_dataset
from aaa_tf.errors import InputError, require_known
from aaa_tf.experiments import paper
from aaa_tf.experiments.budgets import BUDGETS
from aaa_tf.experiments.paper_markdown import format_markdown
from aaa_tf.experiments.paper_part import PartRun
from aaa_tf.experiments.paper_runs import PaperRuns
from aaa_tf.experiments.results_writer import ResultsWriter
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
    rows=(),
    log=print,
) -> dict:
    """Runs an experiment, or goes on with it.

    Args:
        name: one of `paper.NAMES`.
        budget: one of `BUDGETS`.
        output: folder of the results. Those of an earlier call are replaced as soon as this one
            has every figure of theirs that the tables ask for.
        runs_dir: folder of trainings and of finished rounds of attacks; all experiments may share
            one.
        data_dir: folder of TensorFlow Datasets; None for its default, and in the budget smoke for
            the embedded digits in place of every data set.
        seeds: trainings of the headline's defence (`paper.Part.num_seeds`), with the seeds 0, 1,
            ...; its figures are their means.
        reuse: folders of earlier results, also of other experiments, from which rows are taken over
            where they would be measured alike; see `reused_rows`.
        rows: names of the rows that this call measures, such as "C AAA xent"; others are missing
            unless `reuse` has them. Empty for all.
        log: called with lines of progress.

    Returns:
        The content of output/results.json.

    Raises:
        InputError: unknown name or budget, data that is not there, a run directory that holds a
            training of another configuration, an output that holds other results, or figures that
            this call would lose.
    """
    require_known("budget", budget, BUDGETS)
    experiment, budget = paper.load_experiment(name), BUDGETS[budget]
    _require_seeds(experiment, seeds)
    _require_rows(experiment, rows)
    # All data and folders first: what does not fit is told before hours of training.
    datasets = {
        name: _load(name, budget, data_dir)
        for name in dict.fromkeys(part.dataset for part in experiment.parts)
    }
    for part in experiment.parts:
        PaperRuns(datasets[part.dataset], part, budget, runs_dir=runs_dir).require_same(seeds)
    writer = ResultsWriter(experiment, budget, datasets, output, seeds, rows)
    shared = {"runs_dir": runs_dir, "reuse": reuse, "rows": rows, "log": log}
    runs = [PartRun(part, budget, datasets[part.dataset], **shared) for part in experiment.parts]
    writer.require_asked_for(
        lambda: set().union(*(run.list_reusable(seeds) for run in runs)),
        is_reused=pathlib.Path(output) in map(pathlib.Path, reuse),
    )
    for run in runs:
        run.go(seeds, writer)
    writer.finish()
    log(format_markdown(writer.results, pictures={}))
    log(f"results {output}/results.html, {output}/results.md, {output}/results.json")
    return writer.results


def _require_seeds(experiment, seeds):
    if seeds < 1:
        raise InputError(f"seeds must be at least 1, not {seeds}")
    most = max((p.num_seeds(row, seeds) for p in experiment.parts for row in p.rows), default=1)
    if seeds > most:
        raise InputError(f"{experiment.name} has no row whose training is repeated; give --seeds=1")


def _require_rows(experiment, rows):
    known = {row.name for part in experiment.parts for row in part.rows}
    for row in rows:
        require_known("row", row, known)


def _load(name, budget, data_dir):
    if budget.is_smoke and data_dir is None:
        return stand_in_for(name)
    return load_dataset(name, data_dir=data_dir)
