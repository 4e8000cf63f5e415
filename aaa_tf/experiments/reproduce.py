"""An experiment of the paper from nothing to our figures beside the published ones.

    results = reproduce("table4", budget="cpu", output="results/table4_cpu")

Trains what is missing, evaluates row by row, and writes results.json, results.md and results.html
after every row, so an hour's work is never waiting for the next. The same call goes on after an
interruption: trainings by their run directory, attacks by their finished rounds.

output/results.{json,md,html}     our figures beside the published ones
output/<part>[_seed1].{json,html} the reports that they come from; bin/compare reads the .json
"""

import os
import pathlib
import sys

from aaa_tf import files
from aaa_tf.data import load_dataset
from aaa_tf.errors import InputError, require_known
from aaa_tf.evaluation import html
from aaa_tf.evaluation.thumbnails import encode_png, image_uri
from aaa_tf.experiments import paper
from aaa_tf.experiments.budgets import BUDGETS
from aaa_tf.experiments.paper_evaluation import evaluate_row, merge_reports
from aaa_tf.experiments.paper_figures import make_figures
from aaa_tf.experiments.paper_markdown import format_markdown
from aaa_tf.experiments.paper_models import PaperModels
from aaa_tf.experiments.paper_sections import make_sections
from aaa_tf.experiments.reconstructions import reconstruct
from aaa_tf.experiments.smoke_data import stand_in_for
from aaa_tf.training.run_directory import describe_environment

_SCHEMA = 1


def reproduce(
    name: str,
    *,
    budget: str,
    output,
    runs_dir="runs/reproduce",
    data_dir=None,
    seeds: int = 1,
    log=print,
) -> dict:
    """Runs an experiment, or goes on with it.

    Args:
        name: one of `paper.NAMES`.
        budget: one of `BUDGETS`.
        output: folder of the results, which are replaced.
        runs_dir: folder of trainings and of finished rounds of attacks; all experiments may share
            one.
        data_dir: folder of TensorFlow Datasets; None for its default.
        seeds: trainings of each defence, with the seeds 0, 1, ...; the figures are their means.
        log: called with lines of progress.

    Returns:
        The content of output/results.json.

    Raises:
        InputError: unknown name or budget, data that is not there, a run directory that holds a
            training of another configuration.
    """
    require_known("budget", budget, BUDGETS)
    experiment = paper.load_experiment(name)
    if seeds < 1:
        raise InputError(f"seeds must be at least 1, not {seeds}")
    budget = BUDGETS[budget]
    # All data first: what is not there is told before hours of training.
    datasets = {
        part.dataset: stand_in_for(part.dataset)
        if budget.is_smoke
        else load_dataset(part.dataset, data_dir=data_dir)
        for part in experiment.parts
    }
    writer = _Writer(experiment, budget, datasets, pathlib.Path(output), seeds)
    for part in experiment.parts:
        dataset = datasets[part.dataset]
        models = PaperModels(dataset, part, budget, runs_dir=runs_dir, log=log)
        writer.trainings[part.name] = models.trainings
        folder = os.path.join(runs_dir, "evaluations", f"{dataset.name}_{budget.name}")
        for seed in range(seeds):
            for index, row in enumerate(part.rows):
                if seed and not row.is_trained_for_it:
                    continue
                target = models.target(row, seed)
                report = evaluate_row(target, part, row, budget, dataset, folder=folder, log=log)
                writer.add_report(part, index, seed, report)
        if part.reconstructions:
            autoencoders = {loss: models.autoencoder(loss, 0) for loss in part.reconstructions}
            writer.add_reconstructions(
                part,
                reconstruct(autoencoders, dataset.test, num_examples=budget.num_examples),
            )
    log(format_markdown(writer.results, pictures={}))
    log(f"results {output}/results.html, {output}/results.md, {output}/results.json")
    return writer.results


class _Writer:
    """Keeps what has been measured so far, and the files in step with it."""

    def __init__(self, experiment, budget, datasets, output, seeds):
        self._experiment, self._budget, self._datasets = experiment, budget, datasets
        self._output, self._seeds = output, seeds
        self._reports = {part.name: {} for part in experiment.parts}
        self._reconstructions = {}
        self.trainings = {part.name: [] for part in experiment.parts}
        self.results = {}

    def add_report(self, part, index, seed, report):
        """Takes the report of one row; writes the results and the report of its part and seed."""
        reports = self._reports[part.name]
        reports[index, seed] = report
        merged = merge_reports([r for key, r in sorted(reports.items()) if key[1] == seed])
        stem = part.name + (f"_seed{seed}" if seed else "")
        files.write_json(self._output / f"{stem}.json", merged)
        html.write_html(merged, self._output / f"{stem}.html")
        self._write()

    def add_reconstructions(self, part, reconstructions):
        """Takes the pictures of a part; writes them and the results."""
        self._reconstructions[part.name] = reconstructions
        files.write_bytes(self._output / f"{part.name}.png", encode_png(reconstructions.sheet()))
        self._write()

    def _write(self):
        self.results = self._make_results()
        files.write_json(self._output / "results.json", self.results)
        found = self._reconstructions
        pictures = {name: (f"{name}.png", r.headings) for name, r in found.items()}
        text = format_markdown(self.results, pictures=pictures)
        files.write_text(self._output / "results.md", text)
        uris = {
            name: (r.headings, [[image_uri(image) for image in line] for line in r.pictures])
            for name, r in found.items()
        }
        page = {
            "title": self.results["title"],
            "results": self.results,
            "sections": make_sections(self.results),
            "pictures": uris,
        }
        html.write_reproduction(page, self._output / "results.html")

    def _make_results(self):
        parts = [self._make_part(part) for part in self._experiment.parts]
        return {
            "schema": _SCHEMA,
            "experiment": self._experiment.name,
            "title": self._experiment.title,
            "source": self._experiment.source,
            "budget": self._budget.name,
            "budget_description": self._budget.description,
            "is_smoke": self._budget.is_smoke,
            "seeds": self._seeds,
            "num_missing": sum("missing" in f for part in parts for f in part["figures"]),
            "parts": parts,
            "command": " ".join([f"bin/{pathlib.Path(sys.argv[0]).stem}", *sys.argv[1:]]),
            "environment": describe_environment(),
        }

    def _make_part(self, part):
        found = self._reconstructions.get(part.name)
        reports = self._reports[part.name]
        return {
            "name": part.name,
            "dataset": self._datasets[part.dataset].name,
            "published_dataset": part.dataset,
            "protocol": list(part.protocol),
            "statements": list(part.statements),
            "notes": _make_notes(part, self._budget, reports),
            "figures": make_figures(part, self._budget, reports),
            "reconstructions": found.errors if found else [],
            "trainings": list(self.trainings[part.name]),
        }


def _make_notes(part, budget, reports):
    """What a reader must know of our figures: other models than the paper's, other corruptions."""
    letters = dict.fromkeys([*part.natives, *(row.classifier for row in part.rows)])
    notes = [
        f"{budget.model_name(letter)} stands for {letter} within this budget"
        for letter in letters
        if budget.model_name(letter) != letter
    ]
    for report in reports.values():
        found = report["rows"][0].get("corruptions", {}).get("notes", ())
        notes += [f"our corruptions: {note}" for note in found]
    return list(dict.fromkeys(notes))
