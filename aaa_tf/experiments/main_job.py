"""The main job: frozen classifiers in, a defended SavedModel and its report out.

    report = run_main_job(job)

Every part leaves files and can be interrupted: natives in `classifiers_dir`, the training in
`run_dir`, then report.json and figure.png beside it, then the export.
"""

import dataclasses
import os

from aaa_tf import files, workers
from aaa_tf.config import AAAConfig, EvalConfig
from aaa_tf.data import load_dataset
from aaa_tf.errors import InputError, require_known
from aaa_tf.evaluation import report, suites
from aaa_tf.evaluation.target import make_bare_target, make_defended_target
from aaa_tf.experiments.evaluation_job import run_evaluation
from aaa_tf.experiments.job_classifiers import obtain_classifiers, write_classifiers
from aaa_tf.experiments.measurements import measurements_from_report, warnings_of
from aaa_tf.models import autoencoders, classifiers
from aaa_tf.serving.export import export_pipeline
from aaa_tf.training import runs
from aaa_tf.training.distribution import build_local_strategy
from aaa_tf.training.placement import spread_model, spread_native
from aaa_tf.training.run_directory import require_same_run


@dataclasses.dataclass(frozen=True, kw_only=True)
class MainJob:
    """What to train, how to measure it, and where everything goes."""

    config: AAAConfig
    eval_config: EvalConfig
    transfer: tuple[str, ...]
    preset: str
    data_dir: str | None
    run_dir: str
    classifiers_dir: str
    export_dir: str
    export_name: str
    # Arguments of load_classifier: what files expect, and how far they are trusted.
    reading_options: dict = dataclasses.field(default_factory=dict)
    load_options: dict = dataclasses.field(default_factory=dict)


def run_main_job(job: MainJob, *, strategy=None, log=print) -> dict | None:
    """Trains or continues, evaluates, draws, exports.

    Args:
        job: a MainJob.
        strategy: tf.distribute.Strategy; None for all GPUs of this machine, or the one device.
        log: called with lines of progress and with the final table.

    Returns:
        The content of run_dir/report.json; None on a worker that is not the chief.

    Raises:
        InputError: see the parts; nothing half-written is left.
    """
    require_known("autoencoder", job.config.autoencoder, autoencoders.NAMES)
    _require_distinct(job)
    suites.require_suite(job.eval_config, job.config.dataset)
    strategy = strategy or build_local_strategy()
    is_chief = workers.is_chief(strategy)
    if is_chief:
        require_same_run(job.run_dir, job.config)
        files.require_writable(os.path.join(job.export_dir, job.export_name))
    dataset = load_dataset(job.config.dataset, data_dir=job.data_dir)
    names = (*job.config.native, *job.transfer)
    suites.require_applicable(job.eval_config, dataset.num_classes)
    found = obtain_classifiers(names, dataset, job, strategy=strategy, log=log)
    natives = [found[name] for name in job.config.native]
    transfers = [found[name] for name in job.transfer]
    log(f"training the autoencoder before {', '.join(job.config.native)}: {job.run_dir}")
    autoencoder = runs.train_autoencoder(
        dataset, natives, job.config, run_dir=job.run_dir, strategy=strategy
    )
    if is_chief:
        write_classifiers(job)
    content = run_evaluation(
        _make_targets(autoencoder, natives, transfers, strategy, log),
        dataset,
        job.eval_config,
        report_dir=job.run_dir,
        replace=True,
        strategy=strategy,
        log=log,
        training=runs.summarize_training(job.run_dir),
    )
    if is_chief:
        _export(job, autoencoder, natives[0], dataset, content, log)
    return content


def _require_distinct(job):
    """A native that is listed as a transfer too would pass for one that was never seen."""
    listed = (*job.config.native, *job.transfer)
    names = [classifiers.plain_name(os.path.normpath(name)) for name in listed]
    for name, plain in zip(listed, names, strict=True):
        if names.count(plain) > 1:
            raise InputError(
                f"classifier {name} is named twice among natives and transfers; a transfer is one "
                "that the training does not see"
            )


def _export(job, autoencoder, native, dataset, content, log):
    """The pipeline of the first native, and the last lines for the user."""
    version_dir = export_pipeline(
        autoencoder,
        native,
        export_dir=job.export_dir,
        name=job.export_name,
        class_names=dataset.class_names,
        dataset=dataset.name,
        threat_model={"norm": "Linf", "eps": job.config.eps},
        measurements=measurements_from_report(content, native.name),
        samples=dataset.test,
    )
    log(report.format_table(content))
    for name in dict.fromkeys(row["classifier"] for row in content["rows"]):
        for line in warnings_of(measurements_from_report(content, name)):
            log(f"{line} ({name})")
    log(
        f"report {job.run_dir}/report.json, figure {job.run_dir}/figure.png, pipeline {version_dir}"
    )


def _make_targets(autoencoder, natives, transfers, strategy, log):
    """Every classifier without and with the defence, on every device."""
    targets = []
    autoencoder = spread_model(autoencoder, strategy)
    for classifier, role in [(c, "native") for c in natives] + [(c, "transfer") for c in transfers]:
        if not classifier.has_gradient:
            log(f"{classifier.name} gives no gradient: no white-box attack, left out of the table")
            continue
        classifier = spread_native(classifier, strategy)
        targets.append(make_bare_target(classifier, role=role))
        targets.append(make_defended_target(classifier, autoencoder, role=role))
    return targets
