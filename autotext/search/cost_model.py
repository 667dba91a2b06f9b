"""How many seconds the next evaluation, and the refit at the end, will probably take."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from statistics import geometric_mean, median

from autotext.components.costs import (
    cost_key,
    encoded_models,
    feature_classes,
    is_expensive,
    relative_cost,
    seconds_from_encoding,
)
from autotext.cross_validation.cross_validate import WITH_REFIT
from autotext.evaluation import Evaluation
from autotext.search.clock import Clock
from autotext.search.warm_start import WarmStart
from autotext.space import Configuration
from autotext.task import Split, Task

# Seconds of computing in which a fitted pipeline is handed over and written: for any pipeline, and for each number in it.
_OVERHEAD, _WRITING = 0.1, 6e-8
# Share of the preparation that a refit on the same rows must repeat, on average, as the rest is in a cache.
_PREPARATION_SHARE = 0.5
# Factor by which a refit may take longer than predicted: before any was seen, beside the worst one seen, at least, at most.
_SAFETY, _BESIDE_SEEN, _LEAST_SAFETY, _MOST_SAFETY = 1.3, 1.2, 1.1, 4.0
_LAST_REFITS = 5
# How far the prediction for a shorter refit is off tells nothing.
_LEAST_REFIT = 0.1
# No task and machine are faster than this share of what is usual.
_LEAST_RATIO = 0.05
# A regularization path is evaluated along with a candidate if that takes no larger share of the time left.
_PATH_SHARE = 0.25


class CostModel:
    """Predicts the seconds of evaluations and refits from those of the same search.

    Parameters
    ----------
    n_rows, n_search_rows, n_validation_rows, n_test_rows : int
        Rows of the task, rows searched on, those of them that some fold holds out, rows scored at the end.
    n_folds : int
        Fits of an evaluation.
    prior : mapping of str to float
        Seconds of each structure on a task like this one, and a machine like that of the prior tasks.
    clock : Clock, optional
        The clock of a search that is limited in time.
    texts : sequence of str, default=()
        Texts that are searched on.

    Attributes
    ----------
    first_is_quick : bool
        Whether the first candidate takes little time, as far as can be told before anything was evaluated.
    is_holdout : bool
        Whether an evaluation makes a single fit, as there is little time.
    """

    def __init__(self, n_rows: int, n_search_rows: int, n_validation_rows: int, n_test_rows: int, n_folds: int,
                 prior: Mapping[str, float], clock: Clock | None = None, texts: Sequence[str] = ()) -> None:
        self._clock = clock
        self.first_is_quick, self.is_holdout = True, n_folds == 1
        self._first: dict[str, float] = {}
        self._refits: list[float] = []
        self._n_rows, self._n_search, self._n_validation_rows = n_rows, n_search_rows, n_validation_rows
        self._n_test, self._n_folds = n_test_rows, n_folds
        self._prior = prior
        self._seen: dict[tuple[object, ...], list[float]] = {}
        self._slower: list[float] = []
        self._encoding: dict[str, float] = {}
        self._texts = texts
        self._encoded: set[str] = set()
        self._encoding_seconds: dict[str, float] = {}

    @classmethod
    def of_task(cls, task: Task, split: Split, warm_start: WarmStart, clock: Clock) -> CostModel:
        """A cost model for the rows of a task as they are split."""
        costs = cls(len(task), len(split.rows), len(split.validation_rows), len(task.test) if task.test else 0,
                    len(split.held_out), warm_start.usual_seconds, clock if clock.limited else None,
                    [task.texts[row] for row in split.rows])
        costs.first_is_quick = warm_start.cheapest_is_quick
        return costs

    def learn(self, configuration: Configuration, evaluations: Sequence[Evaluation], estimated_seconds: float = 0.0) -> None:
        """Remember what a configuration and its regularization path took.

        Parameters
        ----------
        configuration : Configuration
        evaluations : sequence of Evaluation
            Of the configuration and of its path.
        estimated_seconds : float, default=0.0
            Seconds that they would have taken, as estimated by the worker that stopped them early. 0: they ended by themselves.
        """
        texts = max((evaluation.stage_seconds.get("texts", 0.0) for evaluation in evaluations), default=0.0)
        if encoding := estimated_seconds or texts:
            self._encoding.update(dict.fromkeys(encoded_models(configuration), encoding))
        seconds = estimated_seconds
        if texts and not self._encoded.issuperset(configuration.blocks):
            # Texts are encoded once, by the first configuration that needs it.
            seconds -= min(texts, evaluations[0].seconds)
        if evaluations:
            self._encoded.update([*configuration.blocks, *encoded_models(configuration)])
        for evaluation in evaluations if not estimated_seconds else ():
            if is_expensive(configuration):
                # One fold is all that it is sure to be evaluated on.
                seconds += evaluation.seconds / self._n_fits(evaluation)
                continue
            seconds += evaluation.seconds
        for key in _keys(configuration):
            self._seen.setdefault(key, []).append(seconds / relative_cost(configuration))
        if usual := self._prior.get(configuration.structure):
            self._slower.append(max(seconds / usual, _LEAST_RATIO))

    def learn_first(self, configuration: Configuration, seconds: float, n_rows: int) -> None:
        """Remember what a single fit on some rows took, as a rough guess until something is evaluated."""
        folds = max(self._n_folds - 1, 1)
        self._first = {configuration.structure: seconds * folds * self._n_search / max(n_rows, 1)}

    def learn_refit(self, evaluation: Evaluation, seconds: float) -> None:
        """Remember how far the prediction for a refit was off."""
        self._refits.append(seconds / max(self.refit_seconds(evaluation), _LEAST_REFIT))

    @property
    def safety(self) -> float:
        """Factor by which refits may take longer than predicted: a little more than the worst of the last ones did."""
        if not self._refits:
            return _SAFETY
        return min(max(_BESIDE_SEEN * max(self._refits[-_LAST_REFITS:]), _LEAST_SAFETY), _MOST_SAFETY)

    def evaluation_seconds(self, configuration: Configuration) -> float:
        """Seconds that evaluating a configuration will take.

        They come from the most similar configurations seen; without any, from encoding with the pretrained model that this one
        trains; else from what is usual for its structure, times how much slower than usual this task has been. They are 0 if
        nothing is known.
        """
        return self._fitting_seconds(configuration) + self._encoding_of(configuration, self._encoded)

    def encodes_first(self, configuration: Configuration) -> bool:
        """Whether a configuration uses a pretrained model with which no candidate has encoded all texts so far."""
        encoders = [name for name, cls in feature_classes(configuration).items() if cls.per_text]
        return not self._encoded.issuperset([*encoders, *encoded_models(configuration)])

    def _encoding_of(self, configuration: Configuration, encoded: Collection[str] = ()) -> float:
        """Seconds of encoding the texts that are searched on, for features that are not encoded."""
        seconds = 0.0
        for name, cls in feature_classes(configuration).items():
            if name not in encoded:
                if name not in self._encoding_seconds:
                    self._encoding_seconds[name] = cls.encoding_seconds(self._texts)
                seconds += self._encoding_seconds[name]
        return seconds * (1.0 if self._clock is None else self._clock.slowdown)

    def _fitting_seconds(self, configuration: Configuration) -> float:
        """Seconds of everything but the encoding of texts that takes place once."""
        for key in _keys(configuration):
            if key in self._seen:
                return median(self._seen[key]) * relative_cost(configuration)
        if seconds := seconds_from_encoding(configuration, self._encoding):
            return seconds
        usual = self._prior.get(configuration.structure)
        if usual and self._slower:
            # A single ratio says little, so that a machine as fast as that of the prior tasks counts as one more.
            speed = 1.0 if self._clock is None else self._clock.slowdown
            return usual * geometric_mean([speed, *self._slower])
        if self._seen:
            return median([seconds for values in self._seen.values() for seconds in values])
        for structure, seconds in self._first.items():
            first = self._prior.get(structure)
            return seconds * (usual / first if usual and first else 1.0)
        return 0.0

    def path_takes_long(self, configuration: Configuration, seconds_left: float) -> bool:
        """Whether a configuration takes so large a share of some seconds that its regularization path would be too much."""
        if self._clock is None:
            return False
        seconds = self.evaluation_seconds(configuration)
        return seconds > _PATH_SHARE * seconds_left if seconds else not self.first_is_quick

    def required_seconds(self, configuration: Configuration, with_refit: bool = False) -> float:
        """Seconds that must be left for a candidate to be started, optionally with its refit on all rows.

        If it is expensive, those of its refit are always among them.
        """
        seconds = self.evaluation_seconds(configuration)
        if is_expensive(configuration):
            return seconds * WITH_REFIT
        if with_refit:
            fitted_rows = self._n_search * self._n_folds - self._n_validation_rows
            other_texts = self._n_rows - self._n_search + self._n_test
            seconds += (self._fitting_seconds(configuration) * self._n_rows / max(fitted_rows, 1)
                        + self._encoding_of(configuration) * other_texts / self._n_search)
        return seconds

    def finishing_seconds(self, evaluation: Evaluation, safety: float | None = None, is_fitted: bool = False) -> float:
        """Seconds from the end of the search to a pipeline that is fitted on all rows and scored on the test rows."""
        stages = evaluation.stage_seconds
        n_fits = self._n_fits(evaluation) if is_expensive(Configuration(evaluation.configuration)) else self._n_folds
        predict = stages["predict"] / self._n_validation_rows * self._n_folds / n_fits
        test = self._n_test * (stages["prepare"] / self._n_search + predict)
        overhead = _OVERHEAD + _WRITING * evaluation.size
        refit = 0.0 if is_fitted else self.refit_seconds(evaluation)
        return ((self.safety if safety is None else safety) * (refit + test)
                + (overhead if self._clock is None else self._clock.stretched(overhead)))

    def _n_fits(self, evaluation: Evaluation) -> int:
        """Fits that an evaluation made: fewer than usual if it ended after the first fold."""
        return max(1, min(len(evaluation.fold_scores), self._n_folds))

    def refit_seconds(self, evaluation: Evaluation) -> float:
        """Seconds of fitting on all rows, of which a part is saved if the search has prepared the same rows."""
        stages = evaluation.stage_seconds
        prepare = stages["prepare"] / self._n_search * (1.0 if self._n_rows > self._n_search else _PREPARATION_SHARE)
        # What is expensive is fitted on a fold for as long as on all rows.
        if is_expensive(Configuration(evaluation.configuration)):
            fitted_rows = self._n_search * self._n_fits(evaluation)
        else:
            fitted_rows = self._n_search * self._n_folds - self._n_validation_rows
        fit = stages["fit"] / max(fitted_rows, 1)
        # The texts that were searched on are encoded already.
        texts = stages.get("texts", 0.0) / self._n_search * (self._n_rows - self._n_search + self._n_test)
        return self._n_rows * (prepare + fit) + texts


def _keys(configuration: Configuration) -> list[tuple[object, ...]]:
    """Keys under which the seconds of similar configurations are kept, that of the most similar ones first."""
    # What follows an expensive feature hardly adds to its cost.
    structure = (str(configuration["features"]) if is_expensive(configuration) else configuration.structure,)
    return [(*structure, *cost_key(configuration)), structure]
