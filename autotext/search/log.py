"""The record of a search while it goes on: its report, its storage, and the callback of the user."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autotext.components import is_expensive
from autotext.evaluation import Evaluation
from autotext.report import Report
from autotext.search.clock import Clock
from autotext.search.out_of_fold import OutOfFold
from autotext.search.storage import Record, Storage
from autotext.space import Configuration

OnEvaluation = Callable[[Evaluation, Report], None]


class SearchLog:
    """Records what a search evaluates: in a report, in a storage that survives a kill, and by a callback.

    Parameters
    ----------
    report : Report
        What is known before the search begins.
    clock : Clock
    storage : Storage, optional
        Keeps what is evaluated; it may hold what earlier calls of the same search evaluated.
    on_evaluation : callable, optional
        Called as ``on_evaluation(evaluation, report_so_far)``.

    Attributes
    ----------
    report : Report
        With all that was recorded so far.
    """

    def __init__(self, report: Report, clock: Clock, storage: Storage | None = None,
                 on_evaluation: OnEvaluation | None = None) -> None:
        self.report = report
        self._clock, self._storage, self._on_evaluation = clock, storage, on_evaluation
        self._too_slow: set[str] = set()

    @property
    def leaderboard(self) -> list[Evaluation]:
        """Evaluations with a score so far, best first."""
        return self.report.leaderboard

    @property
    def records(self) -> list[Record]:
        """What earlier calls of the same search left in the storage."""
        return [] if self._storage is None else self._storage.records

    def add(self, evaluation: Evaluation) -> None:
        """Enter an evaluation in the report."""
        warm_start = dict(self.report.warm_start)
        if evaluation.origin == "warm" and warm_start:
            warm_start["tried"] += 1
        self.report = self.report.replace(evaluations=(*self.report.evaluations, evaluation), warm_start=warm_start,
                                          seconds={**self.report.seconds, "total": self._clock.elapsed})

    def note(self, text: str) -> None:
        """Add a line to the notes of the report."""
        self.report = self.report.replace(notes=(*self.report.notes, text))

    def note_too_slow(self, configuration: Configuration, seconds: float) -> None:
        """Note, once for each set of expensive features, that evaluating them would have taken too many seconds."""
        features = str(configuration["features"])
        if is_expensive(configuration) and features not in self._too_slow:
            self._too_slow.add(features)
            self.note(f"Given up, as it would have taken about {seconds:,.0f} s to judge and as long again to refit: "
                      f"{configuration.describe()}.")

    def note_resumed(self) -> None:
        """Note how much of the report earlier calls evaluated, and how much of that is lost."""
        if self._storage is None:
            return
        self.report = self.report.replace(resumed=len(self.report.evaluations))
        if self._storage.lost:
            self.note(f"{self._storage.lost:,} evaluations in {str(self._storage.folder)!r} could not be read again and "
                      "count as never made.")

    def store(self, evaluations: Sequence[Evaluation], proposed: dict[str, int], out_of_fold: OutOfFold) -> None:
        """Write the evaluations of a proposal to the storage; a note says if that fails, once.

        Parameters
        ----------
        evaluations : sequence of Evaluation
        proposed : dict of str to int
            The progress of the proposer.
        out_of_fold : OutOfFold
            Holds the predictions of what was evaluated.
        """
        if self._storage is None or self._storage.failure:
            return
        answers = {evaluation.fingerprint: out_of_fold.answers(evaluation) for evaluation in evaluations
                   if evaluation.status in ("ok", "part", "raced")}
        self._storage.append(Record(tuple(evaluations), proposed, answers), out_of_fold.with_margins)
        if self._storage.failure:
            self.note(f"Nothing more could be kept in {str(self._storage.folder)!r} ({self._storage.failure}): what followed "
                      "would not have survived a kill.")

    def announce(self, evaluations: Sequence[Evaluation]) -> None:
        """Call the callback for each evaluation."""
        for evaluation in evaluations if self._on_evaluation is not None else ():
            assert self._on_evaluation is not None
            self._on_evaluation(evaluation, self.report)


def last_line(text: str) -> str:
    r"""The last line of a traceback or message; empty if there is none.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> last_line("Traceback (most recent call last):\n  ...\nValueError: no rows\n")
    'ValueError: no rows'
    """
    return text.strip().splitlines()[-1] if text.strip() else ""
