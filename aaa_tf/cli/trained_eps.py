"""The attack on a defence where no flag chooses its eps: the eps that it was trained for.

    config = config_flags.eval_config_from_flags(eval_defaults(FLAGS.autoencoder))

An attack of a smaller eps would flatter it, one of a larger would measure what nobody promised.
"""

import pathlib

from absl import flags

from aaa_tf import presets
from aaa_tf.cli import config_flags
from aaa_tf.models.pretrained import resolve_autoencoder
from aaa_tf.serving import manifest
from aaa_tf.training.run_directory import read_config

FLAGS = flags.FLAGS


def eval_defaults(path) -> dict:
    """The preset's values of an evaluation, at the eps of a defence's training where that is known.

    --eps, an L2 threat model and the paper's suites choose their eps themselves.

    Args:
        path: run directory, autoencoder.keras in it, a shipped name, an exported version, or
            anything else; None for nothing.
    """
    values, eps = config_flags.preset_defaults("eval"), training_eps(path)
    is_chosen = FLAGS.eps or FLAGS.norm == "L2" or FLAGS.suite in presets.PAPER_SUITES
    if is_chosen or eps in (0, values["eps"]):
        return values
    print(f"attacking at eps {eps:.4g}, which {path} was trained for; --eps chooses another")
    return presets.preset_values(FLAGS.dataset, FLAGS.preset, "eval", eps=eps)


def training_eps(path) -> float:
    """Linf radius of a defence's training; 0 where its files do not tell. `path` as above.

    Raises:
        InputError: a damaged config.json or manifest.
    """
    if not path:
        return 0
    config = training_config(path)
    if config:
        return config.get("eps", 0)
    folder = pathlib.Path(path)
    if (folder / manifest.FILE_NAME).exists():
        return (manifest.read_manifest(folder).get("threat_model") or {}).get("eps", 0)
    return 0


def training_config(path) -> dict:
    """Configuration of a defence's training; {} where its files do not tell. `path` as above.

    Raises:
        InputError: a damaged config.json.
    """
    folder = pathlib.Path(resolve_autoencoder(path))
    folder = folder.parent if folder.name == "autoencoder.keras" else folder
    # Others put a config.json beside their models too.
    if (folder / "autoencoder.keras").exists() and (folder / "config.json").exists():
        return read_config(folder)
    return {}
