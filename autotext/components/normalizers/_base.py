"""What every normalizer is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from autotext.components.registry import Component


class Normalizer(Component):
    """Text in, text out, row by row; learns nothing."""

    stage = "normalizer"
    consumes = "text"
    produces = "text"

    def fit(self, texts: Sequence[str], y: object = None) -> Normalizer:
        """Nothing to learn; there for scikit-learn."""
        return self

    @abstractmethod
    def transform(self, texts: Sequence[str]) -> list[str]:
        """Normalized texts, in the same order."""
