"""A report of schema 1 with everything in it, made up: no figure in it was measured."""

import copy
import math

_ATTACK = {
    "type": "PGD",
    "eps": 0.3,
    "norm": "Linf",
    "step_size": 0.01,
    "num_steps": 100,
    "num_restarts": 50,
    "seed": 0,
}
_PROTOCOL = {
    "suite": "paper_mnist",
    "seed": 0,
    "num_seeds": 1,
    "columns": [
        {"name": "PGD-100", "norm": "Linf", "eps": 0.3, "attacks": [_ATTACK | {"name": "PGD-100"}]},
        {
            "name": "CW",
            "norm": "L2",
            "eps": 3.0,
            "attacks": [{"name": "CW-L2", "type": "CarliniWagner", "eps": 3.0, "norm": "L2"}],
        },
        {
            "name": "AutoAttack",
            "norm": "Linf",
            "eps": 0.3,
            "attacks": [
                {"name": name, "type": name, "eps": 0.3, "norm": "Linf", "num_steps": 100}
                for name in ("APGD-CE", "APGD-T", "FAB-T", "Square")
            ],
        },
    ],
}
# Clean, PGD-100, CW, AutoAttack, oblivious PGD-100: numbers of 1,000 images.
_ROWS = {
    ("A", "native", "none"): (990, 0, 12, 0, 0),
    ("A", "native", "AAA"): (992, 934, 951, 902, 971),
    ("B", "native", "none"): (990, 0, 4, 0, 0),
    ("B", "native", "AAA"): (991, 935, 948, 899, 968),
    ("C", "transfer", "none"): (981, 0, 0, 0, 0),
    ("C", "transfer", "AAA"): (990, 918, 930, 871, 962),
}
_TYPES = ("brightness", "fog", "glass_blur", "impulse_noise", "motion_blur", "shot_noise", "zigzag")


def wilson(count, total):
    """Wilson's 95 % interval (Wilson 1927)."""
    z, share = 1.959963984540054, count / total
    centre = (share + z**2 / (2 * total)) / (1 + z**2 / total)
    half = z / (1 + z**2 / total) * math.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    return [max(0.0, centre - half), min(1.0, centre + half)]


def make_column(name, norm, eps, num_robust, num_examples=1000, adversary="adaptive"):
    return {
        "name": name,
        "adversary": adversary,
        "norm": norm,
        "eps": eps,
        "num_robust": num_robust,
        "robust_accuracy": num_robust / num_examples,
        "interval": wilson(num_robust, num_examples),
        "num_robust_after": {name: [num_robust + 5, num_robust]},
        "num_gradients": {name: 123456},
        "num_queries": {name: 0},
        "broken_by": {name: 58},
        "seconds": 12.34,
    }


def make_report(**changes):
    """A report of six rows on 1,000 of 10,000 images; `changes` replace keys at the top."""
    report = {
        "schema": 1,
        "title": "mnist, autoencoder runs/mnist_xent_mse_cpu",
        "dataset": "mnist",
        "split": "test",
        "num_examples": 1000,
        "num_available": 10000,
        "class_names": [str(digit) for digit in range(10)],
        "protocol": _PROTOCOL,
        "rows": [
            _make_row(*names, place, *counts) for place, (names, counts) in enumerate(_ROWS.items())
        ],
        "environment": {"python": "3.11.7", "tensorflow": "2.21.0", "commit": "86e479d"},
        "seconds": 4321.0,
        "command": "bin/evaluate --dataset=mnist --suite=paper_mnist --num_examples=1000",
    }
    return copy.deepcopy(report | changes)


def _make_row(classifier, role, defence, place, correct, pgd, cw, autoattack, oblivious):
    columns = [
        make_column("PGD-100", "Linf", 0.3, pgd),
        make_column("CW", "L2", 3.0, cw),
        make_column("AutoAttack", "Linf", 0.3, autoattack),
    ]
    if defence != "none":
        columns.append(make_column("PGD-100", "Linf", 0.3, oblivious, adversary="oblivious"))
    columns[1]["loss_curves"] = {"CW-L2": [100 / (step + 1) for step in range(50)] + [0.0]}
    columns[0]["per_class"] = [
        {"class": str(digit), "num_examples": 100, "num_correct": 99, "num_robust": pgd // 10}
        for digit in range(10)
    ]
    return {
        "classifier": classifier,
        "role": role,
        "defence": defence,
        "num_examples": 1000,
        "num_correct": correct,
        "clean_accuracy": correct / 1000,
        "clean_interval": wilson(correct, 1000),
        "columns": columns,
        "curves": _make_curves(correct / 1000, pgd / 1000),
        "checks": _make_checks(is_raised=(classifier, defence) == ("C", "AAA")),
        "surface": _make_surface(place),
        "corruptions": {
            "name": "mnist_c",
            "accuracy": _make_corruptions(place),
            "num_examples": 2000,
            "notes": ["Zigzag is of this program's own making."],
        },
    }


def _make_curves(clean, robust):
    drop = clean - robust
    return {
        "eps": [[0.1 * i, clean - drop * (i / 3) ** 2] for i in range(4)] + [[0.4, robust / 3]],
        "steps": [[n, robust + drop / n] for n in (1, 2, 5, 10, 20, 50, 100, 200)],
        "restarts": [[n, robust + 0.02 / n] for n in (1, 2, 3, 4, 5)],
    }


def _make_checks(*, is_raised):
    return [
        {
            "name": "Square beats the gradient",
            "is_raised": is_raised,
            "found": "Square broke 14 of 200 images that APGD did not; APGD 1 that Square did not",
            "raised_if": "1,000 queries of Square break more than 2 % of images APGD leaves.",
            "meaning": "The gradient misleads the attack, so white-box figures are too high.",
            "advice": "Report the worst case of both, and attack a smooth substitute.",
        },
        {
            "name": "Zero gradients",
            "is_raised": False,
            "found": "0 of 200 images have a gradient of zero",
            "raised_if": "More than 1 % of images have an input gradient of zero.",
            "meaning": "White-box attacks do not move there.",
            "advice": "Attack the margin of the logits instead of the cross-entropy.",
        },
    ]


def _make_surface(place):
    radii = [round(-0.3 + 0.03 * i, 2) for i in range(21)]
    loss = [[max(0.0, 4 * x + place * x * y + 0.5) for y in radii] for x in radii]
    return {"radii": radii, "loss": loss}


def _make_corruptions(place):
    return {
        kind: {"0": round(0.97 - 0.02 * number + (0.015 if place % 2 else -0.004 * number), 4)}
        for number, kind in enumerate(_TYPES)
    }
