"""Vectors of a pretrained transformer after fine-tuning on the task."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.component import register
from autotext.components.feature import Counts, Documents, FitContext
from autotext.components.features._fine_tuning import Recipe, fine_tune, torch_threads
from autotext.components.transformer_feature import TransformerFeature
from autotext.space import Choice, Domain, Float, Int, Scalar
from autotext.space.domains import FromTask
from autotext.task import Task
from autotext.task.low_data import has_few_rows_per_class

# Time of training half of the layers, as a fraction of that for all.
_HALF = 0.7
# The usual number of epochs times the square root of the number of rows, its bounds, and the usual learning rate.
_EPOCHS, _FEWEST, _MOST, _RATE = 220.0, 2, 8, 1e-4
_USUAL = FitContext()


@register
class FineTuned(TransformerFeature):
    """Vector that a transformer gives a text, of length 1, after it was trained further on the labelled rows.

    The model of the pipeline is fitted on these vectors. Training ends early if its pace shows that it would take too long.

    Parameters
    ----------
    model : str
        Folder in the format of transformers or sentence-transformers, with safetensors.
    loss : {"classes", "pairs"}, default="classes"
        Cross-entropy of a linear head; or, for few rows, a loss on cosines of texts of the same class and of different ones.
    layers : {"all", "half"}, default="all"
        Layers that are trained. The half nearest to the output takes about two thirds of the time.
    epochs : int, default=3
        Number of passes over the rows.
    rate : float, default=1e-4
        Learning rate.

    Notes
    -----
    Kumar et al. (2022), "Fine-tuning can distort pretrained features and underperform out-of-distribution", ICLR; Tunstall et
    al. (2022), "Efficient few-shot learning without prompts", arXiv:2209.11055.

    Examples
    --------
    >>> FineTuned.relative_cost({"epochs": 4, "layers": "half"}) / FineTuned.relative_cost({"epochs": 4})
    0.7
    """

    name = "fine_tuned"
    expensive = True
    is_trained = True
    count_parameters = ("model",)
    cost_parameters = ("model",)
    kind_parameters = ("model", "loss")
    seconds_per_encoding = 3.0
    parameters: ClassVar[Mapping[str, Domain]] = {
        "model": FromTask("encoders"), "loss": Choice(("classes", "pairs")), "layers": Choice(("all", "half")),
        "epochs": Int(1, 50, log=True), "rate": Float(1e-6, 1e-2, log=True)}

    def __init__(self, model: str = "", loss: str = "classes", layers: str = "all", epochs: int = 3,
                 rate: float = 1e-4) -> None:
        super().__init__(model)
        self.loss = loss
        self.layers = layers
        self.epochs = epochs
        self.rate = rate

    def _vectors(self, documents: Documents) -> sp.csr_matrix:
        return _packed(self.network.tokens(documents))

    def fit(self, counts: Counts, y: NDArray[Any], context: FitContext = _USUAL) -> FineTuned:
        """Train the transformer of the folder; see `Feature.fit`."""
        recipe = Recipe(self.loss, self.layers, self.epochs * context.epoch_multiplier, self.rate)
        with torch_threads(context.threads):
            self.model_ = fine_tune(self.pretrained_model, _unpacked(counts.matrix), y, recipe, seed=0,
                                   progress_callback=context.progress_callback)
        return self

    def transform(self, counts: Counts, context: FitContext = _USUAL) -> sp.csr_matrix:
        """Compute vectors with the trained transformer; see `Feature.transform`."""
        with torch_threads(context.threads):
            return sp.csr_matrix(self.network.vectors(_unpacked(counts.matrix)).astype(np.float64))

    @classmethod
    def warm_starts(cls, model: str, task: Task) -> list[dict[str, Scalar]]:
        """Configurations with this feature alone, the most expensive first; fewer rows get more epochs."""
        few = has_few_rows_per_class(task)
        usual, half, quarter = (int(np.clip(_EPOCHS / part / len(task) ** 0.5, _FEWEST, _MOST)) for part in (1, 2, 4))
        if few:
            ways = [("pairs", "all", quarter), ("classes", "all", half)]
        else:
            ways = [("classes", "all", epochs) for epochs in sorted({usual, 2, 1}, reverse=True)]
            ways.append(("classes", "half", max(1, usual // 4)))
        return [cls.alone(model, loss=loss, layers=layers, epochs=epochs, rate=_RATE if epochs > 2 and not few else 2 * _RATE)
                for loss, layers, epochs in ways]

    @classmethod
    def relative_cost(cls, parameters: Mapping[str, Scalar]) -> float:
        """Number of epochs, times a factor where half of the layers are trained."""
        return float(parameters.get("epochs", 1)) * (_HALF if parameters.get("layers") == "half" else 1.0)


def _packed(tokens: list[list[int]]) -> sp.csr_matrix:
    """Token numbers as a sparse matrix, in which each is increased by 1, in the order of the text."""
    lengths = np.array(list(map(len, tokens)), dtype=np.int64)
    pointers = np.concatenate([[0], np.cumsum(lengths)])
    places = np.arange(pointers[-1]) - np.repeat(pointers[:-1], lengths)
    numbers = np.fromiter((token + 1 for row in tokens for token in row), dtype=np.int32, count=int(pointers[-1]))
    return sp.csr_matrix((numbers, places, pointers), shape=(len(tokens), int(lengths.max(initial=1))))


def _unpacked(matrix: sp.csr_matrix) -> list[list[int]]:
    return [(matrix.data[start:end] - 1).tolist() for start, end in pairwise(matrix.indptr)]
