"""``--import`` makes what a module registers usable from the command line; without it nothing is imported."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PATH, toy

from autotext.cli.main import main

OUTSIDE = Path(__file__).parents[1] / "outside"
SPACE = """
version: 1
stages:
  features: {one_of: [[char_tfidf]], char_tfidf: {span: ["1-2", "1-3"], min_df: 1}}
  model: {one_of: {shrunken_centroid: {shrinkage: {float: [0.01, 5.0], log: true}}}}
"""
# As a console script: the current folder is not searched for modules.
SCRIPT = "import sys; sys.path.remove(''); from autotext.__main__ import main; main()"


def run(folder, *arguments):
    return subprocess.run([sys.executable, "-c", SCRIPT, *map(str, arguments)], capture_output=True, text=True, check=False,
                          cwd=folder, env={**os.environ, "PYTHONPATH": PATH, "PYTHONUTF8": "1"})


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """Folder with modules of a user, one of them in another folder, and a pipeline that needs all of them; and its search."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "models").mkdir()
    shutil.copy(OUTSIDE / "shrunken.py", folder / "models" / "shrunken.py")
    for name in ("survey_format.py", "quickest_first.py"):
        shutil.copy(OUTSIDE / name, folder)
    texts, labels = toy("binary")
    (folder / "mine.yaml").write_text(SPACE, "utf-8")
    rows = "".join(f"{text}\n= {label}\n" for text, label in zip(texts, labels, strict=True))
    (folder / "rows.survey").write_text(f"%survey\n{rows}", "utf-8")
    return folder, run(folder, "optimize", "rows.survey", "--import", "survey_format", "--import", "models/shrunken.py",
                       "--import", "quickest_first.py", "--meta-learner", "quickest_first", "--space", "mine.yaml", "--trials",
                       "2", "--workers", "1", "--out", "pipeline")


def test_a_search_uses_what_the_modules_register(searched):
    _, ended = searched
    assert ended.returncode == 0, ended.stderr
    assert "shrunken_centroid" in ended.stdout
    assert "--out labelled.csv --import survey_format --import models/shrunken.py --import quickest_first.py" in ended.stdout


def test_a_saved_pipeline_reads_a_file_of_the_format(searched):
    folder, _ = searched
    ended = run(folder, "evaluate", "pipeline", "rows.survey", "--json", "--import", "survey_format", "--import",
                "models/shrunken.py")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["score"] > 0.9


@pytest.mark.parametrize(("command", "message"), [
    (["predict", "pipeline", "rows.survey"], "Unknown model component 'shrunken_centroid'"),
    (["space", "check", "mine.yaml"], "unknown model component"),
    (["optimize", "rows.survey"], "its ending must be one of"),
    (["optimize", "rows.survey", "--import", "survey_format.py", "--meta-learner", "quickest_first"], "Unknown meta-learner"),
])
def test_without_import_the_message_says_what_to_type(searched, command, message):
    ended = run(searched[0], *command)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert "--import MODULE" in ended.stderr


def test_a_pipeline_imports_nothing_by_itself(searched):
    folder = searched[0]
    for name in ("shrunken", "shrunken_centroid", "models"):
        (folder / f"{name}.py").write_text("open('imported', 'w')", "utf-8")
    assert run(folder, "inspect", "pipeline").returncode == 2
    assert not (folder / "imported").exists()
    for name in ("shrunken", "shrunken_centroid", "models"):
        (folder / f"{name}.py").unlink()


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """Modules with faults, in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name, code in (("divides_by_zero", "import json\n\n1 / 0\n"), ("never_ends_a_list", "x = (\n"),
                       ("leaves", "raise SystemExit"), ("needs_another", "import not_there_at_all\n"),
                       ("csv", "x = 1\n"), ("two.dots", "x = 1\n"), ("registers_nothing", "x = 1\n")):
        (tmp_path / f"{name}.py").write_text(code, "utf-8")


@pytest.mark.parametrize(("name", "message"), [
    ("divides_by_zero", "'divides_by_zero' cannot be imported: line 3: ZeroDivisionError: division by zero"),
    ("./divides_by_zero.py", "line 3: ZeroDivisionError"),
    ("never_ends_a_list.py", "line 1: SyntaxError"),
    ("leaves", "cannot be imported: line 1: SystemExit"),
    ("needs_another", "line 1: ModuleNotFoundError: No module named 'not_there_at_all'"),
    ("divides_by_zeros", "there is no module 'divides_by_zeros', neither installed nor in this folder. Did you mean"),
    ("divides_by_zeros.py", "there is no file 'divides_by_zeros.py'. Did you mean 'divides_by_zero.py'?"),
    ("not_there.at_all", "there is no module 'not_there.at_all'"),
    ("csv.py", "'csv.py' has the name of another module"),
    ("two.dots.py", "has a dot in its name"),
    ("./csv", "'./csv' is no name of a module"), ("", "'' is no name of a module"),
])
def test_what_cannot_be_imported_is_named(modules, capsys, name, message):
    with pytest.raises(SystemExit) as left:
        main(["space", "check", "fast", "--import", name])
    assert left.value.code == 2
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.count("\n") == 1


def test_a_module_that_registers_nothing_does_no_harm(modules, capsys):
    main(["space", "check", "fast", "--import", "registers_nothing.py", "--import", "json"])
    assert "fast is a search space" in capsys.readouterr().out
