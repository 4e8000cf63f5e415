"""What a SavedModel would run is found before it is loaded, wherever it hides."""

import shutil

import pytest
import tensorflow as tf

from aaa_tf.errors import InputError
from aaa_tf.models.loading import load_classifier
from tests.scanned_models import edit, read_file, refuse_after, save, scan, score


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

    refuse_after(tmp_path / "m", invent, "operation MyOwnReshape .*not on the list")


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


def test_a_table_that_another_function_fills_is_refused(tmp_path):
    """Whoever calls the initialiser chooses the path that it reads."""
    path = save_with_table(tmp_path / "m", tmp_path / "names.txt")

    def call_it(meta_graph):
        library = meta_graph.graph_def.library.function
        (fill,) = (
            function.signature.name
            for function in library
            if any(node.op.startswith("InitializeTableFrom") for node in function.node_def)
        )
        (scores,) = (f for f in library if any(node.op == "Reshape" for node in f.node_def))
        call = scores.node_def.add(name="call", op="StatefulPartitionedCall")
        call.attr["f"].func.name = fill

    refuse_after(path, call_it, "reads a file outside of the SavedModel's assets")
