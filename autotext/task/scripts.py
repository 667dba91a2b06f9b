"""Which writing systems a text is in."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable

# Letters of these scripts follow each other without spaces between words.
UNSPACED = frozenset({"HAN", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN"})
# Letters of these scripts have an upper and a lower case.
CASED = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "COPTIC", "DESERET", "GLAGOLITIC", "ADLAM"})
_NAMED = {"CJK": "HAN", "IDEOGRAPHIC": "HAN", "KANGXI": "HAN", "FULLWIDTH": "LATIN", "HALFWIDTH": "KATAKANA"}


def script(character: str) -> str:
    """Script of one letter, from the first word of its Unicode name; empty for anything else.

    Examples
    --------
    >>> script("a"), script("한"), script("中"), script("7")
    ('LATIN', 'HANGUL', 'HAN', '')
    """
    if not character.isalpha():
        return ""
    first = unicodedata.name(character, "").partition(" ")[0].partition("-")[0]
    return _NAMED.get(first, first)


def script_shares(texts: Iterable[str]) -> dict[str, float]:
    """Share of the letters that belong to each script, largest first.

    Parameters
    ----------
    texts : iterable of str

    Returns
    -------
    dict of str to float
        Sums to 1; empty if there are no letters.

    Examples
    --------
    >>> script_shares(["ab 한국"])
    {'HANGUL': 0.5, 'LATIN': 0.5}
    """
    letters: Counter[str] = Counter()
    for character, count in Counter("".join(texts)).items():
        name = script(character)
        if name:
            letters[name] += count
    total = sum(letters.values())
    return {name: letters[name] / total for name in sorted(letters, key=lambda name: (-letters[name], name))}


def guess_language(shares: dict[str, float]) -> str | None:
    """ISO 639 code of the language that one script stands for; None where a script serves many languages.

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
