"""What a search tried, spent and found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from autotext.evaluation import Evaluation, json_value

SearchStatus = Literal["running", "finished", "interrupted"]
# What was saved before a field had its present name must be read.
_SAVED_AS = {"expected_score": "honest_score", "expected_interval": "honest_interval", "warm_start": "warm"}
_READ_AS = {saved: name for name, saved in _SAVED_AS.items()}


@dataclass(frozen=True)
class Report:
    """The record of a search.

    Parameters
    ----------
    status : {"running", "finished", "interrupted"}
    task : dict
        ``name``, ``fingerprint``, ``kind``, ``rows``, ``search_rows``, ``folds``, ``classes``.
    metric, space : str
    seed, workers : int
    budget : dict
        As in `Budget`.
    evaluations : tuple of Evaluation
        In the order in which they ended.
    chosen : str
        Fingerprint of the best configuration that was refitted; empty if nothing could be judged in time.
    score : float or None
        Cross-validated score of it. Chosen as the best of many, so a little too good to be true.
    test_score : float or None
        Score on rows that were never searched on.
    seconds : dict of str to float
        By stage: ``read``, ``describe``, ``search``, ``refit``, ``total``.
    warm_start : dict
        Audit of the warm start: ``suggested``, ``tried``, ``changed`` and ``rejected``, the last two with reasons.
    removed : tuple of str
        Components of the space that were not used, and why.
    findings : tuple of str
        What was noticed about the data.
    notes : tuple of str
        What was noticed about the search.
    duplicates, illegal : int
        Suggestions that were tried before, or whose components do not fit together; none was evaluated.
    expected_score : float or None
        What to expect on new texts: the score on the test rows, or without any the cross-validated score corrected for
        having been the best of many.
    expected_interval : tuple of float, or None
        90 % interval of it.
    resamples : int
        How often the selection was repeated for it; 0 if it comes from test rows.
    class_table : tuple of dict
        ``label``, ``rows``, ``precision``, ``recall`` and ``f1`` of each class, out of fold, of the chosen configuration.
    resumed : int
        Evaluations that earlier calls on the same storage had made.
    ensemble : tuple of dict
        ``fingerprint`` and ``weight`` of the configurations that answer together; empty if one answers alone.
    ensemble_gain : float
        By how much they are better out of fold than the best alone; part of the expected score.
    learning_gain : float
        Part of the expected score that stands for the rows that the final pipeline learns from and no fold did.
    drift : dict or None
        Whether training rows differ from test rows, or older from newer ones, as `autotext.drift.find_drift` gives it; None
        without test rows and times.
    """

    status: SearchStatus
    task: Mapping[str, Any]
    metric: str
    space: str
    seed: int
    workers: int
    budget: Mapping[str, Any]
    evaluations: tuple[Evaluation, ...] = ()
    chosen: str = ""
    score: float | None = None
    test_score: float | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    warm_start: Mapping[str, Any] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    duplicates: int = 0
    illegal: int = 0
    expected_score: float | None = None
    expected_interval: tuple[float, float] | None = None
    resamples: int = 0
    class_table: tuple[Mapping[str, Any], ...] = ()
    resumed: int = 0
    ensemble: tuple[Mapping[str, Any], ...] = ()
    ensemble_gain: float = 0.0
    learning_gain: float = 0.0
    drift: Mapping[str, Any] | None = None

    @property
    def statuses(self) -> dict[str, int]:
        """How many evaluations ended in each status."""
        return dict(Counter(evaluation.status for evaluation in self.evaluations))

    @property
    def trials(self) -> int:
        """How many suggestions were evaluated; each may have a path of configurations that were judged along with it."""
        return sum(evaluation.origin != "path" for evaluation in self.evaluations)

    @property
    def leaderboard(self) -> list[Evaluation]:
        """Evaluations that ended well, best first."""
        good = [evaluation for evaluation in self.evaluations if evaluation.score is not None]
        return sorted(good, key=lambda evaluation: (-float(evaluation.score or 0.0), evaluation.size, evaluation.number))

    @property
    def best(self) -> Evaluation | None:
        """The evaluation of the highest score so far."""
        return self.leaderboard[0] if self.leaderboard else None

    def replace(self, **changes: Any) -> Report:
        """Copy with some fields changed."""
        return replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        """Plain dict that `from_json` reads back."""
        converted: dict[str, Any] = json_value(asdict(self))
        entries = [entry.to_json() for entry in self.evaluations]
        return {**{_SAVED_AS.get(name, name): value for name, value in converted.items()}, "evaluations": entries}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Report:
        """Report from what `to_json` gave, or an earlier version of it."""
        value = {_READ_AS.get(name, name): entry for name, entry in value.items()}
        names = ("removed", "findings", "notes", "class_table", "expected_interval", "ensemble")
        lists = {name: tuple(value[name]) for name in names if value.get(name) is not None}
        evaluations = tuple(Evaluation.from_json(entry) for entry in value["evaluations"])
        return cls(**{**value, **lists, "evaluations": evaluations})

    def __str__(self) -> str:
        from autotext.report.text import render

        return render(self)
