"""Placeholders for URLs, mentions and numbers, and spaces around emoji."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from autotext.components.component import register
from autotext.components.normalizer import Normalizer
from autotext.space import Choice
from autotext.task import combining_marks

# Scripts without spaces, and Korean particles, may follow an address directly, and are not part of it.
_GOES_ON = r"\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff\u3000-\ud7ff\uf900-\ufaff\uff00-\uffef"
_URL = re.compile(rf"(?<![a-z0-9_])(?:https?://|www\.)[^\s{_GOES_ON}]+", re.IGNORECASE)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+", re.ASCII)
_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*")
_EMOJI = re.compile("([\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]\ufe0f?)")
_SWITCH = Choice((True, False))


@cache
def _mention() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w@])@[\w{combining_marks()}]+")


@register
class Entities(Normalizer):
    """Placeholders for URLs, mentions and numbers, which vary without meaning, and spaces around emoji.

    Parameters
    ----------
    urls : bool, default=True
        URLs and e-mail addresses become ``xxurl`` and ``xxmail``.
    mentions : bool, default=True
        ``@name`` becomes ``xxuser``.
    numbers : bool, default=False
        Numbers become ``xxnum``.
    emoji : bool, default=True
        Spaces are put around each emoji, so that it is a token.

    Examples
    --------
    >>> Entities(numbers=True).transform(["@ann see https://a.b/c at 12:30🙂"])
    ['xxuser see xxurl at xxnum 🙂 ']
    """

    name = "entities"
    version = 2
    order = 30
    parameters = {"urls": _SWITCH, "mentions": _SWITCH, "numbers": _SWITCH, "emoji": _SWITCH}

    def __init__(self, urls: bool = True, mentions: bool = True, numbers: bool = False, emoji: bool = True) -> None:
        self.urls = urls
        self.mentions = mentions
        self.numbers = numbers
        self.emoji = emoji

    def transform(self, texts: Sequence[str]) -> list[str]:
        """Texts with placeholders."""
        return [self._replace(text) for text in texts]

    def _replace(self, text: str) -> str:
        if self.urls and ("www." in text.lower() or "://" in text or "@" in text):
            text = _put("xxmail", _EMAIL, _put("xxurl", _URL, text))
        if self.mentions and "@" in text:
            text = _mention().sub("xxuser", text)
        if self.numbers:
            text = _NUMBER.sub("xxnum", text)
        return _EMOJI.sub(r" \1 ", text) if self.emoji and not text.isascii() else text


def _put(placeholder: str, pattern: re.Pattern[str], text: str) -> str:
    """Replace each match by a placeholder, with a space between it and adjacent letters."""
    def replace(match: re.Match[str]) -> str:
        before, after = text[max(match.start() - 1, 0) : match.start()], text[match.end() : match.end() + 1]
        return f"{' ' * before.isalnum()}{placeholder}{' ' * after.isalnum()}"

    return pattern.sub(replace, text)
