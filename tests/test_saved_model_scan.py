"""What a SavedModel would run is found before it is loaded, wherever it hides."""

import pathlib
import re
import shutil

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import variable_pb2
from tensorflow.core.protobuf import saved_model_pb2

from aaa_tf.errors import InputError
from aaa_tf.models.allowed_operations import ALLOWED, ALLOWED_IN_RESTORE, FROM_ASSET
from aaa_tf.models.loading import load_classifier
from aaa_tf.models.saved_model_files import choose_signature, read_saved_model
from aaa_tf.models.saved_model_scan import require_only_computes
from tests.conftest import build_tiny_classifier

SHAPE = (8, 8, 1)
SPEC = tf.TensorSpec((None, *SHAPE), tf.float32, name="pixels")
OLD_GRAPH = pathlib.Path(__file__).parent / "fixtures" / "tf215_old_graph"


def score(pixels):
    return 10 * tf.reshape(pixels, [-1, 64])[:, :3]


def read_file(scores):
    """The scores, and a file read on the way."""
    return scores + tf.cast(tf.strings.length(tf.io.read_file("/etc/hostname")), tf.float32)


def scan(path, signature="serving_default"):
    saved = read_saved_model(str(path))
    require_only_computes(saved, choose_signature(saved, signature))


def save(path, function, *, module=None, options=None, **signatures):
    module = module or tf.Module()
    if function is not None:
        signatures["serving_default"] = function
    signatures = {
        name: tf.function(function, input_signature=[SPEC]) for name, function in signatures.items()
    }
    tf.saved_model.save(module, str(path), signatures=signatures, options=options)
    return path


def edit(path, change):
    """Rewrites saved_model.pb after `change(meta_graph)`."""
    saved = saved_model_pb2.SavedModel.FromString((path / "saved_model.pb").read_bytes())
    change(saved.meta_graphs[0])
    (path / "saved_model.pb").write_bytes(saved.SerializeToString())
    return path


# Hiding places of a file that is read


def in_a_branch(pixels):
    scores = score(pixels)
    return tf.cond(tf.reduce_sum(scores) > 1e9, lambda: read_file(scores), lambda: scores)


def in_a_loop(pixels):
    return tf.while_loop(
        lambda i, _: i < 2, lambda i, x: (i + 1, read_file(x)), (0, score(pixels))
    )[1]


def in_a_map(pixels):
    return tf.map_fn(read_file, score(pixels))


def in_a_call_of_a_call(pixels):
    return tf.function(lambda x: tf.function(read_file)(x))(score(pixels))


def behind_a_control_dependency(pixels):
    with tf.control_dependencies([tf.io.write_file("/tmp/x", "y")]):
        return tf.identity(score(pixels))


@tf.custom_gradient
def with_a_gradient_that_writes(x):
    def gradient(upstream):
        with tf.control_dependencies([tf.io.write_file("/tmp/x", "y")]):
            return tf.identity(upstream)

    return tf.identity(x), gradient


def in_a_gradient(pixels):
    return with_a_gradient_that_writes(score(pixels))


def in_python(pixels):
    return tf.ensure_shape(tf.py_function(lambda x: x, [score(pixels)], tf.float32), (None, 3))


def in_a_print(pixels):
    tf.print("scores", output_stream="file:///tmp/x")
    return score(pixels)


@pytest.mark.parametrize(
    ("function", "operation"),
    [
        (lambda pixels: read_file(score(pixels)), "ReadFile"),
        (in_a_branch, "ReadFile"),
        (in_a_loop, "ReadFile"),
        (in_a_map, "ReadFile"),
        (in_a_call_of_a_call, "ReadFile"),
        (behind_a_control_dependency, "WriteFile"),
        (in_a_gradient, "WriteFile"),
        (in_python, "EagerPyFunc"),
        (in_a_print, "PrintV2"),
    ],
)
def test_what_a_signature_reaches_is_named(tmp_path, function, operation):
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=True)
    save(tmp_path / "m", function, options=options)
    with pytest.raises(InputError, match=rf"it contains the operation {operation} .*trust"):
        scan(tmp_path / "m")


def test_nothing_has_run_when_it_is_refused(tmp_path):
    target = tmp_path / "written"

    def write(pixels):
        with tf.control_dependencies([tf.io.write_file(str(target), "y")]):
            return tf.identity(score(pixels))

    save(tmp_path / "m", write)
    with pytest.raises(InputError, match="WriteFile"):
        load_classifier(str(tmp_path / "m"), isolate=False)
    assert not target.exists()
    load_classifier(str(tmp_path / "m"), isolate=False, trust=True)
    assert target.exists()


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
    scan(tmp_path / "m")

    def rename(meta_graph):
        for node in meta_graph.object_graph_def.nodes:
            for child in node.children:
                if child.local_name == "helper":
                    child.local_name = "_maybe_initialize_trackable"

    edit(tmp_path / "m", rename)
    with pytest.raises(InputError, match="operation ReadFile"):
        scan(tmp_path / "m")


def test_other_signatures_and_the_saver_are_exempt(tmp_path):
    module = tf.Module()
    module.weights = [tf.Variable(1.0)]
    save(tmp_path / "m", score, module=module, other=lambda pixels: read_file(score(pixels)))
    content = (tmp_path / "m" / "saved_model.pb").read_bytes()
    assert b"SaveV2" in content
    assert b"ReadFile" in content
    scan(tmp_path / "m")
    with pytest.raises(InputError, match="ReadFile"):
        scan(tmp_path / "m", "other")


def test_a_saver_that_a_signature_calls_is_not_exempt(tmp_path):
    def restore(pixels):
        return score(pixels) + tf.raw_ops.RestoreV2(
            prefix="/tmp/x", tensor_names=["y"], shape_and_slices=[""], dtypes=[tf.float32]
        )[0]  # fmt: skip

    save(tmp_path / "m", restore)
    with pytest.raises(InputError, match="RestoreV2 .* reads a checkpoint of the author's choice"):
        scan(tmp_path / "m")


def test_unknown_operations_are_refused(tmp_path):
    save(tmp_path / "m", score)

    def invent(meta_graph):
        for function in meta_graph.graph_def.library.function:
            for node in function.node_def:
                if node.op == "Reshape":
                    node.op = "MyOwnReshape"

    edit(tmp_path / "m", invent)
    with pytest.raises(InputError, match="operation MyOwnReshape .*not on the list"):
        scan(tmp_path / "m")


# Tables from text files


def save_with_table(path, vocabulary):
    vocabulary.write_text("a\nb\n")
    initializer = tf.lookup.TextFileInitializer(
        str(vocabulary), tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64,
        tf.lookup.TextFileIndex.LINE_NUMBER,
    )  # fmt: skip
    module = tf.Module()
    module.table = tf.lookup.StaticHashTable(initializer, -1)
    return save(path, score, module=module)


def test_a_table_from_the_models_own_assets_is_allowed(tmp_path):
    path = save_with_table(tmp_path / "m", tmp_path / "names.txt")
    scan(path)
    assert load_classifier(str(path), isolate=False).num_classes == 3


def test_a_table_from_elsewhere_is_refused(tmp_path):
    path = save_with_table(tmp_path / "m", tmp_path / "names.txt")
    shutil.copytree(path, tmp_path / "link")
    link = tmp_path / "link" / "assets" / "names.txt"
    link.unlink()
    link.symlink_to("/etc/hostname")
    with pytest.raises(InputError, match="reads a file outside of the SavedModel's assets"):
        scan(tmp_path / "link")

    def point_out(meta_graph):
        meta_graph.asset_file_def[0].filename = "../../../etc/hostname"

    with pytest.raises(InputError, match="reads a file outside of the SavedModel's assets"):
        scan(edit(path, point_out))


# Graphs of TensorFlow 1


@pytest.fixture
def old_graph(tmp_path):
    return pathlib.Path(shutil.copytree(OLD_GRAPH, tmp_path / "old"))


def add_writer(meta_graph):
    """A node that writes a file; returns its name."""
    text = tf.make_tensor_proto("/tmp/x")
    constant = meta_graph.graph_def.node.add(name="where", op="Const")
    constant.attr["dtype"].type = tf.string.as_datatype_enum
    constant.attr["value"].tensor.CopyFrom(text)
    meta_graph.graph_def.node.add(name="write", op="WriteFile", input=["where", "where"])
    return "write"


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
    scan(old_graph)
    edit(old_graph, lambda meta_graph: begin(meta_graph, "write"))
    with pytest.raises(InputError, match=r"operation WriteFile \(node write\)"):
        scan(old_graph)


# Signatures and files


def test_the_only_signature_of_images_stands_for_serving_default(tmp_path):
    model = build_tiny_classifier()
    module = tf.Module()
    module.weights = model.variables
    save(tmp_path / "one", None, module=module, classify=model)
    pixels = np.ones((2, *SHAPE), np.float32)
    native = load_classifier(str(tmp_path / "one"), isolate=False)
    np.testing.assert_allclose(native.logits_fn(pixels), model(pixels), atol=1e-6)
    save(tmp_path / "two", None, module=module, classify=model, other=model)
    with pytest.raises(InputError, match="of images: classify, other; choose with --signature"):
        load_classifier(str(tmp_path / "two"), isolate=False)
    assert load_classifier(str(tmp_path / "two"), signature="other", isolate=False)


def test_missing_and_damaged_parts_are_told(tmp_path, old_graph):
    save(tmp_path / "m", score, module=tf.Module())
    variables = old_graph / "variables"
    shard = variables / "variables.data-00000-of-00001"
    content = shard.read_bytes()
    shard.write_bytes(content[:-20])
    with pytest.raises(InputError, match="variables are cut off or damaged"):
        load_classifier(str(old_graph), isolate=False)
    shard.unlink()
    with pytest.raises(InputError, match="0 of 1 files variables.data-… are there"):
        load_classifier(str(old_graph), isolate=False)
    shard.write_bytes(content)
    (variables / "variables.index").unlink()
    with pytest.raises(InputError, match=r"variables\.index is missing"):
        load_classifier(str(old_graph), isolate=False)
    shutil.rmtree(variables)
    with pytest.raises(InputError, match="0 of 1 files"):
        load_classifier(str(old_graph), isolate=False)
    proto = tmp_path / "m" / "saved_model.pb"
    proto.write_bytes(proto.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"saved_model\.pb is cut off or damaged"):
        load_classifier(str(tmp_path / "m"), isolate=False)
    proto.write_bytes(b"")
    with pytest.raises(InputError, match=r"saved_model\.pb is empty"):
        load_classifier(str(tmp_path / "m"), isolate=False)


# The list


def test_every_allowed_operation_exists():
    known = {name for name in dir(tf.raw_ops) if name[0].isupper()}
    assert (ALLOWED | ALLOWED_IN_RESTORE | FROM_ASSET) - known == set()


def test_no_allowed_operation_has_a_name_of_the_dangerous_kinds():
    dangerous = re.compile(
        "File|Save|Restore|Remap|PyFunc|Print|Dataset|Iterator|Reader|Queue|Send|Recv|Remote|Rpc|"
        "Summary|Checkpoint|Debug|Immutable|CandidateSampler|Collective|Nccl|Stage|CallModule|"
        "Session|Decode|Encode|TPU|Infeed|Outfeed|Timestamp|Generator|Batch(Function)$"
    )
    assert [name for name in ALLOWED if dangerous.search(name)] == []
