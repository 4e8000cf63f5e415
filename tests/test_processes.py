import subprocess

from aaa_tf.processes import python_command, python_environment


def test_another_process_finds_the_same_modules_and_not_those_beside_it(tmp_path, monkeypatch):
    """One from where this process looks; none from the working directory or the program's."""
    for folder, name in (("known", "theirs"), ("beside", "hidden"), ("cwd", "hidden_too")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.py").write_text("")
    program = tmp_path / "beside" / "program.py"
    program.write_text(
        "import importlib.util, os, sys\n"
        "names = ('theirs', 'hidden', 'hidden_too')\n"
        "print([bool(importlib.util.find_spec(name)) for name in names], os.environ['ADDED'])\n"
    )
    monkeypatch.syspath_prepend(tmp_path / "known")
    found = subprocess.run(
        python_command(program), env=python_environment(ADDED="1"), cwd=tmp_path / "cwd",
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.stdout == "[True, False, False] 1\n"
