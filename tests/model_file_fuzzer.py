"""Damages model files at random and loads them: each is refused in one line, or it works.

    python -m tests.model_file_fuzzer --count=200        # what `make fuzz` runs
    python -m tests.model_file_fuzzer --kind=fuzz_model.keras --seed=17 --count=1

A mutation is a function of the kind of file and the seed, so a failure is found again by both. It
damages bytes, or it keeps the container whole and changes what is in it: a value of the JSON
configuration, a field of the protocol buffer, the weights inside of a zip archive.
"""

import argparse
import collections
import json
import pathlib
import random
import shutil
import tempfile
import time
import warnings
import zipfile

import h5py
from tensorflow.core.protobuf import saved_model_pb2

from aaa_tf.errors import InputError
from aaa_tf.models.isolation import LoadLimits
from aaa_tf.models.loading import load_classifier

FIXTURES = pathlib.Path(__file__).parent / "fixtures"
KINDS = (
    "fuzz_model.keras",
    "fuzz_model.h5",
    "fuzz_saved_model",
    "fuzz_checkpoint",
    "tf215_plain.keras",
    "tf215_plain.h5",
    "tf215_layers",
    "tf215_old_graph",
)
LIMITS = LoadLimits(seconds=60, memory_gb=3)
_ODD_VALUES = (None, True, -1, 0, 1, 3, 2**31, 10**9, 0.5, 1e308, "", "x", "softmax", [], [1], {})
_DATE = (2026, 1, 1, 0, 0, 0)


def try_one(kind: str, seed: int) -> str:
    """Loads mutation `seed` of a file of `kind`.

    Returns:
        "loaded", or "refused: " and the reason. Anything else that is raised is a fault.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = mutate(kind, seed, pathlib.Path(folder))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # hidden logits, which are tested elsewhere
            try:
                load_classifier(str(path), limits=LIMITS)
                return "loaded"
            except InputError as error:
                line = str(error).replace(str(path), kind)
    if "\n" in line:
        raise ValueError(f"more than one line: {line}")
    return f"refused: {line}"


def mutate(kind: str, seed: int, folder: pathlib.Path) -> pathlib.Path:
    """Writes a damaged copy of the fixture `kind` into `folder`; returns its path."""
    rng = random.Random(f"{kind} {seed}")
    files = [path for path in FIXTURES.rglob("*") if path.is_file() and _belongs(path, kind)]
    for path in files:
        copy = folder / path.relative_to(FIXTURES)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    copies = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    victim = rng.choice(copies)
    inside = {".keras": _inside_zip, ".h5": _inside_hdf5, ".pb": _inside_proto}.get(victim.suffix)
    if inside and victim.name != "fingerprint.pb" and rng.random() < 0.6:
        inside(rng, victim)
    else:
        victim.write_bytes(_damage(rng, victim.read_bytes()))
    return folder / kind


def _belongs(path, kind):
    name = str(path.relative_to(FIXTURES))
    return name == kind or name.startswith((f"{kind}/", f"{kind}.index", f"{kind}.data"))


def _damage(rng, content):
    """Other bytes: flipped, overwritten, cut out, doubled, cut off."""
    start = rng.randrange(len(content))
    end = min(len(content), start + rng.choice((1, 4, 16, 64, 1024)))
    middle = content[start:end]
    kind = rng.choice(("flip", "random", "zero", "ones", "delete", "double", "truncate"))
    if kind == "truncate":
        return content[:start]
    changed = {
        "flip": bytes([middle[0] ^ 1 << rng.randrange(8)]) + middle[1:],
        "random": rng.randbytes(len(middle)),
        "zero": bytes(len(middle)),
        "ones": b"\xff" * len(middle),
        "delete": b"",
        "double": middle + middle,
    }[kind]
    return content[:start] + changed + content[end:]


def _inside_zip(rng, path):
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(sorted(members))
    change = _damage_json if name.endswith(".json") and rng.random() < 0.9 else _damage
    members[name] = change(rng, members[name])
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), content)


def _inside_hdf5(rng, path):
    with h5py.File(path, "r+") as file:
        config = file.attrs["model_config"]
        config = config.encode() if isinstance(config, str) else config
        file.attrs["model_config"] = _damage_json(rng, config).decode()


def _damage_json(rng, content):
    """One value of the document replaced by an odd one, or by another of its values."""
    document = json.loads(content)
    places = list(_places(document))
    container, key = rng.choice(places)
    other_container, other_key = rng.choice(places)
    container[key] = rng.choice((*_ODD_VALUES, other_container[other_key]))
    try:
        return json.dumps(document).encode()
    except ValueError:  # A value that contains itself cannot be written.
        return b"{}"


def _places(item):
    """(container, key) of every value in nested dictionaries and lists."""
    for key in list(item) if isinstance(item, dict) else range(len(item)):
        yield item, key
        if isinstance(item[key], dict | list):
            yield from _places(item[key])


def _inside_proto(rng, path):
    saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    fields = list(_fields(saved))
    message, field, index = rng.choice(fields)
    values = getattr(message, field.name)
    is_list = index is not None
    if is_list and rng.random() < 0.2:
        del values[index]
    else:
        value = _other(rng, field, values[index] if is_list else values, fields)
        if is_list:
            values[index] = value
        else:
            setattr(message, field.name, value)
    path.write_bytes(saved.SerializeToString())


def _other(rng, field, value, fields):
    """Another value of the same type, often one that stands elsewhere in the same field."""
    others = [m for m, f, i in fields if f.full_name == field.full_name and i is None]
    if others and rng.random() < 0.5:
        return getattr(rng.choice(others), field.name)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return rng.choice((0, 1, 2, 3, 7, 2**31 - 1)) if field.name != "dtype" else 1
    if isinstance(value, float):
        return rng.choice((0.0, -1.0, float("nan"), float("inf"), 1e308))
    return _damage(rng, value) if isinstance(value, bytes) and value else type(value)()


def _fields(message):
    """(message, field, index or None) of every scalar, however deep; maps are left alone."""
    for field, value in message.ListFields():
        is_map = field.message_type is not None and field.message_type.GetOptions().map_entry
        if is_map:
            for inner in value.values():
                if hasattr(inner, "ListFields"):
                    yield from _fields(inner)
        elif field.message_type is not None:
            for inner in value if field.is_repeated else (value,):
                yield from _fields(inner)
        elif field.is_repeated:
            yield from ((message, field, index) for index in range(len(value)))
        else:
            yield message, field, None


def main():
    """Fuzzes each kind; prints what happened to how many."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", choices=KINDS, action="append", help="default: all")
    parser.add_argument("--seed", type=int, default=0, help="first seed")
    parser.add_argument("--count", type=int, default=200, help="mutations of each kind")
    parser.add_argument("--verbose", action="store_true", help="print each")
    flags = parser.parse_args()
    for kind in flags.kind or KINDS:
        begun, counts = time.monotonic(), collections.Counter()
        for seed in range(flags.seed, flags.seed + flags.count):
            try:
                outcome = try_one(kind, seed)
            except BaseException:
                print(f"FAULT: --kind={kind} --seed={seed} --count=1", flush=True)
                raise
            counts[outcome.split(":")[0]] += 1
            if flags.verbose:
                print(kind, seed, outcome, flush=True)
        seconds = time.monotonic() - begun
        print(f"{kind}: {dict(sorted(counts.items()))} in {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
