"""Writing systems of texts, and the characters of their words."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache

import numpy as np

# Scripts that are written without spaces between words.
UNSPACED = frozenset({"HAN", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN"})
# Scripts with upper and lower case.
CASED = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "COPTIC", "DESERET", "GLAGOLITIC", "ADLAM", "GEORGIAN",
                   "CHEROKEE", "OSAGE"})
# Beyond these code points, there are no letters, and the only marks are variation selectors.
_CODES = 0x32000
_SELECTORS = "\U000e0100-\U000e01ef"
_NAMED = {"CJK": "HAN", "IDEOGRAPHIC": "HAN", "KANGXI": "HAN", "FULLWIDTH": "LATIN", "HALFWIDTH": "KATAKANA"}


def script(character: str) -> str:
    """Script of a letter, which is the first word of its Unicode name; empty for other characters.

    Parameters
    ----------
    character : str

    Examples
    --------
    >>> script("a"), script("한"), script("中"), script("7")
    ('LATIN', 'HANGUL', 'HAN', '')
    """
    if not character.isalpha():
        return ""
    name = unicodedata.name(character, "")
    if name.startswith("HALFWIDTH HANGUL"):
        return "HANGUL"
    first = name.partition(" ")[0].partition("-")[0]
    return _NAMED.get(first, first)


def script_shares(texts: Iterable[str]) -> dict[str, float]:
    """Fraction of the letters of texts that belongs to each script, largest first.

    Parameters
    ----------
    texts : iterable of str

    Returns
    -------
    dict of str to float
        Fractions that sum to 1; empty if there are no letters.

    Examples
    --------
    >>> script_shares(["ab 한국"])
    {'HANGUL': 0.5, 'LATIN': 0.5}
    """
    letters: Counter[str] = Counter()
    for character, count in count_characters(texts).items():
        name = script(character)
        if name:
            letters[name] += count
    total = sum(letters.values())
    return {name: letters[name] / total for name in sorted(letters, key=lambda name: (-letters[name], name))}


def count_characters(texts: Iterable[str]) -> Counter[str]:
    """Count each character of some texts.

    Parameters
    ----------
    texts : iterable of str

    Examples
    --------
    >>> sorted(count_characters(["ab", "b"]).items())
    [('a', 1), ('b', 2)]
    """
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    counts = np.bincount(codes)
    return Counter({chr(code): int(counts[code]) for code in np.flatnonzero(counts)})


def guess_language(shares: dict[str, float]) -> str | None:
    """ISO 639 code of the language for which a script is used; None if many languages use it.

    Parameters
    ----------
    shares : dict of str to float
        As `script_shares` gives them.

    Examples
    --------
    >>> guess_language({"HANGUL": 0.9, "LATIN": 0.1}), guess_language({"LATIN": 1.0})
    ('ko', None)
    """
    if shares.get("HIRAGANA", 0.0) + shares.get("KATAKANA", 0.0) > 0.1:
        return "ja"
    first = next(iter(shares), "")
    return {"HANGUL": "ko", "HAN": "zh", "THAI": "th", "ETHIOPIC": "am", "GREEK": "el", "HEBREW": "he", "ARMENIAN": "hy",
            "BENGALI": "bn", "TAMIL": "ta", "TELUGU": "te"}.get(first)


def character_class(belongs: Callable[[str], bool]) -> str:
    """Content of a regular-expression class of the characters for which a function is true.

    Parameters
    ----------
    belongs : callable

    Examples
    --------
    >>> character_class(lambda character: character in "abcx")
    'a-cx'
    """
    ranges: list[str] = []
    start = None
    for code in range(_CODES + 1):
        inside = code < _CODES and not 0xD800 <= code < 0xE000 and belongs(chr(code))
        if inside and start is None:
            start = code
        elif not inside and start is not None:
            ranges.append(re.escape(chr(start)) + ("-" + re.escape(chr(code - 1)) if code - 1 > start else ""))
            start = None
    return "".join(ranges)


@cache
def combining_marks() -> str:
    r"""Content of a regular-expression class of accents, vowel signs and selectors, which ``\w`` leaves out.

    Examples
    --------
    >>> re.fullmatch(rf"[\w{combining_marks()}]+", "हिन्दी") is not None
    True
    """
    return character_class(lambda character: unicodedata.category(character)[0] == "M") + _SELECTORS
