"""SavedModels of TensorFlow 1 whose weights are reference variables, their weights made constants.

    signature = load_frozen_signature(read_saved_model(path), "classify")

TensorFlow 2 loads such a graph and can call it, but its reference variables belong to no object:
they would be missing from an export and from a fingerprint. As constants they are part of the
function, as `freeze_graph` did it in TensorFlow 1.
"""

import tensorflow as tf

from aaa_tf.models.saved_model_files import SavedModelFile
from aaa_tf.models.saved_model_reach import node_name

v1 = tf.compat.v1
_REFERENCES = ("Variable", "VariableV2")


def has_reference_variables(saved: SavedModelFile) -> bool:
    """Whether a graph of TensorFlow 1 keeps weights in reference variables."""
    nodes = saved.meta_graph.graph_def.node
    return not saved.has_objects and any(node.op in _REFERENCES for node in nodes)


def load_frozen_signature(saved: SavedModelFile, signature: str):
    """Loads one signature with constants for weights.

    Args:
        saved: as read, and checked.
        signature: the name of the signature.

    Returns:
        (inputs, outputs, function, weights, resource): dictionaries of name -> tf.TensorSpec, a
        function from the one input to a dictionary of outputs, the weights as a tuple of tensors,
        and the tf.Module that owns the function. Takes signatures with one input only.
    """
    definition = saved.meta_graph.signature_def[signature]
    outputs = {name: info.name for name, info in definition.outputs.items()}
    tags = saved.tags or saved.meta_graph.meta_info_def.tags
    with tf.Graph().as_default() as graph, v1.Session() as session:
        v1.saved_model.loader.load(session, list(tags), saved.path)
        weights = session.run(v1.global_variables())
        names = sorted({node_name(tensor) for tensor in outputs.values()})
        frozen = v1.graph_util.convert_variables_to_constants(
            session, graph.as_graph_def(add_shapes=True), names
        )
        specs = {name: _spec(graph, tensor, name) for name, tensor in outputs.items()}
        inputs = {name: _spec(graph, info.name, name) for name, info in definition.inputs.items()}
    wrapped = v1.wrap_function(lambda: tf.graph_util.import_graph_def(frozen, name=""), [])
    graph = wrapped.graph
    feeds = [graph.as_graph_element(info.name) for info in definition.inputs.values()]
    pruned = wrapped.prune(
        feeds, {name: graph.as_graph_element(tensor) for name, tensor in outputs.items()}
    )
    module = tf.Module()
    module.function = pruned
    weights = tuple(tf.constant(weight) for weight in weights)
    return inputs, specs, lambda images: pruned(tf.convert_to_tensor(images)), weights, module


def _spec(graph, tensor, name):
    element = graph.as_graph_element(tensor)
    return tf.TensorSpec(element.shape, element.dtype, name)
