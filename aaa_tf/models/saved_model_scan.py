"""Holds what a SavedModel would run against the list of operations that only compute.

    require_only_computes(read_saved_model(path), "serving_default")

A SavedModel is a program: loading it runs its initialisers, and calling it runs whatever its
author put into the graph, files and sockets included. It is checked before TensorFlow loads it.
"""

from aaa_tf.errors import InputError
from aaa_tf.models import trust
from aaa_tf.models.allowed_operations import ALLOWED, ALLOWED_IN_RESTORE, FROM_ASSET
from aaa_tf.models.saved_model_files import SavedModelFile
from aaa_tf.models.saved_model_reach import node_name, reach
from aaa_tf.models.saved_model_roots import find_roots

_MEANINGS = {
    "ReadFile": "reads a file of the author's choice",
    "WriteFile": "writes a file of the author's choice",
    "MatchingFiles": "looks for files",
    "PyFunc": "calls Python",
    "PyFuncStateless": "calls Python",
    "EagerPyFunc": "calls Python",
    "PrintV2": "prints, or writes to a file",
    "ImmutableConst": "maps a file of the author's choice",
    "RestoreV2": "reads a checkpoint of the author's choice",
    "SaveV2": "writes a checkpoint",
    "XlaCallModule": "runs a compiled program that cannot be looked into",
}


def require_only_computes(saved: SavedModelFile, signature: str) -> None:
    """Raises InputError unless everything that would run is on the allow-list.

    Args:
        saved: a SavedModel as read.
        signature: the one that will be called.

    Raises:
        InputError: it names the first operation that is not allowed, and where it stands.
    """
    graph_def = saved.meta_graph.graph_def
    try:
        roots = find_roots(saved, signature)
    except Exception as error:  # a damaged protocol buffer inside a whole one
        raise InputError(f"{saved.subject}: its collections are damaged") from error
    for node, where in reach(graph_def, functions=roots.functions, nodes=roots.nodes):
        # Paths of assets are given to functions, and to initialisers of a graph alone.
        if not _is_allowed(node, where, roots) or (node.op in FROM_ASSET and where is None):
            raise _refusal(saved, node, where)
    for node, where in reach(graph_def, nodes=roots.initialisers):
        if not _is_allowed(node, where, roots):
            raise _refusal(saved, node, where)
    for node, where in reach(graph_def, nodes=roots.restore_nodes):
        is_allowed = node.op not in FROM_ASSET and _is_allowed(node, where, roots)
        if not is_allowed and not _restores(node, roots):
            raise _refusal(saved, node, where)


def _restores(node, roots):
    """Whether a node may be part of a restore, of the model's own checkpoint."""
    if node.op == "RestoreV2" and (not node.input or node_name(node.input[0]) != roots.checkpoint):
        return False
    return node.op in ALLOWED_IN_RESTORE


def _is_allowed(node, where, roots):
    if node.op in FROM_ASSET:
        # Its inputs are the table and the path of the text file.
        return len(node.input) > 1 and (where, node_name(node.input[1])) in roots.asset_inputs
    return node.op in ALLOWED


def _refusal(saved, node, where):
    meaning = _MEANINGS.get(node.op, "is not on the list of operations that only compute")
    if node.op in FROM_ASSET:
        meaning = "reads a file outside of the SavedModel's assets"
    place = f"function {where}" if where else f"node {node.name}"
    return trust.refusal(saved.subject, f"the operation {node.op} ({place}), which {meaning}")
