"""Single characters."""

from __future__ import annotations

from collections.abc import Sequence

from autotext.components.component import register
from autotext.components.tokenizer import Tokenizer


@register
class Characters(Tokenizer):
    """Each character a token, white space a single one: n-grams of these run across words.

    Examples
    --------
    >>> Characters().transform(["한 국"])
    [['한', ' ', '국']]
    """

    name = "characters"

    def transform(self, texts: Sequence[str]) -> list[list[str]]:
        """Characters of each text."""
        return [list(" ".join(text.split())) for text in texts]
