"""Pipelines that prior tasks promise most of, without a search."""

import json
import re

import numpy as np
import pytest
from conftest import toy

from autotext import (
    AutotextError,
    Configuration,
    Experience,
    Portfolio,
    SearchSpace,
    Task,
    load_pipeline,
    recommend_pipeline,
)
from autotext.cli.main import main
from autotext.components import registry
from autotext.meta import ExperienceFolder, PriorTask, Result, describe
from autotext.meta.kriging import Kriging, scores_on_alike_tasks


@pytest.mark.parametrize("name", ["binary", "multiclass", "multilabel", "korean"])
def test_a_recommended_pipeline_is_fitted_judged_and_can_be_saved(name, tmp_path):
    texts, labels = toy(name)
    recommendation = recommend_pipeline(texts, labels)
    pipeline = recommendation.fit()
    report = pipeline.report
    candidates = (recommendation.configuration, *recommendation.regularization_path)
    assert pipeline.members[0] in candidates
    assert [entry.fingerprint for entry in report.evaluations] == [candidate.fingerprint for candidate in candidates]
    assert report.chosen == pipeline.members[0].fingerprint
    assert report.score == max(entry.score for entry in report.evaluations)
    assert (report.trials, report.expected_score) == (1, None)
    assert "1 trial" in str(report)
    assert report.coverage[-1]["answered"] == 1.0
    loaded = load_pipeline(pipeline.save(tmp_path / "pipeline"))
    np.testing.assert_array_equal(loaded.predict_proba(texts[:9]), pipeline.predict_proba(texts[:9]))
    assert loaded.report.score == report.score
    most = loaded.report.coverage[-1]["error"]
    assert None not in loaded.predict(texts[:9], max_error=most).tolist()
    again = recommend_pipeline(texts, labels)
    assert (again.configuration, again.alternatives) == (recommendation.configuration, recommendation.alternatives)


def test_rows_for_testing_are_scored_once():
    texts, labels = toy("binary")
    task = Task.read((texts, labels), test=(["the food was lovely today", "the food was awful today"], ["good", "bad"]))
    report = recommend_pipeline(task).fit().report
    assert report.test_score == report.expected_score is not None


def test_what_takes_longer_with_more_rows():
    texts, labels = toy("binary")
    few, many = (recommend_pipeline(([f"{text} {number}" for number in range(n) for text in texts], labels * n), seconds=1e6)
                 for n in (1, 40))
    assert many.seconds > few.seconds


def test_what_may_take_longer_may_have_more_features():
    quick, slow = (recommend_pipeline(toy("binary"), seconds=seconds) for seconds in (2.0, 1e6))
    assert quick.seconds <= 2.0 < 1e6
    assert slow.configuration != quick.configuration or slow.seconds == quick.seconds
    every = {slow.configuration, *slow.alternatives}
    assert len(every) == 1 + len(slow.alternatives)


def test_a_learner_without_expectations_recommends_what_it_suggests_first():
    recommendation = recommend_pipeline(toy("binary"), meta_learner="portfolio", seconds=1e6)
    learner = Portfolio().fit(Experience.shipped())
    task = Task.read(toy("binary"))
    space, _ = SearchSpace.read("default").check(registry(), {"LATIN": 1.0}, "en")
    assert recommendation.configuration == learner.suggest(describe(task), space, 16).suggestions[0].configuration


def test_scores_of_alike_tasks_count_most():
    task = Task.read(toy("binary"))
    first = recommend_pipeline(task)
    low, high = first.expected_interval
    assert low <= first.expected_score <= high
    assert recommend_pipeline(task, metric="f1_macro").expected_score is None


def test_a_users_searches_are_recommended_from(tmp_path):
    task = Task.read(toy("binary"))
    first = recommend_pipeline(task, seconds=60.0)
    worst = first.alternatives[-1]
    folder = ExperienceFolder(tmp_path / "mine")
    others = [first.configuration, *first.alternatives[:-1]]
    for number in range(6):
        mine = PriorTask(f"mine{number}", "mine", f"m{number}", "accuracy", describe(task))
        results = Experience((mine,), tuple(map(dict, [worst, *others])), tuple(
            Result(0, place, 0.9 if place == 0 else 0.5 + 0.01 * place, 1.0) for place in range(1 + len(others))))
        folder.merge(results)
    assert recommend_pipeline(task, seconds=60.0, experience=folder.path).configuration == worst
    assert len(folder.files) == 6


@pytest.mark.parametrize(("arguments", "message"), [
    ({"seconds": 1e-6}, "can be fitted in 1e-06 s here; the quickest takes about .* give 1 seconds or more"),
    ({"space": "fast"}, "has a place in the search space 'fast'; only a search can tell"),
    ({"meta_learner": None}, "Without a meta-learner nothing can be recommended"),
    ({"meta_learner": "hierarchicl"}, "Did you mean 'hierarchical'"), ({"seconds": -1}, "seconds must be"),
    ({"secnds": 1}, "secnds"), ({"experience": "no-such-folder"}, "there is no folder 'no-such-folder'")])
def test_what_cannot_be_recommended_is_said_with_what_to_write(arguments, message):
    with pytest.raises((AutotextError, TypeError), match=message):
        recommend_pipeline(toy("binary"), **arguments)


def test_likeness_is_largest_for_the_same_and_intervals_hold_the_weight():
    kriging = Kriging([{"log_rows": 5.0}, {"log_rows": 8.0}])
    near, far = kriging.likeness({"log_rows": 5.0})
    assert near == pytest.approx(1.0)
    assert far < 0.5
    scores = np.linspace(0.0, 1.0, 101)
    mean, low, high = scores_on_alike_tasks(scores, np.ones(101))
    assert (mean, low, high) == (pytest.approx(0.5), pytest.approx(0.05, abs=0.02), pytest.approx(0.95, abs=0.02))


def test_the_command_names_a_pipeline_and_fits_it_on_request(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    texts, labels = toy("binary")
    rows = "".join(f'"{text}",{label}\n' for text, label in zip(texts, labels, strict=True))
    (tmp_path / "mails.csv").write_text("text,label\n" + rows, "utf-8")
    main(["recommend", "mails.csv"])
    said = capsys.readouterr()
    assert said.out.startswith("Recommended for mails.csv: ")
    assert "Expected accuracy: 0." in said.out
    assert re.match(r"mails.csv: \d+ rows, 2 classes, binary\n", said.err)
    main(["recommend", "mails.csv", "--json", "--out", "pipeline"])
    said = capsys.readouterr()
    printed = said.out
    assert "Cross-validated accuracy: " in said.err
    document = json.loads(printed)
    assert load_pipeline("pipeline").members[0] in map(Configuration, [document["configuration"],
                                                                       *document["regularization_path"]])
