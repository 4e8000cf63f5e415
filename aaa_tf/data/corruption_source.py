"""What evaluation reads corrupted images from: made here, from files, or from TensorFlow Datasets.

    for type_name, severity, images, labels in source: ...

Cells, one per type and severity, are loaded when their turn comes: the whole of CIFAR-10-C would be
nearly 12 GB as float32.
"""

import dataclasses
from collections.abc import Callable

from aaa_tf.data.dataset import Split


@dataclasses.dataclass(frozen=True)
class CorruptionSource:
    """Corrupted images by type and severity.

    Attributes:
        name: what a report calls it.
        cells: (type, severity) pairs in order; severity is "1" to "5", or "0" where the data set
            has no severities.
        load: (type, severity) -> Split of that cell.
        notes: sentences that a reader of the accuracies must know.
        not_comparable: types whose accuracies do not compare with published ones.
        version: tells files of the same name apart; "" where the name says everything.
    """

    name: str
    cells: tuple[tuple[str, str], ...]
    load: Callable[[str, str], Split]
    notes: tuple[str, ...] = ()
    not_comparable: tuple[str, ...] = ()
    version: str = ""

    def __len__(self):
        return len(self.cells)

    def __iter__(self):
        """Yields (type, severity, images (N, H, W, C) float32 in [0, 1], labels (N,) int32)."""
        for type_name, severity in self.cells:
            split = self.load(type_name, severity)
            yield type_name, severity, split.images, split.labels
