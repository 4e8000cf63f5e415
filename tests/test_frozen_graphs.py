from aaa_tf.models.frozen_graphs import has_reference_variables
from aaa_tf.models.saved_model_files import read_saved_model
from tests.old_files import FIXTURES, load


def test_weights_of_an_old_graph_are_in_its_fingerprint():
    assert len(load("old_graph").variables) == 2


def test_reference_variables_are_those_of_tensorflow_1(old_graph):
    assert has_reference_variables(read_saved_model(str(old_graph)))
    of_tensorflow_2 = read_saved_model(str(FIXTURES / "tf215_sequential"))
    assert not has_reference_variables(of_tensorflow_2)
