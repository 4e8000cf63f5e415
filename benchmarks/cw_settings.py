"""What the paper's CW-L2 leaves, by the steps and learning rates that the paper does not give.

    .venv/bin/python benchmarks/cw_settings.py fashion_mnist_xent_mse --settings=1000:0.01

The classifiers of a shipped model, each undefended and behind the autoencoder, on the first
validation images; c = 100 and length 3 as in tables 4 and 5. An attack that leaves images of an
undefended classifier, of which the paper has none left, is not the paper's.
"""

import argparse
import dataclasses

from aaa_tf.attacks.carlini_wagner import papers_mode
from aaa_tf.attacks.runner import run_attacks
from aaa_tf.data import load_dataset
from aaa_tf.experiments.job_classifiers import read_classifiers
from aaa_tf.models.defended import make_defended_logits_fn
from aaa_tf.models.loading import load_autoencoder, load_classifier
from aaa_tf.models.pretrained import find_pretrained
from aaa_tf.training.run_directory import read_config


def read_settings(text):
    """The attacks that `steps:rate,steps:rate` stands for."""
    pairs = [pair.split(":") for pair in text.split(",")]
    return [
        dataclasses.replace(papers_mode(), num_steps=int(steps), learning_rate=float(rate))
        for steps, rate in pairs
    ]


def load_models(name):
    """(classifier, "undefended" or "defended", logits function) of a shipped model."""
    folder = find_pretrained(name)
    autoencoder = load_autoencoder(folder)
    for path, named, options in read_classifiers(folder):
        classifier = load_classifier(path, **options)
        yield named["name"], "undefended", classifier.logits_fn
        defended_fn = make_defended_logits_fn(autoencoder, classifier.logits_fn)
        yield named["name"], "defended", defended_fn


def main():
    """Parse, attack, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="of the model in saved_models/")
    parser.add_argument("--settings", default="1000:0.005,1000:0.01,1000:0.05,1000:0.1")
    parser.add_argument("--num_examples", type=int, default=100)
    arguments = parser.parse_args()
    attacks = read_settings(arguments.settings)
    dataset = load_dataset(read_config(find_pretrained(arguments.name))["dataset"])
    split = dataset.validation.first(arguments.num_examples)
    for classifier, defence, logits_fn in load_models(arguments.name):
        for attack in attacks:
            result = run_attacks([attack], logits_fn, split.images, split.labels)
            print(
                f"{classifier} {defence}: {attack.num_steps} steps of {attack.learning_rate:g} "
                f"leave {result.is_robust.sum()} of {result.is_correct.sum()} that are right when "
                f"clean, of {len(split)}",
                flush=True,
            )


if __name__ == "__main__":
    main()
