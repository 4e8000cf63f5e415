"""What the signatures compute and how they answer hostile input, through the session loader."""

import json

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import config_pb2, saved_model_pb2

from aaa_tf.models.frozen import FrozenClassifier
from aaa_tf.serving import gate
from aaa_tf.serving.messages import PredictionLog, to_array
from aaa_tf.serving.pipeline import RANGE_TOLERANCE, make_endpoints

NAMES = np.array(["round", "Zürich", "c"])
FLOAT_SIGNATURES = ("serving_default", "purify", "classify_undefended")
SIGNATURES = (*FLOAT_SIGNATURES, "predict_uint8")
OUTPUTS = ("class", "label", "logits", "perturbation_l2", "perturbation_linf", "probabilities",
           "purified", "valid")  # fmt: skip


@pytest.fixture(scope="module")
def served(exported):
    """A function (signature, images) -> outputs, as a model server would run it."""
    graph = tf.Graph()
    session = tf.compat.v1.Session(graph=graph)
    with graph.as_default():
        signatures = gate.load(session, str(exported))
    assert sorted(signatures) == sorted(SIGNATURES)

    def run(signature, images):
        feed, fetches = signatures[signature]
        return session.run(fetches, {feed: images})

    run.session, run.signatures = session, signatures
    yield run
    session.close()


def assert_same_rows(found, wanted):
    for name, value in wanted.items():
        if np.asarray(value).dtype.kind == "f":
            np.testing.assert_allclose(found[name], value, atol=1e-5, err_msg=name)
        else:
            np.testing.assert_array_equal(found[name], value, err_msg=name)


def test_outputs_are_the_composition_and_what_follows_from_it(served, pipeline_parts, rng):
    images = rng.random((9, 8, 8, 1), np.float32)
    outputs = served("serving_default", images)
    assert tuple(sorted(outputs)) == OUTPUTS
    autoencoder, classifier = pipeline_parts
    purified = autoencoder(images).numpy()
    logits = classifier.logits_fn(purified).numpy()
    np.testing.assert_allclose(outputs["purified"], purified, atol=1e-5)
    np.testing.assert_allclose(outputs["logits"], logits, atol=1e-5)
    exponentials = np.exp(logits)
    softmax = exponentials / exponentials.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(outputs["probabilities"], softmax, atol=1e-5)
    np.testing.assert_array_equal(outputs["class"], logits.argmax(axis=1))
    labels = [label.decode() for label in outputs["label"]]
    np.testing.assert_array_equal(labels, NAMES[outputs["class"]])
    change = (purified - images).reshape(9, -1)
    np.testing.assert_allclose(outputs["perturbation_l2"], np.sqrt((change**2).sum(1)), atol=1e-5)
    np.testing.assert_allclose(outputs["perturbation_linf"], np.abs(change).max(1), atol=1e-5)
    assert outputs["valid"].all()


def test_further_signatures(served, pipeline_parts, rng):
    pixels = rng.integers(0, 256, (20, 8, 8, 1), np.uint8)
    images = pixels.astype(np.float32) / 255
    whole = served("serving_default", images)
    assert_same_rows(served("predict_uint8", pixels), whole)
    purified = served("purify", images)
    parts = ("perturbation_l2", "perturbation_linf", "purified", "valid")
    assert_same_rows(purified, {name: whole[name] for name in parts})
    assert sorted(purified) == list(parts)
    bare = served("classify_undefended", images)
    assert sorted(bare) == ["class", "label", "logits", "probabilities", "valid"]
    np.testing.assert_allclose(bare["logits"], pipeline_parts[1].logits_fn(images), atol=1e-5)
    assert len(set(bare["class"])) > 1
    assert [label.decode() for label in bare["label"]] == NAMES[bare["class"]].tolist()


@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize("size", [0, 1, 2, 257, 3000])
def test_any_batch_size_and_rows_as_alone(served, signature, size):
    pixels = np.random.default_rng(size).integers(0, 256, (size, 8, 8, 1), np.uint8)
    images = pixels if signature == "predict_uint8" else pixels.astype(np.float32) / 255
    outputs = served(signature, images)
    assert {len(value) for value in outputs.values()} == {size}
    for row in {0, size // 2, size - 1} & set(range(size)):
        alone = served(signature, images[row : row + 1])
        assert_same_rows({name: value[row] for name, value in outputs.items()},
                         {name: value[0] for name, value in alone.items()})  # fmt: skip


@pytest.mark.parametrize("signature", FLOAT_SIGNATURES)
@pytest.mark.parametrize(
    "value", [np.nan, np.inf, -np.inf, 1 + 2e-6, -2e-6, 255.0, np.float32(3e38)]
)
def test_a_row_that_is_no_image_is_answered_and_touches_no_other(served, rng, signature, value):
    images = rng.random((4, 8, 8, 1), np.float32)
    good = served(signature, images)
    images[1, 3, 4], images[2] = value, value
    outputs = served(signature, images)
    assert outputs["valid"].tolist() == [True, False, False, True]
    for name, wanted in good.items():
        assert_same_rows({name: outputs[name][[0, 3]]}, {name: wanted[[0, 3]]})
        fill = {"class": -1, "label": b""}.get(name, 0)
        assert (outputs[name][1:3] == fill).all(), name
    numbers = [value.tolist() for name, value in outputs.items() if name != "label"]
    json.dumps(numbers, allow_nan=False)


@pytest.mark.parametrize("signature", FLOAT_SIGNATURES)
def test_a_batch_of_nothing_but_bad_rows(served, signature):
    outputs = served(signature, np.full((3, 8, 8, 1), np.nan, np.float32))
    assert not outputs["valid"].any()


def test_a_pixel_just_outside_is_clipped(served):
    images = np.repeat(np.float32([0, 1]), 64).reshape(2, 8, 8, 1)
    outside = images + np.float32([-0.5, 0.5]).reshape(2, 1, 1, 1) * np.float32(RANGE_TOLERANCE)
    assert outside.min() < 0
    assert outside.max() > 1
    assert_same_rows(served("serving_default", outside), served("serving_default", images))


@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize(
    "shape", [(8, 8, 1), (1, 64), (64,), (), (1, 9, 8, 1), (1, 8, 8, 3), (0, 8, 8), (1, 1, 8, 8, 1)]
)
def test_a_wrong_rank_or_size_is_an_error_and_not_an_abort(served, signature, shape):
    dtype = served.signatures[signature][0].dtype.as_numpy_dtype
    with pytest.raises(tf.errors.InvalidArgumentError):
        served(signature, np.zeros(shape, dtype))


@pytest.mark.parametrize(
    ("signature", "dtype"),
    [("serving_default", np.float64), ("serving_default", np.uint8), ("predict_uint8", np.float32)],
)
def test_a_wrong_type_is_an_error(served, signature, dtype):
    """Past Python's own conversion, which a model server does not have."""
    feed, fetches = served.signatures[signature]
    options = config_pb2.CallableOptions()
    options.feed.append(feed.name)
    options.fetch.extend(fetches.values())
    call = served.session._make_callable_from_options(options)
    with pytest.raises(tf.errors.InvalidArgumentError):
        call(np.zeros((1, 8, 8, 1), dtype))
    assert len(call(np.zeros((1, 8, 8, 1), feed.dtype.as_numpy_dtype))) == len(fetches)


def test_every_output_has_the_batch_as_dimension_0(exported):
    """The row form of the REST API needs it."""
    saved_model = saved_model_pb2.SavedModel.FromString((exported / "saved_model.pb").read_bytes())
    signatures = saved_model.meta_graphs[0].signature_def
    for name in SIGNATURES:
        assert list(signatures[name].inputs) == ["images"]
        for output in signatures[name].outputs.values():
            assert output.tensor_shape.dim[0].size == -1
            assert not output.tensor_shape.unknown_rank


def test_the_warm_up_requests_replay(served, exported):
    file = str(exported / "assets.extra" / "tf_serving_warmup_requests")
    sizes = {}
    for record in tf.data.TFRecordDataset(file).as_numpy_iterator():
        request = PredictionLog.FromString(record).predict_log.request
        assert request.model_spec.name == "p"
        signature = request.model_spec.signature_name
        images = to_array(request.inputs["images"])
        outputs = served(signature, images)
        assert outputs["valid"].all()
        sizes.setdefault(signature, []).append(len(images))
    others = {name: [1] for name in SIGNATURES if name != "serving_default"}
    assert sizes == {"serving_default": [1, 8, 32]} | others


def test_a_classifier_that_fails_on_an_image_gives_an_invalid_row(pipeline_parts, rng):
    """NaN would break clients that know standard JSON only."""

    def logits_fn(images):
        means = tf.reduce_mean(images, axis=(1, 2, 3))
        return tf.stack([tf.math.log(means - 0.5), means], axis=1)

    fragile = FrozenClassifier("fragile", logits_fn, (8, 8, 1), 2, None, ())
    endpoint = make_endpoints(pipeline_parts[0], fragile)["classify_undefended"]
    images = tf.stack([tf.fill((8, 8, 1), 0.25), tf.fill((8, 8, 1), 0.75)])
    outputs = endpoint.function(images)
    assert outputs["valid"].numpy().tolist() == [False, True]
    assert outputs["class"].numpy().tolist() == [-1, 1]
    np.testing.assert_array_equal(outputs["logits"][0], [0, 0])
