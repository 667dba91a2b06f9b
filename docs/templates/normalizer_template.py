"""Template of a normalizer: text in, text out.

Copy it, rename it, and replace what `transform` does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from autotext.components import Normalizer, register
from autotext.space import Int


@register
class RepeatedLetters(Normalizer):
    """Shorten a character that is repeated many times: "sooooo good" becomes "soo good".

    Parameters
    ----------
    keep : int, default=2
        How many of the repeated characters are kept.

    Examples
    --------
    >>> RepeatedLetters().transform(["sooooo good"])
    ['soo good']
    """

    # The name in search spaces, and in saved pipelines: it cannot be changed later.
    name = "repeated_letters"
    # Normalizers run in ascending order, whatever their order in a search space; those of
    # autotext have 10 to 60.
    order = 45
    # Every keyword of __init__, and the values that are legal for it.
    parameters = {"keep": Int(1, 3)}

    def __init__(self, keep: int = 2) -> None:
        # As in scikit-learn, __init__ only stores its arguments.
        self.keep = keep

    def transform(self, texts: Sequence[str]) -> list[str]:
        """Texts in the same order; each result depends on its own text alone."""
        pattern = re.compile(rf"(\w)\1{{{self.keep},}}")
        return [pattern.sub(r"\1" * self.keep, text) for text in texts]
