"""The commands of benchmarks, as typed."""

import subprocess
import sys

import pytest
from arms_of_users import write_arm, write_suite

from autotext.cli.main import main


@pytest.fixture
def tables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_suite(tmp_path, 1)
    write_arm(tmp_path, "first_word")
    return tmp_path


def test_a_run_writes_lines_tables_and_a_page_and_compare_makes_them_anew(tables, capsys):
    main(["benchmark", "run", "--suite", "tables", "--arms", "first_word.py", "majority", "--budget", "5s", "--out", "out"])
    said = capsys.readouterr()
    assert "2 runs, each 5 s on 1 core, 1 at a time" in said.err
    assert "[2/2] verdicts0  majority  seed 0  accuracy 0.5000" in said.err
    assert "| first_word | model |" in said.out
    names = {path.name for path in (tables / "out").iterdir()}
    assert {"runs.jsonl", "comparison.html", "comparison.md", "comparison.tex", "scores.csv", "arms.csv", "pairs.csv"} <= names
    page = (tables / "out" / "comparison.html").read_bytes()
    main(["benchmark", "compare", "out", "--out", "again"])
    assert (tables / "again" / "comparison.html").read_bytes() == page
    main(["benchmark", "compare", "out", "--arms", "first_word", "--out", "one"])
    assert "majority" not in (tables / "one" / "comparison.md").read_text("utf-8")


def test_a_finished_benchmark_only_compares(tables, capsys):
    command = ["benchmark", "run", "--suite", "tables", "--arms", "majority", "--budget", "2trials", "--out", "out"]
    main(command)
    page = (tables / "out" / "comparison.html").read_bytes()
    main(command)
    assert "0 runs, each 2 trials on 1 core" in capsys.readouterr().err
    assert (tables / "out" / "comparison.html").read_bytes() == page


@pytest.mark.parametrize(("options", "message"), [
    (["--suite", "tables", "--budget", "soon"], "Cannot read the budget 'soon'"),
    (["--suite", "tables", "--budget", "0trials"], "trials"),
    (["--suite", "tables", "--seeds", "0"], "--seeds must be at least 1"),
    (["--suite", "tables", "--encoder", "nowhere"], "--encoder: there is no folder 'nowhere'"),
    (["--suite", "tables", "--tasks-dir", "nowhere"], "--tasks-dir: there is no folder 'nowhere'"),
    (["--suite", "tables", "--arms", "fastext"], "Did you mean 'fasttext'"),
    (["--suite", "tabels"], "Unknown suite 'tabels'"),
    (["--suite", "tables", "--out", "first_word.py"], "No lines can be written in 'first_word.py'")])
def test_what_cannot_be_used_is_said_in_a_line(options, message, tables, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["benchmark", "run", "--out", "out", "--arms", "majority", *options])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(("command", "expected"), [
    ("suites", ["quick", "multilingual", "few_shot"]), ("arms", ["fasttext", "system", "majority", "model"]),
    ("tasks", ["clinc150", "CC BY 3.0", "github.com/clinc/oos-eval"])])
def test_lists_tell_what_there_is(command, expected, capsys):
    main(["benchmark", command])
    printed = capsys.readouterr().out
    assert all(text in printed for text in expected)


def test_files_that_are_no_tasks_are_named(tables, capsys):
    (tables / "tables" / "notes.docx").write_bytes(b"PK")
    main(["benchmark", "run", "--suite", "tables", "--arms", "majority", "--budget", "5s", "--out", "out"])
    assert "notes.docx was left aside" in capsys.readouterr().err


def test_help_names_every_option():
    printed = subprocess.run([sys.executable, "-m", "autotext", "benchmark", "run", "--help"], capture_output=True, text=True,
                             check=True).stdout
    assert all(option in printed for option in ("--suite", "--arms", "--budget", "--seeds", "--cpus", "--jobs", "--retry",
                                                "--tasks-dir", "--encoder", "--environments"))
