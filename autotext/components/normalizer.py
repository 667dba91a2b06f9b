"""What every normalizer is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from autotext.components.component import Component


class Normalizer(Component):
    """Text in, text out, row by row; learns nothing."""

    stage = "normalizer"
    order: ClassVar[int] = 100
    """Place in the chain, whatever the order in a file; ties by name."""
    consumes = "text"
    produces = "text"

    def fit(self, texts: Sequence[str], y: object = None) -> Normalizer:
        """Nothing to learn; there for scikit-learn."""
        return self

    @abstractmethod
    def transform(self, texts: Sequence[str]) -> list[str]:
        """Normalized texts, in the same order."""
