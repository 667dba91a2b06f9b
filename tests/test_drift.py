"""Drift is found where there is some, not where there is none, and told without quoting texts."""

import os
from pathlib import Path

import numpy as np
import pytest

import autotext
from autotext import Budget, Report, TaskError, load_pipeline, optimize_pipeline
from autotext.drift import find_drift
from autotext.task import Task

WORDS = {
    "latin": ["the", "film", "was", "a", "quiet", "story", "about", "people", "who", "live", "near", "water", "talk", "of"],
    "hangul": ["영화", "음식", "책", "방", "여행", "친구", "시간", "오늘", "내일", "어제", "정말", "아주", "너무", "조금"],
    "han": list("电影音乐书房间旅行朋友时间今天明天昨天真很多少一起"),
}
NEW = {"latin": "virus", "hangul": "백신", "han": "疫苗"}


def rows(number, seed, script="latin", new=0.0, bad=0.5):
    """Texts of random words, some with one that is new, and labels."""
    rng = np.random.default_rng(seed)
    glue = "" if script == "han" else " "
    texts = [glue.join([*rng.choice(WORDS[script], 12), *([NEW[script]] if rng.random() < new else [])]) for _ in range(number)]
    return texts, np.where(rng.random(number) < bad, "bad", "good").tolist()


def of(train, test=None, **more):
    return find_drift(Task.read(train, test=test, **more), seed=0)


def report_of(drift):
    task = {"name": "t", "fingerprint": "cd", "kind": "binary", "rows": 9, "search_rows": 9, "folds": 2, "classes": 2}
    return Report("finished", task, "accuracy", "fast", 0, 1, {"trials": 1}, drift=drift)


@pytest.mark.parametrize("script", WORDS)
def test_new_words_in_the_test_rows_are_found_and_named(script):
    found = of(rows(300, 0, script), rows(200, 1, script, new=0.6))
    assert found["between"] == "train and test"
    assert found["found"]
    assert found["interval"][0] < found["auc"] < found["interval"][1]
    assert 0.7 < found["auc"] < 0.9
    assert found["words"][0] in ((NEW[script],) if script != "han" else ("疫", "苗", "疫 苗"))
    assert "Training and test rows can be told apart (AUC 0." in str(report_of(found))
    assert found["words"][0] in str(report_of(found))


def test_rows_of_one_source_are_quiet():
    results = [of(rows(200, 2 * seed, script), rows(100, 2 * seed + 1, script)) for seed in range(20) for script in WORDS]
    assert sum(found["found"] for found in results) <= 1
    assert 0.47 < np.mean([found["auc"] for found in results]) < 0.53
    assert sum("labels" in found for found in results) <= 1
    assert not [line for line in str(report_of(results[0])).splitlines() if line.startswith("!")]


def test_the_interval_is_as_wide_as_chance_makes_it():
    vocabulary, likely = np.array([f"w{number}x" for number in range(5000)]), 1.0 / np.arange(1, 5001)
    found = []
    for seed in range(50):
        rng = np.random.default_rng(seed)
        texts = [" ".join(rng.choice(vocabulary, 150, p=likely / likely.sum())) for _ in range(250)]
        found.append(of((texts[:150], [0, 1] * 75), (texts[150:], [0, 1] * 50)))
    covered = np.mean([one["interval"][0] <= 0.5 <= one["interval"][1] for one in found])
    assert 0.84 <= covered <= 0.96
    assert not any(one["words"] for one in found if not one["found"])


@pytest.mark.parametrize("way", ["column", "dates", "numbers"])
def test_newer_rows_are_compared_with_older_ones(way):
    old, new = rows(150, 0), rows(150, 1, new=0.7)
    texts, labels = old[0] + new[0], old[1] + new[1]
    days = [f"20{10 + number // 30:02}-0{1 + number % 9}-15" for number in range(300)]
    order = np.random.default_rng(0).permutation(300)
    shuffled = [texts[row] for row in order], [labels[row] for row in order]
    times = [days[row] for row in order] if way != "numbers" else order
    if way == "column":
        columns = {"text": shuffled[0], "label": shuffled[1], "day": times}
        found = find_drift(Task.read(columns, text="text", label="label", time="day"), seed=0)
        assert Task.read(columns, time="day").columns == ("text",)
    else:
        found = of(shuffled, time=times)
    assert found["between"] == "older and newer rows"
    assert found["found"]
    assert found["words"][0] == "virus"
    assert "! Older and newer rows can be told apart" in str(report_of(found))


def test_rows_of_unknown_time_are_left_out_and_one_time_is_no_order():
    texts, labels = rows(100, 0)
    assert of((texts, labels)) is None
    assert of((texts, labels), time=["2024"] * 100) is None
    assert of((texts, labels), time=[None] * 100) is None
    assert of((texts, labels), time=[None, *range(99)])["between"] == "older and newer rows"


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (["2024-01-01", "yesterday", "2024-01-03"], "row 2 has the time 'yesterday'.*ISO dates, such as 2024-03-01"),
        (["1", "2024-01-01", "nan"], "row 1 has the time '1'"),
        ([1.0, float("inf"), 2.0], "row 1 has the time 1.0|row 2 has the time inf"),
        ([1, 2], "3 texts and 2 times"),
        ("when", "no column 'when' to use as time"),
    ],
)
def test_what_is_no_time_is_refused(times, message):
    with pytest.raises(TaskError, match=message):
        Task.read((["a", "b", "c"], [0, 1, 0]), time=times)


def test_times_follow_their_rows():
    task = Task.read((["a", "", "b", "c"], [0, 1, 0, 1]), time=["2024-01-02", "2024-01-01", None, "2024-01-02T00:00:01+00:00"])
    assert task.times[1] is None
    assert task.times[2] - task.times[0] == 1.0
    assert task.rows(np.array([2, 0])).times == (task.times[2], task.times[0])


def test_several_labels_and_moved_shares():
    texts, labels = rows(300, 0, bad=0.3)
    more, moved = rows(300, 1, bad=0.6)
    found = of((texts, labels), (more, moved))
    assert [entry["label"] for entry in found["labels"]] == ["bad", "good"]
    assert "shares of labels: 'bad' 2" in str(report_of(found)).replace("3", "2")
    several = of((texts, [[label, "all"] for label in labels]), (more, [[label, "all"] for label in moved]))
    assert sorted(entry["label"] for entry in several["labels"]) == ["bad", "good"]
    assert several["auc"] == found["auc"]


def test_copies_are_counted_and_shown_by_row():
    train, test = rows(100, 0), rows(50, 1)
    copies = [*test[0][:3], *train[0][:8], *test[0][3:]]
    found = of(train, (copies, [*test[1][:3], *train[1][:8], *test[1][3:]]))
    assert found["repeated"] == 8
    assert found["repeated_rows"] == [4, 5, 6, 7, 8]
    assert "! 8 test rows repeat a training text" in str(report_of(found))
    assert "rows 4, 5, 6, 7, 8, ... of" in str(report_of(found))


def test_the_same_rows_over_again_are_not_drift():
    train = rows(200, 0)
    found = of(train, train)
    assert found["repeated"] == 200
    assert not found["found"]


@pytest.mark.parametrize("texts", [["a", "b", "c", "d", "e"], ["😀", "!", "?", "☃", "\0"], ["\ud83d", "x", "y", "z", "w"]])
def test_tiny_tasks_say_nothing(texts):
    found = of((texts, [0, 1, 0, 1, 0]), (texts[::-1][:2], [0, 1]))
    assert "auc" not in found
    assert found["repeated"] == 2
    of((texts, [0, 1, 0, 1, 0]), time=range(5))


def test_texts_without_words_say_nothing():
    symbols = ["!" * number for number in range(1, 101)]
    assert "auc" not in of((symbols[:60], [0, 1] * 30), (symbols[60:], [0, 1] * 20))


def test_no_text_is_quoted():
    secret = "x" * 200
    found = of(rows(100, 0), ([f"{text} {secret}" for text in rows(100, 1)[0]], rows(100, 1)[1]))
    assert found["words"] == ["x" * 30]


def test_little_time_is_said():
    found = find_drift(Task.read(rows(100, 0), test=rows(100, 1)), 0, seconds=1.0)
    assert found == {"between": "train and test", "skipped": True}
    assert "! Training and test rows were not compared, for want of time." in str(report_of(found))


def test_another_process_finds_the_same(script):
    code = "import json\nfrom test_drift import of, rows\nprint(json.dumps(of(rows(300, 0), rows(200, 1, new=0.6))))"
    path = os.pathsep.join([str(Path(__file__).parent), str(Path(autotext.__file__).parent.parent)])
    first, second = (script(code, PYTHONHASHSEED=seed, PYTHONPATH=path) for seed in ("1", "2"))
    assert first == second
    assert '"found": true' in first


def test_the_report_of_a_search_carries_it_along(quick, tmp_path):
    train, test = rows(120, 0), rows(80, 1, new=0.8)
    pipeline = optimize_pipeline(train, test=test, space=quick, budget=Budget(seconds=None, trials=2), workers=1)
    assert pipeline.report.drift["found"]
    assert load_pipeline(pipeline.save(tmp_path / "saved")).report.drift == pipeline.report.drift
