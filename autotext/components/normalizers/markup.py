"""HTML and other markup."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape

from autotext.components.normalizers._base import Normalizer
from autotext.components.registry import register

_INVISIBLE = re.compile(r"<(script|style)\b[^<]*(?:<(?!/\1)[^<]*)*</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,2000}>")


@register
class Markup(Normalizer):
    """Tags, scripts and comments out, entities to the characters they stand for.

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
            text = _TAG.sub(" ", _INVISIBLE.sub(" ", text))
            text = re.sub(r" {2,}", " ", text)
        return unescape(text) if "&" in text else text
