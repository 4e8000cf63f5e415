"""What an evaluation has finished, kept so that a killed one does not repeat it.

One .npz file for each target and column, replaced after every round by one rename, and a .json file
for what is computed at one go. The .npz holds flags, adversarial images (`adversarial_images`,
which `bin/evaluate --adversarial_images=` reads) and costs. The name carries a hash of everything
the result depends on, so a file is never taken for another model, data set or attack.
"""

import hashlib
import io
import json
import pathlib

import numpy as np
import tensorflow as tf

from aaa_tf import files
from aaa_tf.attacks.runner import AttackResult
from aaa_tf.attacks.transfer import Transfer
from aaa_tf.differentiability import probe

_ARRAYS = ("is_correct", "is_robust", "adversarial_images", "broken_by")
_NUM_PROBED = 2
_COUNTS = ("num_robust", "num_gradients", "num_queries", "loss_curves")


class PartialResults:
    """Results of one target in a folder."""

    def __init__(self, folder, target, split, logits, report, *, is_chief: bool = True):
        """`folder`: None keeps nothing; `logits`: on the clean images; `report`: takes lines.

        Of several workers all read, and the chief alone writes.
        """
        self._folder = None if folder is None else pathlib.Path(folder)
        self._is_chief = is_chief
        self._label, self._report = _slug(target.label), report
        digest = hashlib.sha256(target.fingerprint.encode())
        # A model of which nothing is known is told by what it answers, and by its gradient.
        answers = logits.argmax(axis=1) if target.fingerprint else logits
        for array in (split.images, split.labels, answers):
            digest.update(np.ascontiguousarray(array).tobytes())
        self._probed = tf.constant(split.images[:_NUM_PROBED])
        if folder is not None and not target.fingerprint:
            digest.update(probe(target.logits_fn, self._probed))
        self._identity = digest.hexdigest()
        self._sources = {}

    def path(self, column) -> pathlib.Path | None:
        """The file of a column; sources of transfers go by what they answer, as they may be any.

        None where one of its attacks cannot be told from another, see `Attack.program`.
        """
        programs = [attack.program for attack in column.attacks]
        if self._folder is None or None in programs:
            return None
        transfers = (attack for attack in column.attacks if isinstance(attack, Transfer))
        others = [self._identify(attack.source) for attack in transfers]
        others += [program for program in programs if program]
        text = json.dumps([self._identity, column.describe(), *others], sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        return self._folder / f"{self._label}_{_slug(column.name)}_{digest[:12]}.npz"

    def _identify(self, source):
        """A hash, the same in all rounds even of a source that answers at random."""
        if id(source) not in self._sources:
            digest = hashlib.sha256(probe(source, self._probed)).hexdigest()
            self._sources[id(source)] = source, digest  # the source is kept, and so is its id
        return self._sources[id(source)][1]

    def keep(self, name: str, parameters: dict, compute):
        """The value of `compute()` as JSON types, from the folder where an earlier call left it.

        Args:
            name: what it is, for the file's name.
            parameters: everything besides model and data that it depends on, as JSON types.
            compute: called without arguments where nothing is there or it is damaged.
        """
        if self._folder is None:
            return compute()
        text = json.dumps([self._identity, name, parameters], sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        path = self._folder / f"{self._label}_{_slug(name)}_{digest[:12]}.json"
        if path.exists():
            try:
                return json.loads(path.read_text())
            except ValueError as error:
                self._report(f"{path} is damaged ({type(error).__name__}) and discarded")
        self._report(f"{name} of {self._label}")
        value = compute()
        files.write_json(path, value)
        return value

    def load(self, column):
        """(AttackResult, seconds, commits) of the rounds that are done; (None, 0, ()) without any.

        The commits are those of this program that ran them; "unknown" is in a file from before they
        were kept. A damaged file is discarded with a line.
        """
        path = self.path(column)
        if self._folder and not path:
            self._report(
                f"{column.name}: its rounds are not kept for a later call, because one of its "
                "attacks has functions or arrays for parameters, or no file"
            )
        if not path or not path.exists():
            return None, 0.0, ()
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as content:
                counts = json.loads(str(content["counts"]))
                arrays = {name: content[name] for name in _ARRAYS}
        except Exception as error:  # a cut-off zip fails in many ways; all mean: do it again
            self._report(f"{path} is damaged ({type(error).__name__}) and discarded")
            if self._is_chief:
                path.unlink()
            return None, 0.0, ()
        self._report(f"{column.name}: goes on after the rounds kept in {path}")
        arrays["broken_by"] = arrays["broken_by"].astype(object)
        result = AttackResult(**arrays, **{name: counts[name] for name in _COUNTS})
        return result, counts["seconds"], tuple(counts.get("git_commits", ["unknown"]))

    def save(self, column, result, seconds: float, commits) -> None:
        """Replaces the file of a column."""
        path = self.path(column)
        if not path or not self._is_chief:
            return
        counts = {name: getattr(result, name) for name in _COUNTS}
        counts |= {"seconds": seconds, "git_commits": list(commits)}
        arrays = {name: getattr(result, name) for name in _ARRAYS}
        arrays["broken_by"] = arrays["broken_by"].astype(str)
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays, counts=json.dumps(counts))
        files.write_bytes(path, buffer.getvalue())


def _slug(text):
    return "".join(c if c.isalnum() else "-" for c in pathlib.Path(text).name).strip("-")
