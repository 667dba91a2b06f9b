"""Template of a tokenizer: text in, a list of strings out.

Copy it, rename it, and replace what `transform` does.
"""

from __future__ import annotations

import string
from collections.abc import Sequence

from autotext.components import Tokenizer, register
from autotext.space import Choice


@register
class SpacedWords(Tokenizer):
    """Split each text at white space.

    Parameters
    ----------
    strip : bool, default=True
        Whether ASCII punctuation around words is removed.

    Examples
    --------
    >>> SpacedWords().transform(["Good, really good!"])
    [['Good', 'really', 'good']]
    """

    name = "spaced_words"
    parameters = {"strip": Choice((True, False))}
    # Set `learns = True` and write `fit` for a tokenizer that learns from texts: it is then
    # fitted on training rows only.

    def __init__(self, strip: bool = True) -> None:
        self.strip = strip

    def transform(self, texts: Sequence[str]) -> list[list[str]]:
        """Tokens of each text, in the same order; no token is empty."""
        return [[token for word in text.split() if (token := self._token(word))]
                for text in texts]

    def _token(self, word: str) -> str:
        return word.strip(string.punctuation) if self.strip else word
