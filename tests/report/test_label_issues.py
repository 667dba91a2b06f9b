"""Rows whose label is probably wrong."""

import csv
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autotext import Budget, optimize_pipeline
from autotext.report.label_issues import find_label_issues, label_issues
from autotext.task import Task

FLIPPED = (3, 25, 50)


def _texts_and_labels():
    things = ("cable", "screen", "box", "case", "lamp")
    texts = [f"the {thing} number {number} is {'great and works' if number % 2 else 'poor and broke'}"
             for number in range(20) for thing in things]
    labels = ["good" if "great" in text else "bad" for text in texts]
    for row in FLIPPED:
        labels[row] = "bad" if labels[row] == "good" else "good"
    return texts, labels


def defined(targets, probabilities):
    """Rows that the paper suspects, by its definition."""
    n_classes = probabilities.shape[1]
    usual = [np.mean([probabilities[row, label] for row in range(len(targets)) if targets[row] == label])
             if label in targets else np.inf for label in range(n_classes)]
    return {row for row, label in enumerate(targets)
            if any(probabilities[row, other] >= usual[other] and probabilities[row, other] > probabilities[row, label]
                   for other in range(n_classes) if other != label)}


@given(st.integers(2, 5), st.integers(1, 30), st.integers(0, 10**6))
def test_suspected_rows_are_those_of_the_definition(n_classes, n_rows, seed):
    rng = np.random.default_rng(seed)
    targets, probabilities = rng.integers(n_classes, size=n_rows), rng.dirichlet(np.ones(n_classes), n_rows)
    issues = find_label_issues(targets, probabilities)
    assert {row for row, _ in issues} == defined(targets, probabilities)
    margins = [probabilities[row, other] - probabilities[row, targets[row]] for row, other in issues]
    assert margins == sorted(margins, reverse=True)


def test_of_several_labels_the_one_that_is_wrong_is_named():
    targets = np.array([[1, 0], [1, 1], [0, 1], [1, 0]])
    probabilities = np.array([[0.9, 0.1], [0.9, 0.9], [0.1, 0.9], [0.9, 0.95]])
    task = Task.read(["a", "a b", "b", "a b too"], [["a"], ["a", "b"], ["b"], ["a"]])
    (issue,) = label_issues(targets, probabilities, np.arange(4), task)
    assert issue == {"row": 4, "text": "a b too", "label": ["a"], "suggested": ["a", "b"], "score": 0.95}


def test_a_search_finds_flipped_labels_and_saves_no_texts(tmp_path):
    texts, labels = _texts_and_labels()
    pipeline = optimize_pipeline((texts, labels), budget=Budget(seconds=None, trials=2), workers=1)
    issues = pipeline.report.label_issues
    assert {issue["row"] - 1 for issue in issues} == set(FLIPPED)
    assert all(issue["suggested"] != issue["label"] and texts[issue["row"] - 1] == issue["text"] for issue in issues)
    assert "3 rows look mislabelled" in str(pipeline.report)
    folder = pipeline.save(tmp_path / "pipeline")
    assert not any("great and works" in path.read_bytes().decode("latin-1") for path in folder.iterdir()
                   if path.name == "report.json")


@pytest.mark.parametrize("separator", [None, "|"])
def test_the_command_line_writes_them_to_a_file(separator, tmp_path):
    texts, labels = _texts_and_labels()
    with (tmp_path / "verdicts.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *zip(texts, labels, strict=True)])
    command = [sys.executable, "-m", "autotext", "optimize", "verdicts.csv", "--trials", "2", "--workers", "1",
               "--label-issues", "check.csv", *(["--separator", separator] if separator else [])]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    with (tmp_path / "check.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert f"{len(rows)} rows look mislabelled" in said
    assert {int(row["row"]) - 1 for row in rows} & set(FLIPPED)
    assert set(rows[0]) == {"row", "text", "label", "suggested", "score"}


def test_a_file_that_cannot_be_written_is_refused_before_the_search(tmp_path):
    (tmp_path / "verdicts.csv").write_text("text,label\na,b\n")
    ended = subprocess.run([sys.executable, "-m", "autotext", "optimize", "verdicts.csv", "--label-issues", "no/check.csv"],
                           cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "no/check.csv" in ended.stderr


def test_a_report_that_was_read_again_has_none():
    texts, labels = _texts_and_labels()
    report = optimize_pipeline((texts, labels), budget=Budget(seconds=None, trials=1), workers=1).report
    again = type(report).from_json(json.loads(json.dumps(report.to_json())))
    assert again.label_issues == ()
    assert again == report
