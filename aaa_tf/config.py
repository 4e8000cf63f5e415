"""Every knob of a training or an evaluation, as frozen dataclasses of scalars and their tuples.

    config = AAAConfig(dataset="mnist", native=("A",), eps=0.3, step_size=0.1, num_steps=7)

A field is the flag of the same name (`lambda_` is `--lambda`) and the key of the same name in
config.json. `presets.py` holds the values that suit a data set and an eps; this module knows none,
and a default here, such as that of step_size, does not follow another field. A new field's default
does what was done before it was there, so that older runs can be gone on with.
"""

import dataclasses

from aaa_tf.config_checks import (
    check_attack,
    check_loss,
    check_names,
    check_positive,
    check_seed,
)
from aaa_tf.errors import InputError, require_known

SCHEDULES = ("constant", "piecewise", "plateau")
NORMS = ("Linf", "L2")
PRECISIONS = ("auto", "float32", "bfloat16")


def knob(default, text: str):
    """A dataclass field with its one-line description (unit included), shown by --help."""
    return dataclasses.field(default=default, metadata={"help": text})


@dataclasses.dataclass(frozen=True, kw_only=True)
class LoopConfig:
    """What every training has: data, adversary, optimizer, schedule, bookkeeping."""

    dataset: str = knob("digits", "data set name, an .npz file, or a folder of class folders")
    eps: float = knob(0.1, "Linf radius of the adversary, in pixels scaled to [0, 1]")
    step_size: float = knob(
        0.025,
        "length of one PGD step in training, same unit as eps, at most 2 eps; flags and "
        "preset_values let it grow with an eps that is given alone",
    )
    num_steps: int = knob(7, "PGD steps in training; 1 with step_size 1.25 eps is fast FGSM")
    step_curriculum: tuple[int, ...] = knob(
        (),
        "attack steps in equal parts of the training, such as 3,7,20,40, in place of num_steps; "
        "n steps are of step_size * num_steps / n each, so that together they go as far",
    )
    free_replays: int = knob(
        1,
        "updates in a row on one batch whose perturbation is kept, and whose last attack gradient "
        "is also the update's; Shafahi et al. take num_steps 1 and step_size eps; 1 is off",
    )
    ramp_steps: int = knob(
        0, "updates over which eps and step_size rise to full value, after any warm-up"
    )
    overfitting_drop: float = knob(
        0.2,
        "fall of the robust validation accuracy below its best, while training accuracy rises, "
        "that is reported as catastrophic overfitting; 0 is off",
    )
    overfitting_fallback: bool = knob(
        True, "after such a report, double the attack steps, to validation_num_steps at most"
    )
    train_steps: int = knob(1000, "optimizer updates in total")
    max_shift: int = knob(
        0, "pixels that each training image moves at most, at random in both directions; 0 is off"
    )
    random_flip: bool = knob(False, "mirror every other training image, drawn at random")
    batch_size: int = knob(128, "examples per update, over all devices together")
    learning_rate: float = knob(1e-3, "Adam's initial learning rate")
    learning_rate_schedule: str = knob(
        "plateau",
        "constant; piecewise: a third at 60 %, a tenth at 85 % of the updates; plateau: a tenth "
        "when the adversarial validation loss has not improved for plateau_patience epochs",
    )
    plateau_patience: int = knob(5, "epochs without improvement before the rate falls")
    ema_momentum: float = knob(
        0.0,
        "momentum of the moving average of weights that is evaluated and exported: it looks back "
        "on 1 / (1 - momentum) updates, far fewer than train_steps; 0 is off",
    )
    precision: str = knob(
        "auto", "arithmetic in training: float32, bfloat16, or auto (bfloat16 where it is native)"
    )
    steps_per_epoch: int = knob(
        0, "updates between validations; 0: as many as the data has batches"
    )
    validation_examples: int = knob(512, "validation images attacked after each epoch")
    validation_num_steps: int = knob(20, "PGD steps of the validation attack (at full eps)")
    checkpoint_every: int = knob(200, "updates between checkpoints")
    seed: int = knob(0, "seed of initial weights, data order, attack starts and native draws")

    def __post_init__(self):
        # A step may be longer than eps (Wong et al. 2020 take 1.25 eps); beyond 2 eps, the width of
        # the ball, every step ends at the same place.
        check_attack(self.eps, self.step_size, self.num_steps, longest=2)
        for num_steps in self.step_curriculum:
            check_positive("every number of step_curriculum", num_steps)
        require_known("learning_rate_schedule", self.learning_rate_schedule, SCHEDULES)
        require_known("precision", self.precision, PRECISIONS)
        for name in (
            "free_replays",
            "train_steps",
            "batch_size",
            "validation_examples",
            "validation_num_steps",
            "checkpoint_every",
            "plateau_patience",
        ):
            check_positive(name, getattr(self, name))
        if not self.learning_rate > 0:
            raise InputError(f"learning_rate must be above 0, not {self.learning_rate}")
        if not 0 <= self.ema_momentum < 1:
            raise InputError(f"ema_momentum must be in [0, 1), not {self.ema_momentum}")
        for name in ("steps_per_epoch", "max_shift", "ramp_steps"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} must be 0 or more, not {getattr(self, name)}")
        if not 0 <= self.overfitting_drop < 1:
            raise InputError(f"overfitting_drop must be in [0, 1), not {self.overfitting_drop}")
        check_seed(self.seed)
        if self.ramp_steps and self.first_attacked_step + self.ramp_steps > self.train_steps:
            raise InputError(
                f"ramp_steps {self.ramp_steps} would end after the last of {self.train_steps} "
                "updates, and the attack never reach full strength; take fewer"
            )

    @property
    def first_attacked_step(self) -> int:
        """Number of the first update that is made against an attack."""
        return 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class AAAConfig(LoopConfig):
    """Training of the autoencoder before frozen natives (Vaishnavi et al. 2020, equation 3)."""

    loss: str = knob(
        "xent_mse",
        "xent, mse, xent_mse (their sum, equation 3), or trades_mse (TRADES in place of xent, "
        "its adversary too); from Python also a function",
    )
    trades_beta: float = knob(
        6.0, "weight of the divergence between clean and attacked predictions in trades_mse"
    )
    lambda_: float = knob(
        10.0,
        "factor of the squared error AVERAGED over pixels; the paper's sum over pixels takes "
        "lambda / (height * width * channels)",
    )
    native: tuple[str, ...] = knob((), "native classifiers: letters, names or model files")
    native_period: int = knob(1, "updates between draws of the native classifier")
    autoencoder: str = knob(
        "conv_bottleneck", "conv, conv_bottleneck, conv_bottleneck_wide or unet"
    )
    init_autoencoder: str = knob(
        "", "trained autoencoder to go on from: a file, or a shipped one's name"
    )
    warmup_steps: int = knob(0, "denoising updates (uniform noise of eps, mse) before attacks")

    def __post_init__(self):
        super().__post_init__()
        check_loss(self.loss)
        check_names("native", self.native)
        check_positive("native_period", self.native_period)
        for name in ("lambda_", "trades_beta", "warmup_steps"):
            if getattr(self, name) < 0:
                raise InputError(f"{name.rstrip('_')} must be 0 or more, not {getattr(self, name)}")
        if not self.native:
            raise InputError("no native classifier: give --native=A,B or a model file")

    @property
    def first_attacked_step(self) -> int:
        """The first update after the warm-up."""
        return self.warmup_steps


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClassifierConfig(LoopConfig):
    """Natural training of a classifier, or adversarial training (Madry et al. 2018)."""

    model: str = knob("A", "architecture of the classifier, by the paper's letter or by name")
    adversarial: bool = knob(False, "train on PGD images instead of clean ones")

    def __post_init__(self):
        super().__post_init__()
        is_attacked = self.step_curriculum or self.free_replays > 1 or self.ramp_steps
        if is_attacked and not self.adversarial:
            raise InputError(
                "step_curriculum, free_replays and ramp_steps are of adversarial training; "
                "add --adversarial"
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvalConfig:
    """How a pipeline is measured, on test data, by attacks through autoencoder and classifier."""

    suite: str = knob(
        "",
        "named protocol: paper_mnist, paper_fashion, paper_cifar10, supplement, autoattack or "
        "quick; empty: attacks",
    )
    attacks: tuple[str, ...] = knob(
        ("pgd",), "attacks run as one ensemble where no suite is given, such as pgd,apgd_t,square"
    )
    eps: float = knob(
        0.1,
        "radius of the evaluating adversary, in pixels in [0, 1]; commands take that of a "
        "defence's training, where its files tell it; the paper's suites bring their own",
    )
    norm: str = knob("Linf", "norm of that radius: Linf or L2")
    step_size: float = knob(
        0.01,
        "length of one PGD step in evaluation; flags and preset_values let it grow with an eps "
        "that is given alone",
    )
    num_steps: int = knob(100, "PGD steps in evaluation")
    num_restarts: int = knob(2, "random restarts of PGD; an image is robust if it survives all")
    num_examples: int = knob(1000, "test images evaluated (the first ones); 0: all")
    batch_size: int = knob(
        250, "images attacked at once; no effect on which are robust, unless the model is random"
    )
    seed: int = knob(0, "seed of the attacks")
    seeds: int = knob(1, "how often to repeat with the next seeds: gives mean and deviation")

    def __post_init__(self):
        require_known("norm", self.norm, NORMS)
        check_names("attacks", self.attacks)
        if not self.eps > 0:
            raise InputError(f"eps of an evaluation must be above 0, not {self.eps}")
        check_attack(self.eps, self.step_size, self.num_steps, self.norm)
        check_seed(self.seed)
        check_positive("seeds", self.seeds)
        check_positive("num_restarts", self.num_restarts)
        check_positive("batch_size", self.batch_size)
        if self.num_examples < 0:
            raise InputError(f"num_examples must be 0 (all) or more, not {self.num_examples}")


def name_loss(loss) -> str:
    """A loss as config.json names it: a function by its module and name."""
    return f"{loss.__module__}.{loss.__qualname__}" if callable(loss) else loss


def to_dict(config) -> dict:
    """The fields of `config` as JSON types, under their flag names."""
    return _as_json({f.name: getattr(config, f.name) for f in dataclasses.fields(config)})


def default_values(cls) -> dict:
    """The defaults of a configuration class, as `to_dict` gives them."""
    return _as_json({field.name: field.default for field in dataclasses.fields(cls)})


def _as_json(values):
    def as_json(value):
        return list(value) if isinstance(value, tuple) else name_loss(value)

    return {name.rstrip("_"): as_json(value) for name, value in values.items()}
