"""Names and labels as a reader sees them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

# Characters that a reader cannot see: zero-width space, word joiner, byte-order mark, soft hyphen.
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad"))


def visible(text: str) -> str:
    r"""Normalize a text such that texts that look the same are the same: composed letters, no invisible characters.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> visible("\u1112\u1161\u11ab") == "\ud55c", visible("la\u200bbel")
    (True, 'label')
    """
    return unicodedata.normalize("NFC", text.translate(_INVISIBLE))


def find_name(name: object, names: Iterable[str]) -> str | None:
    r"""Find the name that is meant: an equal one, else the only one that looks the same; None if there is none.

    Parameters
    ----------
    name : object
        A number stands for the name with the same digits.
    names : iterable of str

    Examples
    --------
    >>> find_name(0, ["0", "1"]), find_name("text", ["\ufefftext ", "label"]), find_name("words", ["text"])
    ('0', '\ufefftext ', None)
    """
    options, wanted = list(names), str(name)
    if wanted in options:
        return wanted
    alike = [other for other in options if visible(other).strip() == visible(wanted).strip()]
    return alike[0] if len(alike) == 1 else None
