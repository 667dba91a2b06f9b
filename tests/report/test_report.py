import json

import pytest

from autotext import Configuration, Evaluation, Report

VALUES = {"tokenizer": "words", "features": "word_tfidf", "model": "ridge", "model.ridge.alpha": 1.0}


def evaluation(number, score, status="ok", size=10, **more):
    return Evaluation(
        number,
        {**VALUES, "model.ridge.alpha": number + 0.5},
        f"print{number}",
        "warm" if number % 2 else "search",
        status,
        score,
        (score - 0.1, score + 0.1) if score is not None else (),
        1.5,
        {"fit": 1.0, "prepare": 0.5},
        100.0,
        size,
        **more,
    )


@pytest.fixture
def report():
    tried = (
        evaluation(0, 0.7),
        evaluation(1, 0.9),
        evaluation(2, None, "timeout", error="over its deadline of 3 s"),
        evaluation(3, 0.9, size=5),
        evaluation(4, None, "failed", error="Traceback\nValueError: bad"),
    )
    task = {
        "name": "reviews.csv",
        "fingerprint": "ab",
        "kind": "binary",
        "rows": 12000,
        "search_rows": 10000,
        "folds": 3,
        "classes": 2,
    }
    return Report(
        "finished",
        task,
        "accuracy",
        "fast",
        0,
        2,
        {"seconds": 60.0},
        tried,
        "print3",
        0.9,
        0.85,
        {"read": 0.1, "search": 50.0, "total": 55.0},
        {"suggested": 16, "tried": 2, "changed": ["a was absent"], "rejected": ["x is gone", "x is gone"]},
        ("tokenizer.kiwi: for HANGUL letters",),
        ("3 rows left out",),
        ("a note",),
        4,
        1,
    )


def test_json_round_trip(report):
    written = json.loads(json.dumps(report.to_json()))
    assert Report.from_json(written) == report
    assert Evaluation.from_json(written["evaluations"][2]) == report.evaluations[2]


def test_leaderboard_ranks_by_score_then_size(report):
    assert [found.number for found in report.leaderboard] == [3, 1, 0]
    assert report.best.number == 3
    assert report.statuses == {"ok": 3, "timeout": 1, "failed": 1}
    assert report.replace(evaluations=()).best is None


def test_a_score_of_zero_is_a_score():
    worst = Report("running", {}, "neg_log_loss", "fast", 0, 1, {}, (evaluation(0, 0.0), evaluation(1, -2.0)))
    assert [found.number for found in worst.leaderboard] == [0, 1]


def test_text_says_what_was_tried_spent_found_and_left_out(report):
    text = str(report)
    for part in (
        "reviews.csv: 12,000 rows, 2 classes, binary; accuracy, 3 folds on 10,000 of the rows",
        "5 configurations tried in 55.0 s",
        "1 failed, 3 ok, 1 timeout",
        "Cross-validated accuracy: 0.9000 (the best of 5",
        "Test accuracy: 0.8500 (rows never searched on)",
        "! 3 rows left out",
        "! a note",
        "0.8000-1.0000",
        Configuration(VALUES).describe(),
        "model.ridge.alpha: 3.5",
        "16 suggestions, 2 tried",
        "changed, 1 times: a was absent",
        "rejected, 2 times: x is gone",
        "Not used: tokenizer.kiwi",
        "4 suggestions tried before, 1 whose parts",
        "failed, 1 times: ValueError: bad",
        "timeout, 1 times: over its deadline",
        "fit 5.0 s, prepare 2.5 s",
        "read 0.1 s, search 50.0 s",
    ):
        assert part in text, part
    assert max(map(len, text.splitlines())) <= 130


def test_text_of_an_empty_search(report):
    empty = Report("interrupted", report.task, "accuracy", "fast", 0, 1, {})
    assert "0 configurations tried" in str(empty)
    assert "(interrupted)" in str(empty)
    assert "Cold start" in str(empty)
