"""Which candidates may become the result of a search, and in which order they are refitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from autotext.components.pretrained import pretrained_kind
from autotext.evaluation import Evaluation
from autotext.pipeline import Decision, decide_alone, fit_temperature
from autotext.report import Report
from autotext.scoring.bias_correction import TIE
from autotext.search.out_of_fold import OutOfFold, score_rows
from autotext.space import Configuration
from autotext.task.low_data import has_few_rows

# A candidate is clearly worse than the best of many if its score is lower by more than so many standard errors.
_CLEAR_ERRORS = 2.0


class Selection:
    """Compares candidates by their out-of-fold predictions.

    Parameters
    ----------
    out_of_fold : OutOfFold
    """

    def __init__(self, out_of_fold: OutOfFold) -> None:
        self.out_of_fold, self._validation = out_of_fold, out_of_fold.validation
        self._leads: dict[tuple[str, str], bool] = {}

    def forget_losers(self, leaderboard: Sequence[Evaluation]) -> None:
        """Drop the margins of all but the best candidates once there are too many."""
        if self.out_of_fold.is_full:
            preferred = _best_of_kinds(list(filter(self.preferred, leaderboard)))
            best = {entry.fingerprint for entry in (*leaderboard[: self.out_of_fold.kept], *preferred)}
            self.out_of_fold.drop_margins(best)

    def leads(self, partial: Evaluation, best: Evaluation) -> bool:
        """Whether a candidate that was evaluated on the first fold alone scores higher there than the best of the others."""
        if partial.fingerprint not in self.out_of_fold.partial or not self.out_of_fold.has_margins(best):
            return False
        key = partial.fingerprint, best.fingerprint
        if key not in self._leads:
            targets, metric = self._validation.targets[self._validation.folds[0]], self._validation.metric
            scores = [metric.score(targets, decide_alone(margins, targets, metric),
                                   Decision(metric.kind).probabilities(margins.astype(np.float64)))
                      for margins in map(self.out_of_fold.first_margins, (partial, best))]
            self._leads[key] = scores[0] > scores[1]
        return self._leads[key]

    def completed(self, report: Report) -> Report:
        """The report with a score for each candidate that was cross-validated on the first fold alone.

        On the other folds it counts as no better than the best other. So it leads if it is better on the first, and the
        fewer rows it was evaluated on, the less its score says.
        """
        whole = [entry for entry in self.eligible(report.leaderboard) if self.out_of_fold.has_margins(entry)]
        if not whole:
            return report
        targets, folds, metric = self._validation.targets, list(self._validation.folds), self._validation.metric
        base = self.out_of_fold.margins(whole[0])
        base_temperature = fit_temperature(base, targets, metric.kind)
        evaluations = []
        for entry in report.evaluations:
            if entry.status == "part" and entry.fingerprint in self.out_of_fold.partial:
                first_margins = self.out_of_fold.partial[entry.fingerprint].astype(np.float64)
                # All rows get one scale, as one temperature turns them into probabilities.
                margins = base * fit_temperature(first_margins, targets[folds[0]], metric.kind) / base_temperature
                margins[folds[0]] = first_margins
                predictions, probabilities = self.out_of_fold.decided(margins)
                entry = replace(entry, status="ok", score=metric.cross_validated(targets, predictions, probabilities, folds)[0])
                self.out_of_fold.complete(entry, margins, predictions)
            evaluations.append(entry)
        return report.replace(evaluations=tuple(evaluations))

    @property
    def has_few_rows(self) -> bool:
        """Whether candidates are scored on so few rows that the best score says little."""
        return has_few_rows(len(self._validation.targets))

    def preferred(self, evaluation: Evaluation) -> bool:
        """Whether rows are few and a candidate is a warm start with a pretrained model, which no luck of the search chose."""
        return self.has_few_rows and evaluation.origin == "warm" and bool(_kind(evaluation))

    def eligible(self, leaderboard: Sequence[Evaluation]) -> list[Evaluation]:
        """Candidates that may become the result: where rows are few, those of pretrained models unless clearly worse."""
        board = list(filter(self.out_of_fold.has_predictions, leaderboard))
        preferred = list(filter(self.preferred, board))
        return preferred if preferred and self._within_noise(board[0], preferred[0], _CLEAR_ERRORS) else board

    def ranked(self, leaderboard: Sequence[Evaluation]) -> list[Evaluation]:
        """Candidates to refit, best first; of those that practically tie with the best, the cheapest to predict with leads.

        Where rows are few and there is a pretrained model, these are the best of each kind, as kinds differ by more than luck.
        """
        board = list(filter(self.out_of_fold.has_margins, self.eligible(leaderboard)))
        if not board:
            return []
        if self.preferred(board[0]):
            return _best_of_kinds(board)
        tied = [entry for entry in board if self._tie(board[0], entry)]
        first = min(tied, key=lambda entry: (entry.size, entry.number))
        return [first, *(entry for entry in board if entry is not first)]

    def clearly_better(self, best: Evaluation, other: Evaluation) -> bool:
        """Whether a candidate scores higher than another by more than a standard error."""
        comparable = self.out_of_fold.has_predictions(best) and self.out_of_fold.has_predictions(other)
        return best is not other and comparable and not self._within_noise(best, other)

    def _tie(self, best: Evaluation, other: Evaluation) -> bool:
        """Whether two scores are equal for all practical purposes: close, and within the noise of the rows."""
        gap = float(best.score or 0.0) - float(other.score or 0.0)
        return gap == 0.0 or (gap < TIE and self._within_noise(best, other))

    def _within_noise(self, best: Evaluation, other: Evaluation, errors: float = 1.0) -> bool:
        """Whether two scores differ by no more than so many standard errors."""
        gap = float(best.score or 0.0) - float(other.score or 0.0)
        targets = self._validation.targets
        rows, other_rows = (score_rows(self.out_of_fold.predictions(entry), targets) for entry in (best, other))
        difference = rows.astype(np.float64) - other_rows
        return gap <= errors * float(np.sqrt(np.mean(difference**2) / len(difference)))


def _kind(evaluation: Evaluation) -> tuple[object, ...]:
    """The pretrained models that a candidate consists of, and how they are used; empty if it has other features too."""
    return pretrained_kind(Configuration(evaluation.configuration))


def _best_of_kinds(board: Sequence[Evaluation]) -> list[Evaluation]:
    """The best of each kind, best first."""
    best: dict[tuple[object, ...], Evaluation] = {}
    for entry in board:
        best.setdefault(_kind(entry), entry)
    return list(best.values())
