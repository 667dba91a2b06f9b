"""Hangul syllables split into their letters."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache

from autotext.components.component import register
from autotext.components.normalizer import Normalizer


@cache
def _letters() -> dict[int, str]:
    return {code: unicodedata.normalize("NFD", chr(code)) for code in range(0xAC00, 0xD7A4)}


@register
class Jamo(Normalizer):
    """Splits each Hangul syllable into its two or three letters, so that n-grams match stems with different endings.

    Examples
    --------
    >>> len(Jamo().transform(["한국"])[0])
    6
    """

    name = "jamo"
    order = 60
    scripts = frozenset({"HANGUL"})

    def transform(self, texts: Sequence[str]) -> list[str]:
        """Split the Hangul syllables of texts; everything else stays."""
        letters = _letters()
        return [text if text.isascii() else text.translate(letters) for text in texts]
