"""Which candidates lead, which may answer, and which of them is refitted first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from autotext.components.pretrained import pretrained_kind
from autotext.cross_validation.pruning import Pruner, decide_alone
from autotext.evaluation import Evaluation
from autotext.pipeline import Decision, fit_temperature
from autotext.report import Report
from autotext.scoring.bias_correction import TIE
from autotext.search.out_of_fold import OutOfFold
from autotext.space import Configuration

# On so few rows the luckiest of many candidates says little, and a model that was given is the better guess.
_FEW_ROWS = 400
# Standard errors by which the best of many is better than another one by more than luck.
_CLEARLY = 2.0


class Selection:
    """Compares candidates by what they answered out of fold.

    Parameters
    ----------
    out_of_fold : OutOfFold
    """

    def __init__(self, out_of_fold: OutOfFold) -> None:
        self._answers, self._validation = out_of_fold, out_of_fold.validation
        self._led: dict[tuple[str, str], bool] = {}

    def forget_losers(self, leaderboard: Sequence[Evaluation]) -> None:
        """Drop the margins of all but the best candidates once there are too many."""
        if self._answers.is_full:
            preferred = _best_of_kinds(list(filter(self.preferred, leaderboard)))
            best = {entry.fingerprint for entry in (*leaderboard[: self._answers.kept], *preferred)}
            self._answers.drop_margins(best)

    def leads(self, partial: Evaluation, best: Evaluation) -> bool:
        """Whether a candidate that was validated on the first fold alone is better there than the best of the others."""
        if partial.fingerprint not in self._answers.partial or not self._answers.has_margins(best):
            return False
        key = partial.fingerprint, best.fingerprint
        if key not in self._led:
            targets, metric = self._validation.targets[self._validation.folds[0]], self._validation.metric
            scores = [metric.score(targets, decide_alone(margins, targets, metric),
                                   Decision(metric.kind).probabilities(margins.astype(np.float64)))
                      for margins in map(self._answers.first_margins, (partial, best))]
            self._led[key] = scores[0] > scores[1]
        return self._led[key]

    def completed(self, report: Report) -> Report:
        """The report with a score for each candidate that was validated on the first fold alone.

        On the other folds it counts as no better than the best other. So it leads if it is better on the first, and the
        fewer rows it was validated on, the less its score says.
        """
        whole = [entry for entry in self.eligible(report.leaderboard) if self._answers.has_margins(entry)]
        if not whole:
            return report
        targets, folds, metric = self._validation.targets, list(self._validation.folds), self._validation.metric
        base = self._answers.margins(whole[0])
        usual = fit_temperature(base, targets, metric.kind)
        evaluations = []
        for entry in report.evaluations:
            if entry.status == "part" and entry.fingerprint in self._answers.partial:
                first_margins = self._answers.partial[entry.fingerprint].astype(np.float64)
                # On one scale, as they will be read by one temperature.
                margins = base * fit_temperature(first_margins, targets[folds[0]], metric.kind) / usual
                margins[folds[0]] = first_margins
                predictions, probabilities = self._answers.decided(margins)
                entry = replace(entry, status="ok", score=metric.cross_validated(targets, predictions, probabilities, folds)[0])
                self._answers.complete(entry, margins, predictions)
            evaluations.append(entry)
        return report.replace(evaluations=tuple(evaluations))

    def pruner(self, leaderboard: Sequence[Evaluation], seed: int) -> Pruner | None:
        """What prunes others that are clearly worse than the best so far; None if there is none, or its margins are gone."""
        if not leaderboard or not self._answers.has_margins(leaderboard[0]):
            return None
        margins, targets = self._answers.first_margins(leaderboard[0]), self._validation.targets[self._validation.folds[0]]
        return Pruner(margins, targets, self._validation.metric, self._validation.n_classes, seed)

    @property
    def few(self) -> bool:
        """Whether the rows are so few that scores of single candidates say little."""
        return len(self._validation.targets) <= _FEW_ROWS

    def preferred(self, evaluation: Evaluation) -> bool:
        """Whether rows are few and a candidate has models that were given alone, as before the search could be lucky."""
        return self.few and evaluation.origin == "warm" and bool(_kind(evaluation))

    def eligible(self, leaderboard: Sequence[Evaluation]) -> list[Evaluation]:
        """Candidates that may answer: where rows are few, those of models that were given unless they are clearly worse."""
        board = list(filter(self._answers.has_predictions, leaderboard))
        preferred = list(filter(self.preferred, board))
        return preferred if preferred and self._within_noise(board[0], preferred[0], _CLEARLY) else board

    def ranked(self, leaderboard: Sequence[Evaluation]) -> list[Evaluation]:
        """Candidates to refit, best first; among practical ties the cheapest to predict with leads.

        Where rows are few and a model was given, the best of each kind, as kinds differ by more than luck.
        """
        board = list(filter(self._answers.has_margins, self.eligible(leaderboard)))
        if not board:
            return []
        if self.preferred(board[0]):
            return _best_of_kinds(board)
        tied = [entry for entry in board if self._tie(board[0], entry)]
        first = min(tied, key=lambda entry: (entry.size, entry.number))
        return [first, *(entry for entry in board if entry is not first)]

    def clearly_better(self, best: Evaluation, other: Evaluation) -> bool:
        """Whether one scores higher than another by more than a standard error."""
        known = self._answers.has_predictions(best) and self._answers.has_predictions(other)
        return best is not other and known and not self._within_noise(best, other)

    def _tie(self, best: Evaluation, other: Evaluation) -> bool:
        """Whether two scores are equal for all practical purposes: close, and within the noise of the rows."""
        gap = float(best.score or 0.0) - float(other.score or 0.0)
        return gap == 0.0 or (gap < TIE and self._within_noise(best, other))

    def _within_noise(self, best: Evaluation, other: Evaluation, errors: float = 1.0) -> bool:
        """Whether two scores differ by no more than so many standard errors."""
        gap = float(best.score or 0.0) - float(other.score or 0.0)
        right, other_right = (self._answers.right(self._answers.predictions(entry)) for entry in (best, other))
        difference = right.astype(np.float64) - other_right
        return gap <= errors * float(np.sqrt(np.mean(difference**2) / len(difference)))


def _kind(evaluation: Evaluation) -> tuple[object, ...]:
    return pretrained_kind(Configuration(evaluation.configuration))


def _best_of_kinds(board: Sequence[Evaluation]) -> list[Evaluation]:
    """The best of each kind, best first."""
    best: dict[tuple[object, ...], Evaluation] = {}
    for entry in board:
        best.setdefault(_kind(entry), entry)
    return list(best.values())
