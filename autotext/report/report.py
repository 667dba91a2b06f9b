"""The record of a search: what it tried, how long that took, and what it chose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any, Literal

from autotext.evaluation import HALF_INTERVAL, Evaluation, json_value
from autotext.report.checks import checked_tables

SearchStatus = Literal["running", "finished", "interrupted"]
# Fields that are not saved, as they hold texts.
_TEXTS = ("label_issues", "errors", "confusions")
# Fields that are saved under the name that they had first.
_SAVED_AS = {"expected_score": "honest_score", "expected_interval": "honest_interval", "warm_start": "warm"}
_READ_AS = {saved: name for name, saved in _SAVED_AS.items()}


@dataclass(frozen=True)
class Report:
    """The record of a search: its evaluations, its choice, and the score to expect of it.

    Parameters
    ----------
    status : {"running", "finished", "interrupted"}
    task : dict
        ``name``, ``fingerprint``, ``kind``, ``rows``, ``search_rows``, ``folds``, ``holdout``, ``classes``.
    metric, space : str
    seed, workers : int
    budget : dict
        As in `Budget`.
    evaluations : tuple of Evaluation
        In the order in which they ended.
    chosen : str
        Fingerprint of the best configuration that was refitted; empty if nothing could be evaluated in time.
    score : float or None
        Cross-validated score of the chosen pipeline. It is slightly optimistic, as it is the best of many.
    test_score : float or None
        Score on rows that were never searched on.
    seconds : dict of str to float
        Wall-clock seconds by stage: ``read``, ``describe``, ``search``, ``refit``, ``total``.
    warm_start : dict
        Summary of the warm start: ``suggested``, ``tried``, ``changed`` and ``rejected``, the last two with reasons.
    removed : tuple of str
        Components of the space that could not be used, each with the reason.
    findings : tuple of str
        Sentences about the data, such as how many rows repeat another.
    notes : tuple of str
        Sentences about the search.
    duplicates, illegal : int
        Number of suggestions that had been tried before, or whose components do not fit together; none was evaluated.
    expected_score : float or None
        Score to expect on new texts: that on the test rows; without any, the cross-validated score after the correction of
        its selection bias.
    expected_interval : tuple of float, or None
        90 % interval of `expected_score`.
    resamples : int
        Number of bootstrap resamples in which the selection was repeated for it; 0 if it comes from test rows.
    class_table : tuple of dict
        ``label``, ``rows``, ``precision``, ``recall`` and ``f1`` of each class, for out-of-fold predictions of the chosen
        configuration.
    coverage : tuple of dict
        ``min_score``, ``answered`` and ``error``: if only texts are answered whose score is at least so high, how large a share
        of them that is, and how large a share of the answers is wrong, out of fold.
    resumed : int
        Number of evaluations that earlier calls with the same storage made.
    ensemble : tuple of dict
        ``fingerprint`` and ``weight`` of the configurations that answer together; empty if one answers alone.
    ensemble_gain : float
        Out-of-fold score of the ensemble less that of its best member; part of the expected score.
    learning_gain : float
        Part of the expected score that is due to the final pipeline learning from more rows than a fold has.
    baseline : dict
        ``most_frequent``: score of always answering what is most frequent; ``tfidf_logistic``: that of TF-IDF with logistic
        regression on the same folds, None if it was not evaluated; ``seconds`` that the latter took, as part of the search.
    label_issues : tuple of dict
        Rows whose label is probably wrong, the most suspicious first: ``row`` (from 1, among those with text and label),
        ``text`` (its first 300 characters), ``label``, ``suggested`` and ``score``, the out-of-fold probability of what is
        suggested. At most 1,000. They are not saved with the pipeline, as they hold texts.
    errors : tuple of dict
        Wrong answers out of fold, the surest first: ``row``, ``text``, ``label``, ``predicted`` and ``score``, how sure it was.
        At most 1,000, and not saved either.
    confusions : tuple of dict
        Labels that are answered instead of others out of fold, the most frequent pairs first: ``label``, ``predicted``,
        ``rows`` and up to three ``examples``. At most 200, and not saved either.
    reliability : tuple of dict
        ``confidence``, ``accuracy`` and ``rows``: how sure answers are, and which share of them is right, out of fold.
    drift : dict or None
        How training rows differ from test rows, or older from newer ones, as `autotext.drift.find_drift` gives it; None
        without test rows and times.

    Examples
    --------
    >>> ok = Evaluation(0, {"features": "char_tfidf", "model": "ridge"}, "f0", "search", "ok", score=0.8)
    >>> slow = Evaluation(1, {"features": "encoder", "model": "ridge"}, "f1", "search", "timeout")
    >>> report = Report("running", {}, "accuracy", "default", seed=0, workers=1, budget={}, evaluations=(ok, slow))
    >>> report.trials, report.statuses, report.best.score
    (2, {'ok': 1, 'timeout': 1}, 0.8)
    >>> Report.from_json(report.replace(status="finished").to_json()).status
    'finished'
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
    coverage: tuple[Mapping[str, float], ...] = ()
    resumed: int = 0
    ensemble: tuple[Mapping[str, Any], ...] = ()
    ensemble_gain: float = 0.0
    learning_gain: float = 0.0
    baseline: Mapping[str, Any] = field(default_factory=dict)
    label_issues: tuple[Mapping[str, Any], ...] = field(default=(), compare=False)
    errors: tuple[Mapping[str, Any], ...] = field(default=(), compare=False)
    confusions: tuple[Mapping[str, Any], ...] = field(default=(), compare=False)
    reliability: tuple[Mapping[str, float], ...] = ()
    drift: Mapping[str, Any] | None = None

    @property
    def statuses(self) -> dict[str, int]:
        """Number of evaluations that ended in each status."""
        return dict(Counter(evaluation.status for evaluation in self.evaluations))

    @property
    def trials(self) -> int:
        """Number of suggestions that were evaluated, not counting configurations that only differ in regularization."""
        return sum(evaluation.origin != "path" for evaluation in self.evaluations)

    @property
    def leaderboard(self) -> list[Evaluation]:
        """Evaluations with a score, best first."""
        good = [evaluation for evaluation in self.evaluations if evaluation.score is not None]
        return sorted(good, key=lambda evaluation: (-float(evaluation.score or 0.0), evaluation.size, evaluation.number))

    @property
    def forecasts(self) -> dict[str, float]:
        """How well evaluations were predicted.

        ``scores`` is the number of predicted scores that there is a score for, ``within`` how many of these are in the 90 %
        interval of their prediction, and ``factor`` that by which predicted seconds were off, in the median.
        """
        pairs = [(entry.score, entry.forecast) for entry in self.evaluations
                 if entry.score is not None and "score" in entry.forecast]
        within = [abs(score - forecast["score"]) <= HALF_INTERVAL * forecast["deviation"] for score, forecast in pairs]
        ratios = [entry.forecast["took"] / entry.forecast["seconds"] for entry in self.evaluations
                  if entry.forecast.get("seconds") and entry.forecast.get("took")]
        factors = [max(ratio, 1.0 / ratio) for ratio in ratios]
        return {"scores": len(pairs), "within": int(sum(within)), "factor": median(factors) if factors else 1.0}

    @property
    def best(self) -> Evaluation | None:
        """The evaluation with the highest score so far; None without any."""
        return self.leaderboard[0] if self.leaderboard else None

    def replace(self, **changes: Any) -> Report:
        """Copy the report with some fields changed."""
        return replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        """Convert to a JSON dict that `from_json` reads; it holds no texts."""
        converted: dict[str, Any] = json_value(asdict(self.replace(**dict.fromkeys(_TEXTS, ()))))
        entries = [entry.to_json() for entry in self.evaluations]
        return {**{_SAVED_AS.get(name, name): value for name, value in converted.items() if name not in _TEXTS},
                "evaluations": entries}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Report:
        """Read a report from a dict that `to_json`, also of an earlier version, gave.

        Raises
        ------
        ValueError
            A field cannot be what it is.
        """
        value = {_READ_AS.get(name, name): entry for name, entry in value.items()}
        if unsaved := [name for name in _TEXTS if name in value]:
            raise ValueError(f"a saved report holds no texts, and no {unsaved[0]!r}")
        names = ("removed", "findings", "notes", "expected_interval")
        lists = {name: tuple(value[name]) for name in names if value.get(name) is not None}
        evaluations = tuple(Evaluation.from_json(entry) for entry in value["evaluations"])
        return cls(**{**value, **lists, **checked_tables(value), "evaluations": evaluations})

    def summary(self) -> str:
        """What matters most, in at most 15 lines; ``str(report)`` has everything."""
        from autotext.report.text import summarize

        return summarize(self)

    def save(self, path: str | Path) -> Path:
        """Write the report as a page with plots, which is one file that needs no network.

        The report of a search itself has texts of its rows there: what is confused with what, and labels that are probably
        wrong. That of a loaded pipeline has none, as they are not saved.

        Parameters
        ----------
        path : str or Path
            Its name ends in ``.html``.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ArgumentError
            The name has another ending.
        ArtifactError
            The file cannot be written; an older one there stays as it was.

        Examples
        --------
        >>> import tempfile
        >>> report = Report("finished", {"name": "mails"}, "accuracy", "default", seed=0, workers=1, budget={})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     report.save(Path(folder, "report.html")).name
        'report.html'
        """
        from autotext.report.page import save_page

        return save_page(self, path)

    def _repr_html_(self) -> str:
        from autotext.report.fragment import report_fragment

        return report_fragment(self)

    def __str__(self) -> str:
        from autotext.report.text import render

        return render(self)
