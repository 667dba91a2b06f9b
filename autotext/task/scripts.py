"""Writing systems of texts, and the characters of their words."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
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
# Ideographs and Hangul syllables, whose script is known without a look at each.
_IDEOGRAPHS, _SYLLABLES = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U00031fff", "\uac00-\ud7a3"
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


def character_class(characters: Iterable[str]) -> str:
    """Content of a regular-expression class of some characters.

    Parameters
    ----------
    characters : iterable of str

    Examples
    --------
    >>> character_class("xcab")
    'a-cx'
    """
    codes = np.array(sorted(map(ord, characters)))
    starts = np.flatnonzero(np.diff(codes, prepend=-2) != 1)
    ends = np.append(starts[1:], len(codes)) - 1
    return "".join(re.escape(chr(first)) + ("-" + re.escape(chr(last)) if last > first else "")
                   for first, last in zip(codes[starts].tolist(), codes[ends].tolist(), strict=True))


@cache
def _every_character() -> str:
    """All characters among which there are letters or marks, in order."""
    return "".join(map(chr, (*range(0xD800), *range(0xE000, _CODES))))


@cache
def word_letters() -> tuple[str, str]:
    r"""The letters, digits and underscores of scripts with spaces between words, and the letters of all other scripts.

    Together, they are what ``\w`` matches.

    Examples
    --------
    >>> spaced, unspaced = word_letters()
    >>> "é" in spaced, "中" in spaced, "中" in unspaced
    (True, False, True)
    """
    ideographs = re.findall(rf"(?=\w)[{_IDEOGRAPHS}]", _every_character())
    syllables = re.findall(f"[{_SYLLABLES}]", _every_character())
    others = re.findall(rf"(?![{_IDEOGRAPHS}{_SYLLABLES}])\w", _every_character())
    unspaced = {letter for letter in others if script(letter) in UNSPACED}
    return "".join([*(letter for letter in others if letter not in unspaced), *syllables]), "".join([*unspaced, *ideographs])


@cache
def combining_marks() -> str:
    r"""Content of a regular-expression class of accents, vowel signs and selectors, which ``\w`` leaves out.

    Examples
    --------
    >>> re.fullmatch(rf"[\w{combining_marks()}]+", "हिन्दी") is not None
    True
    """
    others = re.findall(r"[^\w\s]", _every_character())
    return character_class(character for character in others if unicodedata.category(character)[0] == "M") + _SELECTORS
