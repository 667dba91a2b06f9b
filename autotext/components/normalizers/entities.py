"""URLs, mentions, numbers and emoji."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autotext.components.normalizers._base import Normalizer
from autotext.components.registry import register
from autotext.space import Choice

_URL = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
_EMAIL = re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+\b")
_MENTION = re.compile(r"(?<![\w@])@\w+")
_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*")
_EMOJI = re.compile("([\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff])")
_SWITCH = Choice((True, False))


@register
class Entities(Normalizer):
    """Placeholders for what varies without meaning, and room around emoji.

    Parameters
    ----------
    urls : bool, default=True
        URLs and e-mail addresses become ``xxurl`` and ``xxmail``.
    mentions : bool, default=True
        ``@name`` becomes ``xxuser``.
    numbers : bool, default=False
        Numbers become ``xxnum``.
    emoji : bool, default=True
        Each emoji stands alone, so that word tokens see it.

    Examples
    --------
    >>> Entities(numbers=True).transform(["@ann see https://a.b/c at 12:30🙂"])
    ['xxuser see xxurl at xxnum 🙂 ']
    """

    name = "entities"
    order = 30
    parameters = {"urls": _SWITCH, "mentions": _SWITCH, "numbers": _SWITCH, "emoji": _SWITCH}

    def __init__(self, urls: bool = True, mentions: bool = True, numbers: bool = False, emoji: bool = True) -> None:
        self.urls = urls
        self.mentions = mentions
        self.numbers = numbers
        self.emoji = emoji

    def transform(self, texts: Sequence[str]) -> list[str]:
        """Texts with placeholders."""
        return [self._replaced(text) for text in texts]

    def _replaced(self, text: str) -> str:
        if self.urls and ("www." in text.lower() or "://" in text or "@" in text):
            text = _EMAIL.sub("xxmail", _URL.sub("xxurl", text))
        if self.mentions and "@" in text:
            text = _MENTION.sub("xxuser", text)
        if self.numbers:
            text = _NUMBER.sub("xxnum", text)
        return _EMOJI.sub(r" \1 ", text) if self.emoji and not text.isascii() else text
