"""Replay of experience: how far the best of what a meta-learner chooses is from the best recorded, without fitting a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autotext.budget import Budget
from autotext.errors import AutotextError
from autotext.evaluation import HALF_INTERVAL, Evaluation
from autotext.meta import Experience, MetaLearner, PriorTask
from autotext.search.clock import Clock
from autotext.search.guide import Guide
from autotext.search.warm_start import order_by_cost
from autotext.space import Configuration, SearchSpace

PICKS, SECONDS = (1, 2, 3, 5, 10, 20), (1, 2, 4, 6, 10, 20, 50)
"""Numbers of choices, and seconds, after which regrets are shown."""

# Regrets are at most so many points; so many choices are made by seconds; seconds that the list of a learner is ordered for.
_MOST_POINTS, _MOST_PICKS, _BUDGET = 12.0, 60, 60.0
# Choices over which the ratio of two learners is taken, and resamples for its interval.
_RATIO_PICKS, _RESAMPLES = 10, 2000


class _FromRecords(Guide):
    """Chooses among what was recorded."""

    def _drawn(self, draw: int) -> list[Configuration]:
        return []


class _Recorded:
    """The recorded scores and seconds of one task, by configuration."""

    def __init__(self, experience: Experience, number: int, space: SearchSpace) -> None:
        self.task: PriorTask = experience.tasks[number]
        translated = [space.project(values)[0] for values in experience.configurations]
        there = [(configuration, place) for place, configuration in enumerate(translated)
                 if configuration is not None and not np.isnan(experience.scores[number, place])]
        best = max((experience.scores[number, place] for _, place in there), default=-np.inf)
        self.is_scored = bool(np.isfinite(best))
        self.regret = {configuration: min(100.0 * (best - experience.scores[number, place]), _MOST_POINTS)
                       for configuration, place in there if self.is_scored}
        self.score = {configuration: best - regret / 100.0 for configuration, regret in self.regret.items()}
        self.seconds = {configuration: experience.seconds[number, place] for configuration, place in there}


@dataclass(frozen=True)
class Replay:
    """Regrets of one meta-learner, family by family.

    Parameters
    ----------
    families : tuple of str
    by_picks : array of shape (n_families, 20)
        Points below the best recorded, after each number of choices where time does not count.
    by_seconds : array of shape (n_families, n_seconds)
        After each of `SECONDS`, where a choice takes what it took when it was recorded.
    covered : tuple of bool
        Whether each score was in the 90 % interval that was expected of it; empty for a learner that expects none.
    """

    families: tuple[str, ...]
    by_picks: NDArray[np.float64]
    by_seconds: NDArray[np.float64]
    covered: tuple[bool, ...] = ()

    def ratio(self, other: Replay, by_seconds: bool = False) -> tuple[float, float, float]:
        """Mean regret in units of that of another, and its 90 % interval from a bootstrap over families.

        By picks, over the first ten; by seconds, over all shown. NaN where the other may have no regret.
        """
        tables = [replayed.by_seconds if by_seconds else replayed.by_picks[:, :_RATIO_PICKS] for replayed in (self, other)]
        means, others = (table.mean(axis=1) for table in tables)
        draws = np.random.default_rng(0).integers(len(means), size=(_RESAMPLES, len(means)))
        drawn, drawn_others = means[draws].mean(axis=1), others[draws].mean(axis=1)
        if not drawn_others.all():
            return float("nan"), float("nan"), float("nan")
        low, high = np.quantile(drawn / drawn_others, (0.05, 0.95))
        return float(means.mean() / others.mean()), float(low), float(high)


def replay(learner: type[MetaLearner], experience: Experience, space: SearchSpace,
           on_family: Callable[[int, int], None] = lambda done, total: None) -> Replay:
    """Let a meta-learner search each prior task by looking up what was recorded, its family left out of what it learns.

    Parameters
    ----------
    learner : type of MetaLearner
        Made without arguments. By seconds, one that listens weighs its choices by the seconds that it expects; the list of any
        other is in the order of a search of 60 seconds.
    experience : Experience
        Of at least two families.
    space : SearchSpace
        Checked.
    on_family : callable, optional
        Called as ``on_family(done, total)``.

    Raises
    ------
    AutotextError
        There are fewer than two families.

    Examples
    --------
    >>> from autotext import Portfolio
    >>> from autotext.components import registry
    >>> from autotext.testing import toy_experience
    >>> space = SearchSpace.read("fast").check(registry())[0]
    >>> replayed = replay(Portfolio, toy_experience(space), space)
    >>> replayed.families, replayed.by_picks.shape
    (('family0', 'family1', 'family2'), (3, 20))
    >>> replayed.ratio(replayed)
    (1.0, 1.0, 1.0)
    """
    families = sorted({task.family for task in experience.tasks})
    if len(families) < 2:
        raise AutotextError(f"A replay needs prior tasks of two families or more, and there are {len(families)}.")
    replayed: list[str] = []
    by_picks, by_seconds = [], []
    covered: list[bool] = []
    for done, family in enumerate(families):
        on_family(done, len(families))
        fitted = learner().fit(experience.without(family))
        recorded = [_Recorded(experience, number, space) for number, task in enumerate(experience.tasks)
                    if task.family == family]
        curves = [_curves(fitted, task, space, covered) for task in recorded if task.is_scored]
        if curves:
            replayed.append(family)
            by_picks.append(np.mean([picks for picks, _ in curves], axis=0))
            by_seconds.append(np.mean([seconds for _, seconds in curves], axis=0))
    if not by_picks:
        raise AutotextError(f"Nothing of this experience has a place in the search space {space.name!r} and a score.")
    return Replay(tuple(replayed), np.array(by_picks), np.array(by_seconds), tuple(covered))


def _curves(learner: MetaLearner, recorded: _Recorded, space: SearchSpace,
            covered: list[bool]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Regrets after each number of picks up to 20, and after each number of seconds."""
    chosen = [configuration for configuration, _ in zip(_picks(learner, recorded, space, False, covered), range(max(PICKS)),
                                                        strict=False)]
    best = _best_so_far(recorded, chosen)
    by_picks = np.concatenate([best, np.full(max(PICKS) - len(best), best[-1] if len(best) else _MOST_POINTS)])
    chosen = [configuration for configuration, _ in zip(_picks(learner, recorded, space, True, covered), range(_MOST_PICKS),
                                                        strict=False)]
    best, ends = _best_so_far(recorded, chosen), np.cumsum([recorded.seconds[configuration] for configuration in chosen])
    reached = np.searchsorted(ends, SECONDS, side="right")
    return by_picks, np.array([best[count - 1] if count else _MOST_POINTS for count in reached])


def _best_so_far(recorded: _Recorded, chosen: Sequence[Configuration]) -> NDArray[np.float64]:
    return np.minimum.accumulate(np.array([recorded.regret[configuration] for configuration in chosen]))


def _picks(learner: MetaLearner, recorded: _Recorded, space: SearchSpace, by_seconds: bool,
           covered: list[bool]) -> Iterator[Configuration]:
    """What a learner chooses on a task, in this order."""
    posterior = learner.start(recorded.task.meta_features, space)
    if posterior is None:
        ranking = learner.suggest(recorded.task.meta_features, space, _MOST_PICKS)
        clock = Clock(Budget(seconds=_BUDGET if by_seconds else None, trials=_MOST_PICKS))
        yield from (chosen for chosen in order_by_cost(ranking, clock, space.default()) if chosen in recorded.regret)
        return
    guide, left = _FromRecords(posterior, space, 0), set(recorded.regret)
    seconds: Mapping[str, float] = posterior.seconds
    usual = float(np.median(list(seconds.values()))) if seconds else 1.0
    expected: Callable[[Configuration], float | None] | None = (
        (lambda configuration: seconds.get(configuration.structure, usual)) if by_seconds else None)
    while left and (chosen := guide.choose(set(posterior.pool) - left, 0, expected)) is not None:
        left.discard(chosen)
        yield chosen
        if (forecast := guide.forecast(chosen)) is not None:
            covered.append(bool(abs(recorded.score[chosen] - forecast[0]) <= HALF_INTERVAL * forecast[1]))
        guide.end(chosen, [Evaluation(0, chosen.to_json(), chosen.fingerprint, "warm", "ok", recorded.score[chosen])])


def render(replays: Mapping[str, Replay]) -> str:
    """Tables of the regrets of meta-learners, by picks and by seconds; ratios are to the first of them.

    Parameters
    ----------
    replays : dict of str to Replay
        By name.
    """
    first = next(iter(replays.values()))
    lines = [f"Regret in points below the best recorded, mean of {len(first.families)} families, each left out in turn"]
    for name, replayed in replays.items():
        if replayed.covered:
            lines.append(f"{name}: {100 * np.mean(replayed.covered):.0f} % of {len(replayed.covered):,} scores were in the "
                         "90 % interval expected of them")
    for unit, places, by_seconds in (("picks", [count - 1 for count in PICKS], False),
                                     ("seconds", list(range(len(SECONDS))), True)):
        lines.append(f"{f'after {unit}':22}" + "".join(f"{number:7}" for number in (SECONDS if by_seconds else PICKS))
                     + "    ratio, 90 % interval")
        for name, replayed in replays.items():
            means = (replayed.by_seconds if by_seconds else replayed.by_picks).mean(axis=0)
            ratio, low, high = replayed.ratio(first, by_seconds)
            compared = f"{ratio:.2f} ({low:.2f} to {high:.2f})" if np.isfinite([ratio, low, high]).all() else "-"
            lines.append(f"{name:22}" + "".join(f"{means[place]:7.2f}" for place in places) + f"    {compared}")
    return "\n".join(lines)
