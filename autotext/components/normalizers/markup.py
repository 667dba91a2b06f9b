"""Removal of HTML and other markup."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape

from autotext.components.component import register
from autotext.components.normalizer import Normalizer

_OPENING = re.compile(r"<(script|style)\b|<!--", re.IGNORECASE)
_CLOSING = {"script": re.compile(r"</script\s*>", re.IGNORECASE), "style": re.compile(r"</style\s*>", re.IGNORECASE),
            "": re.compile("-->")}
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,2000}>")


@register
class Markup(Normalizer):
    """Removes tags, scripts and comments, and replaces entities such as ``&amp;`` by their characters.

    Examples
    --------
    >>> Markup().transform(["Tom &amp; <b>Jerry</b><br/>again, a < b"])
    ['Tom & Jerry again, a < b']
    """

    name = "markup"
    order = 10

    def transform(self, texts: Sequence[str]) -> list[str]:
        """Texts without markup."""
        return [self._plain(text) for text in texts]

    @staticmethod
    def _plain(text: str) -> str:
        if "<" in text:
            text = _TAG.sub(" ", _without_invisible(text))
            text = re.sub(r" {2,}", " ", text)
        return unescape(text) if "&" in text else text


def _without_invisible(text: str) -> str:
    """Remove scripts, styles and comments in one pass, however many of them are never closed."""
    parts, start = [], 0
    unclosed: set[str] = set()
    for opening in _OPENING.finditer(text):
        kind = (opening[1] or "").lower()
        if opening.start() < start or kind in unclosed:
            continue
        closing = _CLOSING[kind].search(text, opening.end())
        if closing is None:
            unclosed.add(kind)
            continue
        parts.append(text[start : opening.start()])
        start = closing.end()
    return " ".join([*parts, text[start:]])
