import json
import re

import numpy as np
import pytest

from autotext import Configuration, Evaluation, Report

VALUES = {"tokenizer": "words", "features": "word_tfidf", "model": "ridge", "model.ridge.alpha": 1.0}


def evaluation(number, score, status="ok", size=10, **more):
    return Evaluation(
        number,
        {**VALUES, "model.ridge.alpha": number + 0.5},
        f"print{number}",
        "path" if number == 1 else "warm" if number % 2 else "search",
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
        0.8423,
        (0.8301, 0.8544),
        200,
        ({"label": "good", "rows": 6, "precision": 0.9, "recall": 0.8, "f1": 0.85},
         {"label": "bad", "rows": 6, "precision": 0.7, "recall": 0.8, "f1": 0.75}),
    )


def test_json_round_trip(report):
    written = json.loads(json.dumps(report.to_json()))
    assert Report.from_json(written) == report
    assert Evaluation.from_json(written["evaluations"][2]) == report.evaluations[2]


def test_no_number_that_json_lacks_is_written(report):
    odd = report.replace(test_score=float("nan"), expected_score=np.float64(0.5), expected_interval=(-np.inf, 0.5),
                         class_table=({"label": np.int64(3), "f1": np.nan},),
                         evaluations=(evaluation(0, 0.5), Evaluation.from_json(
                             {**evaluation(1, 0.5).to_json(), "fold_scores": [None, 0.5]})))
    written = json.loads(json.dumps(odd.to_json(), allow_nan=False))
    assert (written["test_score"], written["honest_score"], written["honest_interval"]) == (None, 0.5, [None, 0.5])
    assert written["class_table"] == [{"label": 3, "f1": None}]
    assert [entry["fold_scores"] for entry in written["evaluations"]] == [[0.4, 0.6], [None, 0.5]]
    assert Report.from_json(written).test_score is None
    assert "0.5000-0.5000" in str(report.replace(evaluations=odd.evaluations))


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
        "4 trials, with variants in regularization 5 configurations, in 55.0 s: 3 judged, 1 out of time, 1 failed",
        "Cross-validated accuracy: 0.9000 (the best of 5",
        "Expected accuracy on new texts: 0.8423 (90 % interval 0.8301 to 0.8544; selection repeated in 200 resamples)",
        "Test accuracy: 0.8500 (rows never searched on)",
        "! 3 rows left out",
        "! a note",
        "0.8000-1.0000",
        Configuration(VALUES).describe(),
        "model.ridge.alpha: 3.5",
        "of 16 suggested configurations, 2 were tried.",
        "Not used: tokenizer.kiwi",
        "1 failed: ValueError: bad",
        "1 out of time: over its deadline",
        "Time: read 0.1 s, search 50.0 s.",
    ):
        assert part in text, part
    assert max(map(len, text.splitlines())) <= 130


def test_text_leaves_out_what_a_reader_cannot_act_on(report):
    text = str(report)
    for part in ("a was absent", "x is gone", " ok", "warm ", "path", "prepare"):
        assert part not in text, part
    assert report.to_json()["warm"]["changed"] == ["a was absent"]


def test_a_space_that_prior_tasks_say_nothing_of_is_told(report):
    nothing = report.replace(warm_start={"suggested": 0, "tried": 0, "changed": [], "rejected": ["x is gone"]})
    assert "nothing that did well on prior tasks has a place in this search space" in str(nothing)


def test_text_of_an_empty_search(report):
    empty = Report("interrupted", report.task, "accuracy", "fast", 0, 1, {})
    assert "0 trials in 0.0 s (interrupted)\n" in str(empty)
    assert "(interrupted)" in str(empty)
    assert "Cold start" in str(empty)


def test_a_report_of_before_the_expected_score_can_be_read(report):
    written = report.to_json()
    for name in ("honest_score", "honest_interval", "resamples", "class_table"):
        del written[name]
    read = Report.from_json(json.loads(json.dumps(written)))
    assert (read.expected_score, read.expected_interval, read.class_table) == (None, None, ())
    assert "Expected" not in str(read)


@pytest.mark.parametrize(("changes", "reason"), [
    ({"score": 0.91}, "the best of 5 configurations on 10,000 rows owes so much to luck"),
    ({"score": 0.80, "learning_gain": 0.04}, "the pipeline learns from 80% more rows than in validation"),
    ({"score": 0.91, "resamples": 0}, "the test rows are harder than those that were searched on"),
    ({"score": 0.80, "resamples": 0}, "the test rows are easier than those that were searched on"),
])
def test_two_scores_that_contradict_each_other_say_why(report, changes, reason):
    text = str(report.replace(**changes))
    assert reason in text
    assert f"differ by {report.expected_score - changes['score']:+.4f}" in text


@pytest.mark.parametrize("changes", [{"score": 0.85}, {"score": 0.83}, {"expected_interval": None}, {"expected_score": None}])
def test_two_scores_that_agree_need_no_reason(report, changes):
    assert "The two numbers differ" not in str(report.replace(**changes))


def test_a_little_less_is_expected_only_where_nothing_else_is(report):
    assert "so expect a little less" not in str(report)
    assert "so expect a little less" in str(report.replace(expected_score=None))


def test_the_expected_score_stands_above_the_raw_one(report):
    text = str(report)
    assert text.index("Expected accuracy") < text.index("Cross-validated accuracy")
    sealed = str(report.replace(resamples=0))
    assert "(90 % interval 0.8301 to 0.8544; from rows never searched on)" in sealed
    assert "on new texts: 0.8423 (selection" in str(report.replace(expected_interval=None))


def test_the_worst_classes_come_first_and_few_are_shown(report):
    lines = str(report).splitlines()
    start = next(place for place, line in enumerate(lines) if "precision" in line)
    assert lines[start + 1].endswith("bad")
    assert lines[start + 2].endswith("good")
    many = tuple({"label": f"class {number}", "rows": 3, "precision": 0.5, "recall": 0.5, "f1": number / 30}
                 for number in range(30))
    text = str(report.replace(class_table=many))
    assert "the worst 10 of 30" in text
    assert "class 9" in text
    assert "class 10" not in text


def test_what_was_expected_stands_beside_what_came(report):
    forecasts = [{"score": 0.80, "deviation": 0.01, "seconds": 2.0, "took": 4.0},
                 {"score": 0.80, "deviation": 0.01, "seconds": 3.0, "took": 2.0}, {"seconds": 1.0, "took": 1.0}]
    values = {"features": "char_tfidf", "model": "ridge"}
    entries = tuple(Evaluation(number, values, f"c{number}", "warm", "ok", score, forecast=forecast)
                    for number, (score, forecast) in enumerate(zip((0.81, 0.83, 0.7), forecasts, strict=True)))
    told = report.replace(evaluations=entries)
    assert told.forecasts == {"scores": 2, "within": 1, "factor": 1.5}
    lines = str(told).splitlines()
    first = next(place for place, line in enumerate(lines) if line.split()[:2] == ["expected,", "90"])
    assert lines[first + 1].split() == ["0.8000", "±", "0.0164", "0.8100", "2.00", "4.00", "char_tfidf", ">", "ridge"]
    assert lines[first + 3] == ("1 of 2 scores were in the interval that the meta-learner expected; seconds were off by a "
                                "factor of 1.5 in the median.")
    assert Report.from_json(told.to_json()).forecasts == told.forecasts


def test_expected_seconds_without_those_that_it_took_count_for_nothing(report):
    entry = Evaluation(0, {"features": "char_tfidf", "model": "ridge"}, "c", "warm", "ok", 0.5, forecast={"seconds": 1.0})
    assert report.replace(evaluations=(entry,)).forecasts["factor"] == 1.0


def test_without_expectations_none_are_shown(report):
    assert report.forecasts == {"scores": 0, "within": 0, "factor": 1.0}
    assert "expected, 90 %" not in str(report)


@pytest.mark.parametrize("forecast", [{"score": "high"}, {"luck": 1.0}, [1.0], {"score": 1e301}])
def test_a_forecast_that_no_search_wrote_is_refused(forecast):
    saved = Evaluation(0, {"features": "char_tfidf", "model": "ridge"}, "f", "warm", "ok", 0.5).to_json()
    with pytest.raises(ValueError, match="forecast of an evaluation cannot be"):
        Evaluation.from_json({**saved, "forecast": forecast})


def test_the_text_says_how_many_can_be_answered_with_few_errors(report):
    table = ({"min_score": 0.9, "answered": 0.4, "error": 0.01}, {"min_score": 0.7, "answered": 0.8, "error": 0.05},
             {"min_score": 0.3, "answered": 1.0, "error": 0.2})
    told = report.replace(coverage=table)
    assert "80% of texts can be answered with at most 5% errors: those whose score is 0.70 or more (out of fold)" in str(told)
    assert Report.from_json(told.to_json()).coverage == table
    few = ({"min_score": 0.9, "answered": 0.8, "error": 0.01}, {"min_score": 0.3, "answered": 1.0, "error": 0.03})
    assert "80% of texts can be answered with at most 2% errors" in str(report.replace(coverage=few))
    assert "can be answered" not in str(report.replace(coverage=({"min_score": 0.3, "answered": 1.0, "error": 0.004},)))


@pytest.mark.parametrize("table", [[{"min_score": "high"}], [{"min_score": "high", "answered": 1.0, "error": 0.0}], ["x"]])
def test_a_coverage_that_no_search_wrote_is_refused(report, table):
    with pytest.raises((ValueError, TypeError, KeyError)):
        Report.from_json({**report.to_json(), "coverage": table})


def test_the_summary_is_short_and_says_what_matters_most(report):
    classes = tuple({"label": f"class {number}", "rows": 10 + number, "precision": 0.5, "recall": 0.5, "f1": number / 10}
                    for number in range(9))
    told = report.replace(findings=tuple(f"finding {number}" for number in range(9)), class_table=classes,
                          removed=(*report.removed, "minilm: no answer of the hub"),
                          baseline={"most_frequent": 1 / 7, "tfidf_logistic": 0.7, "seconds": 0.5},
                          chosen=report.best.fingerprint, coverage=({"min_score": 0.7, "answered": 0.8, "error": 0.04},
                                                                    {"min_score": 0.1, "answered": 1.0, "error": 0.3}))
    lines = told.summary().splitlines()
    assert len(lines) <= 15
    assert lines[0] == str(told).splitlines()[0]
    assert [line for line in lines if line.startswith("! ")][:3] == [
        "! Not used: minilm: no answer of the hub", "! finding 0", "! finding 1"]
    assert any(re.fullmatch(r"! \d+ more remarks are in the whole report\.", line) for line in lines)
    assert "Lowest F1: 'class 0' 0.00, 'class 1' 0.10, 'class 2' 0.20" in lines
    assert ("Always answering the most frequent label: 0.1429; TF-IDF with logistic regression: 0.7000 on the same rows, "
            "in 0.5 s") in lines
    assert any("80% of texts can be answered" in line for line in lines)
    assert any(line.endswith(Configuration(report.best.configuration).describe()) for line in lines)


def test_a_baseline_that_was_not_evaluated_is_told_of_and_an_older_report_has_none(report):
    assert "Always answering" not in report.summary()
    told = report.replace(baseline={"most_frequent": 0.5, "tfidf_logistic": None, "seconds": 0.0})
    assert "label: 0.5000; TF-IDF with logistic regression was not evaluated" in told.summary()


def test_a_summary_of_an_empty_search_is_one_too(report):
    assert report.replace(evaluations=(), chosen="", class_table=()).summary().splitlines()[0] == str(report).splitlines()[0]
