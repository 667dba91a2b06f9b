"""Accents and other marks on letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from autotext.components.component import register
from autotext.components.normalizer import Normalizer

_COMBINING_MARKS = re.compile("[\u0300-\u036f]+")


@register
class Diacritics(Normalizer):
    """Removes accents from Latin, Greek and Cyrillic letters; vowel signs of other scripts stay.

    Examples
    --------
    >>> Diacritics().transform(["Ọjọ́ café"])
    ['Ojo cafe']
    """

    name = "diacritics"
    order = 50
    scripts = frozenset({"LATIN", "GREEK", "CYRILLIC"})

    def transform(self, texts: Sequence[str]) -> list[str]:
        """Texts without accents."""
        return [text if text.isascii() else _strip_accents(text) for text in texts]


def _strip_accents(text: str) -> str:
    return unicodedata.normalize("NFC", _COMBINING_MARKS.sub("", unicodedata.normalize("NFD", text)))
