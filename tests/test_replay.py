"""Searches replayed from recorded results."""

from dataclasses import replace

import numpy as np
import pytest

from autotext import AutotextError, Experience, Portfolio, SearchSpace
from autotext.cli.main import main
from autotext.components import registry
from autotext.meta import Hierarchical, MetaLearner, Ranking, Result, Suggestion
from autotext.replay import PICKS, SECONDS, render, replay
from autotext.testing import toy_experience


class Oracle(MetaLearner):
    """Suggests what was best on the only task that it was not shown, or worst."""

    whole: Experience
    sign = -1.0

    def fit(self, experience):
        self.shown = {task.name for task in experience.tasks}
        return self

    def suggest(self, meta_features, space, k):
        number = next(place for place, task in enumerate(self.whole.tasks) if task.meta_features == meta_features)
        assert self.whole.tasks[number].name not in self.shown
        order = np.argsort(self.sign * self.whole.scores[number], kind="stable")
        chosen = [space.project(self.whole.configurations[place])[0] for place in order]
        return Ranking(tuple(Suggestion(configuration, 0.0, 1.0) for configuration in chosen[:k]))


class Pessimist(Oracle):
    sign = 1.0


@pytest.fixture
def space():
    return SearchSpace.read("fast").check(registry())[0]


@pytest.fixture
def experience(space):
    whole = toy_experience(space, n_tasks=6, n_configurations=12)
    Oracle.whole = whole
    return whole


def test_who_knows_the_best_has_no_regret_and_families_are_left_out(space, experience):
    best, worst = (replay(learner, experience, space) for learner in (Oracle, Pessimist))
    assert not best.by_picks.any()
    assert (worst.by_picks[:, 0] > 0).all()
    assert (np.diff(worst.by_picks, axis=1) <= 0).all()
    assert (np.diff(worst.by_seconds, axis=1) <= 0).all()
    assert worst.by_picks.shape == (len(worst.families), max(PICKS))
    assert worst.by_seconds.shape == (len(worst.families), len(SECONDS))
    ratio, low, high = best.ratio(worst)
    assert (ratio, low, high) == (0.0, 0.0, 0.0)


def test_learners_that_listen_say_how_often_they_were_right(space, experience):
    calls = []
    listening = replay(Hierarchical, experience, space, lambda *counts: calls.append(counts))
    assert calls == [(number, 3) for number in range(3)]
    assert listening.covered
    listed = replay(Portfolio, experience, space)
    assert not listed.covered
    text = render({"portfolio": listed, "hierarchical": listening})
    assert "of scores" not in text
    assert f"% of {len(listening.covered):,} scores were in the 90 % interval" in text
    assert text.count("1.00 (1.00 to 1.00)") >= 2


def test_a_single_family_and_a_space_without_its_configurations_are_refused(space, experience, checked):
    with pytest.raises(AutotextError, match="two families or more, and there are 1"):
        replay(Portfolio, experience.without("family0", "family1"), space)
    other = checked("version: 1\nstages: {features: {one_of: [[surface]]}, model: {one_of: {ridge: {alpha: 3.3}}}}\n")
    with pytest.raises(AutotextError, match="Nothing of this experience has a place in the search space"):
        replay(Portfolio, experience, other)


def test_a_task_on_which_everything_failed_counts_for_nothing(space, experience):
    failed = replace(experience, tasks=(*experience.tasks, replace(experience.tasks[0], name="failed", family="other",
                                                                   fingerprint="f")),
                     results=(*experience.results, Result(len(experience.tasks), 0, None, 1.0)))
    for learner in (Portfolio, Hierarchical):
        replayed = replay(learner, failed, space)
        assert np.isfinite(replayed.by_picks).all()
        assert replayed.families == ("family0", "family1", "family2")


def test_the_command_prints_the_tables(space, experience, tmp_path, capsys):
    experience.write(tmp_path / "mine.json")
    main(["experience", "replay", "--experience", str(tmp_path / "mine.json"), "--space", "fast", "--learner", "portfolio"])
    said = capsys.readouterr()
    assert "mean of 3 families" in said.out
    assert said.out.count("portfolio ") == 2
    with pytest.raises(SystemExit):
        main(["experience", "replay", "--learner", "portfolo"])
    assert "Did you mean 'portfolio'" in capsys.readouterr().err
