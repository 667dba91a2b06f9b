"""Words of any script."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from autotext.components.component import register
from autotext.components.tokenizer import Tokenizer
from autotext.space import Choice, Int
from autotext.task import character_class, combining_marks, word_letters

# Zero-width joiners shape letters inside words: half forms of Indic scripts, and the seams of Persian ones.
_JOINERS = "\u200c\u200d"


@cache
def _classes() -> tuple[str, str]:
    """Character classes: of letters of spaced words, of letters that stand alone."""
    spaced, alone = word_letters()
    return character_class(spaced), character_class(alone)


@cache
def _special() -> re.Pattern[str]:
    """Characters for which the quick pattern is not enough."""
    return re.compile(f"[{_classes()[1]}{combining_marks()}{_JOINERS}]")


@cache
def _patterns(min_length: int, symbols: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Pattern for texts without special characters, which is much faster, and pattern for all texts."""
    (letters, alone), marks = _classes(), combining_marks()
    plain = rf"\w{{{min_length},}}" + (r"|[^\s\w]" if symbols else "")
    # A joiner at the end joins nothing, except in Indic scripts, where one shapes the last letter.
    every = rf"[{letters}][{letters}{marks}{_JOINERS}]{{{min_length - 1},}}(?<!\u200c)|[{alone}][{marks}]*"
    return re.compile(plain), re.compile(every + (rf"|[^\s{letters}{alone}][{marks}]*" if symbols else ""))


@register
class Words(Tokenizer):
    """Runs of letters, digits and their marks; letters of scripts without spaces stand alone.

    Parameters
    ----------
    min_length : int, default=1
        Shorter words are left out; letters of Chinese, Japanese, Thai and the like are kept.
    symbols : bool, default=False
        Punctuation and emoji are tokens too.

    Examples
    --------
    >>> Words(symbols=True).transform(["Don't!", "한국어 문장", "中文字"])
    [['Don', "'", 't', '!'], ['한국어', '문장'], ['中', '文', '字']]
    """

    name = "words"
    version = 2
    parameters = {"min_length": Int(1, 5), "symbols": Choice((False, True))}

    def __init__(self, min_length: int = 1, symbols: bool = False) -> None:
        self.min_length = min_length
        self.symbols = symbols

    def transform(self, texts: Sequence[str]) -> list[list[str]]:
        """Words of each text."""
        plain, every = _patterns(self.min_length, self.symbols)
        special = _special()
        return [(plain if text.isascii() or not special.search(text) else every).findall(text) for text in texts]
