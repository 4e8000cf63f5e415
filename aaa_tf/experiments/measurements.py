"""What a pipeline is worth with its autoencoder and without, for the manifest and for the user.

    report = check_defence(autoencoder, classifier, dataset, eval_config)
    measurements = measurements_from_report(report, classifier.name)
    for line in warnings_of(measurements):
        print(line)
    export_pipeline(..., measurements=measurements)

An autoencoder protects the classifiers it was trained with. For any other one, and for any other
data, protection is an empirical question, and the answer may be no.
"""

import functools

from aaa_tf.data import Dataset
from aaa_tf.evaluation import report as report_module
from aaa_tf.evaluation.robustness import evaluate_clean, evaluate_robustness
from aaa_tf.evaluation.target import make_bare_target, make_defended_target
from aaa_tf.models.defended import require_same_shape
from aaa_tf.serving.harm import harm_of
from aaa_tf.serving.manifest import Measurement


def check_defence(
    autoencoder, classifier, dataset: Dataset, config, *, folder=None, log=print
) -> dict:
    """Measures a classifier on test data without the defence and with it.

    Args:
        autoencoder: Keras model G.
        classifier: FrozenClassifier F; where it has no gradient, only clean accuracy is measured.
        dataset: Dataset; its test split is used.
        config: EvalConfig: the attacks, and how many images.
        folder: where finished rounds are kept, from which the same call goes on; None for nowhere.
        log: called with lines of progress.

    Returns:
        A report as of `report.make_report` with two rows, defence "none" and "AAA"; without a
        gradient they have no columns.

    Raises:
        InputError: if classifier, autoencoder and data set do not fit.
    """
    classifier.require_fits(dataset)
    require_same_shape(autoencoder, dataset.image_shape)
    evaluate = evaluate_clean
    if classifier.has_gradient:
        evaluate = functools.partial(evaluate_robustness, folder=folder, report=log)
    results = []
    for target in (make_bare_target(classifier), make_defended_target(classifier, autoencoder)):
        log(f"evaluating {target.name}, defence {target.defence}")
        results.append(evaluate(target, dataset.test, config))
    rows = [report_module.make_row(result, dataset.class_names) for result in results]
    return report_module.make_report(rows, results, dataset, config)


def measurements_from_report(report: dict, classifier_name: str) -> tuple[Measurement, ...]:
    """The rows of one classifier, as the manifest of its pipeline carries them.

    An attack on the bare classifier alone is no measure of a pipeline: oblivious columns are left
    out.

    Args:
        report: as of `report.make_report`, of any classifiers.
        classifier_name: whose rows.
    """
    attacks = {column["name"]: column for column in report["protocol"]["columns"]}
    measurements = []
    for row in report["rows"]:
        if row["classifier"] != classifier_name:
            continue
        counts = {name: row[name] for name in ("defence", "num_examples", "num_correct")}
        columns = _adaptive_columns(row)
        if not columns:
            measurements.append(Measurement(**counts))
        for column in columns:
            attack = attacks[column["name"]]
            measurements.append(
                Measurement(**counts, num_robust=column["num_robust"], attack=attack)
            )
    return tuple(measurements)


def warnings_of(measurements) -> list[str]:
    """Lines for the user where the defence harms a classifier or does not help it."""
    return [f"warning: {line}" for line in harm_of([one.to_dict() for one in measurements])]


def _adaptive_columns(row):
    return [column for column in row["columns"] if column["adversary"] == "adaptive"]
