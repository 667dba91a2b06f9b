"""What is kept of every candidate that was result, which of them leads, and how good it really is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.components.pretrained import pretrained_kind
from autotext.cross_validation.cross_validate import CrossValidationResult
from autotext.cross_validation.pruning import Pruner, decide_alone
from autotext.evaluation import Evaluation
from autotext.pipeline import Decision, cross_fitted, fit_temperature
from autotext.report import Report
from autotext.scoring.bias_correction import TIE, Contest, Resampling, ScoreEstimate, add_learning_gain, estimate_score
from autotext.scoring.bootstrap import Relative, Resampled, Scorer, makes_scorer, scorer
from autotext.scoring.metrics import Metric
from autotext.search.storage import Answers
from autotext.space import Configuration

_KEPT_MARGINS = 50
_KEPT_BYTES = 256 * 2**20
# Candidates times rows, or marks, that a selection is repeated over.
_CELLS = 4_000_000
# For metrics whose resamples are scored one by one.
_SLOW_CANDIDATES, _SLOW_RESAMPLES, _SLOW_CHUNK = 10, 40, 10
_HALF_MOST = 60_000.0
# On so few rows the luckiest of many candidates says little, and a model that was given is the better guess.
_FEW_ROWS = 400
# Standard errors by which the best of many is better than another one by more than luck.
_CLEARLY = 2.0


class Candidates:
    """Out-of-fold predictions of all candidates, and the margins of the best.

    Parameters
    ----------
    targets : array of shape (n_rows,) or (n_rows, n_classes)
    n_classes : int
    metric : Metric
    folds : list of int arrays
    """

    def __init__(self, targets: NDArray[Any], n_classes: int, metric: Metric, folds: list[NDArray[np.intp]]) -> None:
        self._targets, self._n_classes, self._metric, self._folds = targets, n_classes, metric, folds
        self._margins: dict[str, NDArray[np.float16]] = {}
        self._predictions: dict[str, NDArray[Any]] = {}
        self._pruned: dict[str, NDArray[Any]] = {}
        self._parts: dict[str, NDArray[np.float16]] = {}
        self._led: dict[tuple[str, str], bool] = {}
        self._kept = int(np.clip(_KEPT_BYTES / (2 * len(targets) * n_classes), 3, _KEPT_MARGINS))

    def add(self, evaluation: Evaluation, result: CrossValidationResult, leaderboard: Sequence[Evaluation]) -> None:
        """Keep what a candidate answered."""
        margins = None if evaluation.status == "raced" else _halved(result.margins, self._metric)
        self.restore(evaluation, Answers(_packed(result.predictions, self._n_classes), margins), leaderboard)

    def restore(self, evaluation: Evaluation, answers: Answers, leaderboard: Sequence[Evaluation]) -> None:
        """Keep what a candidate answered in an earlier call."""
        name = evaluation.fingerprint
        if evaluation.status in ("part", "raced"):
            # In what the selection is repeated over, both are known by their first fold.
            self._pruned[name] = answers.predictions
            if evaluation.status == "part" and answers.margins is not None:
                self._parts[name] = answers.margins
            return
        self._predictions[name] = answers.predictions
        if answers.margins is not None:
            self._margins[name] = answers.margins
        if len(self._margins) > self._kept:
            preferred = _best_of_kinds(list(filter(self.preferred, leaderboard)))
            best = {entry.fingerprint for entry in (*leaderboard[: self._kept], *preferred)}
            self._margins = {name: margins for name, margins in self._margins.items() if name in best}

    def answers(self, evaluation: Evaluation) -> Answers:
        """What was kept of a candidate."""
        name = evaluation.fingerprint
        if name in self._pruned:
            return Answers(self._pruned[name], self._parts.get(name))
        return Answers(self._predictions[name], self._margins.get(name))

    def leads(self, part: Evaluation, best: Evaluation) -> bool:
        """Whether one that is result on the first fold alone is better there than the best of those result on all."""
        first = self._folds[0]
        if part.fingerprint not in self._parts or best.fingerprint not in self._margins:
            return False
        key = part.fingerprint, best.fingerprint
        if key not in self._led:
            sides = (self._parts[part.fingerprint], self._margins[best.fingerprint][first])
            scores = [self._metric.score(self._targets[first], decide_alone(side, self._targets[first], self._metric),
                                         Decision(self._metric.kind).probabilities(side.astype(np.float64))) for side in sides]
            self._led[key] = scores[0] > scores[1]
        return self._led[key]

    def completed(self, report: Report) -> Report:
        """What was result on the first fold alone gets a score: elsewhere it counts as no better than the best other.

        So it leads if it is better there, and the less it was result, the less its score says.
        """
        known = [entry for entry in self.eligible(report.leaderboard) if entry.fingerprint in self._margins]
        if not known:
            return report
        base, first = self.margins(known[0]), self._folds[0]
        kind = self._metric.kind
        usual = fit_temperature(base, self._targets, kind)
        found = []
        for entry in report.evaluations:
            if entry.status == "part" and entry.fingerprint in self._parts:
                own = self._parts[entry.fingerprint].astype(np.float64)
                # On one scale, as they will be read by one temperature.
                margins = base * fit_temperature(own, self._targets[first], kind) / usual
                margins[first] = own
                predictions, probabilities = self.decided(margins)
                score, _ = self._metric.cross_validated(self._targets, predictions, probabilities, self._folds)
                entry = replace(entry, status="ok", score=score)
                self._margins[entry.fingerprint] = _halved(margins.astype(np.float32), self._metric)
                self._predictions[entry.fingerprint] = _packed(predictions, self._n_classes)
                del self._pruned[entry.fingerprint]
            found.append(entry)
        return report.replace(evaluations=tuple(found))

    def pruner(self, leaderboard: Sequence[Evaluation], seed: int) -> Pruner | None:
        """The best so far, for others to run against; None if there is none, or its margins are gone."""
        if not leaderboard or leaderboard[0].fingerprint not in self._margins:
            return None
        first = self._folds[0]
        margins = self._margins[leaderboard[0].fingerprint][first]
        return Pruner(margins, self._targets[first], self._metric, self._n_classes, seed)

    @property
    def with_margins(self) -> frozenset[str]:
        """Fingerprints of the candidates whose margins are kept."""
        return frozenset([*self._margins, *self._parts])

    def margins(self, evaluation: Evaluation) -> NDArray[np.float64]:
        """Out-of-fold margins, less the greatest of the row where a text has one label."""
        return self._margins[evaluation.fingerprint].astype(np.float64)

    def decided(self, margins: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """Out-of-fold predictions and probabilities of some margins, each fold decided by what the others taught."""
        return cross_fitted(margins, self._targets, self._metric, self._folds)

    def add_learning_gain(self, estimate: ScoreEstimate, evaluation: Evaluation, subsampled: CrossValidationResult,
                          share: float, subsample: float) -> ScoreEstimate:
        """The score estimate with what the rows that no fold was trained on will bring; see `add_learning_gain`.

        Parameters
        ----------
        estimate : ScoreEstimate
        evaluation : Evaluation
            Of the candidate that was result with fewer training rows, too.
        subsampled : CrossValidationResult
        share : float
            Training rows of a fold, as a share of those of the final pipeline.
        subsample : float
            Training rows that `subsampled` learned from, as a share of those of a fold.
        """
        score = float(evaluation.score or 0.0)
        gap = score - subsampled.score
        if subsampled.status == "ok":
            # The luck of having been chosen is no gain of more rows, as far as it is not that of the same answers.
            shared = _slope(self._right(self.predictions(evaluation)), self._right(subsampled.predictions))
            gap -= (1.0 - shared) * max(score - estimate.score, 0.0)
        by_fold = np.subtract(evaluation.fold_scores, subsampled.fold_scores)
        by_fold = by_fold[np.isfinite(by_fold)]
        variance = float(np.var(by_fold, ddof=1)) / len(by_fold) if len(by_fold) > 1 else 0.0
        return add_learning_gain(estimate, gap, variance, share, subsample, best=self._metric.best)

    def predictions(self, evaluation: Evaluation) -> NDArray[Any]:
        """Out-of-fold predictions, those that gave the score."""
        return self._unpacked(self._predictions[evaluation.fingerprint])

    def _unpacked(self, packed: NDArray[Any]) -> NDArray[Any]:
        return packed if self._targets.ndim == 1 else np.unpackbits(packed, axis=1, count=self._n_classes).view(np.int8)

    @property
    def few(self) -> bool:
        """Whether the rows are so few that scores of single candidates say little."""
        return len(self._targets) <= _FEW_ROWS

    def preferred(self, evaluation: Evaluation) -> bool:
        """Whether rows are few and it has models that were given alone, as they were before the search could be lucky."""
        return self.few and evaluation.origin == "warm" and bool(_kind(evaluation))

    def eligible(self, leaderboard: Sequence[Evaluation]) -> list[Evaluation]:
        """Candidates that may answer: where rows are few, those of models that were given unless they are clearly worse."""
        board = [entry for entry in leaderboard if entry.fingerprint in self._predictions]
        given = list(filter(self.preferred, board))
        return given if given and self._within_noise(board[0], given[0], _CLEARLY) else board

    def ranked(self, leaderboard: Sequence[Evaluation]) -> list[Evaluation]:
        """Candidates to refit, best first; among practical ties the cheapest to predict with leads.

        Where rows are few and a model was given, the best of each kind, as kinds differ by more than luck.
        """
        board = [entry for entry in self.eligible(leaderboard) if entry.fingerprint in self._margins]
        if not board:
            return []
        if self.preferred(board[0]):
            return _best_of_kinds(board)
        tied = [entry for entry in board if self._tie(board[0], entry)]
        first = min(tied, key=lambda entry: (entry.size, entry.number))
        return [first, *(entry for entry in board if entry is not first)]

    def estimate(self, chosen: Evaluation, leaderboard: Sequence[Evaluation], groups: NDArray[np.intp], seed: int,
               seconds: float | None) -> ScoreEstimate | None:
        """Score of the selection, repeated over all candidates; see `estimate_score`.

        Metrics of rankings and probabilities are repeated over a few of the best candidates only.
        """
        added_up = makes_scorer(self._metric)
        width = 1 if self._targets.ndim == 1 else max(1, self._n_classes // 4)
        most = max(2, _CELLS // (len(self._targets) * width)) if added_up else _SLOW_CANDIDATES
        known = self._predictions if added_up else self._margins
        board = [entry for entry in leaderboard if entry.fingerprint in known][:most]
        board = sorted([*board, *([chosen] if chosen not in board else [])], key=lambda entry: entry.number)
        right = np.column_stack([self._right(self.predictions(entry)) for entry in board])
        sizes = np.array([entry.size for entry in board])
        place = board.index(chosen)
        best, wrong = self._metric.best, self._metric.wrong(len(self._targets))
        if added_up:
            of: Scorer = scorer(self._metric, self._targets, [self.predictions(entry) for entry in board], self._n_classes)
            lost = list(self._pruned.values())[-most:]
            if lost and chosen.fingerprint in self._margins:
                of = self._with_pruned(of, chosen, place, len(board), lost)
                # A candidate of which all rows are not known is never the smaller of two equals.
                right = np.column_stack([right, *(np.zeros((len(right), 1), right.dtype) for _ in lost)])
                sizes = np.append(sizes.astype(np.float64), np.full(len(lost), np.inf))
            return estimate_score(Contest(of, right, sizes, place), groups, seed, best=best, wrong=wrong,
                                  resampling=Resampling(seconds=seconds))
        answers = [cross_fitted(self.margins(entry), self._targets, self._metric, self._folds) for entry in board]
        slow = Resampled(self._metric, self._targets, [answer[0] for answer in answers], [answer[1] for answer in answers],
                         self._folds)
        return estimate_score(Contest(slow, right, sizes, place), groups, seed, best=best, wrong=wrong,
                              resampling=Resampling(_SLOW_RESAMPLES, _SLOW_CHUNK, seconds))

    def _with_pruned(self, whole: Scorer, chosen: Evaluation, known: int, n_whole: int, lost: list[NDArray[Any]]) -> Scorer:
        """Scorer of all candidates, those included that gave up on the first fold: the pruner is a part of the selection."""
        first = self._folds[0]
        own = decide_alone(self.margins(chosen)[first], self._targets[first], self._metric)
        part = scorer(self._metric, self._targets[first], [own, *map(self._unpacked, lost)], self._n_classes)
        return Relative(whole, part, first, known, n_whole)

    def clearly_better(self, best: Evaluation, other: Evaluation) -> bool:
        """Whether one scores higher than another by more than a standard error."""
        known = best.fingerprint in self._predictions and other.fingerprint in self._predictions
        return best is not other and known and not self._within_noise(best, other)

    def _tie(self, best: Evaluation, other: Evaluation) -> bool:
        """Whether two scores are equal for all practical purposes: close, and within the noise of the rows."""
        gap = float(best.score or 0.0) - float(other.score or 0.0)
        return gap == 0.0 or (gap < TIE and self._within_noise(best, other))

    def _within_noise(self, best: Evaluation, other: Evaluation, errors: float = 1.0) -> bool:
        """Whether two scores differ by no more than so many standard errors."""
        gap = float(best.score or 0.0) - float(other.score or 0.0)
        difference = self._right(self.predictions(best)).astype(np.float64) - self._right(self.predictions(other))
        return gap <= errors * float(np.sqrt(np.mean(difference**2) / len(difference)))

    def _right(self, predictions: NDArray[Any]) -> NDArray[Any]:
        right: Any = predictions == self._targets
        return np.asarray(right.mean(axis=1, dtype=np.float32) if right.ndim == 2 else right)


def _slope(first: NDArray[Any], second: NDArray[Any]) -> float:
    """How much of the luck of one candidate another one shares, from 0 to 1: the regression of how right they are."""
    first, second = first.astype(np.float64), second.astype(np.float64)
    variance = float(np.var(first))
    return float(np.clip(np.mean((first - first.mean()) * (second - second.mean())) / variance, 0.0, 1.0)) if variance else 1.0


def _kind(evaluation: Evaluation) -> tuple[object, ...]:
    return pretrained_kind(Configuration(evaluation.configuration))


def _best_of_kinds(board: Sequence[Evaluation]) -> list[Evaluation]:
    """The best of each kind, best first."""
    best: dict[tuple[object, ...], Evaluation] = {}
    for entry in board:
        best.setdefault(_kind(entry), entry)
    return list(best.values())


def _packed(predictions: NDArray[Any], n_classes: int) -> NDArray[Any]:
    if predictions.ndim == 2:
        return np.packbits(predictions.astype(bool), axis=1)
    return predictions.astype(np.min_scalar_type(n_classes))


def _halved(margins: NDArray[np.float32], metric: Metric) -> NDArray[np.float16]:
    """Half precision, kept for what decides: the distance to the likeliest class."""
    if metric.kind != "multilabel":
        margins = margins - margins.max(axis=1, keepdims=True)
    return np.clip(margins, -_HALF_MOST, _HALF_MOST).astype(np.float16)
