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
# Skin colours of emoji, and the letters whose pairs are flags.
_SKIN_COLOURS = "".join(map(chr, range(0x1F3FB, 0x1F400)))
_FLAG_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))


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


def word_spans(text: str) -> list[tuple[int, int]]:
    """Where words and symbols of a text begin and end, cut between what readers see as characters.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> text = "좋아요 👍🏽 中文!"
    >>> [text[start:end] for start, end in word_spans(text)]
    ['좋아요', '👍🏽', '中', '文', '!']
    """
    spans: list[tuple[int, int]] = []
    for match in _patterns(1, True)[1].finditer(text):
        start, end = match.span()
        if spans and spans[-1][1] == start and _is_joined(text, *spans[-1]):
            spans[-1] = spans[-1][0], end
        else:
            spans.append((start, end))
    return spans


def _is_joined(text: str, start: int, seam: int) -> bool:
    """Whether two symbols side by side are one emoji: joined, of a skin colour, or a flag of two letters."""
    before, after = text[seam - 1], text[seam]
    is_flag = before in _FLAG_LETTERS and after in _FLAG_LETTERS and seam - start == 1
    return before in _JOINERS or after in _JOINERS or after in _SKIN_COLOURS or is_flag
