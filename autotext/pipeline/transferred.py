"""What an earlier pipeline answers, as features of another task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components import State, register
from autotext.components.features._base import Documents
from autotext.components.features._given import GivenModel
from autotext.pipeline.artifact import described, load_pipeline, rebuilt, stated
from autotext.pipeline.text_pipeline import TextPipeline
from autotext.space import Domain
from autotext.space.domains import FromTask


@dataclass(frozen=True)
class Source:
    """A pipeline that was fitted on another task, with the forms in which a feature needs it.

    Parameters
    ----------
    pipeline : TextPipeline
    """

    pipeline: TextPipeline

    @classmethod
    def read(cls, folder: str) -> Source:
        """From a folder that `TextPipeline.save` wrote."""
        return cls(load_pipeline(folder))

    @classmethod
    def restored(cls, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Source:
        """From what `state` gave."""
        return cls(rebuilt(learned["manifest"], learned["state"], dict(arrays), "its source: ")[0])

    def state(self) -> State:
        """The whole pipeline, its report apart."""
        learned, arrays = stated(self.pipeline)
        return {"manifest": described(self.pipeline), "state": learned}, arrays


@register
class Transferred(GivenModel):
    """Probabilities that a pipeline fitted on another task gives its own classes; none need to be shared.

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
    produces = "nonnegative"
    by_text = True
    parameters: ClassVar[Mapping[str, Domain]] = {"model": FromTask("transfer_from")}
    _read = staticmethod(Source.read)
    _rebuilt = staticmethod(Source.restored)

    def _vectors(self, documents: Documents) -> sp.csr_matrix:
        pipeline = self.network.pipeline
        margins = pipeline.chain_.margins(list(documents))
        return sp.csr_matrix(pipeline.decision_.probabilities(margins).astype(np.float32))

    @property
    def size(self) -> int:
        """Numbers of the pipeline."""
        return int(self.network.pipeline.chain_.size)
