"""Values that suit a data set, as data: `preset_values("mnist", "cpu", "aaa")`.

`paper` follows Vaishnavi et al. (2020), section 4 and 5; where the paper is silent (lambda, number
of updates, batch size, CIFAR-10's shifts and mirror images, the ramp of adversarial training) the
value is ours, and nothing changes its attack on the way. `cpu` is what two cores do in an hour or
two. `smoke` shows in seconds that everything works, and measures nothing. Any data set not listed,
such as a user's own, takes the values under "other".
"""

from aaa_tf.errors import require_known

PRESETS = ("paper", "cpu", "smoke")
KINDS = ("aaa", "classifier", "adversarial", "eval")

# Threat model and models of each data set: (eps, natives, transfers, autoencoder).
_PROFILES = {
    "digits": (0.1, ("A", "B"), ("C",), "conv_bottleneck"),
    "mnist": (0.3, ("A", "B"), ("C",), "conv_bottleneck"),
    "fashion_mnist": (0.2, ("zheng",), ("C",), "conv_bottleneck_wide"),
    "cifar10": (8 / 255, ("D", "E", "F"), (), "unet"),
    "other": (8 / 255, (), (), "conv"),
}
# PGD in the paper: (steps in training, steps in evaluation, step size, restarts); section 4 and 5.
_PAPER_ATTACK = {
    "mnist": (40, 100, 0.01, 50),
    "fashion_mnist": (40, 100, 0.01, 50),
    "cifar10": (10, 20, 2 / 255, 10),
}
# The paper's named evaluation protocols, and the data set that each is for.
PAPER_SUITES = {
    "paper_mnist": "mnist",
    "paper_fashion": "fashion_mnist",
    "paper_cifar10": "cifar10",
}
# Updates: (aaa, natural training, adversarial training, updates per epoch). `cpu` takes these, or
# those of its recipe; `paper` takes seven times these.
_STEPS = {
    "digits": (500, 300, 500, 100),
    "mnist": (6000, 1500, 6000, 0),
    "fashion_mnist": (6000, 2500, 6000, 0),
    "cifar10": (3000, 3000, 3000, 0),
    "other": (3000, 1500, 3000, 0),
}
# What two cores train with where it differs, by data set and kind. On MNIST three long steps are
# not told apart from seven in the same minutes (benchmarks/README.md); on Fashion-MNIST they
# overfit catastrophically (BUILD_NOTES.md). Adversarial training keeps PGD-7, the last weights and
# the images as they are; its updates cost as many gradients as the autoencoder's.
_CPU_RECIPES = {
    ("mnist", "aaa"): dict(
        train_steps=12000,
        num_steps=3,
        step_size=0.25,
        ema_momentum=0.999,
        max_shift=1,
    ),
    ("fashion_mnist", "aaa"): dict(
        train_steps=10000,
        num_steps=5,
        step_size=0.08,
        ema_momentum=0.999,
        max_shift=1,
    ),
    ("fashion_mnist", "adversarial"): dict(train_steps=7500),
}


def transfer_classifiers(dataset: str) -> tuple[str, ...]:
    """The classifiers that the paper protects on this data set without training against them."""
    return _PROFILES.get(dataset, _PROFILES["other"])[2]


def paper_protocol(dataset: str) -> dict:
    """PGD of the paper's evaluation: eps, step_size, num_steps, num_restarts (section 4 and 5)."""
    _, num_steps, step_size, num_restarts = _PAPER_ATTACK[dataset]
    return dict(
        eps=_PROFILES[dataset][0],
        step_size=step_size,
        num_steps=num_steps,
        num_restarts=num_restarts,
    )


def model_name(classifier: str, preset: str) -> str:
    """The architecture that stands for one of the paper's classifiers.

    The wide residual network D has 46 million weights: for `paper` alone.
    """
    return "madry_cifar10_narrow" if classifier == "D" and preset != "paper" else classifier


def preset_values(
    dataset: str, preset: str, kind: str, *, train_steps: int = 0, eps: float = 0
) -> dict:
    """Field values for one of `KINDS`, to be overridden by what the user gives.

    Args:
        dataset: data set name; an unknown one (a path) takes the values under "other".
        preset: one of `PRESETS`.
        kind: "aaa" (AAAConfig), "classifier" or "adversarial" (ClassifierConfig), or "eval"
            (EvalConfig).
        train_steps: updates of a training, to which warm-up, ramp and averaging are then fitted; 0
            takes the preset's number.
        eps: radius of the adversary, to which its step size is then fitted, because steps of a
            smaller radius would not reach this one; 0 takes the preset's.

    Returns:
        Field names and values; fields that are missing keep the dataclass default.
    """
    require_known("preset", preset, PRESETS)
    require_known("kind", kind, KINDS)
    key = dataset if dataset in _PROFILES else "other"
    values = (
        _evaluation(key, preset) if kind == "eval" else _training(key, preset, kind, train_steps)
    )
    if eps:
        values |= dict(eps=eps, step_size=values["step_size"] * (eps / values["eps"]))
    if kind == "aaa":
        _, natives, _, values["autoencoder"] = _PROFILES[key]
        values["native"] = tuple(model_name(name, preset) for name in natives)
    return values


def _evaluation(key, preset):
    eps = _PROFILES[key][0]
    _, num_steps, step_size, num_restarts = _PAPER_ATTACK.get(key, (40, 100, eps / 10, 10))
    if preset == "smoke":
        return dict(eps=eps, num_steps=5, step_size=eps / 2, num_restarts=1, num_examples=64)
    if preset == "cpu":
        num_restarts = 1 if key == "digits" else 2
    num_examples = 0 if preset == "paper" else 1000
    return dict(
        eps=eps,
        num_steps=num_steps,
        step_size=step_size,
        num_restarts=num_restarts,
        num_examples=num_examples,
    )


def _training(key, preset, kind, train_steps):
    values = _attack(key, preset)
    if key == "cifar10":
        values |= dict(max_shift=2, random_flip=True)
    if kind == "adversarial":
        values |= dict(adversarial=True)
    if preset == "smoke":
        return values | dict(
            train_steps=train_steps or 12,
            batch_size=32,
            steps_per_epoch=6,
            num_steps=2,
            step_size=values["eps"] / 2,
            validation_examples=32,
            validation_num_steps=2,
            checkpoint_every=5,
        )
    *steps, steps_per_epoch = _STEPS[key]
    values |= dict(
        train_steps=steps[KINDS.index(kind)] * (7 if preset == "paper" else 1),
        steps_per_epoch=steps_per_epoch,
    )
    if preset == "cpu":
        values |= _CPU_RECIPES.get((key, kind), {})
    if train_steps:
        values |= dict(train_steps=train_steps)
    if "ema_momentum" in values:
        values |= dict(ema_momentum=_fit_average(values["ema_momentum"], values["train_steps"]))
    return values | _growth(preset, kind, values["train_steps"])


def _fit_average(momentum, train_steps):
    """A momentum that looks back on a tenth of the training at most, not on its beginning.

    With 0.999 two thousand updates of MNIST export weights of which APGD leaves a quarter of what
    it leaves of the last ones (BUILD_NOTES.md).
    """
    return max(min(momentum, round(1 - 10 / train_steps, 4)), 0.0)


def _attack(key, preset):
    """The adversary in training, and what goes with it."""
    eps = _PROFILES[key][0]
    if preset != "paper":
        return dict(eps=eps, num_steps=7, step_size=eps / 3, learning_rate_schedule="piecewise")
    num_steps, _, step_size, _ = _PAPER_ATTACK.get(key, (40, 100, eps / 10, 10))
    return dict(
        eps=eps,
        num_steps=num_steps,
        step_size=step_size,
        learning_rate_schedule="plateau",
        precision="float32",
        overfitting_fallback=False,
    )


def _growth(preset, kind, train_steps):
    """The warm-up and the ramp of a training of this length."""
    if kind == "adversarial":
        # Attacked at full strength from the first update, MNIST's A never leaves chance.
        return dict(ramp_steps=train_steps // 3)
    if kind == "aaa" and preset == "cpu":
        return dict(warmup_steps=min(200, train_steps // 10), ramp_steps=train_steps // 15)
    return {}
