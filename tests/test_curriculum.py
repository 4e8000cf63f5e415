import dataclasses

import numpy as np
import pytest

from aaa_tf.training import curriculum


def planned(config):
    return curriculum.planned_num_steps(np.arange(config.train_steps), config).numpy().tolist()


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((), [0, 0, 5, 5, 5, 5, 5, 5, 5, 5]),
        ((3, 7), [0, 0, 3, 3, 3, 3, 7, 7, 7, 7]),
        ((1, 1, 1, 9), [0, 0, 1, 1, 1, 1, 1, 1, 9, 9]),
        ((3, 7, 20), [0, 0, 3, 3, 3, 7, 7, 7, 20, 20]),
    ],
)
def test_equal_parts_after_the_warm_up(tiny_config, counts, expected):
    config = dataclasses.replace(
        tiny_config, num_steps=5, step_curriculum=counts, warmup_steps=2, train_steps=10
    )
    assert planned(config) == expected
    one_by_one = [int(curriculum.planned_num_steps(step, config)) for step in range(10)]
    assert one_by_one == expected


def test_a_run_that_is_all_warm_up_has_no_attack(tiny_config):
    config = dataclasses.replace(tiny_config, warmup_steps=6, train_steps=6, ramp_steps=0)
    assert planned(config) == [0] * 6


def test_steps_together_go_as_far_as_the_configured_ones(tiny_config):
    config = dataclasses.replace(tiny_config, eps=0.3, num_steps=7, step_size=0.1)
    for num_steps in (1, 3, 7, 20, 40):
        step_size = float(curriculum.step_size_of(num_steps, config))
        assert num_steps * step_size == pytest.approx(0.7)
    assert curriculum.step_size_of(7, config) == np.float32(0.1)  # to the last bit
