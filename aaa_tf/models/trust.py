"""What a model file may not contain unless its sender is trusted.

    require_no_code(subject, config)        # layers that carry or fetch code
    require_own_data(subject, hdf5_file)    # weights that point out of the file

A model file is a program. The names below run what the file's author wrote, or read files that
the file's author chose, while it is loaded or called. `load_classifier(path, trust=True)`, or the
flag --trust_classifier, skips these checks.
"""

import h5py

from aaa_tf.errors import InputError

OPT_IN = (
    "if you trust where it came from, --trust_classifier (in Python: trust=True) loads it all the "
    "same"
)
_CARRIES_CODE = {
    "Lambda": "a Lambda layer, which is Python code that would run here with your rights",
    "__lambda__": "a Python lambda, which is code that would run here with your rights",
    "TorchModuleWrapper": "a pickled PyTorch module, which can run any code here",
    "JaxLayer": "a JAX function, which is code that would run here",
    "FlaxLayer": "a Flax module, which is code that would run here",
    "TFSMLayer": "a TFSMLayer, which loads another SavedModel from a path and runs it",
}
_VOCABULARIES = ("IntegerLookup", "StringLookup", "TextVectorization", "IndexLookup", "Hashing")


def refusal(subject: str, what: str) -> InputError:
    """The error for content that only a trusted file may have."""
    return InputError(f"{subject}: it contains {what}; {OPT_IN}")


def require_no_code(subject: str, config) -> None:
    """Raises InputError where a Keras configuration names something that carries or fetches code.

    Args:
        subject: how the message begins.
        config: the configuration as `json.loads` gives it.
    """
    for item in _objects(config):
        name = str(item.get("class_name")).split(">")[-1]
        if name in _CARRIES_CODE:
            raise refusal(subject, _CARRIES_CODE[name])
        inner = item.get("config")
        vocabulary = inner.get("vocabulary") if isinstance(inner, dict) else None
        if name in _VOCABULARIES and isinstance(vocabulary, str):
            raise refusal(subject, f"a {name} that reads the file {vocabulary}")


def _objects(item):
    """Every dictionary with a class name, however deep; without recursion, as files are hostile."""
    waiting = [item]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if "class_name" in item:
                yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def require_own_data(subject: str, group) -> None:
    """Raises InputError where an HDF5 group, however deep, refers to data in another file.

    Args:
        subject: how the message begins.
        group: an open h5py.File or group.
    """
    seen, waiting = set(), [group]
    while waiting:
        group = waiting.pop()
        for name in group:
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                raise refusal(subject, f"a link to another file, {link.filename}")
            if isinstance(link, h5py.SoftLink):
                continue  # It leads within the file, to what is visited anyway.
            item = group[name]
            address = h5py.h5o.get_info(item.id).addr
            if isinstance(item, h5py.Group) and address not in seen:
                seen.add(address)
                waiting.append(item)
            if isinstance(item, h5py.Dataset) and (item.external or item.is_virtual):
                raise refusal(subject, f"weights {name} that lie in another file")
