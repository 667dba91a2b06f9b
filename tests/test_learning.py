"""What searches learn from prior tasks, and from each other."""

import pytest
from conftest import toy

from autotext import AutotextError, Budget, Configuration, Experience, Portfolio, optimize_pipeline
from autotext.meta import ExperienceFolder


def test_a_meta_learner_that_listens_guides_the_search_and_can_go_on(tmp_path):
    searches = [optimize_pipeline(toy("binary"), budget=Budget(seconds=None, trials=trials), workers=1,
                                  meta_learner="hierarchical", storage=storage).report
                for trials, storage in ((8, None), (4, tmp_path / "search"), (8, tmp_path / "search"))]
    at_once, _, resumed = ([entry.fingerprint for entry in report.evaluations] for report in searches)
    assert at_once == resumed
    assert searches[0].warm_start["suggested"] > 100
    assert searches[0].forecasts["scores"] == searches[0].trials - 1
    assert "scores were in the interval" in str(searches[0])
    assert searches[0].warm_start["tried"] == sum(entry.origin == "warm" for entry in searches[0].evaluations) >= 4


@pytest.mark.parametrize("learner", ["hierarchical", "default", None])
def test_a_search_leaves_what_it_found_and_later_ones_learn_from_it(learner, tmp_path):
    folder, (texts, labels) = tmp_path / "mine", toy("binary")
    tasks = [([f"{text}{end}" for text in texts], labels) for end in ("", "!")]
    reports = [optimize_pipeline(task, budget=Budget(seconds=None, trials=6), workers=1, meta_learner=learner,
                                 experience=folder).report for task in (*tasks, tasks[1])]
    kept = ExperienceFolder(folder).read()
    assert {task.fingerprint for task in kept.tasks} == {report.task["fingerprint"] for report in reports}
    scores = {(kept.tasks[cell.task].fingerprint, Configuration(kept.configurations[cell.configuration])): cell.score
              for cell in kept.results}
    for report in reports:
        for entry in report.evaluations:
            place = report.task["fingerprint"], Configuration(entry.configuration)
            assert scores[place] == pytest.approx(entry.score, abs=1e-5)
    first, second, again = ({entry.fingerprint for entry in report.evaluations} for report in reports)
    # What was found on the very rows is not learned from, so that the same search gives the same result.
    assert again == second
    assert not learner or not first.isdisjoint(second)
    assert bool(learner) == bool(reports[1].forecasts["scores"])


def test_a_learner_that_cannot_learn_further_and_a_folder_that_cannot_be_written_are_noted(quick, tmp_path, monkeypatch):
    folder = tmp_path / "mine"
    arguments = {"space": quick, "budget": Budget(seconds=None, trials=1), "workers": 1, "experience": folder}
    optimize_pipeline(toy("multiclass"), meta_learner=None, **arguments)
    report = optimize_pipeline(toy("binary"), meta_learner=Portfolio().fit(Experience()), **arguments).report
    assert "Portfolio does not learn from the searches in experience." in report.notes
    monkeypatch.setattr(ExperienceFolder, "add", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    report = optimize_pipeline(toy("binary"), meta_learner=None, **arguments).report
    assert any("could not be kept in" in note and "No space left" in note for note in report.notes)
    (tmp_path / "file").write_text("", "utf-8")
    for place, message in (("file", "is a file; name a folder"), ("file/mine", "nothing can be written in")):
        with pytest.raises(AutotextError, match=message):
            optimize_pipeline(toy("binary"), **{**arguments, "experience": tmp_path / place})


def test_the_default_search_starts_from_prior_experience():
    pipeline = optimize_pipeline(toy("korean"), budget=Budget(seconds=None, trials=2), workers=1)
    report = pipeline.report
    assert report.space == "default"
    assert report.warm_start["suggested"] >= 2
    assert report.warm_start["tried"] == 2
    assert {entry.origin for entry in report.evaluations} == {"warm", "path"}
