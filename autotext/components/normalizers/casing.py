"""Letter case."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autotext.components.component import register
from autotext.components.normalizer import Normalizer
from autotext.task import CASED

# Python lowers İ to an i and a combining dot above, which is not needed.
_TURKISH_I = re.compile("[iı]\u0307+|ı")


@register
class Casing(Normalizer):
    """Lower case; the dotless i of Turkish becomes i, as an upper-case I may stand for either.

    Examples
    --------
    >>> Casing().transform(["GOOD Day", "İYİ IŞIK ışık"])
    ['good day', 'iyi işik işik']
    """

    name = "casing"
    version = 2
    order = 40
    scripts = CASED

    def transform(self, texts: Sequence[str]) -> list[str]:
        """Texts in lower case."""
        return [self._lower(text) for text in texts]

    @staticmethod
    def _lower(text: str) -> str:
        text = text.lower()
        return _TURKISH_I.sub("i", text) if "ı" in text or "\u0307" in text else text
