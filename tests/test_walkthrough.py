"""The notebook runs from its first cell to its last, on the embedded digits.

Its cells are plain Python, so they are executed here in one namespace, as a kernel would, in the
process of the tests: a kernel needs Jupyter, and starts TensorFlow a second time. What this cannot
show is that Jupyter opens the file; the form that nbformat 4.5 asks for is checked instead.
"""

import json
import pathlib
import re

import numpy as np
import pytest

NOTEBOOK = pathlib.Path(__file__).parents[1] / "docs" / "walkthrough.ipynb"


@pytest.fixture(scope="module")
def cells():
    content = json.loads(NOTEBOOK.read_text())
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    return content["cells"]


def test_is_a_notebook_of_ten_cells_without_outputs(cells):
    assert len(cells) == len({cell["id"] for cell in cells}) == 10
    for cell in cells:
        assert cell.keys() >= {"cell_type", "id", "metadata", "source"}
        assert re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", cell["id"])
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


def test_runs_from_a_classifier_to_a_defended_one(cells, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert 'PRESET = "smoke"' in code[0]
    names = {"__name__": "__main__"}
    for number, text in enumerate(code, 1):
        exec(compile(text, f"code cell {number}", "exec"), names)
    # The classifier is a good one and falls; no figure of the smoke preset says more.
    assert names["undefended"].clean_accuracy > 0.8
    assert names["undefended"].robust_accuracy < names["undefended"].clean_accuracy
    images = names["dataset"].test.images[:5]
    np.testing.assert_allclose(
        names["again"].predict(images, verbose=0), names["defended_fn"](images).numpy(), atol=1e-4
    )
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines if ": clean " in line] == [
        "undefended", "defended", "never seen, undefended", "never seen, defended", "from the file",
    ]  # fmt: skip
