"""The feature that hands the predictions of an earlier pipeline to the model of another task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import logit

from autotext.components import Documents, PretrainedFeature, State, register
from autotext.components.tiny_models import SAMPLE_TEXTS
from autotext.pipeline.artifact import load, pipeline_from_state, pipeline_manifest, pipeline_state
from autotext.pipeline.fitted import FittedPipeline
from autotext.space import Domain, Scalar
from autotext.space.domains import FromTask

_LEAST = 1e-4


@dataclass(frozen=True)
class Source:
    """An earlier pipeline, fitted on another task, as a feature component loads and saves it.

    Parameters
    ----------
    pipeline : FittedPipeline
    """

    pipeline: FittedPipeline

    @classmethod
    def read(cls, folder: str) -> Source:
        """Read the pipeline from a folder that `TextPipeline.save` wrote."""
        return cls(load(Path(folder))[0])

    @classmethod
    def from_state(cls, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Source:
        """Rebuild the pipeline from what `state` gave."""
        return cls(pipeline_from_state(learned["manifest"], learned["state"], dict(arrays), "its source: "))

    def state(self) -> State:
        """The whole pipeline without its report, as JSON and arrays."""
        learned, arrays = pipeline_state(self.pipeline)
        return {"manifest": pipeline_manifest(self.pipeline), "state": learned}, arrays


@register
class Transferred(PretrainedFeature):
    """Class probabilities of an earlier pipeline, fitted on another task, as features of this one.

    The two tasks need no common class. Features are the logarithms of its probabilities less their mean, or the log-odds where
    it predicts several labels, divided by the square root of the number of its classes.

    Parameters
    ----------
    model : str
        Folder of the pipeline.

    Notes
    -----
    Wolpert (1992), "Stacked generalization", Neural Networks 5, across tasks.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     feature = Transferred(**Transferred.test_params(Path(folder)))
    ...     feature.count(["a new text", "another"]).matrix.shape
    (2, 3)
    """

    name = "transferred"
    consumes = "raw"
    per_text = True
    companions = ("encoder",)
    parameters: ClassVar[Mapping[str, Domain]] = {"model": FromTask("transfer_from")}
    _read = staticmethod(Source.read)
    _from_state = staticmethod(Source.from_state)

    def _vectors(self, documents: Documents) -> sp.csr_matrix:
        pipeline = self.network.pipeline
        margins = pipeline.chain.margins(list(documents))
        sure = np.clip(pipeline.decision.probabilities(margins), _LEAST, 1.0 - _LEAST)
        logits = logit(sure) if pipeline.kind == "multilabel" else np.log(sure) - np.log(sure).mean(axis=1, keepdims=True)
        return sp.csr_matrix((logits / logits.shape[1] ** 0.5).astype(np.float32))

    @classmethod
    def test_params(cls, folder: Path) -> dict[str, Scalar]:
        """A pipeline that was fitted on a few texts; see `Component.test_params`."""
        from autotext.pipeline.text_pipeline import TextPipeline

        texts = [f"{text} {number}" for number in range(3) for text in SAMPLE_TEXTS]
        pipeline = TextPipeline({"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "logistic"})
        pipeline.fit(texts, [("one", "two", "three")[len(text) % 3] for text in texts])
        return {"model": str(pipeline.save(folder / "pipeline"))}

    @property
    def size(self) -> int:
        """Numbers in the fitted pipeline that are not zero."""
        return int(self.network.pipeline.chain.size)
