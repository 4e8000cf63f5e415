"""The layers of the package, held by reading its imports."""

import ast
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[1]
PACKAGE = ROOT / "aaa_tf"
LAYERS = {
    "errors": 0,
    "files": 0,
    "processes": 0,
    "config_checks": 1,
    "config": 2,
    "presets": 1,
    "provenance": 1,
    "seeds": 2,
    "differentiability": 2,
    "losses": 2,
    "corruptions": 2,
    "workers": 2,
    "data": 3,
    "sharding": 3,
    "python_functions": 3,
    "models": 4,
    "attacks": 4,
    "training": 5,
    "evaluation": 5,
    "serving": 5,
    "experiments": 6,
    "cli": 7,
}
WITHOUT_TENSORFLOW = {
    "errors", "files", "processes", "config_checks", "config", "presets", "provenance",
}  # fmt: skip
FILES = sorted(PACKAGE.rglob("*.py"))
# Modules without a file of tests of their own name, and what tests them.
TESTED_ELSEWHERE = {
    "config_checks.py": "test_config.py: what the configurations refuse",
    "attacks/attack.py": "test_attack_properties.py: what every attack promises",
    "cli/serve.py": "test_serving_server.py: stands in for the programs that it starts",
    "cli/classifier_flags.py": "test_cli.py and test_evaluate.py: commands that take files",
    "cli/shared_flags.py": "test_cli.py and test_evaluate.py: every command has them",
    "cli/targets.py": "test_cli.py and test_evaluate.py: every way to name what is evaluated",
    "cli/train_aaa.py": "test_cli.py: one run serves all tests that need one",
    "cli/wrap_classifier.py": "test_cli.py: wraps what that run has trained",
    "experiments/earlier_results.py": "test_results_writer.py: which is what reads them",
    "experiments/evaluation_job.py": "test_cli.py and test_evaluate.py: it is bin/evaluate",
    "experiments/main_job.py": "test_cli.py: it is bin/train_aaa",
    "experiments/paper_cells.py": "test_paper_sections.py: the sections that show them",
    "experiments/paper_corruptions.py": "test_paper_figures.py: they are figures too",
    "experiments/paper_detail_tables.py": "test_paper_sections.py: the sections that have them",
    "experiments/paper_notes.py": "test_results_writer.py: beside the figures that they explain",
    "experiments/paper_runs.py": "test_paper_models.py: the models that the runs hold",
    "experiments/seed_means.py": "test_paper_figures.py: figures of several seeds",
    "models/isolation_server.py": "test_isolation.py: the process at the other end",
    "serving/grpc_client.py": "test_serving_clients.py: one table for it and rest",
}


def part_of(module):
    return module.split(".")[1] if module.startswith("aaa_tf.") else None


def imports(path):
    """Full names of all modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_part(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_only_from_lower_layers(path):
    own = own_part(path)
    if own == "__init__":
        return
    for module in imports(path):
        part = part_of(module)
        if part in LAYERS and part != own:
            assert LAYERS[part] < LAYERS[own], module


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_outside_libraries_have_one_home(path):
    own, modules = own_part(path), set(imports(path))
    roots = {module.split(".")[0] for module in modules}
    if "cleverhans" in roots:
        assert path.relative_to(PACKAGE) == pathlib.Path("attacks/training_pgd.py")
    if "absl" in roots:
        assert own == "cli"
    if "jinja2" in roots:
        assert path.relative_to(PACKAGE) == pathlib.Path("evaluation/html.py")
    if own == "attacks":
        assert not {part_of(module) for module in modules} & {"models", "data", "config"}
    if own in WITHOUT_TENSORFLOW:
        assert not roots & {"tensorflow", "keras", "numpy"}
    if own == "corruptions":
        assert not roots & {"tensorflow", "keras"}


def test_every_layer_exists():
    assert {own_part(path) for path in FILES} - {"__init__"} == set(LAYERS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_and_functions_stay_small(path):
    text = path.read_text()
    assert text.count("\n") <= 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno <= 70, node.name
            assert path.stem not in ("utils", "helpers", "common")


def test_gate_knows_nothing_of_the_package():
    assert not [module for module in imports(PACKAGE / "serving/gate.py") if "aaa_tf" in module]


def has_own_tests(path):
    """Whether tests/test_<module>.py or tests/test_<part>_<module>.py is there."""
    names = (f"test_{path.name}", f"test_{path.parent.name}_{path.name}")
    return any((ROOT / "tests" / name).exists() for name in names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_tests_of_a_module_are_found_by_its_name(path):
    public = (ast.FunctionDef, ast.ClassDef)
    names = [node.name for node in ast.parse(path.read_text()).body if isinstance(node, public)]
    if path.name == "__init__.py" or all(name.startswith("_") for name in names):
        return
    assert has_own_tests(path) != (str(path.relative_to(PACKAGE)) in TESTED_ELSEWHERE)


@pytest.mark.parametrize(("module", "where"), TESTED_ELSEWHERE.items())
def test_what_is_tested_elsewhere_is_there(module, where):
    assert (PACKAGE / module).exists()
    files = re.findall(r"test_\w+\.py", where)
    assert files
    assert all((ROOT / "tests" / name).exists() for name in files)
