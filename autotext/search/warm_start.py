"""What a search tries first: what did well on prior tasks, and the pretrained models that the user gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any

from autotext.components import registry
from autotext.components.costs import feature_classes
from autotext.components.pretrained import PretrainedModels
from autotext.components.pretrained_feature import USUAL_CLASSIFIER, USUAL_CLASSIFIERS
from autotext.meta import MetaLearner, Posterior, Ranking, describe
from autotext.search.baseline import add_baseline, baseline_configuration
from autotext.search.clock import Clock
from autotext.space import Configuration, Domain, Scalar, SearchSpace
from autotext.task import Task

# Suggestions that a meta-learner is asked for.
_WARM_STARTS = 16
# Characters times classes that a linear model learns from in a second, and the share of the time left that this may take.
_CELLS_PER_SECOND = 2e8
_TIME_SHARE = 0.1
# Characters of which words are counted in a second; and what an evaluation takes beside a fit.
_CHARACTERS_PER_SECOND = 5e6
_EVALUATION = 3.0
# Shares of the time left from which on a suggestion waits for those that take less.
_LARGE_SHARES = (0.1, 0.4)
# How many suggestions with different features are tried beside each pretrained model.
_WITH_MODEL = 2
# How many suggestions without a pretrained model are tried before those with one; and how many if less than so many seconds are
# left, in which loading a model alone takes a large share.
_BEFORE_MODELS, _BEFORE_MODELS_IN_HURRY, _HURRY = 1, 2, 30.0


@dataclass(frozen=True)
class WarmStart:
    """The configurations that a search tries first.

    Parameters
    ----------
    cheapest : Configuration
        Is fitted at once, so that there always is a pipeline.
    configurations : list of Configuration
        Tried first, in this order.
    cheapest_is_quick : bool
        Whether it is evaluated in so small a part of the time that nothing needs to be fitted before.
    usual_seconds : mapping of str to float
        Usual seconds of each structure on prior tasks.
    summary : dict
        What the report says of the meta-learner.
    n_first_rows : int
        Rows that the cheapest one is first fitted on.
    meta_features : dict of str to float
        Of the task.
    posterior : Posterior or None
        What is expected of all configurations, where the meta-learner listens to results.
    baseline : Configuration or None
        The plain pipeline that the others are compared with; None if the space has none.
    """

    cheapest: Configuration
    configurations: list[Configuration]
    cheapest_is_quick: bool
    usual_seconds: Mapping[str, float]
    summary: dict[str, Any]
    n_first_rows: int
    meta_features: Mapping[str, float] = field(default_factory=dict)
    posterior: Posterior | None = None
    baseline: Configuration | None = None

    @classmethod
    def plan(cls, learner: MetaLearner | None, task: Task, characters: int, space: SearchSpace,
             models: PretrainedModels, clock: Clock, n_first_rows: int) -> WarmStart:
        """Choose what to try first from suggestions of a meta-learner, the time there is, and the models that the user gave.

        Parameters
        ----------
        learner : MetaLearner or None
            None: nothing is suggested.
        task : Task
        characters : int
            In all texts of the task, as far as they are learned from.
        space : SearchSpace
            Checked for the task.
        models : PretrainedModels
        clock : Clock
        n_first_rows : int
            Rows that the first pipeline is fitted on.
        """
        meta_features = describe(task)
        ranking = Ranking(()) if learner is None else learner.suggest(meta_features, space, _WARM_STARTS)
        posterior = None if learner is None else learner.start(meta_features, space)
        cheapest = cheapest_configuration(task, characters, space, clock.remaining)
        n_before = _BEFORE_MODELS if clock.remaining >= _HURRY else _BEFORE_MODELS_IN_HURRY
        baseline = baseline_configuration(space)
        configurations = add_pretrained(order_by_cost(ranking, clock, cheapest), models, space, task, n_before)
        is_quick = _EVALUATION * _fit_seconds(task, characters) <= _TIME_SHARE * clock.remaining
        candidates = {*configurations, *(posterior.pool if posterior is not None else ())} if ranking.suggestions else ()
        return cls(cheapest, add_baseline(configurations, baseline), is_quick, ranking.seconds,
                   summarize_warm_start(learner, ranking, len(candidates)), n_first_rows, meta_features, posterior, baseline)

    def without_suggestions(self) -> list[Configuration]:
        """What is tried first where a guide chooses among the suggestions itself: the cheapest, and pretrained models."""
        assert self.posterior is not None
        pool = set(self.posterior.pool) - {self.cheapest}
        return [configuration for configuration in self.configurations
                if configuration not in pool or configuration == self.baseline]


def order_by_cost(ranking: Ranking, clock: Clock, first: Configuration) -> list[Configuration]:
    """Order suggestions, the best first; where time is limited, those that take a larger share of it follow the others.

    Parameters
    ----------
    ranking : Ranking
        Suggestions of a meta-learner, best first.
    clock : Clock
    first : Configuration
        A cheap one, which precedes all others where time is limited, as it tells how slow the task is.

    Examples
    --------
    >>> from autotext.budget import Budget
    >>> from autotext.meta import Suggestion
    >>> models = "ridge", "sgd", "linear_svm"
    >>> good, cheap, fast = (Configuration({"features": "char_tfidf", "model": model}) for model in models)
    >>> ranking = Ranking((Suggestion(good, 0.01, 2.0), Suggestion(fast, 0.02, 1.0)), seconds={good.structure: 9.0})
    >>> [configuration["model"] for configuration in order_by_cost(ranking, Clock(Budget(seconds=60)), cheap)]
    ['sgd', 'linear_svm', 'ridge']
    """
    suggestions = [suggestion.configuration for suggestion in ranking.suggestions]
    if not clock.limited or not suggestions:
        return suggestions

    def n_shares(suggestion: Configuration) -> int:
        return sum(ranking.seconds.get(suggestion.structure, 0.0) > share * clock.remaining for share in _LARGE_SHARES)

    return [first, *sorted((suggestion for suggestion in suggestions if suggestion != first), key=n_shares)]


def cheapest_configuration(task: Task, characters: int, space: SearchSpace, seconds: float) -> Configuration:
    """The default of a space, whose first choices are the cheapest, or the same with a model that is fast with many classes.

    Parameters
    ----------
    task : Task
    characters : int
        In all texts of the task, as far as they are learned from.
    space : SearchSpace
        Checked for the task.
    seconds : float
        Seconds that are left.
    """
    default = space.default()
    if _fit_seconds(task, characters) <= _TIME_SHARE * seconds:
        return default
    models = registry()["model"]
    for model in space.model:
        if not models[model].grows_with_classes:  # type: ignore[attr-defined]
            faster = Configuration(space.walk(partial(_choose, model)))
            if not space.incompatibility(faster):
                return faster
    return default


def _fit_seconds(task: Task, characters: int) -> float:
    """Seconds of fitting a linear model over the words of all texts."""
    return characters * (1.0 / _CHARACTERS_PER_SECOND + len(task.classes) / _CELLS_PER_SECOND)


def _choose(model: str, name: str, domain: Domain) -> Scalar:
    """Choose the default of each domain, but another model."""
    return model if name == "model" else domain.default


def add_pretrained(warm_starts: Sequence[Configuration], models: PretrainedModels, space: SearchSpace, task: Task,
                   n_before: int = _BEFORE_MODELS) -> list[Configuration]:
    """Add configurations with each pretrained model, of which prior tasks cannot know, to what a search tries first.

    A model stands beside the features of suggestions, and alone; then models of features that are companions stand side by
    side; then follows what each feature itself says of its models, those that take long to fit last.

    Parameters
    ----------
    warm_starts : sequence of Configuration
        Best first.
    models : PretrainedModels
    space : SearchSpace
        Checked for the task.
    task : Task
    n_before : int, default=1
        Number of warm starts that are tried before those with a model.

    Returns
    -------
    list of Configuration
    """
    classes = models.classes()
    usual = [suggestion for suggestion in warm_starts if suggestion["model"] in USUAL_CLASSIFIERS] or warm_starts
    added: list[Configuration] = []
    for name in models:
        for model in models[name] if not classes[name].expensive else ():
            beside: dict[Scalar, Configuration] = {}
            for configuration in _project(space, [values for each in usual for values in _beside(each, name, model)]):
                beside.setdefault(configuration["features"], configuration)
            added += list(beside.values())[:_WITH_MODEL]
            added += _project(space, [classes[name].alone(model), *(_alone(each, name, model) for each in usual)])[:1]
    for name in models:
        for companion in classes[name].companions:
            added += _project(space, _side_by_side(companion, name, models))
    for name, cls in classes.items():
        for model in models[name]:
            added += _project(space, cls.warm_starts(model, task))
    return list(dict.fromkeys([*warm_starts[:n_before], *added, *warm_starts[n_before:]]))


def _project(space: SearchSpace, candidates: Sequence[Mapping[str, Scalar]]) -> list[Configuration]:
    """Turn values into configurations of a space, without those that it cannot express and without duplicates."""
    projected = [space.project(values)[0] for values in candidates]
    return list(dict.fromkeys(configuration for configuration in projected if configuration is not None))


def _side_by_side(first: str, second: str, models: PretrainedModels) -> list[dict[str, Scalar]]:
    """Make values with each model of one feature component beside each model of another."""
    return [{"features": f"{first}+{second}", f"features.{first}.model": model, f"features.{second}.model": other,
             f"features.{second}.weight": 1.0, **USUAL_CLASSIFIER}
            for model, other in product(models.get(first, ()), models[second])]


def _beside(suggestion: Configuration, name: str, model: str) -> list[dict[str, Scalar]]:
    """Make values with a model beside the features of a suggestion, or beside its n-grams; with normalizers or without."""
    classes = feature_classes(suggestion)
    n_grams = [block for block, cls in classes.items() if cls.range_parameter]
    values: list[dict[str, Scalar]] = []
    for blocks in (list(classes), n_grams) if n_grams else ():
        chosen: dict[str, Scalar] = {"features": "+".join([*blocks, name]), f"features.{name}.model": model,
                                     f"features.{name}.weight": 1.0}
        kept = ("model", "tokenizer", *(f"features.{block}." for block in blocks))
        values += [{**{key: suggestion[key] for key in suggestion if key.startswith(prefixes)}, **chosen}
                   for prefixes in ((*kept, "normalizer."), kept)]
    return values


def _alone(suggestion: Configuration, name: str, model: str) -> dict[str, Scalar]:
    """Make values with a model in place of the features of a suggestion."""
    return {**{key: suggestion[key] for key in suggestion if key.startswith("model")}, "features": name,
            f"features.{name}.model": model}


def summarize_warm_start(learner: object, ranking: Ranking, n_candidates: int) -> dict[str, Any]:
    """Describe the suggestions for the report; how many were tried is counted later.

    Parameters
    ----------
    learner : MetaLearner or None
        None: the description is empty.
    ranking : Ranking
        What it suggested.
    n_candidates : int
        Number of configurations that may be tried for it, or for the rules that add to them.

    Examples
    --------
    >>> summarize_warm_start("default", Ranking(()), 0)
    {'suggested': 0, 'tried': 0, 'changed': [], 'rejected': []}
    """
    if learner is None:
        return {}
    return {"suggested": n_candidates, "tried": 0, "changed": list(ranking.changed),
            "rejected": list(ranking.rejected)}
