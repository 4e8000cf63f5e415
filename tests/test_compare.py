"""bin/compare as a user runs it."""

import json
import os
import subprocess
import sys

import pytest

from tests.made_up_report import make_report


def run(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "aaa_tf.cli.compare", *arguments],
        cwd=cwd, capture_output=True, text=True, check=False, env=os.environ,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare")
    for name in ("a", "b"):
        (folder / name).mkdir()
        report = make_report(title=f"run {name}")
        (folder / name / "report.json").write_text(json.dumps(report))
    (folder / "old.json").write_text('{"rows": []}')
    return folder


def test_flags_may_stand_before_and_behind_the_reports(folder):
    process = run("--against=88.5", "a", "b/report.json", "--output=c.html", cwd=folder)
    assert process.returncode == 0, process.stderr
    assert "2  b/report.json  run b: mnist, 1,000 of 10,000" in process.stdout
    assert "1: A/AAA, AutoAttack, Linf 0.3: 90.20 is not told apart from 88.50" in process.stdout
    assert "run b" in (folder / "c.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no report given"),
        (("a", "none.json"), "no report at none.json"),
        (("old.json",), "old.json names no schema"),
        (("a", "a/"), "a/ is given twice"),
        (("a", "--against=0.885"), "--against is in percent; for 0.885 write 88.5"),
        (("a", "--against=101"), "--against must be from 0 to 100"),
        (("a", "--baseline=D/none"), "unknown baseline row 'D/none'; known: A/AAA"),
        (("a", "--outptu=c.html"), "Unknown command line flag 'outptu'"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(folder, arguments, message):
    before = sorted(folder.rglob("*"))
    process = run(*arguments, cwd=folder)
    assert process.returncode == 2
    (line,) = process.stderr.strip().splitlines()
    assert line.startswith("error: ")
    assert message in line
    assert process.stdout == ""
    assert sorted(folder.rglob("*")) == before


def test_help(folder):
    process = run("--help", cwd=folder)
    assert process.returncode == 0
    assert "CLASSIFIER/DEFENCE" in process.stdout
