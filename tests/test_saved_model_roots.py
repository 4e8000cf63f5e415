"""What the loader itself would run is looked at: initialisers, private names, old graphs."""

import pytest
import tensorflow as tf
from tensorflow.core.framework import variable_pb2

from aaa_tf.errors import InputError
from tests.scanned_models import edit, refuse_after, save, scan, score


class WritesWhenLoaded(tf.saved_model.experimental.TrackableResource):
    def _create_resource(self):
        return tf.raw_ops.HashTableV2(key_dtype=tf.int32, value_dtype=tf.int32)

    @tf.function(input_signature=[])
    def _initialize(self):
        tf.io.write_file("/tmp/x", "y")
        return tf.constant(1)


def test_initialisers_are_looked_at(tmp_path):
    module = tf.Module()
    module.resource = WritesWhenLoaded()
    save(tmp_path / "m", score, module=module)
    with pytest.raises(InputError, match="operation WriteFile"):
        scan(tmp_path / "m")


def test_functions_under_private_names_are_looked_at(tmp_path):
    """The loader calls `_maybe_initialize_trackable` and others, whatever object has them."""
    module = tf.Module()
    module.helper = tf.function(lambda: tf.io.read_file("/etc/hostname"), input_signature=[])
    save(tmp_path / "m", score, module=module)

    def rename(meta_graph):
        for node in meta_graph.object_graph_def.nodes:
            for child in node.children:
                if child.local_name == "helper":
                    child.local_name = "_maybe_initialize_trackable"

    refuse_after(tmp_path / "m", rename, "operation ReadFile")


def add_writer(meta_graph):
    """A node that writes a file; returns its name."""
    add_constant(meta_graph, "where", "/tmp/x")
    meta_graph.graph_def.node.add(name="write", op="WriteFile", input=["where", "where"])
    return "write"


def add_constant(meta_graph, name, text):
    constant = meta_graph.graph_def.node.add(name=name, op="Const")
    constant.attr["dtype"].type = tf.string.as_datatype_enum
    constant.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(text))


def add_table(meta_graph):
    """A table from an asset, whose constant holds another path until the loader feeds it."""
    add_constant(meta_graph, "path", "/etc/hostname")
    meta_graph.graph_def.node.add(name="table", op="HashTableV2")
    meta_graph.graph_def.node.add(
        name="fill", op="InitializeTableFromTextFileV2", input=["table", "path"]
    )
    asset = meta_graph.asset_file_def.add(filename="names.txt")
    asset.tensor_info.name = "path:0"


def begin_at_the_initialiser(meta_graph, name):
    meta_graph.collection_def["saved_model_main_op"].node_list.value[:] = [name]


def begin_at_the_restore(meta_graph, name):
    meta_graph.saver_def.restore_op_name = name


def begin_at_an_initial_value(meta_graph, name):
    collection = meta_graph.collection_def["variables"].bytes_list
    definition = variable_pb2.VariableDef.FromString(collection.value[0])
    definition.initial_value_name = f"{name}:0"
    collection.value[0] = definition.SerializeToString()


def begin_beside_the_output(meta_graph, name):
    node = next(node for node in meta_graph.graph_def.node if node.op == "MatMul")
    node.input.append(f"^{name}")


@pytest.mark.parametrize(
    "begin",
    [begin_at_the_initialiser, begin_at_the_restore, begin_at_an_initial_value,
     begin_beside_the_output],
)  # fmt: skip
def test_every_beginning_of_an_old_graph_is_looked_at(old_graph, begin):
    scan(old_graph)
    edit(old_graph, add_writer)
    refuse_after(
        old_graph,
        lambda meta_graph: begin(meta_graph, "write"),
        r"operation WriteFile \(node write\)",
    )


@pytest.mark.parametrize(
    "begin", [begin_at_the_restore, begin_at_an_initial_value, begin_beside_the_output]
)
def test_paths_of_assets_are_fed_to_initialisers_alone(old_graph, begin):
    edit(old_graph, add_table)
    scan(edit(old_graph, lambda meta_graph: begin_at_the_initialiser(meta_graph, "fill")))
    refuse_after(
        old_graph, lambda meta_graph: begin(meta_graph, "fill"), "reads a file outside of the"
    )


def test_a_restore_of_another_checkpoint_is_refused(old_graph):
    def restore_another(meta_graph):
        add_constant(meta_graph, "elsewhere", "/tmp/another")
        restores = [node for node in meta_graph.graph_def.node if node.op == "RestoreV2"]
        assert restores
        for node in restores:
            node.input[0] = "elsewhere"

    refuse_after(old_graph, restore_another, "reads a checkpoint of the author's choice")
