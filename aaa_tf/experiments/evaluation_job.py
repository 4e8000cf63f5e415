"""One evaluation from targets to files: rows, report.json, report.html, adversarial images.

    report = run_evaluation(targets, dataset, config, report_dir="runs/evaluations/mine")

Everything finished is kept in report_dir/partial, so a killed run goes on where it was. A folder
that holds the evaluation of another model or protocol is refused (`report_folder`).
"""

import contextlib
import io
import pathlib

import numpy as np

from aaa_tf import config as config_module
from aaa_tf import files, workers
from aaa_tf.errors import InputError
from aaa_tf.evaluation import report as report_module
from aaa_tf.evaluation import suites
from aaa_tf.evaluation.figures import draw_purification
from aaa_tf.evaluation.html import write_html
from aaa_tf.evaluation.robustness import evaluate_robustness, predict
from aaa_tf.evaluation.target import Target
from aaa_tf.experiments.diagnosis import diagnose
from aaa_tf.experiments.report_folder import claim_folder
from aaa_tf.provenance import describe_command, describe_environment

_NUM_SHOWN = 8


def run_evaluation(
    targets,
    dataset,
    config,
    *,
    report_dir,
    diagnosis=None,
    extra_columns=None,
    replace=False,
    strategy=None,
    log=print,
    **more,
) -> dict | None:
    """Evaluates targets one after the other and writes the report.

    Of several workers all attack, and the chief alone diagnoses and writes.

    Args:
        targets: list of Target.
        dataset: Dataset; its test split is used.
        config: EvalConfig.
        report_dir: folder of the report, which may hold a part of the same evaluation.
        diagnosis: Diagnosis: what to find out beside the figures; None for nothing.
        extra_columns: target label -> Columns evaluated beside those of the suite.
        replace: whether a report of another model or protocol is replaced instead of refused.
        strategy: tf.distribute.Strategy over whose devices attacks are spread; None for one.
        log: called with lines of progress.
        more: further top-level entries of the report.

    Returns:
        The content of report_dir/report.json; None on a worker that is not the chief.

    Raises:
        InputError: an attack that does not apply; targets called alike; a folder with another
            evaluation.
    """
    report_dir = pathlib.Path(report_dir)
    suites.require_suite(config, dataset.name)
    _require_targets(targets)
    is_chief = workers.is_chief(strategy)
    claim = claim_folder(report_dir, _describe(targets, dataset, config), replace=replace)
    with claim if is_chief else contextlib.nullcontext():
        results = _attack(targets, dataset, config, extra_columns or {}, report_dir, strategy, log)
    if not is_chief:
        return None
    rows = _make_rows(results, dataset, config, diagnosis, report_dir, log)
    told = more | {"environment": describe_environment(), "command": describe_command()}
    content = report_module.make_report(rows, results, dataset, config, **told)
    examples = _write_examples(report_dir, results, dataset, content)
    files.write_json(report_dir / "report.json", content)
    write_html(content, report_dir / "report.html", examples=examples)
    return content


def _attack(targets, dataset, config, extra_columns, report_dir, strategy, log):
    """A RobustnessResult of each target."""
    results = []
    for target in targets:
        log(f"evaluating {target.label}")
        result = evaluate_robustness(
            target,
            dataset.test,
            config,
            folder=report_dir / "partial",
            extra_columns=extra_columns.get(target.label, ()),
            strategy=strategy,
            report=log,
        )
        results.append(result)
    return results


def _make_rows(results, dataset, config, diagnosis, report_dir, log):
    """The rows of the report, each with what is found out beside the figures."""
    rows = [report_module.make_row(result, dataset.class_names) for result in results]
    for row, result in zip(rows, results, strict=True):
        if diagnosis:
            row |= diagnose(
                result.target, dataset, config, diagnosis, folder=report_dir / "partial", log=log
            )
    return rows


def _require_targets(targets):
    labels = [target.label for target in targets if isinstance(target, Target)]
    if len(labels) < len(targets):
        raise InputError("needed: a list of Targets, such as make_bare_target(classifier)")
    if len(set(labels)) < len(labels):
        raise InputError(
            f"two targets are called alike: {'; '.join(labels)}; give them a name= or defence= each"
        )


def _describe(targets, dataset, config):
    """What tells this evaluation from another."""
    return {
        "dataset": dataset.name,
        "test examples": len(dataset.test),
        "models": {target.label: target.fingerprint for target in targets},
    } | config_module.to_dict(config)


def _write_examples(report_dir, results, dataset, content):
    """Some clean, adversarial and purified images of the first defended target: data, picture.

    Returns the arrays, or None where no target is defended.
    """
    defended = [result for result in results if result.target.autoencoder is not None]
    if not defended:
        return None
    target = defended[0].target
    adversarial_images = defended[0].adversarial_images[:_NUM_SHOWN]
    count = len(adversarial_images)
    grids = {
        "images": dataset.test.images[:count],
        "adversarial_images": adversarial_images,
        "purified_images": np.asarray(target.autoencoder(adversarial_images)),
    }
    predictions = {
        "predictions_clean": predict(target.bare_logits_fn, grids["images"], count),
        "predictions_adversarial_bare": predict(target.bare_logits_fn, adversarial_images, count),
        "predictions_adversarial": predict(target.logits_fn, adversarial_images, count),
    }
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **grids, **predictions)
    files.write_bytes(report_dir / "examples.npz", buffer.getvalue())
    content["examples"] = "examples.npz"
    first_column = defended[0].columns[0].column.name
    content["examples_of"] = f"{target.name}/{target.defence}, under {first_column}"
    draw_purification(
        report_dir / "figure.png", *grids.values(), list(predictions.values()), dataset.class_names
    )
    return grids | predictions
