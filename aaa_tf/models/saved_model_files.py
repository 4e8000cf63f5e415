"""Reads saved_model.pb without loading it: which graph, which signature, are all files there.

    saved = read_saved_model("served/mine/1")
    name = choose_signature(saved, "serving_default")

Nothing of the model runs here; the protocol buffer is parsed and looked at.
"""

import dataclasses
import glob
import hashlib
import os
import pathlib
import re

from google.protobuf import message
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import fingerprint_pb2, meta_graph_pb2, saved_model_pb2

from aaa_tf.errors import InputError

_PROTO = "saved_model.pb"
# The signatures that TensorFlow keeps for itself.
_INTERNAL = ("__saved_model_init_op", "__saved_model_train_op")
_SHARD = re.compile(r"\.data-\d{5}-of-(\d{5})$")


@dataclasses.dataclass(frozen=True)
class SavedModelFile:
    """A SavedModel as read, not loaded.

    Attributes:
        path: its directory.
        subject: how messages about it begin.
        meta_graph: the graph that TensorFlow's loader takes.
        tags: what the loader must be told to take that one; None where there is one alone.
        has_objects: whether it is of TensorFlow 2, where the loader follows the object graph.
    """

    path: str
    subject: str
    meta_graph: meta_graph_pb2.MetaGraphDef
    tags: tuple[str, ...] | None
    has_objects: bool


def hash_program(path: str, signature: str) -> str:
    """SHA-256 of what a signature computes, its weights aside."""
    proto = pathlib.Path(path, _PROTO).read_bytes()
    return hashlib.sha256(signature.encode() + proto).hexdigest()


def read_saved_model(path: str) -> SavedModelFile:
    """Parses the SavedModel at `path`; InputError where it is missing, damaged or incomplete."""
    subject = f"{path} cannot be loaded as SavedModel"
    proto_path = os.path.join(path, _PROTO)
    if not os.path.isfile(proto_path):
        if os.path.isfile(os.path.join(path, "config.json")):
            raise InputError(f"{path} is an unpacked .keras file; pack it as zip, named .keras")
        raise InputError(
            f"{path} holds no saved_model.pb; give a .keras file or a SavedModel"
            f"{name_newest_version(path)}"
        )
    saved_model = _parse(subject, proto_path, saved_model_pb2.SavedModel)
    fingerprint_path = os.path.join(path, "fingerprint.pb")
    if os.path.isfile(fingerprint_path):  # TensorFlow would log a traceback and go on.
        _parse(subject, fingerprint_path, fingerprint_pb2.FingerprintDef)
    meta_graph, tags = _choose_graph(subject, saved_model.meta_graphs)
    has_objects = tags is None and meta_graph.HasField("object_graph_def")
    _require_variables(subject, path, _holds_variables(meta_graph))
    return SavedModelFile(path, subject, meta_graph, tags, has_objects)


def name_newest_version(folder) -> str:
    """Returns ", such as <folder>/2" where a folder holds numbered SavedModels, else ""."""
    files = pathlib.Path(folder).glob(f"*/{_PROTO}")
    versions = [file.parent for file in files if file.parent.name.isdigit()]
    newest = max(versions, key=lambda version: int(version.name), default="")
    return newest and f", such as {newest}"


def _parse(subject, path, kind):
    name = os.path.basename(path)
    with open(path, "rb") as file:
        content = file.read()
    if not content:
        raise InputError(f"{subject}: {name} is empty; copy the folder again")
    try:
        return kind.FromString(content)
    except message.DecodeError as error:
        raise InputError(
            f"{subject}: {name} is cut off or damaged ({len(content)} bytes)"
        ) from error


def _choose_graph(subject, meta_graphs):
    """The graph that the loader takes, and the tags that it needs to be told for it."""
    if len(meta_graphs) == 1:
        return meta_graphs[0], None
    serving = [graph for graph in meta_graphs if list(graph.meta_info_def.tags) == ["serve"]]
    if len(serving) != 1:
        raise InputError(
            f"{subject}: it holds {len(meta_graphs)} graphs, {len(serving)} of them for serving"
        )
    return serving[0], ("serve",)


def _holds_variables(meta_graph):
    objects = meta_graph.object_graph_def.nodes
    return any(node.WhichOneof("kind") == "variable" for node in objects) or any(
        node.op in ("Variable", "VariableV2", "VarHandleOp") for node in meta_graph.graph_def.node
    )


def _require_variables(subject, path, holds_variables):
    """InputError unless the shards of the weights are all there, where there are weights."""
    prefix = os.path.join(glob.escape(path), "variables", "variables")
    shards = glob.glob(f"{prefix}.data-*")
    totals = {int(match.group(1)) for match in map(_SHARD.search, shards) if match}
    has_index = bool(glob.glob(f"{prefix}.index"))
    needed = max(totals, default=int(has_index or holds_variables))
    if len(shards) != needed:
        raise InputError(
            f"{subject}: {len(shards)} of {needed} files variables.data-… are there; copy the "
            "folder again"
        )
    if shards and not has_index:
        raise InputError(f"{subject}: variables.index is missing; copy the folder again")


def choose_signature(saved: SavedModelFile, name: str) -> str:
    """The signature to use: `name`, or the only usable one where serving_default is absent.

    Args:
        saved: as read.
        name: what the caller asked for.

    Raises:
        InputError: there is none of that name, and not exactly one that could stand for it.
    """
    signatures = saved.meta_graph.signature_def
    if name in signatures:
        return name
    known = sorted(set(signatures) - set(_INTERNAL))
    usable = [key for key in known if _takes_images(signatures[key])]
    if name == "serving_default" and len(usable) == 1:
        return usable[0]
    raise InputError(
        f"{saved.path} has no signature '{name}'; known: {', '.join(known) or 'none'}"
        + (f"; of images: {', '.join(usable)}; choose with --signature" if usable else "")
    )


def _takes_images(signature):
    """Whether it has one input of four float dimensions and an output."""
    if len(signature.inputs) != 1 or not signature.outputs:
        return False
    (info,) = signature.inputs.values()
    return info.dtype == types_pb2.DT_FLOAT and len(info.tensor_shape.dim) == 4
