"""The base class of tokenizers, which turn texts into lists of tokens."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from autotext.components.component import Component


class Tokenizer(Component):
    """Base class of tokenizers: they turn each text into a list of tokens.

    Examples
    --------
    >>> from autotext.components import component
    >>> component("tokenizer", "words")().transform(["So good!"])
    [['So', 'good']]
    """

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
        """Split each text into tokens, in the same order."""
