import platform
import subprocess

from aaa_tf import provenance
from aaa_tf.provenance import describe_command, describe_environment


def test_environment_names_versions_machine_and_time():
    environment = describe_environment()
    assert environment["tensorflow"].startswith("2.")
    assert environment["machine"].startswith(platform.machine())
    assert environment["machine"].endswith(" cores")
    # Two machines of one architecture are not equally fast.
    assert provenance._processor()
    assert provenance._processor() in environment["machine"]
    assert environment["recorded"].endswith("+00:00")


def test_the_commit_is_that_of_the_package_and_no_other(tmp_path, monkeypatch):
    """Inside of a repository that does not hold the package, as a .venv is."""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", tmp_path]
    installed = tmp_path / "installed.py"
    installed.write_text("")
    (tmp_path / "own.py").write_text("")
    for arguments in (["init", "-q"], ["add", "own.py"], ["commit", "-qm", "own"]):
        subprocess.run([*git, *arguments], check=True)
    for name, length in (("installed.py", 0), ("own.py", 40)):
        monkeypatch.setattr(provenance, "__file__", str(tmp_path / name))
        assert len(provenance.git_commit.__wrapped__()) == length


def test_the_command_can_be_given_to_a_shell_again(monkeypatch):
    monkeypatch.setattr(
        "sys.argv", ["/x/aaa_tf/cli/evaluate.py", "--eps=8/255", "--dataset=my data"]
    )
    assert describe_command() == "bin/evaluate --eps=8/255 '--dataset=my data'"
