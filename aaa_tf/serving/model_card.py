"""The model card: the manifest in plain words, with limits, beside it in the version.

    text = format_model_card(manifest)

Reference: Mitchell et al. 2019, Model Cards for Model Reporting: intended use, factors, metrics,
limits, for a reader who did not train the model.
"""

from aaa_tf.attacks.wording import format_attack
from aaa_tf.serving.harm import harm_of

FILE_NAME = "assets.extra/MODEL_CARD.md"

_CARD = """# {name}

An image classifier behind an autoencoder that removes adversarial noise from its input (AAA,
Vaishnavi et al. 2020). Exported {created} by aaa_tf {aaa_tf}.

## What goes in, what comes out

Images of {height} x {width} pixels and {channels} channel(s), with values in [0, 1]
(`serving_default`) or whole numbers from 0 to 255 (`predict_uint8`). An image that is not finite
or not in that range is answered with `valid` false, class -1 and zeros.

Classes: {classes}.

## Whose weights

- Classifier {classifier_name}, SHA-256 of its weights {classifier_sha256}
- Autoencoder, SHA-256 of its weights {autoencoder_sha256}
- Data set: {dataset}
- Adversary that the autoencoder was trained against: {threat_model}

## What was measured

{measurements}

## Limits

- A robust accuracy holds for the attack beside it, on these test images. It is no certificate:
  a stronger or another attack may succeed more often.
- Other changes of the image (another norm, rotation, weather, another camera) were not part of
  the training.
- Whether an autoencoder protects a classifier that it was not trained with is an empirical
  question for every such classifier; only a figure above answers it.
- `valid` says that the input was an image, not that the answer is right. A probability is the
  classifier's own and was not calibrated.
"""


def format_model_card(manifest: dict) -> str:
    """The manifest of `manifest.build_manifest` as Markdown."""
    height, width, channels = manifest["image_shape"]
    return _CARD.format(
        name=manifest["name"],
        created=manifest["created"],
        aaa_tf=manifest["versions"]["aaa_tf"],
        height=height,
        width=width,
        channels=channels,
        classes=", ".join(manifest["class_names"]),
        classifier_name=manifest["classifier"]["name"],
        classifier_sha256=manifest["classifier"]["sha256"],
        autoencoder_sha256=manifest["autoencoder"]["sha256"],
        dataset=manifest["dataset"] or "not recorded",
        threat_model=format_attack(manifest["threat_model"] or {}) or "not recorded",
        measurements=_format_measurements(manifest),
    )


def _format_measurements(manifest):
    if not manifest["measurements"]:
        return (
            "Nothing: neither the accuracy nor the robustness of this pipeline is known. Measure\n"
            "it with `bin/evaluate`, or export it with `bin/wrap_classifier --check`."
        )
    lines = ["| defence | test images | clean % | under attack % | attack |", "|" + "---|" * 5]
    for row in manifest["measurements"]:
        robust = f"{100 * row['robust_accuracy']:.2f}" if "robust_accuracy" in row else "unknown"
        defence = "this pipeline" if row["defence"] == "AAA" else "the classifier alone"
        lines.append(
            f"| {defence} | {row['num_examples']} | {100 * row['clean_accuracy']:.2f} | {robust} | "
            f"{format_attack(row['attack'] or {}) or 'none made'} |"
        )
    harm = [f"- Beware: {line}." for line in harm_of(manifest["measurements"])]
    said = [*harm, *(f"- {remark}" for remark in manifest.get("remarks", ()))]
    return "\n".join([*lines, *(["", *said] if said else [])])
