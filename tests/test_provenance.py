import platform

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


def test_the_command_can_be_given_to_a_shell_again(monkeypatch):
    monkeypatch.setattr(
        "sys.argv", ["/x/aaa_tf/cli/evaluate.py", "--eps=8/255", "--dataset=my data"]
    )
    assert describe_command() == "bin/evaluate --eps=8/255 '--dataset=my data'"
