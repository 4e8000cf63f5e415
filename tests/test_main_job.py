"""What a run of the main job says of its classifiers, and what bin/evaluate makes of damage."""

import pytest

from aaa_tf.errors import InputError
from aaa_tf.experiments.main_job import read_classifiers


def test_classifiers_are_found_from_the_run(tmp_path):
    entry = '{"name": "A", "role": "native", "path": "../a.keras"}'
    (tmp_path / "classifiers.json").write_text(f"[{entry}]")
    assert read_classifiers(tmp_path) == [
        (f"{tmp_path}/../a.keras", {"role": "native", "name": "A"})
    ]


@pytest.mark.parametrize("content", ["", "[", "3", "[3]", '[{"name": "A", "role": "native"}]'])
def test_a_damaged_list_of_classifiers_is_told(tmp_path, content):
    with pytest.raises(InputError, match="has no classifiers.json; name a --classifier"):
        read_classifiers(tmp_path)
    (tmp_path / "classifiers.json").write_text(content)
    with pytest.raises(InputError, match="is damaged; name a --classifier"):
        read_classifiers(tmp_path)
