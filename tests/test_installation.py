"""The editable install: Python finds the package, wherever it runs."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
FIND = "import importlib.util as u; print(u.find_spec('aaa_tf').origin)"


@pytest.mark.parametrize("folder", ["elsewhere", "aaa_tf"])
def test_found_beside_a_folder_of_its_name(folder, tmp_path):
    """Beside a clone, whose folder is called aaa_tf too and holds no module itself."""
    (tmp_path / folder / "aaa_tf").mkdir(parents=True)
    found = subprocess.run(
        [sys.executable, "-c", FIND], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == str(ROOT / "aaa_tf" / "__init__.py")
