import numpy as np

from aaa_tf.data import Split
from aaa_tf.data.corruption_source import CorruptionSource


def test_a_cell_is_loaded_when_its_turn_comes():
    loaded = []

    def load(type_name, severity):
        loaded.append((type_name, severity))
        return Split(np.full((2, 8, 8, 1), int(severity) / 5, np.float32), np.array([0, 1]))

    cells = (("snow", "5"), ("fog", "1"))
    source = CorruptionSource("made up", cells, load)
    assert len(source) == 2
    found = iter(source)
    assert loaded == []
    type_name, severity, images, labels = next(found)
    assert loaded == [("snow", "5")] == [(type_name, severity)]
    assert images.max() == 1
    assert labels.tolist() == [0, 1]
    assert next(found)[:2] == ("fog", "1")
    assert len(list(source)) == 2  # it can be read again
