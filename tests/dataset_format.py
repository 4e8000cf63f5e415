"""What every loaded data set must be."""

import numpy as np


def check_format(dataset):
    for split in (dataset.train, dataset.validation, dataset.test):
        assert split.images.dtype == np.float32
        assert split.images.ndim == 4
        assert 0 <= split.images.min() <= split.images.max() <= 1
        assert len(split.images) == len(split.labels)
        assert 0 <= split.labels.min() <= split.labels.max() < dataset.num_classes
