"""The base class of normalizers, which turn texts into texts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from autotext.components.component import Component


class Normalizer(Component):
    """Base class of normalizers: they turn each text into another one, and learn nothing.

    Examples
    --------
    >>> from autotext.components import component
    >>> component("normalizer", "casing")().transform(["Straße"])
    ['straße']
    """

    stage = "normalizer"
    order: ClassVar[int] = 100
    """Rank by which normalizers of a chain are sorted; ties by name."""
    consumes = "text"
    produces = "text"

    def fit(self, texts: Sequence[str], y: object = None) -> Normalizer:
        """Do nothing; scikit-learn requires the method."""
        return self

    @abstractmethod
    def transform(self, texts: Sequence[str]) -> list[str]:
        """Normalize texts, in the same order."""
