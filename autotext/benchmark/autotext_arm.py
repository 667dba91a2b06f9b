"""Searches of autotext as arms of a benchmark."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, ClassVar

from numpy.typing import NDArray

from autotext.budget import Budget
from autotext.meta import Experience, MetaLearner, meta_learners, shipped_learner
from autotext.optimize import optimize_pipeline
from autotext.pipeline import TextPipeline


class AutotextArm:
    """A search of `optimize_pipeline` whose meta-learner has never met the family of the task.

    A subclass in a file of its own is an arm; what it changes are class attributes.

    Attributes
    ----------
    meta_learner : str or None, default="default"
        Name of a registered meta-learner. None: a cold start.
    needs_encoder : bool, default=False
        Whether the search is given the encoder of the benchmark.
    space : str, default="default"
        Name of a shipped search space, or a YAML file.

    Examples
    --------
    >>> class Cold(AutotextArm):
    ...     meta_learner = None
    """

    kind: ClassVar[str] = "system"
    needs_encoder: ClassVar[bool] = False
    meta_learner: ClassVar[str | None] = "default"
    space: ClassVar[str] = "default"

    _learner: MetaLearner | None = None
    _pipeline: TextPipeline

    def prepare(self, job: Any) -> None:
        """Fit the meta-learner on the shipped experience without the family of the task, as it comes fitted to a user.

        Parameters
        ----------
        job : namespace
        """
        if self.meta_learner is not None:
            name = shipped_learner(self.meta_learner).name
            self._learner = meta_learners()[name]().fit(Experience.shipped().without(job.family))

    def sampler(self, seed: int) -> Any:
        """Sampler of the search; None: the default one.

        Parameters
        ----------
        seed : int
        """
        return None

    def fit(self, texts: Sequence[str], labels: Sequence[Any], job: Any) -> None:
        """Search.

        Parameters
        ----------
        texts : sequence of str
        labels : sequence of str or of list of str
        job : namespace
        """
        started = time.monotonic()
        times: list[tuple[float, float]] = []

        def note_best(evaluation: Any, report: Any) -> None:
            if evaluation.score is not None and (not times or evaluation.score > times[-1][1]):
                times.append((time.monotonic() - started, evaluation.score))

        budget = Budget(seconds=job.seconds, trials=job.trials, memory_mib=job.memory_mib and job.memory_mib / job.cpus)
        self._pipeline = optimize_pipeline(
            (list(texts), list(labels)), budget=budget, workers=job.cpus, seed=job.seed, metric=job.metric, space=self.space,
            encoders=[job.encoder] if job.encoder else (), meta_learner=self._learner, sampler=self.sampler(job.seed),
            on_evaluation=note_best)
        self.curve, self.classes = times, [str(label) for label in self._pipeline.classes_]

    def predict(self, texts: Sequence[str]) -> list[Any]:
        """Predict labels.

        Parameters
        ----------
        texts : sequence of str
        """
        return list(self._pipeline.predict(list(texts)))

    def predict_proba(self, texts: Sequence[str]) -> NDArray[Any]:
        """Predict probabilities.

        Parameters
        ----------
        texts : sequence of str
        """
        return self._pipeline.predict_proba(list(texts))

    def save(self, folder: str) -> None:
        """Save the pipeline.

        Parameters
        ----------
        folder : str
        """
        self._pipeline.save(f"{folder}/pipeline")
