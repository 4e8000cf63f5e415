"""Which attacks make which column of a report: the paper's protocols, AutoAttack, or a list.

    columns = build_columns(config, target, num_classes=10, guides=(images, labels))

Attacks of one column form an ensemble: an image is robust if it survives all of them. Columns are
independent: each starts from every image that is classified correctly when clean.

    paper_mnist, paper_fashion, paper_cifar10   PGD; CW-L2 with c = 100 (not on CIFAR-10), and an
                                                APGD-L2 of the same radius beside it, because CW
                                                with a fixed constant may flatter a defence
    supplement    PGD on the reconstruction loss, alone and with cross-entropy; the latent attack
    autoattack    APGD-CE, APGD-T, FAB-T and Square as one ensemble
    quick         a minute's look: short PGD, APGD and Square as one ensemble
"""

import dataclasses

import numpy as np

from aaa_tf.attacks import autoattack
from aaa_tf.attacks.apgd import APGD
from aaa_tf.attacks.by_name import NAMES, make_attack
from aaa_tf.attacks.carlini_wagner import CarliniWagnerL2, papers_mode
from aaa_tf.attacks.fab import FAB, TargetedFAB
from aaa_tf.attacks.on_autoencoder import LatentPGD, ReconstructionPGD
from aaa_tf.attacks.pgd import PGD
from aaa_tf.attacks.runner import require_one_threat
from aaa_tf.attacks.square import Square
from aaa_tf.attacks.transfer import Transfer
from aaa_tf.errors import InputError, require_known
from aaa_tf.evaluation.target import Target
from aaa_tf.presets import PAPER_SUITES, paper_protocol

SUITES = (*PAPER_SUITES, "supplement", "autoattack", "quick")
_CW_RADIUS = 3.0


@dataclasses.dataclass(frozen=True)
class Column:
    """An ensemble of attacks of one threat model.

    Attributes:
        name: what reports call it.
        attacks: Attacks of one norm and eps, run on survivors in this order.
        adversary: "adaptive" (attacks the whole function), "oblivious" (sees less of it), or
            "given" (images that somebody else made, nobody knows on what).
    """

    name: str
    attacks: tuple
    adversary: str = "adaptive"

    def __post_init__(self):
        require_one_threat(self.attacks, f"the attacks of column {self.name}")

    @property
    def norm(self) -> str:
        """Norm of the threat model."""
        return self.attacks[0].norm

    @property
    def eps(self) -> float:
        """Radius of the threat model."""
        return self.attacks[0].eps

    def describe(self) -> dict:
        """Name, threat model and every parameter of every attack, as JSON types."""
        return {
            "name": self.name,
            "adversary": self.adversary,
            "norm": self.norm,
            "eps": self.eps,
            "attacks": [describe_attack(attack) for attack in self.attacks],
        }


def require_suite(config, dataset_name: str) -> None:
    """Raises InputError, before anything has run, for an unknown suite or attack of an EvalConfig.

    Args:
        config: EvalConfig.
        dataset_name: the data set; the paper's suites are for one each.
    """
    _require_sound(config)
    expected = PAPER_SUITES.get(config.suite, dataset_name)
    if expected != dataset_name:
        raise InputError(
            f"suite {config.suite} is the paper's protocol for {expected}, not for {dataset_name}; "
            "use --suite=autoattack, or --attacks with --eps"
        )


def _require_sound(config):
    """What can be told of an EvalConfig without a model or data."""
    if config.suite:
        require_known("suite", config.suite, SUITES)
    elif not config.attacks:
        raise InputError(f"no attack given; known: {', '.join(NAMES)}")
    else:
        for name in config.attacks:
            require_known("attack", name, NAMES)
        if "cw" in config.attacks and config.norm != "L2":
            raise InputError("attack cw is an L2 attack; give --norm=L2 and an --eps such as 3")
        # For what the attacks themselves and their column refuse; no class number matters to that.
        _listed_column(config, num_classes=10, seed=config.seed)
    _require_reach(config)


def _require_reach(config):
    """PGD that cannot go as far as eps attacks a smaller ball than its column says."""
    has_pgd = not config.suite and any(name.startswith("pgd") for name in config.attacks)
    reach = config.num_steps * config.step_size
    if (has_pgd or config.suite == "supplement") and reach < (1 - 1e-6) * config.eps:
        raise InputError(
            f"{config.num_steps} steps of {config.step_size:g} go {reach:g} far, less than eps "
            f"{config.eps:g}; take more steps or longer ones"
        )


def require_applicable(config, num_classes: int) -> None:
    """Raises InputError for an attack of an EvalConfig that does not apply to so many classes.

    Before a training whose result it is to measure; later each attack says it itself.
    """
    nothing_known = Target("", lambda images: images)
    columns = build_columns(
        config, nothing_known, num_classes=num_classes, guides=None, seed=config.seed
    )
    for column in columns:
        for attack in column.attacks:
            attack.require_applicable(num_classes)


def build_columns(config, target, *, num_classes: int, guides, seed: int) -> list[Column]:
    """The columns of `config.suite`, or of `config.attacks` where that is empty.

    Args:
        config: EvalConfig.
        target: Target; its known parts decide what can be shown: attacks on the autoencoder, and
            the oblivious adversary beside the adaptive one.
        num_classes: number of logits.
        guides: (images, labels) whose codes the latent attack moves towards.
        seed: seed of all attacks; a listed column without random draws keeps config.seed, so that
            those of several seeds show that they are one.

    Raises:
        InputError: an unknown suite or attack, PGD that cannot go as far as eps, or parameters that
            an attack does not take.
    """
    _require_sound(config)
    shared = {"eps": config.eps, "norm": config.norm, "seed": seed}
    if config.suite in PAPER_SUITES:
        columns = paper_columns(config.suite, seed)
    elif config.suite == "supplement":
        columns = _supplement_columns(config, target, guides, seed)
    elif config.suite == "autoattack":
        attacks = autoattack.standard(**shared, num_classes=num_classes)
        columns = [Column("AutoAttack", tuple(attacks))]
    elif config.suite == "quick":
        attacks = (
            PGD(**shared, step_size=config.eps / 8, num_steps=20),
            APGD(**shared, num_steps=20),
            Square(**shared, num_queries=300),
        )
        columns = [Column("quick", attacks)]
    else:
        column = _listed_column(config, num_classes, seed)
        columns = [column if _draws(column) else _listed_column(config, num_classes, config.seed)]
    return columns + _oblivious_column(columns, target)


def describe_attack(attack) -> dict:
    """Class and plain parameters of an attack, for a report."""
    if isinstance(attack, Transfer):
        made_with = describe_attack(attack.attack)
        return made_with | {"name": attack.name, "source": attack.source_name}
    values = {field.name: getattr(attack, field.name) for field in dataclasses.fields(attack)}
    values = {k: v.item() if isinstance(v, np.generic) else v for k, v in values.items()}
    plain = {key: value for key, value in values.items() if isinstance(value, str | int | float)}
    if plain.get("stops_early"):  # the rule, where a broken row stays broken
        del plain["stops_early"]
    for name in ("covers_border", "is_original"):
        if plain.get(name) is False:  # as AutoAttack's, and as reports of before it was there
            del plain[name]
    return {"name": attack.name, "type": type(attack).__name__} | plain


def paper_columns(suite: str, seed: int) -> list[Column]:
    """The columns of one of the paper's suites, PGD first."""
    values = paper_protocol(PAPER_SUITES[suite])
    pgd = PGD(**values, seed=seed)
    columns = [Column(pgd.name, (pgd,))]
    if suite != "paper_cifar10":
        columns.append(Column("CW-L2", (papers_mode(eps=_CW_RADIUS),)))
        columns.append(Column("APGD-L2", (APGD(eps=_CW_RADIUS, norm="L2", seed=seed),)))
    return columns


def _supplement_columns(config, target, guides, seed):
    shared = _pgd_parameters(config, seed)
    attacks = [PGD(**shared)]
    if target.autoencoder is not None:
        attacks += [
            ReconstructionPGD(**shared, autoencoder=target.autoencoder),
            ReconstructionPGD(**shared, autoencoder=target.autoencoder, xent_weight=1.0),
        ]
    columns = [Column(attack.name, (attack,)) for attack in attacks]
    for name, encode in (
        ("latent", target.encode),
        ("latent, bottleneck alone", target.encode_bottleneck),
    ):
        if encode is not None:
            columns.append(Column(name, (LatentPGD(**shared, encode=encode, guides=guides),)))
    return columns


def _listed_column(config, num_classes, seed):
    attacks = tuple(
        make_attack(name, num_classes=num_classes, **_pgd_parameters(config, seed))
        for name in config.attacks
    )
    return Column(" + ".join(attack.name for attack in attacks), attacks)


def _pgd_parameters(config, seed):
    """What an EvalConfig says of PGD."""
    names = ("eps", "norm", "step_size", "num_steps", "num_restarts")
    return {name: getattr(config, name) for name in names} | {"seed": seed}


def _draws(column):
    """Whether a seed matters: not to CW, nor to FAB's first restart, which start from the image."""
    without = [
        type(attack) is CarliniWagnerL2
        or (type(attack) in (FAB, TargetedFAB) and attack.num_restarts == 1)
        for attack in column.attacks
    ]
    return not all(without)


def _oblivious_column(columns, target):
    """The first plain gradient attack again, one restart, made on the bare classifier."""
    plain = [a for column in columns for a in column.attacks if type(a) in (PGD, APGD)]
    if target.bare_logits_fn is None or not plain:
        return []
    attack = dataclasses.replace(plain[0], num_restarts=1)
    transfer = Transfer(attack, target.bare_logits_fn, "the bare classifier")
    return [Column(f"{attack.name}, oblivious", (transfer,), adversary="oblivious")]
