"""Imports are proved on checkpoints of TensorFlow 1 graphs written here, with the originals' names.

The graphs compute logits with TensorFlow's own low-level operations, from the description of the
originals; the port must give the same logits to 1e-5.
"""

import numpy as np
import pytest
import tensorflow as tf

from aaa_tf.errors import InputError
from aaa_tf.models.loading import load_classifier
from aaa_tf.models.madry_checkpoints import import_madry_checkpoint

v1 = tf.compat.v1


def run_and_save(build, pixels, path):
    """Builds a graph, randomises its variables, saves them; returns its logits on `pixels`."""
    with tf.Graph().as_default(), v1.Session() as session:
        v1.set_random_seed(1)
        inputs = v1.placeholder(tf.float32, [None, *pixels.shape[1:]])
        logits = build(inputs)
        v1.train.get_or_create_global_step()
        session.run(v1.global_variables_initializer())
        v1.train.Saver(v1.global_variables()).save(session, str(path), write_meta_graph=False)
        return session.run(logits, {inputs: pixels})


def mnist_graph(images):
    variables = []

    def variable(*shape):
        variables.append(v1.Variable(tf.random.normal(shape, stddev=0.1), use_resource=False))
        return variables[-1]

    def convolve_and_pool(x, *shape):
        x = tf.nn.conv2d(x, variable(*shape), strides=1, padding="SAME") + variable(shape[-1])
        return tf.nn.max_pool2d(tf.nn.relu(x), 2, 2, "SAME")

    x = convolve_and_pool(images, 5, 5, 1, 32)
    x = convolve_and_pool(x, 5, 5, 32, 64)
    x = tf.reshape(x, [-1, 7 * 7 * 64])
    x = tf.nn.relu(tf.matmul(x, variable(7 * 7 * 64, 1024)) + variable(1024))
    logits = tf.matmul(x, variable(1024, 10)) + variable(10)
    # Adam's slots stand beside the variables in the published checkpoints.
    v1.train.AdamOptimizer(1e-4).minimize(tf.reduce_sum(logits), var_list=variables)
    assert [variable.op.name for variable in variables][::7] == ["Variable", "Variable_7"]
    return logits


def cifar10_graph(filters):
    def get(name, *shape):
        return v1.get_variable(name, shape, initializer=v1.random_normal_initializer(0, 0.1))

    def convolve(scope, x, channels, stride):
        with v1.variable_scope(scope):
            kernel = get("DW", 3, 3, x.shape[-1], channels)
            return tf.nn.conv2d(x, kernel, strides=stride, padding="SAME")

    def normalize(x):
        with v1.variable_scope("BatchNorm"):
            beta, gamma, mean = (get(n, x.shape[-1]) for n in ("beta", "gamma", "moving_mean"))
            variance = v1.get_variable(
                "moving_variance", x.shape[-1:], initializer=v1.random_uniform_initializer(0.5, 2)
            )
        x = tf.nn.batch_normalization(x, mean, variance, beta, gamma, 0.001)
        return tf.where(tf.less(x, 0.0), 0.1 * x, x)

    def unit(name, x, channels, stride, activate_first):
        with v1.variable_scope(name):
            shortcut = x
            with v1.variable_scope(
                "shared_activation" if activate_first else "residual_only_activation"
            ):
                x = normalize(x)
            shortcut = x if activate_first else shortcut
            with v1.variable_scope("sub1"):
                x = convolve("conv1", x, channels, stride)
            with v1.variable_scope("sub2"):
                x = convolve("conv2", normalize(x), channels, 1)
            missing = channels - shortcut.shape[-1]
            if missing:
                shortcut = tf.nn.avg_pool2d(shortcut, stride, stride, "VALID")
                shortcut = tf.pad(shortcut, [[0, 0]] * 3 + [[missing // 2, missing // 2]])
            return x + shortcut

    def build(pixels):
        x = tf.image.per_image_standardization(pixels)
        with v1.variable_scope("input"):
            x = convolve("init_conv", x, filters[0], 1)
        for stage, stride in ((1, 1), (2, 2), (3, 2)):
            for i in range(5):
                x = unit(f"unit_{stage}_{i}", x, filters[stage], stride if i == 0 else 1,
                         stage == 1 and i == 0)  # fmt: skip
        with v1.variable_scope("unit_last"):
            x = tf.reduce_mean(normalize(x), [1, 2])
        with v1.variable_scope("logit"):
            return tf.matmul(x, get("DW", x.shape[-1], 10)) + get("biases", 10)

    return build


def test_mnist_logits_are_the_originals(tmp_path, rng):
    images = rng.random((4, 28, 28, 1), np.float32)
    expected = run_and_save(mnist_graph, images, tmp_path / "checkpoint-100")
    native = load_classifier(str(tmp_path / "checkpoint-100"))
    np.testing.assert_allclose(native.logits_fn(images), expected, atol=1e-5)


@pytest.mark.parametrize("filters", [(16, 16, 32, 64), (4, 8, 12, 16)])
def test_cifar10_logits_are_the_originals(tmp_path, rng, filters):
    pixels = np.round(255 * rng.random((4, 32, 32, 3))).astype(np.float32)
    expected = run_and_save(cifar10_graph(filters), pixels, tmp_path / "checkpoint-7")
    model = import_madry_checkpoint(str(tmp_path / "checkpoint-7"))
    np.testing.assert_allclose(model(pixels / 255, training=False), expected, atol=1e-5)


def test_foreign_and_damaged_checkpoints_are_refused(tmp_path, rng):
    path = tmp_path / "checkpoint-1"
    tf.train.Checkpoint(x=tf.Variable(1.0)).write(str(path))
    with pytest.raises(InputError, match="no checkpoint of Madry's"):
        import_madry_checkpoint(str(path))
    path.with_name("checkpoint-1.index").write_bytes(b"cut")
    with pytest.raises(InputError, match="not a readable TensorFlow checkpoint"):
        import_madry_checkpoint(str(path))
