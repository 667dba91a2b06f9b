"""Korean morphemes as tokens."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any
from unicodedata import normalize

from autotext.components.component import register
from autotext.components.tokenizer import Tokenizer
from autotext.space import Choice


@cache
def _analyser() -> Any:
    from kiwipiepy import Kiwi

    return Kiwi(num_workers=1)


@register
class Kiwi(Tokenizer):
    """Korean morphemes by kiwipiepy, which separates stems from particles and endings.

    Parameters
    ----------
    tags : bool, default=False
        Whether each morpheme is followed by its part of speech, e.g. ``하/VV``.

    Notes
    -----
    https://github.com/bab2min/kiwipiepy

    Examples
    --------
    >>> Kiwi().transform(["나는 밥을 먹었다"])
    [['나', '는', '밥', '을', '먹', '었', '다']]
    """

    name = "kiwi"
    version = 2
    scripts = frozenset({"HANGUL"})
    requires = "kiwipiepy"
    extra = "korean"
    parameters = {"tags": Choice((False, True))}

    def __init__(self, tags: bool = False) -> None:
        self.tags = tags

    def transform(self, texts: Sequence[str]) -> list[list[str]]:
        """Split each text into morphemes."""
        # The analyser works in UTF-16, which has no lone surrogates, and its dictionary has composed syllables.
        valid = [normalize("NFC", text.encode("utf-8", "replace").decode("utf-8")) for text in texts]
        return [[f"{token.form}/{token.tag}" if self.tags else token.form for token in tokens]
                for tokens in _analyser().tokenize(valid)]
