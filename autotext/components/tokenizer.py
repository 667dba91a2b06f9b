"""What every tokenizer is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from autotext.components.component import Component


class Tokenizer(Component):
    """Text in, a list of strings out, row by row."""

    stage = "tokenizer"
    consumes = "text"
    produces = "tokens"
    learns: ClassVar[bool] = False
    """Whether `fit` learns from the texts, so that it must be fitted on training rows only."""

    def fit(self, texts: Sequence[str], y: object = None) -> Tokenizer:
        """Learn from training texts; most tokenizers learn nothing."""
        return self

    @abstractmethod
    def transform(self, texts: Sequence[str]) -> list[list[str]]:
        """Tokens of each text, in the same order."""
