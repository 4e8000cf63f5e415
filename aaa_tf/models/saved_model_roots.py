"""Where execution can begin when a SavedModel is loaded and one of its signatures is called.

    roots = find_roots(saved, "serving_default")

TensorFlow 2: the signature's function, the functions that restore and save objects, and every
function under a private name, because the loader calls some of those (`_initialize`,
`_create_resource`). TensorFlow 1: the signature's outputs, the initialisers, the initial values
of variables, and the saver's restore, which alone may read the checkpoint.
"""

import dataclasses
import os

from tensorflow.core.framework import variable_pb2
from tensorflow.core.protobuf import meta_graph_pb2

from aaa_tf.models.saved_model_files import SavedModelFile
from aaa_tf.models.saved_model_reach import called_functions, node_name

_INITIALISERS = ("saved_model_main_op", "legacy_init_op", "init_op", "table_initializer")
_INIT_SIGNATURE = "__saved_model_init_op"


@dataclasses.dataclass(frozen=True)
class Roots:
    """Where execution begins.

    Attributes:
        functions: names of library functions.
        nodes: names of nodes of the main graph.
        initialisers: those that the loader runs once, with the paths of assets fed.
        restore_nodes: those of the saver that reads the checkpoint.
        checkpoint: the node that the loader feeds its path to.
        asset_inputs: (function or None, input name) that the loader gives the path of a file in
            assets/ to. A function that another one calls is given whatever that one likes.
    """

    functions: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    initialisers: tuple[str, ...] = ()
    checkpoint: str = ""
    restore_nodes: tuple[str, ...] = ()
    asset_inputs: frozenset = frozenset()


def find_roots(saved: SavedModelFile, signature: str) -> Roots:
    """The roots of a SavedModel for one of its signatures."""
    if saved.has_objects:
        return _object_roots(saved, signature)
    return _graph_roots(saved, signature)


def _object_roots(saved, signature):
    objects = saved.meta_graph.object_graph_def
    names = set()
    for node_id in _called_nodes(objects, signature):
        if 0 <= node_id < len(objects.nodes):
            node = objects.nodes[node_id]
            names.update(node.function.concrete_functions)
            names.add(node.bare_concrete_function.concrete_function_name)
    return Roots(functions=tuple(sorted(names)), asset_inputs=frozenset(_asset_arguments(saved)))


def _called_nodes(objects, signature):
    """Identifiers of the objects whose functions the loader, the saver or we may call."""
    for node in objects.nodes:
        for child in node.children:
            if child.local_name.startswith("_"):
                yield child.node_id
        for saveable in node.saveable_objects.values():
            yield saveable.save_function
            yield saveable.restore_function
    for child in objects.nodes[0].children if objects.nodes else ():
        if child.local_name == "signatures" and 0 <= child.node_id < len(objects.nodes):
            for entry in objects.nodes[child.node_id].children:
                if entry.local_name == signature:
                    yield entry.node_id


def _asset_arguments(saved):
    """(function, argument) for captured paths of files that lie in assets/."""
    objects = saved.meta_graph.object_graph_def
    library = {
        function.signature.name: function
        for function in saved.meta_graph.graph_def.library.function
    }
    called = called_functions(saved.meta_graph.graph_def)
    for name, concrete in objects.concrete_functions.items():
        if name not in library or name in called:
            continue
        # Captured inputs are the last arguments of the function, in their order.
        arguments = [argument.name for argument in library[name].signature.input_arg]
        captured = arguments[len(arguments) - len(concrete.bound_inputs) :]
        for argument, node_id in zip(captured, concrete.bound_inputs, strict=False):
            if 0 <= node_id < len(objects.nodes):
                node = objects.nodes[node_id]
                if node.WhichOneof("kind") == "asset" and _lies_inside(
                    saved, node.asset.asset_file_def_index
                ):
                    yield name, argument


def _lies_inside(saved, index):
    """Whether the asset of that index is a file of its own directly in assets/."""
    assets = saved.meta_graph.asset_file_def
    return 0 <= index < len(assets) and _is_plain(saved, assets[index].filename)


def _is_plain(saved, filename):
    inside = os.path.basename(filename) == filename and filename not in ("", ".", "..")
    return inside and not os.path.islink(os.path.join(saved.path, "assets", filename))


def _graph_roots(saved, signature):
    graph = saved.meta_graph
    nodes = [info.name for info in graph.signature_def[signature].outputs.values()]
    initialisers = []
    if _INIT_SIGNATURE in graph.signature_def:
        outputs = graph.signature_def[_INIT_SIGNATURE].outputs
        initialisers += [info.name for info in outputs.values()]
    assets = []
    for key, collection in graph.collection_def.items():
        if key in _INITIALISERS:
            initialisers += collection.node_list.value
        if "variables" in key or key == "global_step":
            for content in collection.bytes_list.value:
                variable = variable_pb2.VariableDef.FromString(content)
                nodes += [variable.variable_name, variable.initializer_name]
                nodes += [variable.initial_value_name, variable.snapshot_name]
        if key == "saved_model_assets":
            for item in collection.any_list.value:
                assets.append(meta_graph_pb2.AssetFileDef.FromString(item.value))
    assets = list(graph.asset_file_def) or assets
    return Roots(
        nodes=tuple(nodes),
        initialisers=tuple(initialisers),
        checkpoint=node_name(graph.saver_def.filename_tensor_name),
        restore_nodes=(graph.saver_def.restore_op_name, graph.saver_def.filename_tensor_name),
        asset_inputs=frozenset(
            (None, node_name(asset.tensor_info.name))
            for asset in assets
            if _is_plain(saved, asset.filename)
        ),
    )
