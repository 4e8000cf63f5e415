"""Another runtime, which shares no code with TensorFlow, computes the same from the same files."""

import numpy as np
import pytest

from aaa_tf.serving.pipeline import RANGE_TOLERANCE


def test_openvino_reads_the_export_and_answers_the_same(exported, pipeline_parts, rng):
    reason = "openvino is not installed; pip install '.[serving]'"
    openvino = pytest.importorskip("openvino", reason=reason)
    images = rng.random((6, 8, 8, 1), np.float32)
    images[1, 2, 3], images[3], images[4, 0, 0] = np.nan, np.inf, 1 + 10 * RANGE_TOLERANCE
    # Its default is bfloat16 where the processor has it.
    config = {"INFERENCE_PRECISION_HINT": "f32"}
    model = openvino.Core().compile_model(str(exported), "CPU", config)
    answers = model(images)
    outputs = {output.any_name: answers[output] for output in model.outputs}
    autoencoder, classifier = pipeline_parts
    good = [0, 2, 5]
    purified = autoencoder(images[good]).numpy()
    logits = classifier.logits_fn(purified).numpy()
    np.testing.assert_allclose(outputs["purified"][good], purified, atol=1e-4)
    np.testing.assert_allclose(outputs["logits"][good], logits, atol=1e-4)
    names = np.array(["round", "Zürich", "c"])
    assert outputs["label"][good].tolist() == names[logits.argmax(axis=1)].tolist()
    assert outputs["valid"].tolist() == [True, False, True, False, False, True]
    for name, value in outputs.items():
        fill = {"class": -1, "label": ""}.get(name, 0)
        assert (value[[1, 3, 4]] == fill).all(), name
