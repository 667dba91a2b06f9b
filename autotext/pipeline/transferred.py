"""What an earlier pipeline answers, as features of another task."""

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
    """A pipeline that was fitted on another task, with the forms in which a feature needs it.

    Parameters
    ----------
    pipeline : FittedPipeline
    """

    pipeline: FittedPipeline

    @classmethod
    def read(cls, folder: str) -> Source:
        """From a folder that `TextPipeline.save` wrote."""
        return cls(load(Path(folder))[0])

    @classmethod
    def from_state(cls, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Source:
        """From what `state` gave."""
        return cls(pipeline_from_state(learned["manifest"], learned["state"], dict(arrays), "its source: "))

    def state(self) -> State:
        """The whole pipeline, its report apart."""
        learned, arrays = pipeline_state(self.pipeline)
        return {"manifest": pipeline_manifest(self.pipeline), "state": learned}, arrays


@register
class Transferred(PretrainedFeature):
    """How sure a pipeline fitted on another task is of each of its own classes; none need to be shared.

    Logarithms of its probabilities less their mean, or log-odds of several labels, over the root of their number.

    Parameters
    ----------
    model : str
        Folder of the pipeline.

    Notes
    -----
    Wolpert (1992), "Stacked generalization", Neural Networks 5, across tasks.
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
        found = logit(sure) if pipeline.kind == "multilabel" else np.log(sure) - np.log(sure).mean(axis=1, keepdims=True)
        return sp.csr_matrix((found / found.shape[1] ** 0.5).astype(np.float32))

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
        """Numbers of the pipeline."""
        return int(self.network.pipeline.chain.size)
