"""Characters as tokens."""

from __future__ import annotations

from collections.abc import Sequence

from autotext.components.component import register
from autotext.components.tokenizer import Tokenizer


@register
class Characters(Tokenizer):
    """Each character as a token, where white space is a single one; n-grams of these tokens run across words.

    Examples
    --------
    >>> Characters().transform(["한 국"])
    [['한', ' ', '국']]
    """

    name = "characters"

    def transform(self, texts: Sequence[str]) -> list[list[str]]:
        """Split each text into characters."""
        return [list(" ".join(text.split())) for text in texts]
