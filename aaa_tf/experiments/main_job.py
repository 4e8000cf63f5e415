"""The main job: frozen classifiers in, a defended SavedModel and its report out.

    report = run_main_job(job)

Every part leaves files and can be interrupted: natives in `classifiers_dir`, the training in
`run_dir`, then report.json and figure.png beside it, then the export.
"""

import dataclasses
import json
import os
import pathlib

from aaa_tf import files, workers
from aaa_tf.config import AAAConfig, ClassifierConfig, EvalConfig
from aaa_tf.data import load_dataset
from aaa_tf.data.batching import fit_batch_size
from aaa_tf.errors import InputError, require_known
from aaa_tf.evaluation import report, suites
from aaa_tf.evaluation.target import make_bare_target, make_defended_target
from aaa_tf.experiments.evaluation_job import run_evaluation
from aaa_tf.experiments.measurements import measurements_from_report, warnings_of
from aaa_tf.models import autoencoders, classifiers
from aaa_tf.models.frozen import freeze_keras
from aaa_tf.models.loading import load_classifier
from aaa_tf.presets import preset_values
from aaa_tf.serving.export import export_pipeline
from aaa_tf.training import runs
from aaa_tf.training.distribution import build_local_strategy
from aaa_tf.training.placement import spread_model, spread_native
from aaa_tf.training.run_directory import require_same_run

_CLASSIFIERS_FILE = "classifiers.json"


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
    load_options: dict = dataclasses.field(default_factory=dict)  # of load_classifier


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
        _write_classifiers(job)
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


def obtain_classifiers(names, dataset, job, *, strategy=None, log=print) -> dict:
    """Classifiers by name: the user's files, and those of the paper, trained where missing.

    Files come first: one that cannot be used is told before hours of training.
    """
    found = {}
    for name in names:
        if name not in classifiers.NAMES:
            found[name] = load_classifier(name, image_shape=dataset.image_shape, **job.load_options)
            found[name].require_fits(dataset)
    return found | {
        name: _train_classifier(name, dataset, job, strategy, log)
        for name in names
        if name not in found
    }


def _train_classifier(name, dataset, job, strategy, log):
    """A classifier of the paper, naturally trained; an earlier run is continued or just loaded."""
    values = fit_batch_size(preset_values(dataset.name, job.preset, "classifier"), dataset)
    config = ClassifierConfig(**values | {"dataset": dataset.name, "model": name})
    run_dir = classifier_run_dir(job.classifiers_dir, dataset.name, name, job.preset)
    log(f"classifier {name}: {run_dir}")
    model = runs.train_classifier(dataset, config, run_dir=run_dir, strategy=strategy)
    return freeze_keras(name, model)


def classifier_run_dir(classifiers_dir, dataset_name, model, preset, adversarial=False) -> str:
    """Where the training of a classifier of the paper keeps its run."""
    kind = "_adversarial" if adversarial else ""
    return os.path.join(classifiers_dir, f"{dataset_label(dataset_name)}_{model}{kind}_{preset}")


def dataset_label(name: str) -> str:
    """A data set's name as part of a folder's name: of a path, its last part without suffix."""
    return pathlib.Path(name).stem


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


def _write_classifiers(job):
    """Which classifiers this run protects, for bin/evaluate --run_dir."""
    entries = []
    for role, names in (("native", job.config.native), ("transfer", job.transfer)):
        for name in names:
            path = name
            if name in classifiers.NAMES:
                run_dir = classifier_run_dir(
                    job.classifiers_dir, job.config.dataset, name, job.preset
                )
                path = os.path.join(run_dir, "classifier.keras")
            entries.append({"name": name, "role": role, "path": os.path.relpath(path, job.run_dir)})
    files.write_json(pathlib.Path(job.run_dir) / _CLASSIFIERS_FILE, entries)


def read_classifiers(run_dir) -> list[tuple]:
    """What a run of the main job protects, in its order.

    Returns:
        (path, {"role": ..., "name": ...}, arguments of `load_classifier` beside the path) of each:
        where the classifier lies inside an exported pipeline, {"signature": ...}, else {}.

    Raises:
        InputError: if the directory does not tell, or what it tells is damaged.
    """
    file = pathlib.Path(run_dir) / _CLASSIFIERS_FILE
    if not file.exists():
        raise InputError(f"{run_dir} has no {_CLASSIFIERS_FILE}; name a --classifier instead")
    try:
        return [
            (
                os.path.join(run_dir, entry["path"]),
                {key: entry[key] for key in ("role", "name")},
                {key: entry[key] for key in ("signature",) if key in entry},
            )
            for entry in json.loads(file.read_text())
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file} is damaged; name a --classifier instead") from error
