"""Code blocks of Markdown pages, and how tests run them."""

import csv
import itertools
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
_FILE = re.compile(r"# ([\w.-]+\.(?:py|yaml))\n")
_THINGS = ("value", "case", "cable", "sound", "screen", "box")
_VERDICTS = (("is really great", 5), ("arrived early and works", 5), ("is poor", 1), ("broke at once", 1))


def read_blocks(path):
    """Language and code of each block; those of directives, such as an included file, are no code of the page."""
    return re.findall(r"^```(\w+)\n(.*?)^```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def write_samples(folder):
    """Write the files that pages speak of."""
    rows = [(f"{thing} {verdict}", stars) for thing in _THINGS for verdict, stars in _VERDICTS]
    for name, *columns in (("reviews.csv", "review", "stars"), ("held-out.csv", "review", "stars"), ("new.csv", "review"),
                           ("other.csv", "review", "good")):
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerows([columns, *(row[:len(columns)] for row in rows)])
    # Labels that contradict each other here and there: a search does not end because no score can be better.
    teams = ["billing" if (stars == 5) != (number % 7 == 6) else "repair" for number, (_, stars) in enumerate(rows)]
    tickets = [f"{text},{team}" for (text, _), team in zip(rows, teams, strict=True)]
    (folder / "tickets.csv").write_text("\n".join(["message,team", *tickets]) + "\n", "utf-8")
    # More rows, as a quarter of them becomes test rows.
    (folder / "tables").mkdir()
    table = [f"{number} {text},{'good' if stars == 5 else 'bad'}" for number in range(4) for text, stars in rows]
    (folder / "tables" / "verdicts.csv").write_text("\n".join(["text,label", *table]) + "\n", "utf-8")


def run_blocks(blocks, folder):
    """Run blocks in a folder, in order, with budgets cut to seconds.

    A block whose first line is a comment with the name of a file becomes that file; other Python blocks that follow each other
    are one script, as in a notebook. Set-up commands are not run here: what they name must exist.
    """
    for kind, group in itertools.groupby(blocks, key=lambda block: "file" if _FILE.match(block[1]) else block[0]):
        codes = [code for _, code in group]
        if kind == "file":
            for code in codes:
                (folder / _FILE.match(code)[1]).write_text(code, "utf-8")
        elif kind == "python":
            (folder / "blocks_of_page.py").write_text(_short("\n".join(codes)), "utf-8")
            _run([sys.executable, "blocks_of_page.py"], folder)
        elif kind == "sh":
            for line in _short("".join(codes)).splitlines():
                _run_command(shlex.split(line, comments=True), folder)
        else:
            assert kind == "text", f"a block of {kind} is neither run nor said to be mere text"


def _short(text):
    return re.sub(r"(budget[= ]\"?)\d+[smh]", r"\g<1>15s", text)


def _run_command(command, folder):
    if command[0] == "autotext":
        _run([sys.executable, "-m", "autotext", *command[1:]], folder)
    elif command[0] == "make":
        assert " ".join(command) in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    else:
        assert command[:2] == ["pip", "install"], command
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
        assert all(set(found.split(",")) <= set(extras) for found in re.findall(r"\[(.*?)\]", command[2]))


def _run(arguments, folder):
    ended = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
