"""Replay of the shipped experience: how far the best of what a meta-learner chooses is from the best recorded.

$ python benchmarks/replay.py                       # a few minutes on one core; no model is fitted
$ python benchmarks/replay.py --learners portfolio hierarchical

A family of tasks is left out, and each of its tasks is searched by looking up what was recorded. By picks, time does not count;
by seconds, a pick takes what it took when it was recorded, a meta-learner that listens weighs it by what it expects, and the
list of any other is in the order of a search of 60 seconds.
Regrets are in points, at most 12, means over families; ratios are to the first learner over picks 1 to 10 and over the seconds
shown, with 90 % intervals of a bootstrap over families. Nothing is written.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

import autotext.optimize  # noqa: F401  (registers all components)
from autotext import Budget
from autotext.components import registry
from autotext.evaluation import Evaluation
from autotext.meta import Experience, MetaLearner, PriorTask, meta_learners
from autotext.search.clock import Clock
from autotext.search.guide import Guide
from autotext.search.warm_start import order_by_cost
from autotext.space import Configuration, SearchSpace

PICKS, SECONDS = (1, 2, 3, 5, 10, 20), (1, 2, 4, 6, 10, 20, 50)
FLOOR, MOST_PICKS = 0.12, 60
SPACE = SearchSpace.read("default").check(registry())[0]


class FromRecords(Guide):
    """Chooses among what was recorded."""

    def _drawn(self, draw: int) -> list[Configuration]:
        return []


class Recorded:
    """The recorded scores and seconds of one task, by configuration."""

    def __init__(self, experience: Experience, number: int) -> None:
        self.task: PriorTask = experience.tasks[number]
        translated = [SPACE.project(values)[0] for values in experience.configurations]
        there = [(configuration, place) for place, configuration in enumerate(translated)
                 if configuration is not None and not np.isnan(experience.scores[number, place])]
        best = max(experience.scores[number, place] for _, place in there)
        self.regret = {configuration: 100 * min(best - experience.scores[number, place], FLOOR)
                       for configuration, place in there}
        self.score = {configuration: best - self.regret[configuration] / 100 for configuration, _ in there}
        self.seconds = {configuration: experience.seconds[number, place] for configuration, place in there}


# Whether each score was in the 90 % interval that was expected of it.
COVERED: list[bool] = []


def picks(learner: MetaLearner, recorded: Recorded, by_seconds: bool) -> Iterator[Configuration]:
    """What a learner chooses on a task, in this order."""
    posterior = learner.start(recorded.task.meta_features, SPACE)
    if posterior is None:
        ranking = learner.suggest(recorded.task.meta_features, SPACE, MOST_PICKS)
        clock = Clock(Budget(seconds=60.0 if by_seconds else None, trials=MOST_PICKS))
        yield from (chosen for chosen in order_by_cost(ranking, clock, SPACE.default()) if chosen in recorded.regret)
        return
    guide, left = FromRecords(posterior, SPACE, 0), set(recorded.regret)
    usual = float(np.median(list(posterior.seconds.values())))
    expected: Callable[[Configuration], float | None] | None = (
        (lambda configuration: posterior.seconds.get(configuration.structure, usual)) if by_seconds else None)
    while left and (chosen := guide.choose(set(posterior.pool) - left, 0, expected)) is not None:
        left.remove(chosen)
        yield chosen
        if (expected_score := guide.forecast(chosen)) is not None:
            COVERED.append(abs(recorded.score[chosen] - expected_score[0]) <= 1.645 * expected_score[1])
        guide.end(chosen, [Evaluation(0, chosen.to_json(), chosen.fingerprint, "warm", "ok", recorded.score[chosen])])


def curves(learner: MetaLearner, recorded: Recorded) -> NDArray[np.float64]:
    """Regrets after each number of picks up to 20, then after each number of seconds."""
    chosen = [configuration for configuration, _ in zip(picks(learner, recorded, False), range(max(PICKS)), strict=False)]
    best = np.minimum.accumulate([recorded.regret[configuration] for configuration in chosen])
    by_picks = np.concatenate([best, np.full(max(PICKS) - len(best), best[-1])])
    chosen = [configuration for configuration, _ in zip(picks(learner, recorded, True), range(MOST_PICKS), strict=False)]
    best = np.minimum.accumulate([recorded.regret[configuration] for configuration in chosen])
    ends = np.cumsum([recorded.seconds[configuration] for configuration in chosen])
    reached = np.searchsorted(ends, SECONDS, side="right")
    return np.concatenate([by_picks, [best[count - 1] if count else 100 * FLOOR for count in reached]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--learners", nargs="+", default=["portfolio", "hierarchical"], choices=sorted(meta_learners()))
    arguments = parser.parse_args()
    experience = Experience.shipped()
    families = sorted({task.family for task in experience.tasks})
    results = {name: np.zeros((len(families), max(PICKS) + len(SECONDS))) for name in arguments.learners}
    for number, family in enumerate(families):
        recorded = [Recorded(experience, place) for place, task in enumerate(experience.tasks) if task.family == family]
        for name in arguments.learners:
            learner = meta_learners()[name]().fit(experience.without(family))
            results[name][number] = np.mean([curves(learner, task) for task in recorded], axis=0)
        print(f"\r{number + 1} of {len(families)} families", end="", flush=True)
    if COVERED:
        print(f"\n{100 * np.mean(COVERED):.0f} % of {len(COVERED):,} scores were in the 90 % interval expected of them", end="")
    print(f"\n{'regret after picks':22}" + "".join(f"{count:7}" for count in PICKS) + "    ratio")
    rng = np.random.default_rng(0)
    draws = rng.integers(len(families), size=(2000, len(families)))
    for part, columns, shown in (("picks", slice(0, 10), [count - 1 for count in PICKS]),
                                 ("seconds", slice(max(PICKS), None), list(range(max(PICKS), max(PICKS) + len(SECONDS))))):
        if part == "seconds":
            print(f"{'regret after seconds':22}" + "".join(f"{count:7}" for count in SECONDS) + "    ratio")
        first = results[arguments.learners[0]][:, columns].mean(axis=1)
        for name, table in results.items():
            means = table[:, columns].mean(axis=1)
            low, high = np.quantile(means[draws].mean(axis=1) / first[draws].mean(axis=1), (0.05, 0.95))
            print(f"{name:22}" + "".join(f"{table[:, place].mean():7.2f}" for place in shown)
                  + f"    {means.mean() / first.mean():.2f} ({low:.2f} to {high:.2f})")


if __name__ == "__main__":
    main()
