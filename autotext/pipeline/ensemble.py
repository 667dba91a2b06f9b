"""Ensembles: chains that answer together, and the choice of their weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit as sigmoid
from scipy.special import log_expit, log_softmax, logit, softmax

from autotext.components import Component, Counts, PretrainedFeature
from autotext.pipeline.chain import Chain
from autotext.scoring.metrics import Kind

PICKS = 8
MOST_MEMBERS = 5
# The best candidates are members from the start: log loss alone may favour ones that are certain and wrong.
_FROM_START = 3
_LEAST = 1e-12


@dataclass(frozen=True)
class EnsembleWeight:
    """The weight of one member of an ensemble.

    Parameters
    ----------
    member : int
        Number of the candidate.
    weight : float
        Fraction of the mean probability that comes from it; the weights of all members sum to 1.
    temperature : float
        The member's margins are divided by it before they become probabilities.
    """

    member: int
    weight: float
    temperature: float


class Ensemble:
    """Fitted chains whose probabilities are averaged; it answers like one `Chain`.

    Parameters
    ----------
    chains : sequence of Chain
    weights, temperatures : sequence of float
    kind : {"binary", "multiclass", "multilabel"}

    Examples
    --------
    >>> import numpy as np
    >>> from autotext.space import Configuration
    >>> texts, y = ["so good", "very good", "so bad", "very bad"], np.array([1, 1, 0, 0])
    >>> chains = [Chain(Configuration({"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": name}))
    ...           for name in ("ridge", "logistic")]
    >>> ensemble = Ensemble([chain.fit(texts, y, n_classes=2) for chain in chains], [0.7, 0.3], [1.0, 1.0], "binary")
    >>> np.exp(ensemble.margins(["good"])).sum().round(6)
    np.float64(1.0)
    """

    def __init__(self, chains: Sequence[Chain], weights: Sequence[float], temperatures: Sequence[float], kind: Kind) -> None:
        self.chains, self.weights, self.temperatures, self.kind = list(chains), list(weights), list(temperatures), kind

    def margins(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Margins of texts; shape (n_texts, n_classes)."""
        cache: dict[tuple[str, int], Counts] = {}
        margins = [chain.margins(texts, cache) for chain in self.chains]
        return average_members(margins, self.weights, self.temperatures, self.kind)

    @property
    def components(self) -> list[Component]:
        """The components of all chains, one chain after the other."""
        return [part for chain in self.chains for part in chain.components]

    @property
    def size(self) -> int:
        """Numbers in the fitted models that are not zero."""
        return sum(chain.size for chain in self.chains)


def hold_models(chain: Chain | Ensemble) -> None:
    """Let the components keep their pretrained models in memory, so that the models' folders are not needed any more.

    Parameters
    ----------
    chain : Chain or Ensemble
    """
    for part in chain.components:
        if isinstance(part, PretrainedFeature):
            part.hold()


def average_members(margins: Sequence[NDArray[Any]], weights: Sequence[float], temperatures: Sequence[float],
                    kind: Kind) -> NDArray[np.float64]:
    """Average the probabilities of several candidates, and give margins that have these probabilities.

    Parameters
    ----------
    margins : sequence of arrays of shape (n_rows, n_classes)
    weights, temperatures : sequence of float
    kind : {"binary", "multiclass", "multilabel"}

    Examples
    --------
    >>> import numpy as np
    >>> both = average_members([np.array([[0.0, 2.0]]), np.array([[1.0, 0.0]])], [0.5, 0.5], [1.0, 1.0], "binary")
    >>> np.exp(both).round(2).tolist()
    [[0.43, 0.57]]
    """
    total: Any = 0.0
    for member, weight, temperature in zip(margins, weights, temperatures, strict=True):
        scaled = member.astype(np.float64) / temperature
        total = total + weight * (sigmoid(scaled) if kind == "multilabel" else softmax(scaled, axis=1))
    total = np.clip(total, _LEAST, 1.0 - _LEAST if kind == "multilabel" else 1.0)
    return np.asarray(logit(total) if kind == "multilabel" else np.log(total))


def choose_weights(margins: Sequence[NDArray[Any]], targets: NDArray[Any], temperatures: Sequence[float],
                   kind: Kind, rows: NDArray[np.intp] | None = None) -> list[EnsembleWeight]:
    """Choose ensemble weights greedily: to the best three, the candidate that most improves the log loss is added repeatedly.

    Parameters
    ----------
    margins : sequence of arrays of shape (n_rows, n_classes)
        Out of fold, best candidate first.
    targets : array of shape (n_rows,) or (n_rows, n_classes)
    temperatures : sequence of float
    kind : {"binary", "multiclass", "multilabel"}
    rows : int array, optional
        Only these count.

    Returns
    -------
    list of EnsembleWeight
        The largest first; at most five members.

    Notes
    -----
    Caruana et al. (2004), "Ensemble selection from libraries of models", ICML.

    Examples
    --------
    >>> import numpy as np
    >>> targets = np.array([0, 1, 0, 1])
    >>> first = np.array([[2.0, 0.0], [0.0, 2.0], [0.0, 1.0], [0.0, 2.0]])
    >>> second = np.array([[2.0, 0.0], [1.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
    >>> [(entry.member, entry.weight) for entry in choose_weights([first, second], targets, [1.0, 1.0], "binary")]
    [(0, 0.5), (1, 0.5)]
    """
    chosen = np.arange(len(targets)) if rows is None else rows
    right = np.stack([_right(member[chosen].astype(np.float64) / temperature, targets[chosen], kind)
                      for member, temperature in zip(margins, temperatures, strict=True)])
    counts = np.zeros(len(right), dtype=np.intp)
    counts[:_FROM_START] = 1
    total = right[:_FROM_START].sum(axis=0)
    for pick in range(int(counts.sum()), PICKS):
        gains = np.log(np.maximum((total + right) / (pick + 1), _LEAST)).mean(axis=1)
        if (counts > 0).sum() >= MOST_MEMBERS:
            gains[counts == 0] = -np.inf
        best = int(np.argmax(gains))
        counts[best] += 1
        total += right[best]
    order = sorted(np.flatnonzero(counts).tolist(), key=lambda member: (-counts[member], member))
    return [EnsembleWeight(member, float(counts[member] / PICKS), float(temperatures[member])) for member in order]


def _right(scaled: NDArray[np.float64], targets: NDArray[Any], kind: Kind) -> NDArray[np.float64]:
    """Probability of what is true, one number per row or, for several labels, per indicator."""
    if kind == "multilabel":
        return np.exp(np.where(targets == 1, log_expit(scaled), log_expit(-scaled))).ravel()
    return np.asarray(np.exp(log_softmax(scaled, axis=1)[np.arange(len(targets)), targets]))
