"""The files of an experiment's results, written again after every row that has been measured.

    writer = ResultsWriter(experiment, budget, datasets, "results/table4_cpu", seeds=1)
    writer.add_report(part, 0, 0, report)

results.json, results.md and results.html hold our figures beside the published ones; next to them
lie the merged reports that the figures come from, one for each part and seed, and the pictures of
table 3. A row that is still to come stands in the results as missing; but where an earlier call
measured something that this one has not yet, its files stay until it has.
"""

import pathlib

from aaa_tf import files
from aaa_tf.evaluation import html
from aaa_tf.evaluation.thumbnails import encode_png, image_uri
from aaa_tf.experiments.earlier_results import (
    find_left_out,
    find_lost,
    read_earlier,
    require_kept,
    require_none,
)
from aaa_tf.experiments.paper_cells import format_seeds
from aaa_tf.experiments.paper_figures import count_missing, make_figures
from aaa_tf.experiments.paper_markdown import format_markdown
from aaa_tf.experiments.paper_notes import make_notes
from aaa_tf.experiments.paper_sections import make_sections
from aaa_tf.experiments.row_reports import merge_reports, origins_of
from aaa_tf.provenance import describe_command, describe_environment

_SCHEMA = 1


class ResultsWriter:
    """Keeps what has been measured so far, and the files in step with it.

    Attributes:
        trainings: part -> what its autoencoders cost, filled by whoever trains them.
        results: what results.json is to hold; every figure is missing at first.
    """

    def __init__(self, experiment, budget, datasets, output, seeds, rows=()):
        """Writes nothing yet.

        Args:
            experiment: paper.Experiment.
            budget: Budget.
            datasets: the paper's data set -> Dataset that is measured.
            output: folder of the results.
            seeds: trainings of the headline's defence.
            rows: names of the rows that are measured; empty for all.

        Raises:
            InputError: if the folder holds results of something else.
        """
        self._experiment, self._budget, self._datasets = experiment, budget, datasets
        self._output, self._seeds, self._rows = pathlib.Path(output), seeds, rows
        self._reports = {part.name: {} for part in experiment.parts}
        self._reconstructions = {}
        self.trainings = {part.name: [] for part in experiment.parts}
        self.results = self._make_results()
        self._earlier = read_earlier(self._output, self.results)

    def require_asked_for(self, list_reusable, *, is_reused: bool):
        """Raises InputError if an earlier call measured rows or seeds that this one leaves out.

        Args:
            list_reusable: gives what this call takes over, as of `earlier_results.measured`.
            is_reused: whether it looks for that in the output too.
        """
        lost = find_left_out(self._earlier, self._rows, self._seeds)
        if lost:
            require_none(self._output, lost - list_reusable(), is_reused)

    def add_report(self, part, index, seed, report):
        """Takes the report of one row; writes the results and the reports they come from."""
        self._reports[part.name][index, seed] = report
        self._write()

    def add_reconstructions(self, part, reconstructions):
        """Takes the pictures of a part; writes them and the results."""
        self._reconstructions[part.name] = reconstructions
        self._write()

    def finish(self):
        """Writes what there is.

        Raises:
            InputError: if an earlier call's files have figures that would be lost; they stay.
        """
        self._write()
        require_kept(self._output, self._earlier, self.results)

    def _write(self):
        self.results = self._make_results()
        if find_lost(self._earlier, self.results):
            return
        for part in self._experiment.parts:
            self._write_reports(part)
        files.write_json(self._output / "results.json", self.results)
        found = self._reconstructions
        for name, shown in found.items():
            files.write_bytes(self._output / f"{name}.png", encode_png(shown.sheet()))
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
            "seeds_text": format_seeds(self._seeds),
            "sections": make_sections(self.results),
            "pictures": uris,
        }
        html.write_reproduction(page, self._output / "results.html")

    def _write_reports(self, part):
        reports = self._reports[part.name]
        for seed in sorted({seed for _, seed in reports}):
            merged = merge_reports([r for key, r in sorted(reports.items()) if key[1] == seed])
            stem = part.name + (f"_seed{seed}" if seed else "")
            files.write_json(self._output / f"{stem}.json", merged)
            html.write_html(merged, self._output / f"{stem}.html")

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
            "num_missing": sum(count_missing(part["figures"]) for part in parts),
            "parts": parts,
            "command": describe_command(),
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
            "notes": make_notes(part, self._budget, self._datasets[part.dataset], reports),
            "figures": make_figures(
                part, self._budget, reports, seeds=self._seeds, rows=self._rows
            ),
            "reconstructions": found.errors if found else [],
            "trainings": list(self.trainings[part.name]),
            "origins": origins_of(reports),
        }
