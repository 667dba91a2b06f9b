"""Words of any script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache

from autotext.components.registry import register
from autotext.components.tokenizers._base import Tokenizer
from autotext.space import Choice, Int
from autotext.task import UNSPACED, script


def _ranges(belongs: Callable[[str], bool]) -> str:
    """Character class of the code points for which `belongs` holds, up to the third plane."""
    found: list[str] = []
    start = None
    for code in range(0x32000 + 1):
        inside = code < 0x32000 and not 0xD800 <= code < 0xE000 and belongs(chr(code))
        if inside and start is None:
            start = code
        elif not inside and start is not None:
            found.append(re.escape(chr(start)) + ("-" + re.escape(chr(code - 1)) if code - 1 > start else ""))
            start = None
    return "".join(found)


@cache
def _classes() -> tuple[str, str, str]:
    """Character classes: of spaced words, of letters that stand alone, of marks that follow letters."""
    def is_mark(character: str) -> bool:
        return unicodedata.category(character) in ("Mn", "Mc")

    marks = _ranges(is_mark)
    alone = _ranges(lambda character: script(character) in UNSPACED)
    words = _ranges(lambda character: (character.isalnum() or character == "_" or is_mark(character))
                    and script(character) not in UNSPACED)
    return words, alone, marks


@cache
def _special() -> re.Pattern[str]:
    """Characters for which the quick pattern is not enough."""
    _, alone, marks = _classes()
    return re.compile(f"[{alone}{marks}]")


@cache
def _patterns(min_length: int, symbols: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Pattern for texts without special characters, which is much faster, and pattern for all texts."""
    words, alone, marks = _classes()
    plain = rf"\w{{{min_length},}}" + (r"|[^\s\w]" if symbols else "")
    every = f"[{words}]{{{min_length},}}|[{alone}][{marks}]*" + (f"|[^\\s{words}{alone}]" if symbols else "")
    return re.compile(plain), re.compile(every)


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
    parameters = {"min_length": Int(1, 5), "symbols": Choice((False, True))}

    def __init__(self, min_length: int = 1, symbols: bool = False) -> None:
        self.min_length = min_length
        self.symbols = symbols

    def transform(self, texts: Sequence[str]) -> list[list[str]]:
        """Words of each text."""
        plain, every = _patterns(self.min_length, self.symbols)
        special = _special()
        return [(plain if text.isascii() or not special.search(text) else every).findall(text) for text in texts]
