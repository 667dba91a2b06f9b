"""Names and labels as a reader sees them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

# Zero-width space, word joiner, byte-order mark, soft hyphen: they separate nothing that a reader could see.
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad"))


def visible(text: str) -> str:
    r"""Text with its letters composed and without invisible characters: what looks the same is the same.

    Examples
    --------
    >>> visible("\u1112\u1161\u11ab") == "\ud55c", visible("la\u200bbel")
    (True, 'label')
    """
    return unicodedata.normalize("NFC", text.translate(_INVISIBLE))


def find_name(name: object, names: Iterable[str]) -> str | None:
    r"""The name that is meant: the same one, else the only one that looks the same; None if there is none.

    Parameters
    ----------
    name : object
        A number stands for the name that is written so.
    names : iterable of str

    Examples
    --------
    >>> find_name(0, ["0", "1"]), find_name("text", ["\ufefftext ", "label"]), find_name("words", ["text"])
    ('0', '\ufefftext ', None)
    """
    known, wanted = list(names), str(name)
    if wanted in known:
        return wanted
    alike = [other for other in known if visible(other).strip() == visible(wanted).strip()]
    return alike[0] if len(alike) == 1 else None
