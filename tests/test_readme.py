"""Every block of the README runs, with budgets cut to seconds; the two set-up commands are run by .ci/run."""

import csv
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def short(text):
    return re.sub(r"(budget[= ]\"?)\d+[smh]", r"\g<1>15s", text)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("readme")
    rows = [(f"{thing} {said}", stars) for thing in ("value", "case", "cable", "sound", "screen", "box")
            for said, stars in (("is really great", 5), ("arrived early and works", 5), ("is poor", 1), ("broke at once", 1))]
    for name, *columns in (("reviews.csv", "review", "stars"), ("held-out.csv", "review", "stars"), ("new.csv", "review"),
                           ("other.csv", "review", "good")):
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerows([columns, *(row[:len(columns)] for row in rows)])
    return folder


def run(arguments, folder):
    ended = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_the_blocks_are_those_that_are_known():
    assert [kind for kind, _ in BLOCKS] == ["sh", "python", "python", "sh", "python", "python", "yaml", "python",
                                          "python", "python", "python"]


def test_the_set_up_commands_are_run_by_ci():
    commands = [line.partition("#")[0].strip() for line in BLOCKS[0][1].splitlines()]
    assert commands == ["make demo", "make test"]
    ci = (Path(__file__).parent.parent / ".ci" / "run").read_text("utf-8").splitlines()
    assert set(commands) <= set(ci)


def test_blocks_run_in_order(folder):
    for kind, block in BLOCKS[1:]:
        if kind == "python" and block.startswith("# shouting.py"):
            (folder / "shouting.py").write_text(block, "utf-8")
            run([sys.executable, "-c", "import shouting; from autotext.components import component; "
                 "assert component('normalizer', 'shouting')().transform(['a!']) == ['a xxshout ']"], folder)
        elif kind == "python":
            (folder / "block.py").write_text(short(block), "utf-8")
            run([sys.executable, "block.py"], folder)
        elif kind == "yaml":
            (folder / block.splitlines()[0].removeprefix("# ")).write_text(block, "utf-8")
        else:
            for line in short(block).splitlines():
                command = shlex.split(line)
                assert command[0] == "autotext"
                run([sys.executable, "-m", "autotext", *command[1:]], folder)
    assert (folder / "labelled.csv").read_bytes().startswith(b"\xef\xbb\xbf")
