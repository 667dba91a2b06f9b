"""Letter case."""

from __future__ import annotations

from collections.abc import Sequence

from autotext.components.normalizers._base import Normalizer
from autotext.components.registry import register
from autotext.task import CASED


@register
class Casing(Normalizer):
    """Upper-case letters to lower case.

    Examples
    --------
    >>> Casing().transform(["GOOD Day"])
    ['good day']
    """

    name = "casing"
    order = 40
    scripts = CASED

    def transform(self, texts: Sequence[str]) -> list[str]:
        """Texts in lower case."""
        return [text.lower() for text in texts]
