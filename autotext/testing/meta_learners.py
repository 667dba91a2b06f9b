"""The contract of meta-learners, as tests."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

from autotext.components import registry
from autotext.meta import Experience, MetaLearner, PriorTask, Result, meta_learners
from autotext.space import Configuration, Scalar, SearchSpace


def toy_experience(space: SearchSpace, n_tasks: int = 6, n_configurations: int = 12, seed: int = 0) -> Experience:
    """Make up results of configurations of a checked space on invented tasks, with failures and gaps.

    Parameters
    ----------
    space : SearchSpace
    n_tasks : int, default=6
    n_configurations : int, default=12
    seed : int, default=0

    Examples
    --------
    >>> from autotext.components import registry
    >>> experience = toy_experience(SearchSpace.read("fast").check(registry())[0], n_tasks=3)
    >>> len(experience.tasks), len(experience.configurations)
    (3, 12)
    """
    rng = np.random.default_rng(seed)
    drawn = dict.fromkeys(space.sample(rng) for _ in range(n_configurations))
    tasks = tuple(PriorTask(f"task{number}", f"family{number // 2}", f"{number:016x}", "accuracy",
                            {"log_rows": 5.0 + number, "n_classes": 2.0 + number}) for number in range(n_tasks))
    results = [Result(task, configuration, None if rng.random() < 0.1 else round(float(rng.random()), 5),
                      round(float(rng.random()) + 0.1, 3))
               for task in range(n_tasks) for configuration in range(len(drawn)) if rng.random() < 0.9]
    return Experience(tasks, tuple(found.to_json() for found in drawn), tuple(results), {})


class MetaLearnerContract:
    """Tests of what every meta-learner must do; a test class inherits them and names the meta-learner.

    Attributes
    ----------
    learner : type of MetaLearner
        Made without arguments. Instead, the fixture `learner_class` can be overridden.

    Examples
    --------
    >>> from autotext import Portfolio
    >>> class TestPortfolio(MetaLearnerContract):
    ...     learner = Portfolio
    """

    learner: ClassVar[type[MetaLearner]]
    meta_features: ClassVar[dict[str, float]] = {"log_rows": 6.0, "n_classes": 3.0}

    @pytest.fixture
    def learner_class(self) -> type[MetaLearner]:
        """Class under test."""
        return self.learner

    @pytest.fixture
    def checked(self) -> SearchSpace:
        """A space to suggest for."""
        return SearchSpace.read("fast").check(registry())[0]

    def _suggest(self, learner: MetaLearner, space: SearchSpace, k: int = 8) -> list[Configuration]:
        return [found.configuration for found in learner.suggest(self.meta_features, space, k).suggestions]

    def test_fit_returns_itself_and_leaves_the_experience(self, learner_class: type[MetaLearner], checked: SearchSpace) -> None:
        """Learning changes nothing that was given."""
        experience = toy_experience(checked)
        before = Experience(experience.tasks, experience.configurations, experience.results).fingerprint
        learner = learner_class()
        assert learner.fit(experience) is learner
        learner.suggest(self.meta_features, checked, 5)
        assert Experience(experience.tasks, experience.configurations, experience.results).fingerprint == before

    def test_suggestions_are_legal_different_and_at_most_k(self, learner_class: type[MetaLearner],
                                                           checked: SearchSpace) -> None:
        """Each suggestion is a configuration of the space, none comes twice."""
        learner = learner_class().fit(toy_experience(checked))
        for k in (0, 1, 3, 8, 50):
            found = self._suggest(learner, checked, k)
            assert len(found) <= k
            assert len(set(found)) == len(found)
            assert all(checked.project(configuration) == (configuration, []) for configuration in found)
            assert not any(checked.incompatibility(configuration) for configuration in found)
        assert self._suggest(learner, checked, 3)

    def test_suggestions_are_ordered(self, learner_class: type[MetaLearner], checked: SearchSpace) -> None:
        """Regret never grows down the list, costs are numbers, and a shorter list is the beginning of a longer one."""
        learner = learner_class().fit(toy_experience(checked))
        found = learner.suggest(self.meta_features, checked, 8).suggestions
        regrets = [suggestion.regret for suggestion in found]
        assert regrets == sorted(regrets, reverse=True)
        assert all(np.isfinite(suggestion.seconds) and suggestion.seconds >= 0 for suggestion in found)
        assert self._suggest(learner, checked, 3) == [suggestion.configuration for suggestion in found[:3]]

    def test_is_deterministic(self, learner_class: type[MetaLearner], checked: SearchSpace) -> None:
        """The same experience gives the same suggestions, asked twice or learned twice."""
        learner = learner_class().fit(toy_experience(checked))
        first = learner.suggest(self.meta_features, checked, 8)
        assert learner.suggest(self.meta_features, checked, 8) == first
        assert learner_class().fit(toy_experience(checked)).suggest(self.meta_features, checked, 8) == first

    def test_learning_further_leaves_the_first_as_it_was(self, learner_class: type[MetaLearner], checked: SearchSpace) -> None:
        """What is extended suggests legal configurations, and the meta-learner that it comes from suggests what it did."""
        whole = toy_experience(checked)
        learner = learner_class().fit(whole.without("family0"))
        before = learner.suggest(self.meta_features, checked, 8)
        extended = learner.extended(whole.without("family1", "family2"))
        assert isinstance(extended, MetaLearner)
        found = self._suggest(extended, checked)
        assert found
        assert all(checked.project(configuration) == (configuration, []) for configuration in found)
        assert learner.suggest(self.meta_features, checked, 8) == before

    def test_a_family_that_is_left_out_leaves_no_trace(self, learner_class: type[MetaLearner], checked: SearchSpace) -> None:
        """Learning again, without a family, forgets its results; what only this family tried is not suggested."""
        whole = toy_experience(checked)
        rest = whole.without("family0")
        ranking = learner_class().fit(rest).suggest(self.meta_features, checked, 8)
        assert learner_class().fit(whole).fit(rest).suggest(self.meta_features, checked, 8) == ranking
        tried = [checked.project(rest.configurations[number])[0] for number in {cell.configuration for cell in rest.results}]
        assert {suggestion.configuration for suggestion in ranking.suggestions} <= set(tried)
        others = ("family0", "family1", "family2")
        assert learner_class().fit(whole).fit(whole.without(*others)).suggest(self.meta_features, checked, 8).suggestions == ()

    def test_a_name_is_that_of_the_class(self, learner_class: type[MetaLearner]) -> None:
        """A class with a name is registered under it, so that ``meta_learner=`` takes the name."""
        assert not learner_class.name or meta_learners()[learner_class.name] is learner_class

    def test_no_experience_gives_no_suggestion(self, learner_class: type[MetaLearner], checked: SearchSpace) -> None:
        """Without experience the search starts cold; with results that all failed, too."""
        assert learner_class().fit(Experience()).suggest(self.meta_features, checked, 5).suggestions == ()
        whole = toy_experience(checked)
        failed = tuple(Result(cell.task, cell.configuration, None, cell.seconds) for cell in whole.results)
        learner = learner_class().fit(Experience(whole.tasks, whole.configurations, failed))
        assert learner.suggest(self.meta_features, checked, 5).suggestions == ()
        unused = learner_class().fit(Experience(whole.tasks, whole.configurations))
        assert unused.suggest(self.meta_features, checked, 5).suggestions == ()

    def test_unknown_and_missing_meta_features_do_no_harm(self, learner_class: type[MetaLearner], checked: SearchSpace) -> None:
        """A meta-feature that no prior task has changes nothing; none at all is allowed."""
        learner = learner_class().fit(toy_experience(checked))
        known = learner.suggest(self.meta_features, checked, 5)
        assert learner.suggest({**self.meta_features, "invented": 1e9}, checked, 5) == known
        assert learner.suggest({}, checked, 5).suggestions

    def test_what_the_space_cannot_say_is_left_out_and_counted(self, learner_class: type[MetaLearner],
                                                               checked: SearchSpace) -> None:
        """Configurations with unknown parts are rejected with a reason, never clipped."""
        whole = toy_experience(checked)
        strange: list[dict[str, Scalar]] = [{**values, "model": "never_heard_of"} for values in whole.configurations]
        learner = learner_class().fit(Experience(whole.tasks, tuple(strange), whole.results))
        ranking = learner.suggest(self.meta_features, checked, 5)
        assert ranking.suggestions == ()
        assert len(ranking.rejected) == len(strange)
        assert all(ranking.rejected)
